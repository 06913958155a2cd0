/* SPDX-License-Identifier: MIT
 *
 * What is held by accident: variables that the program does not use any more, by its sources, and slots of stacks that are left over.
 * The references say what would be garbage without them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/failure_watch.h"
#include "analysis/diagnosis/holders.h"
#include "analysis/diagnosis/still_used.h"

#define HELD_PART 16u /* minimum part of the heap that the variable holds */
#define PIECE_PART \
    8u              /* the same where the free bytes are in pieces, most of it in one block: less may be between them by chance */
#define FILES 32u   /* sources that are read */
#define RUNNING 64u /* calls */

#define NONE UINT32_MAX

/* A source within the text of all. */
struct file {
    char name[HS_NAME_MAX];
    uint32_t line, end; /* its first line, and the one after its last */
};

/* A reference that the program does not need: its word, and what it is. */
struct idle {
    uint32_t block, word;           /* the word; HS_NO_BLOCK: a root */
    uint32_t root;                  /* index in of->root, if it is one */
    uint32_t to;                    /* block */
    const struct hs_global *global; /* NULL: no global */
    struct hs_slot slot;
    bool attribute;            /* else: an object's attribute, or a slot */
    char name[HS_UNUSED_NAME]; /* of a local variable or attribute */
    uint64_t bytes, largest;   /* garbage without it and all others, reached from it first; its largest block */
};

struct work {
    struct hs_diagnosis *d;
    const struct hs_failure_state *w;
    const struct hs_names *names;
    struct hs_holders holders;
    struct file file[FILES];
    uint32_t n_files;
    char *text;
    size_t length;
    struct hs_python python;
    struct hs_running running[RUNNING];
    uint32_t of_frame[RUNNING]; /* index of the frame */
    uint32_t n_running;
    struct hs_still_used used;
    struct idle *idle;
    uint32_t n_idle;
    uint32_t *first; /* by block: NEEDED; the first idle reference that leads to it, if it is not needed; NONE */
};

/* ---- the sources, as one text ---- */

static uint32_t count_lines(const char *text)
{
    uint32_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static int append(struct work *k, const char *file, const char *text)
{
    size_t n = strlen(text);
    uint32_t line = k->n_files ? k->file[k->n_files - 1].end : 1;
    char *all = realloc(k->text, k->length + n + 2);
    if (!all)
        return HS_ERR_MEMORY;
    k->text = all;
    memcpy(all + k->length, text, n);
    k->length += n;
    memcpy(all + k->length, "\n", 2);
    k->length++;
    struct file *f = &k->file[k->n_files++];
    snprintf(f->name, sizeof f->name, "%s", file);
    f->line = line;
    f->end = line + count_lines(text) + 1;
    return HS_OK;
}

static bool has_file(const struct work *k, const char *name)
{
    for (uint32_t i = 0; i < k->n_files; i++)
        if (!strcmp(k->file[i].name, name))
            return true;
    return false;
}

/* Every file that has allocated anything. */
static int read_sources(struct work *k, const struct hs_sources_at *sources)
{
    char file[HS_NAME_MAX];
    for (size_t i = 0; i < k->d->n && k->n_files < FILES; i++) {
        const char *name = k->d->held[i].name;
        size_t length = strcspn(name, ":");
        if (!k->d->held[i].python || !name[length])
            continue;
        snprintf(file, sizeof file, "%.*s", (int)length, name);
        char *text = has_file(k, file) ? NULL : hs_sources_text(sources, k->names->reader, file);
        int error = text ? append(k, file, text) : HS_OK;
        free(text);
        if (error)
            return error;
    }
    return k->n_files ? hs_python_read(&k->python, k->text) : HS_ERR_KIND;
}

static uint32_t row_of(const struct work *k, const char *file, size_t length, uint32_t line, uint32_t *end)
{
    for (uint32_t i = 0; i < k->n_files; i++) {
        const struct file *f = &k->file[i];
        if (strlen(f->name) != length || memcmp(f->name, file, length) != 0 || line >= f->end - f->line + 1)
            continue;
        uint32_t row = hs_python_row_at(&k->python, f->line + line - 1);
        *end = k->python.n_rows;
        for (uint32_t r = row; r < k->python.n_rows; r++)
            if (k->python.row[r].line >= f->end) {
                *end = r;
                break;
            }
        return row;
    }
    return NONE;
}

/* "main.py:5" of a row. */
static void name_row(const struct work *k, uint32_t row, char *text)
{
    uint32_t line = k->python.row[row].line;
    text[0] = '\0';
    for (uint32_t i = 0; i < k->n_files; i++)
        if (line >= k->file[i].line && line < k->file[i].end)
            snprintf(text, HS_NAME_MAX, "%.900s:%u", k->file[i].name, (unsigned)(line - k->file[i].line + 1));
}

static uint32_t line_of(const struct work *k, uint32_t row)
{
    uint32_t line = k->python.row[row].line;
    for (uint32_t i = 0; i < k->n_files; i++)
        if (line >= k->file[i].line && line < k->file[i].end)
            return line - k->file[i].line + 1;
    return 0;
}

/* Innermost call first. */
static void find_running(struct work *k)
{
    const struct hs_frames *f = &k->holders.of->frames;
    for (uint32_t i = 0; i < f->n && k->n_running < RUNNING; i++) {
        const char *blank = strrchr(f->frame[i].name, ' ');
        uint32_t end,
            row = blank ? row_of(k, f->frame[i].name, (size_t)(blank - f->frame[i].name), f->frame[i].line, &end) : NONE;
        if (row == NONE)
            continue;
        k->of_frame[k->n_running] = i;
        k->running[k->n_running++] = (struct hs_running){.row = row, .to = end};
    }
}

/* ---- idle references ---- */

static struct idle *add_idle(struct work *k)
{
    struct idle *more = realloc(k->idle, ((size_t)k->n_idle + 1) * sizeof *more);
    if (!more)
        return NULL;
    k->idle = more;
    more[k->n_idle] = (struct idle){.block = HS_NO_BLOCK, .root = NONE};
    return &more[k->n_idle++];
}

static bool has_source(const struct work *k, const char *module)
{
    char file[HS_NAME_MAX];
    snprintf(file, sizeof file, "%.900s.py", module);
    for (uint32_t i = 0; i < k->n_files; i++) {
        const char *slash = strrchr(k->file[i].name, '/');
        if (!strcmp(slash ? slash + 1 : k->file[i].name, file))
            return true;
    }
    return false;
}

static bool is_kind(const struct work *k, uint32_t block, const char *kind)
{
    char name[HS_NAME_MAX];
    hs_name_of_site(k->names, k->holders.of->snapshot.block[block].site, HS_KEY_KIND, name);
    return k->names->symbols && !strcmp(name, kind);
}

/* One of a class of the program refers to one of the firmware. */
static bool is_exception(const struct work *k, uint32_t block)
{
    const struct hs_holders *h = &k->holders;
    bool is = is_kind(k, block, "exception");
    for (uint32_t e = h->first[block]; !is && is_kind(k, block, "instance") && e < h->first[block + 1]; e++)
        is = is_kind(k, h->to[e], "exception");
    return is;
}

/* Used before, and not any more. What a variable is for that is never used is not known, unless it is an exception. */
static bool is_done(const struct work *k, const struct hs_global *global, bool attribute)
{
    attribute = attribute || hs_python_mentions(&k->python, "__main__");
    if (hs_still_used_global(&k->used, global->name, attribute))
        return false;
    return hs_still_used_before(&k->used, global->name, attribute) || is_exception(k, global->value);
}

static void find_globals(struct work *k)
{
    const struct hs_refgraph *g = k->holders.of;
    char text[HS_NAME_MAX];
    for (uint32_t i = 0; i < g->n_globals; i++) {
        const struct hs_global *global = &g->global[i];
        const struct hs_module *module = &g->module[global->module];
        bool script = !strcmp(module->name, "__main__");
        if (global->value == HS_NO_BLOCK || module->table == HS_NO_BLOCK || !strncmp(global->name, "__", 2) ||
            !has_source(k, hs_holders_module(&k->holders, global->module, text)) || !is_done(k, global, !script))
            continue;
        struct idle *idle = add_idle(k);
        if (idle) {
            idle->block = module->table;
            idle->word = 2 * global->slot + 1;
            idle->to = global->value;
            idle->global = global;
        }
    }
}

/* The row that the call was at when the block was allocated; NONE: not known. */
static uint32_t row_then(const struct work *k, const struct hs_call_frame *frame, uint32_t block)
{
    struct hs_frame call[HS_DEPTH_MAX];
    struct hs_symbol native;
    uint32_t site = k->holders.of->snapshot.block[block].site, end;
    const char *blank = strrchr(frame->name, ' ');
    unsigned n = site == HS_SITE_UNKNOWN || !blank ? 0 : hs_frames_of_site(k->names, site, call, &native);
    for (unsigned i = 0; i < n; i++) {
        size_t length = (size_t)(blank - frame->name);
        if (call[i].file && strlen(call[i].file) == length && !memcmp(call[i].file, frame->name, length) &&
            !strcmp(call[i].function, blank + 1))
            return row_of(k, call[i].file, length, call[i].line, &end);
    }
    return NONE;
}

static uint32_t running_of(const struct work *k, const struct hs_call_frame *frame)
{
    for (uint32_t i = 0; i < k->n_running; i++)
        if (&k->holders.of->frames.frame[k->of_frame[i]] == frame)
            return i;
    return NONE;
}

/* Where stacks were not recorded, only the innermost call of an allocation is known: the only row of the running function, before
 * the one that is executed, that leads to it; NONE: there are none or several. `assigns`: of those that assign to one name. Changes
 * what is reached. */
static uint32_t row_leading(struct work *k, uint32_t running, uint32_t block, bool assigns)
{
    const struct hs_python *p = &k->python;
    struct hs_frame call[HS_DEPTH_MAX];
    struct hs_symbol native;
    uint32_t site = k->holders.of->snapshot.block[block].site, end, found = NONE, now = k->running[running].row;
    unsigned n = site == HS_SITE_UNKNOWN ? 0 : hs_frames_of_site(k->names, site, call, &native);
    uint32_t made = n && call[0].file ? row_of(k, call[0].file, strlen(call[0].file), call[0].line, &end) : NONE;
    for (uint32_t i = 0; made != NONE && i < now; i++) {
        bool form = !assigns || (p->row[i].n > 2 && hs_python_is(p, p->row[i].first + 1, "="));
        bool head = hs_python_is_header(p, p->row[i].first + 1);
        if (p->row[i].scope != p->row[now].scope || !form || head || !hs_python_leads(&k->used.reach, i, made))
            continue;
        if (found != NONE)
            return NONE;
        found = i;
    }
    return found;
}

static void copy_name(const struct work *k, uint32_t token, char *name)
{
    const struct hs_python_token *t = &k->python.token[token];
    snprintf(name, HS_UNUSED_NAME, "%.*s", (int)(t->length < HS_UNUSED_NAME ? t->length : HS_UNUSED_NAME - 1), t->at);
}

/* The name of a parameter, from the head of its function. */
static bool parameter_name(const struct work *k, uint32_t scope, uint32_t index, char *name)
{
    const struct hs_python *p = &k->python;
    if (scope == HS_PYTHON_MODULE)
        return false;
    const struct hs_python_row *head = &p->row[p->scope[scope].head];
    uint32_t depth = 0;
    for (uint32_t i = p->scope[scope].name + 2; i < head->first + head->n; i++) {
        if (!depth && !index && p->token[i].kind == HS_PYTHON_NAME)
            return copy_name(k, i, name), true;
        if (hs_python_is(p, i, "*"))
            return false;
        depth += hs_python_is(p, i, "(") || hs_python_is(p, i, "[") || hs_python_is(p, i, "{");
        if (!depth && hs_python_is(p, i, ")"))
            return false;
        depth -= depth && (hs_python_is(p, i, ")") || hs_python_is(p, i, "]") || hs_python_is(p, i, "}"));
        index -= !depth && hs_python_is(p, i, ",");
    }
    return false;
}

/* The name of a local variable: a parameter, or what the row assigns that made the block. */
static bool slot_name(struct work *k, const struct hs_slot *slot, uint32_t running, uint32_t block, char *name)
{
    const struct hs_python *p = &k->python;
    if (slot->use == HS_SLOT_ARGUMENT)
        return parameter_name(k, p->row[k->running[running].row].scope, slot->index, name);
    uint32_t row = row_then(k, slot->frame, block);
    row = row == NONE ? row_leading(k, running, block, true) : row;
    uint32_t first = row == NONE ? 0 : p->row[row].first;
    if (row == NONE || p->row[row].n < 3 || p->token[first].kind != HS_PYTHON_NAME || !hs_python_is(p, first + 1, "="))
        return false;
    copy_name(k, first, name);
    return true;
}

/* Whether the row is inside try, except, finally or with: then a frame's handlers are in use. */
static bool is_guarded(const struct hs_python *p, uint32_t row)
{
    static const char *const words[] = {"try", "except", "finally", "with"};
    uint32_t indent = p->row[row].indent + 1;
    for (uint32_t i = row + 1; i-- > 0 && indent;) {
        if (p->row[i].scope != p->row[row].scope || p->row[i].indent >= indent)
            continue;
        indent = p->row[i].indent;
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (hs_python_is(p, p->row[i].first, words[w]))
                return true;
    }
    return false;
}

/* Whether the program can use the slot no more. */
static bool is_left_over(const struct work *k, const struct hs_slot *slot)
{
    uint32_t running = running_of(k, slot->frame);
    return slot->use == HS_SLOT_LEFT_OVER ||
           (slot->use == HS_SLOT_HANDLERS && running != NONE && !is_guarded(&k->python, k->running[running].row));
}

static void take_slot(struct work *k, const struct hs_word *word, uint32_t root, uint32_t to)
{
    struct hs_slot slot;
    char name[HS_UNUSED_NAME] = "";
    if (!hs_frames_slot(&k->holders.of->frames, &k->holders.facts, word, &slot))
        return;
    if (slot.use == HS_SLOT_LOCAL || slot.use == HS_SLOT_ARGUMENT) {
        uint32_t running = running_of(k, slot.frame);
        if (running == NONE || hs_frame_is_body(slot.frame) || !slot_name(k, &slot, running, to, name) ||
            hs_still_used_local(&k->used, running, name))
            return;
    } else if (!is_left_over(k, &slot)) {
        return;
    }
    struct idle *idle = add_idle(k);
    if (!idle)
        return;
    *idle = (struct idle){.block = word->block, .word = word->word, .root = root, .to = to, .slot = slot};
    memcpy(idle->name, name, sizeof name);
}

static void find_slots(struct work *k)
{
    const struct hs_refgraph *g = k->holders.of;
    for (uint32_t i = 0; i < g->n_roots; i++)
        if (g->root[i].kind == HS_ROOT_STACK || g->root[i].kind == HS_ROOT_PYSTACK)
            take_slot(k, &(struct hs_word){.block = HS_NO_BLOCK, .address = g->root[i].address}, i, g->root[i].block);
    for (uint32_t f = 0; f < g->frames.n; f++) {
        uint32_t b = g->frames.frame[f].block;
        for (uint32_t e = b == HS_NO_BLOCK ? 0 : g->first[b]; b != HS_NO_BLOCK && e < g->first[b + 1]; e++)
            take_slot(k, &(struct hs_word){.block = b, .word = g->word[e]}, NONE, g->to[e]);
    }
}

/* The row of a call on the way to the block's allocation that assigns an attribute: self.NAME = ..., or NONE. */
static uint32_t row_assigning(const struct work *k, uint32_t block)
{
    const struct hs_python *p = &k->python;
    struct hs_frame call[HS_DEPTH_MAX];
    struct hs_symbol native;
    uint32_t site = k->holders.of->snapshot.block[block].site, end;
    unsigned n = site == HS_SITE_UNKNOWN ? 0 : hs_frames_of_site(k->names, site, call, &native);
    for (unsigned i = 0; i < n; i++) {
        uint32_t row = call[i].file && *call[i].file ? row_of(k, call[i].file, strlen(call[i].file), call[i].line, &end) : NONE;
        uint32_t first = row == NONE ? 0 : p->row[row].first;
        if (row != NONE && p->row[row].n > 4 && p->token[first].kind == HS_PYTHON_NAME && hs_python_is(p, first + 1, ".") &&
            hs_python_is(p, first + 3, "="))
            return row;
    }
    return NONE;
}

/* The table of an object's attributes. */
static bool is_attributes(const struct work *k, uint32_t block)
{
    const struct hs_holder_view *v = &k->holders.any;
    return is_kind(k, block, "dict table") && v->via[block] != HS_NODE_NONE && v->via[block] != HS_NODE_ROOTS &&
           is_kind(k, v->from[block], "instance");
}

/* The only row of the program that keeps a caught exception as an attribute: self.NAME = e after except ... as e; or NONE. */
static uint32_t row_keeping(const struct work *k)
{
    const struct hs_python *p = &k->python;
    uint32_t found = NONE;
    for (uint32_t r = 0; r < p->n_rows; r++) {
        uint32_t first = p->row[r].first;
        bool form = p->row[r].n == 5 && hs_python_is(p, first + 1, ".") && hs_python_is(p, first + 3, "=");
        bool caught = false;
        for (uint32_t i = 1; form && !caught && i < first; i++)
            caught = hs_python_same(p, i, first + 4) && hs_python_is(p, i - 1, "as") &&
                     hs_python_is(p, p->row[p->token[i].row].first, "except");
        if (caught && found != NONE)
            return NONE;
        found = caught ? r : found;
    }
    return found;
}

/* The row that gave an attribute its value. */
static uint32_t row_of_attribute(const struct work *k, uint32_t value)
{
    uint32_t row = row_assigning(k, value);
    return row == NONE && is_exception(k, value) ? row_keeping(k) : row;
}

/* Values of attributes that hold much. The name is that of the row that made the value. */
static void find_attributes(struct work *k)
{
    const struct hs_holders *h = &k->holders;
    for (uint32_t v = 0; v < h->n; v++)
        for (uint32_t e = h->first[v]; e < h->first[v + 1]; e++) {
            bool much = h->any.dominators.of[h->to[e]] == v && h->any.bytes[h->to[e]] >= k->d->total / HELD_PART;
            uint32_t row = much && is_attributes(k, v) ? row_of_attribute(k, h->to[e]) : NONE;
            char name[HS_UNUSED_NAME];
            if (row == NONE)
                continue;
            copy_name(k, k->python.row[row].first + 2, name);
            if (hs_still_used_global(&k->used, name, true) ||
                !(hs_still_used_before(&k->used, name, true) || is_exception(k, h->to[e])))
                continue;
            struct idle *idle = add_idle(k);
            if (idle) {
                *idle = (struct idle){.block = v, .word = h->word[e], .root = NONE, .to = h->to[e], .attribute = true};
                memcpy(idle->name, name, sizeof name);
            }
        }
}

/* ---- what they hold ---- */

static bool is_idle(const struct work *k, uint32_t block, uint32_t word, uint32_t root)
{
    for (uint32_t i = 0; i < k->n_idle; i++)
        if (block == HS_NO_BLOCK ? k->idle[i].block == HS_NO_BLOCK && k->idle[i].root == root && root != NONE
                                 : k->idle[i].block == block && k->idle[i].word == word)
            return true;
    return false;
}

/* Marks what is reached from the blocks on `stack`, of which there are `n`, without idle references. `mark` is by block. */
static void flood(const struct work *k, uint32_t *stack, uint32_t n, uint32_t *mark, uint32_t value)
{
    const struct hs_holders *h = &k->holders;
    while (n) {
        uint32_t v = stack[--n];
        for (uint32_t e = h->first[v]; e < h->first[v + 1]; e++) {
            if (mark[h->to[e]] != NONE || is_idle(k, v, h->word[e], NONE))
                continue;
            mark[h->to[e]] = value;
            stack[n++] = h->to[e];
        }
    }
}

#define NEEDED (NONE - 1)

/* Roots first, then each idle reference, the largest values first as they come. */
static bool follow(struct work *k)
{
    const struct hs_holders *h = &k->holders;
    uint32_t *stack = calloc((size_t)h->n + 1, sizeof *stack), n = 0;
    k->first = malloc(((size_t)h->n + 1) * sizeof *k->first);
    if (!stack || !k->first)
        return free(stack), false;
    for (uint32_t v = 0; v <= h->n; v++)
        k->first[v] = NONE;
    for (uint32_t i = 0; i < h->any.graph.n_roots; i++) {
        uint32_t v = h->root_block[i];
        if (k->first[v] != NONE || (h->root[i] != HS_NO_BLOCK && is_idle(k, HS_NO_BLOCK, 0, h->root[i])))
            continue;
        k->first[v] = NEEDED;
        stack[n++] = v;
    }
    flood(k, stack, n, k->first, NEEDED);
    for (uint32_t i = 0; i < k->n_idle; i++) {
        if (k->first[k->idle[i].to] != NONE)
            continue;
        k->first[k->idle[i].to] = i;
        stack[0] = k->idle[i].to;
        flood(k, stack, 1, k->first, i);
    }
    for (uint32_t v = 0; v < h->n; v++)
        if (k->first[v] < k->n_idle) {
            struct idle *idle = &k->idle[k->first[v]];
            uint64_t bytes = hs_refs_bytes(h->of, v);
            idle->bytes += bytes;
            idle->largest = bytes > idle->largest ? bytes : idle->largest;
        }
    free(stack);
    return true;
}

/* The longest run of free bytes if all that is held by accident were free. Pools and other heaps than the interpreter's have no
 * references. */
static uint64_t longest_without(const struct work *k)
{
    const struct hs_heap_snapshot *p = &k->holders.of->snapshot;
    uint64_t longest = 0;
    for (unsigned r = 0; r < p->n_regions; r++) {
        const struct hs_region_state *region = &p->region[r];
        uint32_t at = region->first, end = region->first + region->granules;
        for (uint32_t i = hs_heap_snapshot_find(p, at); region->present && i <= p->n_blocks; i++) {
            bool last = i == p->n_blocks || p->block[i].pos >= end;
            if (!last && k->first[i] < k->n_idle)
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
static uint32_t assignment(const struct work *k, const char *name, const struct hs_call_frame *frame, uint32_t block)
{
    const struct hs_python *p = &k->python;
    uint32_t then = frame ? row_then(k, frame, block) : NONE, header = NONE;
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

static const struct hs_call_frame *body(const struct work *k)
{
    const struct hs_frames *f = &k->holders.of->frames;
    for (uint32_t i = 0; i < f->n; i++)
        if (hs_frame_is_body(&f->frame[i]))
            return &f->frame[i];
    return NULL;
}

/* In a loop, the row is executed again: what it uses can be let go of after the loop. */
static void name_last(const struct work *k, uint32_t last, char *text)
{
    uint32_t end = hs_python_loop_end(&k->python, last);
    char at[HS_NAME_MAX];
    name_row(k, end, at);
    snprintf(text, HS_NAME_MAX, "%s%.900s", end == last ? "" : "the loop that ends at ", at);
}

static void describe_variable(struct work *k, const struct idle *idle)
{
    struct hs_diagnosis *d = k->d;
    const char *name = idle->global ? idle->global->name : idle->name;
    uint32_t row = idle->attribute ? NONE : assignment(k, name, idle->global ? body(k) : idle->slot.frame, idle->to), last = NONE;
    char module[HS_NAME_MAX];
    if (idle->global) {
        snprintf(d->accident.what, sizeof d->accident.what, "the global %.200s.%.200s",
                 hs_holders_module(&k->holders, idle->global->module, module), name);
        last = hs_still_used_last(&k->used, name, strcmp(k->holders.of->module[idle->global->module].name, "__main__") != 0);
    } else if (idle->attribute) {
        row = row_of_attribute(k, idle->to);
        snprintf(d->accident.what, sizeof d->accident.what, "the attribute %.64s", name);
        last = hs_still_used_last(&k->used, name, true);
    } else {
        const char *function = strrchr(idle->slot.frame->name, ' ');
        snprintf(d->accident.what, sizeof d->accident.what, "the %s %.64s of %.200s",
                 idle->slot.use == HS_SLOT_ARGUMENT ? "argument" : "local variable", name, function ? function + 1 : "");
        const struct hs_python *p = &k->python;
        const struct hs_running *r = &k->running[running_of(k, idle->slot.frame)];
        for (uint32_t i = 0; i < p->n; i++)
            if (hs_python_is(p, i, name) && p->row[p->token[i].row].scope == p->row[r->row].scope && p->token[i].row < r->from &&
                p->token[i].row != row)
                last = p->token[i].row;
    }
    snprintf(d->unused.name, sizeof d->unused.name, "%.60s", name);
    d->unused.global = idle->global;
    d->unused.last = last == NONE || last == row ? 0 : line_of(k, last);
    if (last != NONE && last != row)
        name_last(k, last, d->accident.last);
    if (row != NONE)
        name_row(k, row, d->unused_at);
}

static void describe_slot(struct work *k, const struct idle *idle)
{
    struct hs_diagnosis *d = k->d;
    const char *name = idle->slot.frame->name, *blank = strrchr(name, ' ');
    uint32_t row = row_then(k, idle->slot.frame, idle->to), running = running_of(k, idle->slot.frame);
    if (row == NONE && running != NONE)
        row = row_leading(k, running, idle->to, false);
    snprintf(d->accident.what, sizeof d->accident.what, "a left over slot of the stack of %.200s", blank ? blank + 1 : name);
    d->accident.left_over = true;
    if (row != NONE)
        name_row(k, row, d->unused_at);
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* The blocks, and the line that made most of them. */
static void find_blocks(struct work *k, uint32_t idle)
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

/* Other references to the same data, and the next variable. */
static void describe_others(struct work *k, uint32_t best)
{
    struct hs_accident *a = &k->d->accident;
    char module[HS_NAME_MAX];
    for (uint32_t i = 0; i < k->n_idle; i++) {
        const struct idle *o = &k->idle[i];
        bool same = k->first[o->to] == best && i != best;
        if (same && !o->global && !o->attribute && !o->name[0])
            a->also_left_over = true;
        if (i == best || !o->global || a->also[0] || (!same && o->bytes < k->d->total / HELD_PART))
            continue;
        snprintf(a->also, sizeof a->also, "the global %.200s.%.200s", hs_holders_module(&k->holders, o->global->module, module),
                 o->global->name);
    }
}

static void conclude(struct work *k)
{
    struct hs_diagnosis *d = k->d;
    uint32_t best = NONE;
    for (uint32_t i = 0; i < k->n_idle; i++)
        if (best == NONE || k->idle[i].bytes > k->idle[best].bytes)
            best = i;
    uint64_t grows = d->cause == HS_CAUSE_GROWING ? d->kept.adds ? d->kept.bytes : d->grows->live : 0;
    uint32_t part = d->cause == HS_CAUSE_FRAGMENTED ? PIECE_PART : HELD_PART;
    bool spread = d->cause == HS_CAUSE_FRAGMENTED && best != NONE && k->idle[best].largest < k->idle[best].bytes / 2;
    if (best == NONE || spread || k->idle[best].bytes < d->total / part || k->idle[best].bytes < grows ||
        longest_without(k) < d->failure.size)
        return;
    find_blocks(k, best);
    if (!d->holds)
        return;
    d->accident.bytes = k->idle[best].bytes;
    describe_others(k, best);
    if (k->idle[best].name[0] || k->idle[best].global)
        describe_variable(k, &k->idle[best]);
    else
        describe_slot(k, &k->idle[best]);
    d->accident.known = true;
    d->cause = HS_CAUSE_HELD;
}

static int look(struct work *k, const struct hs_sources_at *sources)
{
    int error = hs_holders_make(&k->holders, &k->w->graph, k->names);
    int read = error ? error : read_sources(k, sources);
    if (read)
        return read == HS_ERR_KIND ? HS_OK : read;
    find_running(k);
    if (!k->n_running || hs_still_used_opaque(&k->python))
        return HS_OK;
    if (!hs_still_used_make(&k->used, &k->python, k->running, k->n_running))
        return HS_ERR_MEMORY;
    find_globals(k);
    find_attributes(k);
    find_slots(k); /* changes what is reached */
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
    struct work *k = w->referred && d->lines && may_be(d) ? calloc(1, sizeof *k) : NULL;
    if (!k)
        return HS_OK;
    k->d = d;
    k->w = w;
    k->names = names;
    int error = look(k, sources);
    hs_still_used_free(&k->used);
    hs_python_free(&k->python);
    hs_holders_free(&k->holders);
    free(k->text);
    free(k->idle);
    free(k->first);
    free(k);
    return error;
}
