/* SPDX-License-Identifier: MIT
 *
 * What is held by accident: variables that the program does not use any more, by its sources, and slots of stacks that are left over.
 * The references say what would be garbage without them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/assigned.h"
#include "analysis/diagnosis/failure_watch.h"
#include "analysis/diagnosis/holders.h"
#include "analysis/diagnosis/parts.h"
#include "analysis/diagnosis/program_text.h"
#include "analysis/diagnosis/still_used.h"
#include "analysis/diagnosis/variables.h"

#define HELD_PART 16u /* minimum part of the heap that the variable holds */
#define SPREAD_TIMES \
    2u /* small blocks in a heap that is in pieces: at least this multiple of what is free, so there is more than the pieces */
#define PIECE_PART \
    8u              /* the same where the free bytes are in pieces, most of it in one block: less may be between them by chance */
#define RUNNING 64u /* calls */

#define NONE UINT32_MAX

/* Where a variable is. */
enum place {
    IN_SLOT,
    IN_GLOBAL,
    IN_ATTRIBUTE,
    IN_CELL /* captured by a function */,
    IN_PART /* of a small object that shows a part of it */
};

/* A reference that the program does not need: its word, and what it is. */
struct idle {
    uint32_t block, word;           /* the word; HS_NO_BLOCK: a root */
    uint32_t root;                  /* index in of->root, if it is one */
    uint32_t to;                    /* block */
    const struct hs_global *global; /* NULL: no global */
    struct hs_slot slot;
    enum place place;
    enum hs_needless why;
    enum hs_part_kind part;    /* IN_PART */
    uint32_t row;              /* that gave the variable its value, or is about to give it another one; NONE: not known */
    uint32_t leader;           /* index of the first idle reference of the same variable */
    char name[HS_UNUSED_NAME]; /* of the variable */
    uint64_t bytes, largest;   /* garbage without it and all others, reached from it first; its largest block */
    bool stays;                /* it is taken to be a use */
};

struct work {
    struct hs_diagnosis *d;
    const struct hs_failure_state *w;
    const struct hs_names *names;
    struct hs_holders holders;
    struct hs_program_text sources;
    const struct hs_python *python; /* of the sources */
    struct hs_running running[RUNNING];
    uint32_t of_frame[RUNNING]; /* index of the frame */
    uint32_t n_running;
    struct hs_still_used used;
    struct hs_python_reach assigned; /* for questions about assignments */
    struct idle *idle;
    uint32_t n_idle;
    uint32_t *first; /* by block: NEEDED; the first idle reference that leads to it, if it is not needed; NONE */
    uint32_t *stack; /* of blocks */
};

/* Innermost call first. */
static void find_running(struct work *k)
{
    const struct hs_frames *f = &k->holders.of->frames;
    for (uint32_t i = 0; i < f->n && k->n_running < RUNNING; i++) {
        uint32_t row = hs_program_text_row_of_call(&k->sources, &f->frame[i]);
        if (row == NONE)
            continue;
        k->of_frame[k->n_running] = i;
        k->running[k->n_running++] = (struct hs_running){.row = row, .to = hs_program_text_end(&k->sources, row)};
    }
}

/* ---- idle references ---- */

static struct idle *add_idle(struct work *k)
{
    struct idle *more = realloc(k->idle, ((size_t)k->n_idle + 1) * sizeof *more);
    if (!more)
        return NULL;
    k->idle = more;
    more[k->n_idle] = (struct idle){.block = HS_NO_BLOCK, .root = NONE, .row = NONE, .leader = k->n_idle};
    return &more[k->n_idle++];
}

/* A reference in a word of a block. */
static struct idle *add_word(struct work *k, uint32_t block, uint32_t word, uint32_t to)
{
    struct idle *idle = add_idle(k);
    if (idle) {
        idle->block = block;
        idle->word = word;
        idle->to = to;
    }
    return idle;
}

static bool has_source(const struct work *k, const char *module)
{
    char file[HS_NAME_MAX];
    snprintf(file, sizeof file, "%.900s.py", module);
    for (uint32_t i = 0; i < k->sources.n_files; i++) {
        const struct hs_source_file *f = &k->sources.file[i];
        const char *slash = strrchr(f->name, '/');
        if (f->end > f->line && !strcmp(slash ? slash + 1 : f->name, file))
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

/* Whether the block keeps much that nothing else needs. */
static bool holds_much(const struct work *k, uint32_t block) { return k->holders.any.bytes[block] >= k->d->total / HELD_PART; }

/* Whether a global or attribute with that value is not needed, and why. What a variable is for that is never used is not known. An
 * exception is for its text, not for the data that it carries. */
static bool is_needless(const struct work *k, const char *name, bool attribute, uint32_t value, enum hs_needless *why)
{
    bool error = is_exception(k, value);
    *why = error ? HS_NEEDLESS_ERROR : HS_NEEDLESS_UNUSED;
    if (error && holds_much(k, value))
        return true;
    if (hs_still_used_global(&k->used, name, attribute) || !(error || hs_still_used_before(&k->used, name, attribute)))
        return false;
    if (!error && hs_still_used_length(&k->used, name) != NONE)
        *why = HS_NEEDLESS_LENGTH;
    return true;
}

/* Whether other modules reach the global as an attribute of its module. */
static bool is_shared(const struct work *k, const struct hs_global *global)
{
    return strcmp(k->holders.of->module[global->module].name, "__main__") != 0 || hs_python_mentions(k->python, "__main__");
}

/* Whether the global is a variable of a source that is at hand. */
static bool is_own(const struct work *k, const struct hs_global *global)
{
    char text[HS_NAME_MAX];
    return global->value != HS_NO_BLOCK && k->holders.of->module[global->module].table != HS_NO_BLOCK &&
           strncmp(global->name, "__", 2) != 0 && has_source(k, hs_holders_module(&k->holders, global->module, text));
}

static struct idle *add_global(struct work *k, const struct hs_global *global, enum hs_needless why)
{
    struct idle *idle = add_word(k, k->holders.of->module[global->module].table, 2 * global->slot + 1, global->value);
    if (!idle)
        return NULL;
    idle->place = IN_GLOBAL;
    idle->global = global;
    idle->why = why;
    snprintf(idle->name, sizeof idle->name, "%.60s", global->name);
    return idle;
}

static void find_globals(struct work *k)
{
    const struct hs_refgraph *g = k->holders.of;
    enum hs_needless why;
    for (uint32_t i = 0; i < g->n_globals; i++)
        if (is_own(k, &g->global[i]) && is_needless(k, g->global[i].name, is_shared(k, &g->global[i]), g->global[i].value, &why))
            add_global(k, &g->global[i], why);
}

/* The row that the call was at when the block was allocated; NONE: not known. */
static uint32_t row_then(const struct work *k, const struct hs_call_frame *frame, uint32_t block)
{
    struct hs_frame call[HS_DEPTH_MAX];
    struct hs_symbol native;
    uint32_t site = k->holders.of->snapshot.block[block].site;
    const char *blank = strrchr(frame->name, ' ');
    unsigned n = site == HS_SITE_UNKNOWN || !blank ? 0 : hs_frames_of_site(k->names, site, call, &native);
    for (unsigned i = 0; i < n; i++) {
        size_t length = (size_t)(blank - frame->name);
        if (call[i].file && strlen(call[i].file) == length && !memcmp(call[i].file, frame->name, length) &&
            !strcmp(call[i].function, blank + 1))
            return hs_program_text_row(&k->sources, call[i].file, length, call[i].line);
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
    const struct hs_python *p = k->python;
    struct hs_frame call[HS_DEPTH_MAX];
    struct hs_symbol native;
    uint32_t site = k->holders.of->snapshot.block[block].site, found = NONE, now = k->running[running].row;
    unsigned n = site == HS_SITE_UNKNOWN ? 0 : hs_frames_of_site(k->names, site, call, &native);
    uint32_t made = n && call[0].file ? hs_program_text_row(&k->sources, call[0].file, strlen(call[0].file), call[0].line) : NONE;
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
    const struct hs_python_token *t = &k->python->token[token];
    snprintf(name, HS_UNUSED_NAME, "%.*s", (int)(t->length < HS_UNUSED_NAME ? t->length : HS_UNUSED_NAME - 1), t->at);
}

/* The name of a parameter, from the head of its function. */
static bool parameter_name(const struct work *k, uint32_t scope, uint32_t index, char *name)
{
    const struct hs_python *p = k->python;
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
    const struct hs_python *p = k->python;
    const struct hs_variable v = {p->row[k->running[running].row].scope, slot->index, slot->use == HS_SLOT_ARGUMENT};
    if (hs_variable_name(p, &v, name))
        return true;
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
           (slot->use == HS_SLOT_HANDLERS && running != NONE && !is_guarded(k->python, k->running[running].row));
}

/* Whether the function has read its local variable by now: what was only just made is not needed yet. */
static bool was_read(const struct work *k, uint32_t running, const char *name)
{
    const struct hs_python *p = k->python;
    uint32_t row = k->running[running].row;
    for (uint32_t i = 0; i < p->n; i++)
        if (hs_python_is(p, i, name) && p->token[i].row <= row && p->row[p->token[i].row].scope == p->row[row].scope &&
            hs_python_reads(p, i))
            return true;
    return false;
}

static void take_slot(struct work *k, const struct hs_word *word, uint32_t root, uint32_t to)
{
    struct hs_slot slot;
    char name[HS_UNUSED_NAME] = "";
    enum hs_needless why = HS_NEEDLESS_UNUSED;
    if (!hs_frames_slot(&k->holders.of->frames, &k->holders.facts, word, &slot))
        return;
    uint32_t running = running_of(k, slot.frame);
    if (slot.use == HS_SLOT_LOCAL || slot.use == HS_SLOT_ARGUMENT) {
        if (running == NONE || hs_frame_is_body(slot.frame) || !slot_name(k, &slot, running, to, name))
            return;
        if (hs_still_used_replaces(&k->used, running, name))
            why = HS_NEEDLESS_REPLACED;
        else if (hs_still_used_local(&k->used, running, name) || (slot.use == HS_SLOT_LOCAL && !was_read(k, running, name)))
            return;
    } else if (!is_left_over(k, &slot)) {
        return;
    }
    struct idle *idle = add_idle(k);
    if (!idle)
        return;
    *idle = (struct idle){.block = word->block,
                          .word = word->word,
                          .root = root,
                          .to = to,
                          .slot = slot,
                          .why = why,
                          .row = why == HS_NEEDLESS_REPLACED ? k->running[running].row : NONE,
                          .leader = idle->leader};
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

/* The rows of the calls that led to the block's allocation. */
static struct hs_origin made_of(const struct work *k, uint32_t block)
{
    struct hs_origin made = {.n = 0};
    struct hs_frame call[HS_DEPTH_MAX];
    struct hs_symbol native;
    uint32_t site = k->holders.of->snapshot.block[block].site;
    unsigned n = site == HS_SITE_UNKNOWN ? 0 : hs_frames_of_site(k->names, site, call, &native);
    for (unsigned i = 0; i < n && made.n < HS_ORIGIN_ROWS; i++) {
        uint32_t row = call[i].file && *call[i].file
                           ? hs_program_text_row(&k->sources, call[i].file, strlen(call[i].file), call[i].line)
                           : NONE;
        if (row != NONE)
            made.row[made.n++] = row;
    }
    return made;
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
    const struct hs_python *p = k->python;
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

/* The assignment that gave an attribute its value. Changes what is reached. */
static struct hs_assigned attribute_of(struct work *k, uint32_t value)
{
    struct hs_origin made = made_of(k, value);
    struct hs_assigned assigned = hs_assigned_attribute(&k->assigned, &made);
    if (assigned.row == NONE && is_exception(k, value)) {
        assigned.row = row_keeping(k);
        assigned.name = assigned.row == NONE ? NONE : k->python->row[assigned.row].first + 2;
    }
    return assigned;
}

/* Each value that a table of attributes refers to. */
static void each_attribute(struct work *k, void (*take)(struct work *, uint32_t table, uint32_t edge))
{
    const struct hs_holders *h = &k->holders;
    for (uint32_t v = 0; v < h->n; v++)
        for (uint32_t e = is_attributes(k, v) ? h->first[v] : h->first[v + 1]; e < h->first[v + 1]; e++)
            take(k, v, e);
}

static void add_attribute(struct work *k, uint32_t table, uint32_t edge, struct hs_assigned assigned, enum hs_needless why)
{
    struct idle *idle = add_word(k, table, k->holders.word[edge], k->holders.to[edge]);
    if (!idle)
        return;
    idle->place = IN_ATTRIBUTE;
    idle->why = why;
    idle->row = assigned.row;
    copy_name(k, assigned.name, idle->name);
}

/* What gave an attribute its value, if the value holds much; row NONE: it does not, or this is not known. */
static struct hs_assigned large_attribute(struct work *k, uint32_t table, uint32_t edge)
{
    uint32_t to = k->holders.to[edge];
    bool much = k->holders.any.dominators.of[to] == table && holds_much(k, to);
    return much ? attribute_of(k, to) : (struct hs_assigned){NONE, NONE};
}

/* Values of attributes that hold much. The name is that of the row that gave the value. */
static void take_attribute(struct work *k, uint32_t table, uint32_t edge)
{
    struct hs_assigned assigned = large_attribute(k, table, edge);
    char name[HS_UNUSED_NAME];
    enum hs_needless why;
    if (assigned.row == NONE)
        return;
    copy_name(k, assigned.name, name);
    if (is_needless(k, name, true, k->holders.to[edge], &why))
        add_attribute(k, table, edge, assigned, why);
}

/* ---- values that are about to be replaced ---- */

/* The block that a parameter of a running call refers to. */
static uint32_t argument(const struct work *k, uint32_t running, uint32_t index)
{
    const struct hs_refgraph *g = k->holders.of;
    const struct hs_call_frame *frame = &g->frames.frame[k->of_frame[running]];
    struct hs_slot slot;
    for (uint32_t i = 0; i < g->n_roots; i++)
        if ((g->root[i].kind == HS_ROOT_STACK || g->root[i].kind == HS_ROOT_PYSTACK) &&
            hs_frames_slot(&g->frames, &k->holders.facts, &(struct hs_word){.block = HS_NO_BLOCK, .address = g->root[i].address},
                           &slot) &&
            slot.frame == frame && slot.use == HS_SLOT_ARGUMENT && slot.index == index)
            return g->root[i].block;
    for (uint32_t e = frame->block == HS_NO_BLOCK ? 0 : g->first[frame->block];
         frame->block != HS_NO_BLOCK && e < g->first[frame->block + 1]; e++)
        if (hs_frames_slot(&g->frames, &k->holders.facts, &(struct hs_word){.block = frame->block, .word = g->word[e]}, &slot) &&
            slot.frame == frame && slot.use == HS_SLOT_ARGUMENT && slot.index == index)
            return g->to[e];
    return HS_NO_BLOCK;
}

/* Whether the row of a running call, OBJECT.NAME = ..., is about that object. */
static bool is_about(const struct work *k, uint32_t running, uint32_t object)
{
    const struct hs_refgraph *g = k->holders.of;
    uint32_t token = k->python->row[k->running[running].row].first;
    if (hs_python_is(k->python, token, "self"))
        return argument(k, running, 0) == object;
    for (uint32_t i = 0; i < g->n_globals; i++)
        if (g->global[i].value == object && hs_python_is(k->python, token, g->global[i].name))
            return true;
    return false;
}

static void take_replaced_attribute(struct work *k, uint32_t table, uint32_t edge)
{
    struct hs_assigned assigned = large_attribute(k, table, edge);
    char name[HS_UNUSED_NAME];
    if (assigned.row == NONE)
        return;
    copy_name(k, assigned.name, name);
    uint32_t running = hs_still_used_replaced(&k->used, name, true);
    if (running == NONE || !is_about(k, running, k->holders.any.from[table]))
        return;
    assigned.row = k->running[running].row;
    add_attribute(k, table, edge, assigned, HS_NEEDLESS_REPLACED);
}

static void find_replaced_globals(struct work *k)
{
    const struct hs_refgraph *g = k->holders.of;
    for (uint32_t i = 0; i < g->n_globals; i++) {
        uint32_t running = is_own(k, &g->global[i]) && holds_much(k, g->global[i].value)
                               ? hs_still_used_replaced(&k->used, g->global[i].name, false)
                               : NONE;
        struct idle *idle = running == NONE ? NULL : add_global(k, &g->global[i], HS_NEEDLESS_REPLACED);
        if (idle)
            idle->row = k->running[running].row;
    }
}

/* ---- captured variables ---- */

static bool is_used_by_running(const struct work *k, uint32_t scope, const char *name)
{
    for (uint32_t i = 0; i < k->n_running; i++)
        if (k->python->row[k->running[i].row].scope == scope && hs_still_used_local(&k->used, i, name))
            return true;
    return false;
}

/* The function whose variable it is: of a parameter, the one whose head the row is. */
static uint32_t scope_of(const struct work *k, struct hs_assigned assigned)
{
    for (uint32_t i = 1; i < k->python->n_scopes; i++)
        if (k->python->scope[i].head == assigned.row)
            return i;
    return k->python->row[assigned.row].scope;
}

/* A variable that functions inside its function capture lives as long as these. */
static void take_captured(struct work *k, uint32_t cell, uint32_t edge)
{
    uint32_t to = k->holders.to[edge];
    bool much = k->holders.any.dominators.of[to] == cell && !is_kind(k, to, "closure") && holds_much(k, to);
    struct hs_origin made = made_of(k, to);
    struct hs_assigned assigned = much ? hs_assigned_captured(&k->assigned, &made) : (struct hs_assigned){NONE, NONE};
    char name[HS_UNUSED_NAME];
    if (assigned.row == NONE)
        return;
    uint32_t scope = scope_of(k, assigned);
    copy_name(k, assigned.name, name);
    bool used = hs_still_used_captured(&k->used, scope, name) || is_used_by_running(k, scope, name);
    struct idle *idle = used ? NULL : add_word(k, cell, k->holders.word[edge], to);
    if (!idle)
        return;
    idle->place = IN_CELL;
    idle->row = assigned.row;
    idle->why = HS_NEEDLESS_LENGTH;
    memcpy(idle->name, name, sizeof name);
}

static void find_captured(struct work *k)
{
    const struct hs_holders *h = &k->holders;
    for (uint32_t v = 0; v < h->n; v++)
        for (uint32_t e = is_kind(k, v, "closure") ? h->first[v] : h->first[v + 1]; e < h->first[v + 1]; e++)
            take_captured(k, v, e);
}

/* ---- caches ---- */

/* The entries of a dict that a variable refers to, all as one. */
static void add_entries(struct work *k, uint32_t dict, const struct idle *like)
{
    const struct hs_holders *h = &k->holders;
    uint32_t leader = k->n_idle;
    for (uint32_t e = is_kind(k, dict, "dict") ? h->first[dict] : h->first[dict + 1]; e < h->first[dict + 1]; e++) {
        uint32_t table = h->to[e];
        for (uint32_t i = is_kind(k, table, "dict table") ? h->first[table] : h->first[table + 1]; i < h->first[table + 1]; i++) {
            struct idle *idle = h->word[i] % 2 ? add_idle(k) : NULL;
            if (!idle)
                continue;
            *idle = *like;
            idle->block = table;
            idle->word = h->word[i];
            idle->root = NONE;
            idle->to = h->to[i];
            idle->leader = leader;
        }
    }
}

static void take_cache(struct work *k, uint32_t table, uint32_t edge)
{
    uint32_t to = k->holders.to[edge];
    struct idle like = {.place = IN_ATTRIBUTE, .why = HS_NEEDLESS_CACHE, .row = NONE};
    struct hs_assigned assigned = is_kind(k, to, "dict") && holds_much(k, to) ? attribute_of(k, to)
                                                                              : (struct hs_assigned){NONE, NONE};
    (void)table;
    if (assigned.row == NONE)
        return;
    copy_name(k, assigned.name, like.name);
    like.row = hs_assigned_cache(k->python, like.name);
    if (like.row != NONE)
        add_entries(k, to, &like);
}

/* What can be made again is not why a program runs out of memory that keeps ever more of it: that grows. */
static void find_caches(struct work *k)
{
    const struct hs_refgraph *g = k->holders.of;
    if (k->d->cause == HS_CAUSE_GROWING)
        return;
    for (uint32_t i = 0; i < g->n_globals; i++) {
        struct idle like = {.place = IN_GLOBAL, .why = HS_NEEDLESS_CACHE, .global = &g->global[i]};
        bool dict = is_own(k, &g->global[i]) && is_kind(k, g->global[i].value, "dict") && holds_much(k, g->global[i].value);
        snprintf(like.name, sizeof like.name, "%.60s", g->global[i].name);
        like.row = dict ? hs_assigned_cache(k->python, like.name) : NONE;
        if (like.row != NONE)
            add_entries(k, g->global[i].value, &like);
    }
    each_attribute(k, take_cache);
}

/* ---- small objects that keep much more than they show ---- */

/* What one row made counts as one. */
static uint32_t leader_of_row(const struct work *k, uint32_t row)
{
    for (uint32_t i = 0; i < k->n_idle; i++)
        if (k->idle[i].place == IN_PART && k->idle[i].row == row)
            return k->idle[i].leader;
    return k->n_idle;
}

static int find_parts(struct work *k)
{
    const struct hs_holders *h = &k->holders;
    const struct hs_parts_question question = {
        .holders = h, .names = k->names, .sources = &k->sources, .asked = hs_program_text_row_named(&k->sources, k->d->line)};
    struct hs_parts parts;
    int error = hs_parts_find(&parts, &question);
    for (uint32_t i = 0; i < parts.n && !error; i++) {
        const struct hs_part *p = &parts.part[i];
        uint32_t leader = leader_of_row(k, p->row);
        struct idle *idle = add_word(k, p->block, h->word[p->edge], h->to[p->edge]);
        if (!idle)
            break;
        idle->place = IN_PART;
        idle->why = HS_NEEDLESS_PART;
        idle->part = p->kind;
        idle->row = p->row;
        idle->leader = leader;
        snprintf(idle->name, sizeof idle->name, "view");
    }
    hs_parts_free(&parts);
    return error;
}

/* ---- what they hold ---- */

static bool is_idle(const struct work *k, uint32_t block, uint32_t word, uint32_t root)
{
    for (uint32_t i = 0; i < k->n_idle; i++)
        if (!k->idle[i].stays && (block == HS_NO_BLOCK ? k->idle[i].block == HS_NO_BLOCK && k->idle[i].root == root && root != NONE
                                                       : k->idle[i].block == block && k->idle[i].word == word))
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

/* Marks what is needed: by roots, and by references that are taken to be uses. */
static void mark_needed(const struct work *k, uint32_t *mark)
{
    const struct hs_holders *h = &k->holders;
    uint32_t n = 0;
    for (uint32_t v = 0; v <= h->n; v++)
        mark[v] = NONE;
    for (uint32_t i = 0; i < h->any.graph.n_roots; i++) {
        uint32_t v = h->root_block[i];
        if (mark[v] != NONE || (h->root[i] != HS_NO_BLOCK && is_idle(k, HS_NO_BLOCK, 0, h->root[i])))
            continue;
        mark[v] = NEEDED;
        k->stack[n++] = v;
    }
    for (uint32_t i = 0; i < k->n_idle; i++)
        if (k->idle[i].stays && k->idle[i].place == IN_SLOT && mark[k->idle[i].to] == NONE) {
            mark[k->idle[i].to] = NEEDED;
            k->stack[n++] = k->idle[i].to;
        }
    flood(k, k->stack, n, mark, NEEDED);
}

/* Roots first, then each idle reference, the largest values first as they come. */
static bool follow(struct work *k)
{
    const struct hs_holders *h = &k->holders;
    k->stack = calloc((size_t)h->n + 1, sizeof *k->stack);
    k->first = malloc(((size_t)h->n + 1) * sizeof *k->first);
    if (!k->stack || !k->first)
        return false;
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
            struct idle *idle = &k->idle[k->first[v]];
            uint64_t bytes = hs_refs_bytes(h->of, v);
            idle->bytes += bytes;
            idle->largest = bytes > idle->largest ? bytes : idle->largest;
        }
    return true;
}

/* Whether the block is held by accident, and not by what `mark` says is needed. */
static bool is_gone(const struct work *k, const uint32_t *mark, uint32_t block)
{
    return k->first[block] < k->n_idle && mark[block] != NEEDED;
}

/* The longest run of free bytes if all that is held by accident were free, except what `mark` says is needed. Pools and other heaps
 * than the interpreter's have no references. */
static uint64_t longest_without(const struct work *k, const uint32_t *mark)
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
static uint32_t assignment(const struct work *k, const char *name, const struct hs_call_frame *frame, uint32_t block)
{
    const struct hs_python *p = k->python;
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
    uint32_t end = hs_python_loop_end(k->python, last);
    char at[HS_NAME_MAX];
    hs_program_text_line(&k->sources, end, at);
    snprintf(text, HS_NAME_MAX, "%s%.900s", end == last ? "" : "the loop that ends at ", at);
}

/* The small object, or how many there are, with who holds one of them. */
static void word_part(const struct work *k, const struct idle *idle, char *text)
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

static void word_variable(const struct work *k, const struct idle *idle, char *text)
{
    char module[HS_NAME_MAX];
    const char *cache = idle->why == HS_NEEDLESS_CACHE ? "cache" : "", *blank = *cache ? " " : "";
    const char *function = idle->place == IN_SLOT ? strrchr(idle->slot.frame->name, ' ') : NULL;
    switch (idle->place) {
    case IN_GLOBAL:
        snprintf(text, HS_NAME_MAX, "the %s%sglobal %.200s.%.200s", cache, blank,
                 hs_holders_module(&k->holders, idle->global->module, module), idle->name);
        break;
    case IN_ATTRIBUTE: snprintf(text, HS_NAME_MAX, "the %s%sattribute %.64s", cache, blank, idle->name); break;
    case IN_PART: word_part(k, idle, text); break;
    case IN_CELL: snprintf(text, HS_NAME_MAX, "a function that captures the variable %.64s", idle->name); break;
    default:
        snprintf(text, HS_NAME_MAX, "the %s %.64s of %.200s", idle->slot.use == HS_SLOT_ARGUMENT ? "argument" : "local variable",
                 idle->name, function ? function + 1 : "");
    }
}

/* The last row that used the variable, or uses its length; NONE: not known. */
static uint32_t last_use(struct work *k, const struct idle *idle, uint32_t row)
{
    const struct hs_python *p = k->python;
    uint32_t last = NONE;
    if (idle->why == HS_NEEDLESS_LENGTH)
        return hs_still_used_length(&k->used, idle->name);
    if (idle->why != HS_NEEDLESS_UNUSED)
        return NONE;
    if (idle->place == IN_GLOBAL)
        return hs_still_used_last(&k->used, idle->name, strcmp(k->holders.of->module[idle->global->module].name, "__main__") != 0);
    if (idle->place == IN_ATTRIBUTE)
        return hs_still_used_last(&k->used, idle->name, true);
    uint32_t running = running_of(k, idle->slot.frame);
    for (uint32_t i = 0; running != NONE && i < p->n; i++)
        if (hs_python_is(p, i, idle->name) && p->row[p->token[i].row].scope == p->row[k->running[running].row].scope &&
            p->token[i].row < k->running[running].from && p->token[i].row != row)
            last = p->token[i].row;
    return last;
}

/* The row to change: that gave the variable its value. */
static uint32_t row_of_variable(struct work *k, const struct idle *idle)
{
    if (idle->row != NONE || idle->place == IN_ATTRIBUTE || idle->place == IN_CELL || idle->place == IN_PART)
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

static void describe_variable(struct work *k, const struct idle *idle)
{
    struct hs_diagnosis *d = k->d;
    static const char *const copy[] = {
        [HS_PART_VIEW] = "bytes(view)", [HS_PART_MATCH] = "match.group(1)", [HS_PART_KEYS] = "list(keys)"};
    uint32_t row = row_of_variable(k, idle), last = last_use(k, idle, row);
    d->accident.copy = copy[idle->part];
    word_variable(k, idle, d->accident.what);
    snprintf(d->unused.name, sizeof d->unused.name, "%.60s", idle->name);
    if (idle->place == IN_ATTRIBUTE && idle->why == HS_NEEDLESS_REPLACED)
        word_target(k->python, idle->row, idle->name, d->unused.name);
    d->unused.global = idle->place == IN_GLOBAL;
    d->unused.last = last == NONE || last == row ? 0 : hs_program_text_line(&k->sources, last, NULL);
    if (last != NONE && last != row && idle->why == HS_NEEDLESS_LENGTH)
        hs_program_text_line(&k->sources, last, d->accident.last);
    else if (last != NONE && last != row)
        name_last(k, last, d->accident.last);
    if (row != NONE)
        hs_program_text_line(&k->sources, row, d->unused_at);
}

/* The row of its function that made what the slot refers to. */
static uint32_t row_of_slot(struct work *k, const struct idle *idle)
{
    uint32_t row = row_then(k, idle->slot.frame, idle->to), running = running_of(k, idle->slot.frame);
    return row == NONE && running != NONE ? row_leading(k, running, idle->to, false) : row;
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
static bool is_older(const struct work *k, const struct idle *idle)
{
    const struct hs_diagnosis *d = k->d;
    uint32_t asked = hs_program_text_row_named(&k->sources, d->line), site = k->holders.of->snapshot.block[idle->to].site;
    char name[HS_NAME_MAX];
    return d->cause == HS_CAUSE_PEAK && idle->place == IN_SLOT && !idle->name[0] && asked != NONE &&
           hs_python_extends(k->python, asked) && site != HS_SITE_UNKNOWN &&
           !strcmp(hs_name_of_site(k->names, site, HS_KEY_LINE, name), d->line);
}

static void describe_slot(struct work *k, const struct idle *idle)
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
static void find_blocks(struct work *k, uint32_t idle, const uint32_t *mark)
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
static uint32_t describe_others(struct work *k, uint32_t best)
{
    uint32_t also = NONE;
    struct hs_accident *a = &k->d->accident;
    char module[HS_NAME_MAX];
    for (uint32_t i = 0; i < k->n_idle; i++) {
        const struct idle *o = &k->idle[i];
        bool same = k->first[o->to] == best && o->leader != best;
        if (same && o->place == IN_SLOT && !o->name[0])
            a->also_left_over = true;
        if (o->leader == best || o->place != IN_GLOBAL || a->also[0] || (!same && o->bytes < k->d->total / HELD_PART))
            continue;
        snprintf(a->also, sizeof a->also, "the global %.200s.%.200s", hs_holders_module(&k->holders, o->global->module, module),
                 o->global->name);
        also = o->leader;
    }
    return also;
}

/* What is still needed if only the variable is let go of, and `also`: other references that the program does not need stay, as slots of stacks
 * do. If that makes no room, all must go. False when out of memory. */
static bool try_alone(struct work *k, uint32_t best, uint32_t also, uint32_t **mark)
{
    *mark = calloc((size_t)k->holders.n + 1, sizeof **mark);
    if (!*mark)
        return false;
    for (uint32_t i = 0; i < k->n_idle; i++)
        k->idle[i].stays = k->idle[i].leader != best && k->idle[i].leader != also;
    mark_needed(k, *mark);
    if (longest_without(k, *mark) < k->d->failure.size) {
        k->d->accident.both = k->d->accident.also_left_over;
        memset(*mark, 0, ((size_t)k->holders.n + 1) * sizeof **mark);
    }
    return true;
}

static void conclude(struct work *k)
{
    struct hs_diagnosis *d = k->d;
    uint32_t best = NONE;
    for (uint32_t i = 0; i < k->n_idle; i++)
        if (best == NONE || k->idle[i].bytes > k->idle[best].bytes)
            best = i;
    bool growing = d->cause == HS_CAUSE_GROWING && !d->needed.known;
    uint64_t grows = growing ? d->kept.adds ? d->kept.bytes : d->grows->live : 0;
    uint32_t part = d->cause == HS_CAUSE_FRAGMENTED ? PIECE_PART : HELD_PART;
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

static int look(struct work *k, const struct hs_sources_at *sources)
{
    int error = hs_holders_make(&k->holders, &k->w->graph, k->names);
    int read = error ? error : hs_program_text_read(&k->sources, sources, k->names);
    if (read)
        return read == HS_ERR_KIND ? HS_OK : read;
    k->python = &k->sources.python;
    find_running(k);
    if (!k->n_running || hs_still_used_opaque(k->python))
        return HS_OK;
    if (!hs_still_used_make(&k->used, k->python, k->running, k->n_running) || !hs_python_reach_make(&k->assigned, k->python))
        return HS_ERR_MEMORY;
    find_globals(k);
    each_attribute(k, take_attribute);
    find_captured(k);
    find_caches(k);
    if (find_parts(k))
        return HS_ERR_MEMORY;
    find_slots(k); /* from here on, what `used` has reached changes */
    find_replaced_globals(k);
    each_attribute(k, take_replaced_attribute);
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
    hs_python_reach_free(&k->assigned);
    hs_holders_free(&k->holders);
    hs_program_text_free(&k->sources);
    free(k->idle);
    free(k->first);
    free(k->stack);
    free(k);
    return error;
}
