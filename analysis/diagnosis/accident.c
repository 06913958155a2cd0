/* SPDX-License-Identifier: MIT
 *
 * What is held by accident: variables that the program does not use any more, by its sources, and slots of stacks that are left over.
 * The references say what would be garbage without them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/idle.h"

/* Small blocks in a heap that is in pieces: at least this multiple of what is free, so there is more than the pieces. */
#define SPREAD_TIMES 2u
/* The same where the free bytes are in pieces, most of it in one block: less may be between them by chance. */
#define PIECE_PART 8u

#define NONE UINT32_MAX

/* ---- what they hold ---- */

static void add(uint8_t *bits, uint32_t i) { bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << i % 8); }

static bool has(const uint8_t *bits, uint32_t i) { return bits[i / 8] >> i % 8 & 1; }

/* The edge of a word; NONE: it has none. The words of one block mostly come one after the other, so the search begins after `before`. */
static uint32_t edge_of(const struct hs_holders *h, const struct hs_idle *idle, uint32_t before)
{
    uint32_t first = h->first[idle->block], n = h->first[idle->block + 1] - first;
    uint32_t skip = before != NONE && before >= first && before < first + n ? before - first + 1 : 0;
    for (uint32_t i = 0; i < n; i++)
        if (h->word[first + (skip + i) % n] == idle->word)
            return first + (skip + i) % n;
    return NONE;
}

/* Notes which edges and roots are idle references that do not stay. */
static void note_idle(struct hs_accident_work *k)
{
    const struct hs_holders *h = &k->holders;
    uint32_t before = NONE;
    memset(k->idle_edge, 0, h->first[h->n] / 8 + 1);
    memset(k->idle_root, 0, h->of->n_roots / 8 + 1);
    for (uint32_t i = 0; i < k->n_idle; i++) {
        const struct hs_idle *idle = &k->idle[i];
        if (!idle->stays && idle->block != HS_NO_BLOCK) {
            uint32_t edge = edge_of(h, idle, before);
            if (edge != NONE)
                add(k->idle_edge, before = edge);
        } else if (!idle->stays && idle->root != NONE) {
            add(k->idle_root, idle->root);
        }
    }
}

/* Marks what is reached from the blocks on `stack`, of which there are `n`, without idle references. `mark` is by block. */
static void flood(const struct hs_accident_work *k, uint32_t *stack, uint32_t n, uint32_t *mark, uint32_t value)
{
    const struct hs_holders *h = &k->holders;
    while (n) {
        uint32_t v = stack[--n];
        for (uint32_t e = h->first[v]; e < h->first[v + 1]; e++) {
            if (mark[h->to[e]] != NONE || has(k->idle_edge, e))
                continue;
            mark[h->to[e]] = value;
            stack[n++] = h->to[e];
        }
    }
}

#define NEEDED (NONE - 1)

/* Marks what is needed: by roots, and by references that are taken to be uses. */
static void mark_needed(const struct hs_accident_work *k, uint32_t *mark)
{
    const struct hs_holders *h = &k->holders;
    uint32_t n = 0;
    for (uint32_t v = 0; v <= h->n; v++)
        mark[v] = NONE;
    for (uint32_t i = 0; i < h->any.graph.n_roots; i++) {
        uint32_t v = h->root_block[i];
        if (mark[v] != NONE || (h->root[i] != HS_NO_BLOCK && has(k->idle_root, h->root[i])))
            continue;
        mark[v] = NEEDED;
        k->stack[n++] = v;
    }
    for (uint32_t i = 0; i < k->n_idle; i++)
        if (k->idle[i].stays && k->idle[i].place == HS_IDLE_IN_SLOT && mark[k->idle[i].to] == NONE) {
            mark[k->idle[i].to] = NEEDED;
            k->stack[n++] = k->idle[i].to;
        }
    flood(k, k->stack, n, mark, NEEDED);
}

/* Roots first, then each idle reference, the largest values first as they come. */
static bool follow(struct hs_accident_work *k)
{
    const struct hs_holders *h = &k->holders;
    k->stack = calloc((size_t)h->n + 1, sizeof *k->stack);
    k->first = malloc(((size_t)h->n + 1) * sizeof *k->first);
    k->idle_edge = malloc(h->first[h->n] / 8 + 1);
    k->idle_root = malloc(h->of->n_roots / 8 + 1);
    if (!k->stack || !k->first || !k->idle_edge || !k->idle_root)
        return false;
    note_idle(k);
    mark_needed(k, k->first);
    for (uint32_t i = 0; i < k->n_idle; i++) {
        if (k->first[k->idle[i].to] != NONE)
            continue;
        k->first[k->idle[i].to] = k->idle[i].leader;
        k->stack[0] = k->idle[i].to;
        flood(k, k->stack, 1, k->first, k->idle[i].leader);
    }
    for (uint32_t v = 0; v < h->n; v++)
        if (k->first[v] < k->n_idle) {
            struct hs_idle *idle = &k->idle[k->first[v]];
            uint64_t bytes = hs_refs_bytes(h->of, v);
            idle->bytes += bytes;
            idle->largest = bytes > idle->largest ? bytes : idle->largest;
        }
    return true;
}

/* Whether the block is held by accident, and not by what `mark` says is needed. */
static bool is_gone(const struct hs_accident_work *k, const uint32_t *mark, uint32_t block)
{
    return k->first[block] < k->n_idle && mark[block] != NEEDED;
}

/* The longest run of free bytes if all that is held by accident were free, except what `mark` says is needed. Pools and other heaps
 * than the interpreter's have no references. */
static uint64_t longest_without(const struct hs_accident_work *k, const uint32_t *mark)
{
    const struct hs_heap_snapshot *p = &k->holders.of->snapshot;
    uint64_t longest = 0;
    for (unsigned r = 0; r < p->n_regions; r++) {
        const struct hs_region_state *region = &p->region[r];
        uint32_t at = region->first, end = region->first + region->granules;
        for (uint32_t i = hs_heap_snapshot_find(p, at); region->present && i <= p->n_blocks; i++) {
            bool last = i == p->n_blocks || p->block[i].pos >= end;
            if (!last && is_gone(k, mark, i))
                continue;
            uint64_t run = (uint64_t)((last ? end : p->block[i].pos) - at) << region->shift;
            longest = run > longest ? run : longest;
            if (last)
                break;
            at = p->block[i].pos + p->block[i].granules;
        }
    }
    return longest;
}

/* ---- the answer ---- */

/* Whether token `i` is a target of an assignment, as in a, b = f(), of more than a constant. */
static bool is_target(const struct hs_python *p, uint32_t i)
{
    const struct hs_python_row *row = &p->row[p->token[i].row];
    uint32_t at = row->first;
    while (at < row->first + row->n && (p->token[at].kind == HS_PYTHON_NAME || hs_python_is(p, at, ",")))
        at++;
    bool constant = row->n == 3 && (hs_python_is(p, at + 1, "None") || p->token[at + 1].kind == HS_PYTHON_VALUE);
    return at > i && hs_python_is(p, at, "=") && at + 1 < row->first + row->n && !constant;
}

/* The row that gave the variable its value: the one at which the call was when the block was allocated, else the first one. */
static uint32_t assignment(const struct hs_accident_work *k, const char *name, const struct hs_call_frame *frame, uint32_t block)
{
    const struct hs_python *p = k->python;
    uint32_t then = frame ? hs_idle_row_then(k, frame, block) : NONE, header = NONE;
    for (uint32_t i = 1; i < p->n; i++) {
        uint32_t row = p->token[i].row;
        bool bound = hs_python_is(p, i - 1, "for") || hs_python_is(p, i - 1, "as") || hs_python_is(p, i - 1, "import");
        if (!hs_python_is(p, i, name) || (then != NONE && then != row))
            continue;
        if (is_target(p, i) || (bound && i > p->row[row].first))
            return row;
        header = header == NONE && hs_python_is_header(p, i) ? row : header;
    }
    return header != NONE || then == NONE ? header : assignment(k, name, NULL, block);
}

static const struct hs_call_frame *body(const struct hs_accident_work *k)
{
    const struct hs_frames *f = &k->holders.of->frames;
    for (uint32_t i = 0; i < f->n; i++)
        if (hs_frame_is_body(&f->frame[i]))
            return &f->frame[i];
    return NULL;
}

/* In a loop, the row is executed again: what it uses can be let go of after the loop. */
static void name_last(const struct hs_accident_work *k, uint32_t last, char *text)
{
    uint32_t end = hs_python_loop_end(k->python, last);
    char at[HS_NAME_MAX];
    hs_program_text_line(&k->sources, end, at);
    snprintf(text, HS_NAME_MAX, "%s%.900s", end == last ? "" : "the loop that ends at ", at);
}

/* The small object, or how many there are, with who holds one of them. */
static void word_part(const struct hs_accident_work *k, const struct hs_idle *idle, char *text)
{
    static const char *const one[] = {[HS_PART_VIEW] = "a memoryview",
                                      [HS_PART_MATCH] = "a match of a regular expression",
                                      [HS_PART_KEYS] = "a view of the keys of a dict"};
    char by[HS_NAME_MAX] = "", kind[HS_NAME_MAX], own[HS_NAME_MAX + 4];
    uint32_t n = 0, before = HS_NO_BLOCK, site = k->holders.of->snapshot.block[idle->block].site;
    for (uint32_t i = 0; i < k->n_idle; i++) {
        n += k->idle[i].leader == idle->leader && k->idle[i].block != before;
        before = k->idle[i].block;
    }
    hs_holders_name(&k->holders, idle->block, by);
    snprintf(own, sizeof own, " (%s)", hs_name_of_site(k->names, site, HS_KEY_KIND, kind));
    char *end = strstr(by, own); /* its kind is said already */
    if (end && !end[strlen(own)])
        *end = '\0';
    snprintf(text, HS_NAME_MAX, "%s%s%.300s", one[idle->part], by[0] ? " in " : "", by);
    k->d->accident.more = n - 1;
}

static void word_variable(const struct hs_accident_work *k, const struct hs_idle *idle, char *text)
{
    char module[HS_NAME_MAX];
    const char *cache = idle->why == HS_NEEDLESS_CACHE ? "cache" : "", *blank = *cache ? " " : "";
    const char *function = idle->place == HS_IDLE_IN_SLOT ? strrchr(idle->slot.frame->name, ' ') : NULL;
    switch (idle->place) {
    case HS_IDLE_IN_GLOBAL:
        snprintf(text, HS_NAME_MAX, "the %s%sglobal %.200s.%.200s", cache, blank,
                 hs_holders_module(&k->holders, idle->global->module, module), idle->name);
        break;
    case HS_IDLE_IN_ATTRIBUTE: snprintf(text, HS_NAME_MAX, "the %s%sattribute %.64s", cache, blank, idle->name); break;
    case HS_IDLE_IN_PART: word_part(k, idle, text); break;
    case HS_IDLE_IN_CELL: snprintf(text, HS_NAME_MAX, "a function that captures the variable %.64s", idle->name); break;
    default:
        snprintf(text, HS_NAME_MAX, "the %s %.64s of %.200s", idle->slot.use == HS_SLOT_ARGUMENT ? "argument" : "local variable",
                 idle->name, function ? function + 1 : "");
    }
}

/* The last row that used the variable, or uses its length; NONE: not known. */
static uint32_t last_use(struct hs_accident_work *k, const struct hs_idle *idle, uint32_t row)
{
    const struct hs_python *p = k->python;
    uint32_t last = NONE;
    if (idle->why == HS_NEEDLESS_LENGTH)
        return hs_still_used_length(&k->used, idle->name);
    if (idle->why != HS_NEEDLESS_UNUSED)
        return NONE;
    if (idle->place == HS_IDLE_IN_GLOBAL)
        return hs_still_used_last(&k->used, idle->name, strcmp(k->holders.of->module[idle->global->module].name, "__main__") != 0);
    if (idle->place == HS_IDLE_IN_ATTRIBUTE)
        return hs_still_used_last(&k->used, idle->name, true);
    uint32_t running = hs_idle_running_of(k, idle->slot.frame);
    for (uint32_t i = 0; running != NONE && i < p->n; i++)
        if (hs_python_is(p, i, idle->name) && p->row[p->token[i].row].scope == p->row[k->running[running].row].scope &&
            p->token[i].row < k->running[running].from && p->token[i].row != row)
            last = p->token[i].row;
    return last;
}

/* The row to change: that gave the variable its value. */
static uint32_t row_of_variable(struct hs_accident_work *k, const struct hs_idle *idle)
{
    if (idle->row != NONE || idle->place == HS_IDLE_IN_ATTRIBUTE || idle->place == HS_IDLE_IN_CELL ||
        idle->place == HS_IDLE_IN_PART)
        return idle->row;
    return assignment(k, idle->name, idle->global ? body(k) : idle->slot.frame, idle->to);
}

/* "self.last" of a row that assigns to it; else `name` stays. */
static void word_target(const struct hs_python *p, uint32_t row, const char *name, char *text)
{
    const struct hs_python_token *object = &p->token[p->row[row].first];
    if (hs_python_is(p, p->row[row].first + 1, ".") && hs_python_is(p, p->row[row].first + 2, name))
        snprintf(text, HS_UNUSED_NAME, "%.*s.%.40s", (int)(object->length < 20 ? object->length : 20), object->at, name);
}

static void describe_variable(struct hs_accident_work *k, const struct hs_idle *idle)
{
    struct hs_diagnosis *d = k->d;
    static const char *const copy[] = {
        [HS_PART_VIEW] = "bytes(view)", [HS_PART_MATCH] = "match.group(1)", [HS_PART_KEYS] = "list(keys)"};
    uint32_t row = row_of_variable(k, idle), last = last_use(k, idle, row);
    d->accident.copy = copy[idle->part];
    word_variable(k, idle, d->accident.what);
    snprintf(d->unused.name, sizeof d->unused.name, "%.60s", idle->name);
    if (idle->place == HS_IDLE_IN_ATTRIBUTE && idle->why == HS_NEEDLESS_REPLACED)
        word_target(k->python, idle->row, idle->name, d->unused.name);
    d->unused.global = idle->place == HS_IDLE_IN_GLOBAL;
    d->unused.last = last == NONE || last == row ? 0 : hs_program_text_line(&k->sources, last, NULL);
    if (last != NONE && last != row && idle->why == HS_NEEDLESS_LENGTH)
        hs_program_text_line(&k->sources, last, d->accident.last);
    else if (last != NONE && last != row)
        name_last(k, last, d->accident.last);
    if (row != NONE)
        hs_program_text_line(&k->sources, row, d->unused_at);
}

/* The row of its function that made what the slot refers to. */
static uint32_t row_of_slot(struct hs_accident_work *k, const struct hs_idle *idle)
{
    uint32_t row = hs_idle_row_then(k, idle->slot.frame, idle->to), running = hs_idle_running_of(k, idle->slot.frame);
    return row == NONE && running != NONE ? hs_idle_row_leading(k, running, idle->to, false) : row;
}

/* Whether the token is = or +=, not of an argument. */
static bool is_assigning(const struct hs_python *p, uint32_t i) { return hs_python_is(p, i, "=") || hs_python_is(p, i, "+="); }

/* Whether what the row makes gets a name: then an expression of any other row may have left the slot. */
static bool is_storing(const struct hs_python *p, uint32_t row)
{
    uint32_t first = p->row[row].first, depth = 0;
    bool head = hs_python_is(p, first, "for") || hs_python_is(p, first, "with");
    for (uint32_t i = first; !head && i < first + p->row[row].n; i++) {
        if (!depth && is_assigning(p, i))
            return true;
        depth += hs_python_is(p, i, "(") || hs_python_is(p, i, "[") || hs_python_is(p, i, "{");
        depth -= depth && (hs_python_is(p, i, ")") || hs_python_is(p, i, "]") || hs_python_is(p, i, "}"));
    }
    return head;
}

/* Whether the slot has an older value of what the requesting row makes larger: each round needs more, with or without the slot. */
static bool is_older(const struct hs_accident_work *k, const struct hs_idle *idle)
{
    const struct hs_diagnosis *d = k->d;
    uint32_t asked = hs_program_text_row_named(&k->sources, d->line), site = k->holders.of->snapshot.block[idle->to].site;
    char name[HS_NAME_MAX];
    return d->cause == HS_CAUSE_PEAK && idle->place == HS_IDLE_IN_SLOT && !idle->name[0] && asked != NONE &&
           hs_python_extends(k->python, asked) && site != HS_SITE_UNKNOWN &&
           !strcmp(hs_name_of_site(k->names, site, HS_KEY_LINE, name), d->line);
}

static void describe_slot(struct hs_accident_work *k, const struct hs_idle *idle)
{
    struct hs_diagnosis *d = k->d;
    const char *name = idle->slot.frame->name, *blank = strrchr(name, ' ');
    uint32_t row = row_of_slot(k, idle);
    snprintf(d->accident.what, sizeof d->accident.what, "a left over slot of the stack of %.200s", blank ? blank + 1 : name);
    d->accident.left_over = true;
    d->accident.used = row != NONE && is_storing(k->python, row);
    if (row != NONE)
        hs_program_text_line(&k->sources, row, d->unused_at);
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* The blocks that are gone without it, and the line that made most of those that it holds. */
static void find_blocks(struct hs_accident_work *k, uint32_t idle, const uint32_t *mark)
{
    struct hs_diagnosis *d = k->d;
    const struct hs_heap_snapshot *p = &k->holders.of->snapshot;
    struct hs_accident *a = &d->accident;
    uint64_t *sum = calloc(d->n + 1, sizeof *sum);
    char name[HS_NAME_MAX];
    a->set.born = calloc((size_t)p->n_blocks + 1, sizeof *a->set.born);
    for (uint32_t v = 0; sum && a->set.born && v < p->n_blocks; v++) {
        if (k->first[v] >= k->n_idle)
            continue;
        if (is_gone(k, mark, v))
            a->set.born[a->set.n++] = p->block[v].number;
        a->blocks += k->first[v] == idle;
        if (k->first[v] != idle || p->block[v].site == HS_SITE_UNKNOWN)
            continue;
        hs_name_of_site(k->names, p->block[v].site, HS_KEY_LINE, name);
        for (size_t i = 0; i < d->n; i++)
            sum[i] += strcmp(d->held[i].name, name) ? 0 : hs_refs_bytes(k->holders.of, v);
    }
    for (size_t i = 0; sum && i < d->n; i++)
        if (sum[i] && (!d->holds || sum[i] > sum[d->holds - d->held]))
            d->holds = &d->held[i];
    if (a->set.n)
        qsort(a->set.born, a->set.n, sizeof *a->set.born, by_number);
    free(sum);
}

/* Other references to the same data, and the next variable, whose leader is returned, or NONE. */
static uint32_t describe_others(struct hs_accident_work *k, uint32_t best)
{
    uint32_t also = NONE;
    struct hs_accident *a = &k->d->accident;
    char module[HS_NAME_MAX];
    for (uint32_t i = 0; i < k->n_idle; i++) {
        const struct hs_idle *o = &k->idle[i];
        bool same = k->first[o->to] == best && o->leader != best;
        if (same && o->place == HS_IDLE_IN_SLOT && !o->name[0])
            a->also_left_over = true;
        if (o->leader == best || o->place != HS_IDLE_IN_GLOBAL || a->also[0] ||
            (!same && o->bytes < k->d->total / HS_IDLE_HELD_PART))
            continue;
        snprintf(a->also, sizeof a->also, "the global %.200s.%.200s", hs_holders_module(&k->holders, o->global->module, module),
                 o->global->name);
        also = o->leader;
    }
    return also;
}

/* What is still needed if only the variable is let go of, and `also`: other references that the program does not need stay, as slots of stacks
 * do. If that makes no room, all must go. False when out of memory. */
static bool try_alone(struct hs_accident_work *k, uint32_t best, uint32_t also, uint32_t **mark)
{
    *mark = calloc((size_t)k->holders.n + 1, sizeof **mark);
    if (!*mark)
        return false;
    for (uint32_t i = 0; i < k->n_idle; i++)
        k->idle[i].stays = k->idle[i].leader != best && k->idle[i].leader != also;
    note_idle(k);
    mark_needed(k, *mark);
    if (longest_without(k, *mark) < k->d->failure.size) {
        k->d->accident.both = k->d->accident.also_left_over;
        memset(*mark, 0, ((size_t)k->holders.n + 1) * sizeof **mark);
    }
    return true;
}

static void conclude(struct hs_accident_work *k)
{
    struct hs_diagnosis *d = k->d;
    uint32_t best = NONE;
    for (uint32_t i = 0; i < k->n_idle; i++)
        if (best == NONE || k->idle[i].bytes > k->idle[best].bytes)
            best = i;
    bool growing = d->cause == HS_CAUSE_GROWING && !d->needed.known;
    uint64_t grows = growing ? d->kept.adds ? d->kept.bytes : d->grows->live : 0;
    uint32_t part = d->cause == HS_CAUSE_FRAGMENTED ? PIECE_PART : HS_IDLE_HELD_PART;
    bool spread = d->cause == HS_CAUSE_FRAGMENTED && best != NONE && k->idle[best].largest < k->idle[best].bytes / 2 &&
                  k->idle[best].bytes < SPREAD_TIMES * d->failure.free;
    /* Parts that a row joins stay on its stack while it makes something of the whole. */
    bool parts = d->cause == HS_CAUSE_PEAK && d->peak != HS_PEAK_LARGER && best != NONE && !k->idle[best].name[0];
    if (best == NONE || spread || parts || k->idle[best].bytes < d->total / part || k->idle[best].bytes < grows ||
        longest_without(k, k->first) < d->failure.size)
        return;
    uint32_t *mark = NULL, also = describe_others(k, best);
    if (try_alone(k, best, also, &mark))
        find_blocks(k, best, mark);
    free(mark);
    if (!d->holds)
        return;
    d->accident.bytes = k->idle[best].bytes;
    d->accident.why = k->idle[best].why;
    if (k->idle[best].name[0])
        describe_variable(k, &k->idle[best]);
    else
        describe_slot(k, &k->idle[best]);
    d->accident.old = is_older(k, &k->idle[best]);
    d->accident.known = !d->accident.old;
    d->cause = d->accident.old ? d->cause : HS_CAUSE_HELD;
}

static int look(struct hs_accident_work *k, const struct hs_sources_at *sources)
{
    int error = hs_holders_make(&k->holders, &k->w->graph, k->names);
    int read = error ? error : hs_program_text_read(&k->sources, sources, k->names);
    if (read)
        return read == HS_ERR_KIND ? HS_OK : read;
    k->python = &k->sources.python;
    error = hs_idle_find(k);
    if (error || !k->n_idle)
        return error;
    if (!follow(k))
        return HS_ERR_MEMORY;
    conclude(k);
    return HS_OK;
}

/* What a slot of a stack still has may be the only reason; what the requesting line makes at once, or compiles, has another. */
static bool may_be(const struct hs_diagnosis *d)
{
    return d->cause == HS_CAUSE_FULL || d->cause == HS_CAUSE_GROWING || d->cause == HS_CAUSE_FRAGMENTED ||
           (d->cause == HS_CAUSE_PEAK && d->peak != HS_PEAK_BUILT && d->peak != HS_PEAK_COMPILED);
}

int hs_diagnosis_accident(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                          const struct hs_sources_at *sources)
{
    struct hs_accident_work *k = w->referred && d->lines && may_be(d) ? calloc(1, sizeof *k) : NULL;
    if (!k)
        return HS_OK;
    k->d = d;
    k->w = w;
    k->names = names;
    int error = look(k, sources);
    hs_still_used_free(&k->used);
    hs_python_reach_free(&k->assigned);
    hs_holders_free(&k->holders);
    hs_program_text_free(&k->sources);
    free(k->idle);
    free(k->first);
    free(k->stack);
    free(k->idle_edge);
    free(k->idle_root);
    free(k);
    return error;
}
