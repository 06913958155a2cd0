/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/idle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

/* Innermost call first. */
static void find_running(struct hs_accident_work *k)
{
    const struct hs_frames *f = &k->holders.of->frames;
    for (uint32_t i = 0; i < f->n && k->n_running < HS_IDLE_RUNNING; i++) {
        uint32_t row = hs_program_text_row_of_call(&k->sources, &f->frame[i]);
        if (row == NONE)
            continue;
        k->of_frame[k->n_running] = i;
        k->running[k->n_running++] = (struct hs_running){.row = row, .to = hs_program_text_end(&k->sources, row)};
    }
}

/* ---- idle references ---- */

static struct hs_idle *add_idle(struct hs_accident_work *k)
{
    struct hs_idle *more = realloc(k->idle, ((size_t)k->n_idle + 1) * sizeof *more);
    if (!more)
        return NULL;
    k->idle = more;
    more[k->n_idle] = (struct hs_idle){.block = HS_NO_BLOCK, .root = NONE, .row = NONE, .leader = k->n_idle};
    return &more[k->n_idle++];
}

/* A reference in a word of a block. */
static struct hs_idle *add_word(struct hs_accident_work *k, uint32_t block, uint32_t word, uint32_t to)
{
    struct hs_idle *idle = add_idle(k);
    if (idle) {
        idle->block = block;
        idle->word = word;
        idle->to = to;
    }
    return idle;
}

static bool has_source(const struct hs_accident_work *k, const char *module)
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

static bool is_kind(const struct hs_accident_work *k, uint32_t block, const char *kind)
{
    char name[HS_NAME_MAX];
    hs_name_of_site(k->names, k->holders.of->snapshot.block[block].site, HS_KEY_KIND, name);
    return k->names->symbols && !strcmp(name, kind);
}

/* One of a class of the program refers to one of the firmware. */
static bool is_exception(const struct hs_accident_work *k, uint32_t block)
{
    const struct hs_holders *h = &k->holders;
    bool is = is_kind(k, block, "exception");
    for (uint32_t e = h->first[block]; !is && is_kind(k, block, "instance") && e < h->first[block + 1]; e++)
        is = is_kind(k, h->to[e], "exception");
    return is;
}

/* Whether the block keeps much that nothing else needs. */
static bool holds_much(const struct hs_accident_work *k, uint32_t block)
{
    return k->holders.any.bytes[block] >= k->d->total / HS_IDLE_HELD_PART;
}

/* Whether a global or attribute with that value is not needed, and why. What a variable is for that is never used is not known. An
 * exception is for its text, not for the data that it carries. */
static bool is_needless(const struct hs_accident_work *k, const char *name, bool attribute, uint32_t value, enum hs_needless *why)
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
static bool is_shared(const struct hs_accident_work *k, const struct hs_global *global)
{
    return strcmp(k->holders.of->module[global->module].name, "__main__") != 0 || hs_python_mentions(k->python, "__main__");
}

/* Whether the global is a variable of a source that is at hand. */
static bool is_own(const struct hs_accident_work *k, const struct hs_global *global)
{
    char text[HS_NAME_MAX];
    return global->value != HS_NO_BLOCK && k->holders.of->module[global->module].table != HS_NO_BLOCK &&
           strncmp(global->name, "__", 2) != 0 && has_source(k, hs_holders_module(&k->holders, global->module, text));
}

static struct hs_idle *add_global(struct hs_accident_work *k, const struct hs_global *global, enum hs_needless why)
{
    struct hs_idle *idle = add_word(k, k->holders.of->module[global->module].table, 2 * global->slot + 1, global->value);
    if (!idle)
        return NULL;
    idle->place = HS_IDLE_IN_GLOBAL;
    idle->global = global;
    idle->why = why;
    snprintf(idle->name, sizeof idle->name, "%.60s", global->name);
    return idle;
}

static void find_globals(struct hs_accident_work *k)
{
    const struct hs_refgraph *g = k->holders.of;
    enum hs_needless why;
    for (uint32_t i = 0; i < g->n_globals; i++)
        if (is_own(k, &g->global[i]) && is_needless(k, g->global[i].name, is_shared(k, &g->global[i]), g->global[i].value, &why))
            add_global(k, &g->global[i], why);
}

uint32_t hs_idle_row_then(const struct hs_accident_work *k, const struct hs_call_frame *frame, uint32_t block)
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

uint32_t hs_idle_running_of(const struct hs_accident_work *k, const struct hs_call_frame *frame)
{
    for (uint32_t i = 0; i < k->n_running; i++)
        if (&k->holders.of->frames.frame[k->of_frame[i]] == frame)
            return i;
    return NONE;
}

uint32_t hs_idle_row_leading(struct hs_accident_work *k, uint32_t running, uint32_t block, bool assigns)
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

static void copy_name(const struct hs_accident_work *k, uint32_t token, char *name)
{
    const struct hs_python_token *t = &k->python->token[token];
    snprintf(name, HS_UNUSED_NAME, "%.*s", (int)(t->length < HS_UNUSED_NAME ? t->length : HS_UNUSED_NAME - 1), t->at);
}

/* The name of a parameter, from the head of its function. */
static bool parameter_name(const struct hs_accident_work *k, uint32_t scope, uint32_t index, char *name)
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
static bool slot_name(struct hs_accident_work *k, const struct hs_slot *slot, uint32_t running, uint32_t block, char *name)
{
    const struct hs_python *p = k->python;
    const struct hs_variable v = {p->row[k->running[running].row].scope, slot->index, slot->use == HS_SLOT_ARGUMENT};
    if (hs_variable_name(p, &v, name))
        return true;
    if (slot->use == HS_SLOT_ARGUMENT)
        return parameter_name(k, p->row[k->running[running].row].scope, slot->index, name);
    uint32_t row = hs_idle_row_then(k, slot->frame, block);
    row = row == NONE ? hs_idle_row_leading(k, running, block, true) : row;
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
static bool is_left_over(const struct hs_accident_work *k, const struct hs_slot *slot)
{
    uint32_t running = hs_idle_running_of(k, slot->frame);
    return slot->use == HS_SLOT_LEFT_OVER ||
           (slot->use == HS_SLOT_HANDLERS && running != NONE && !is_guarded(k->python, k->running[running].row));
}

/* Whether the function has read its local variable by now: what was only just made is not needed yet. */
static bool was_read(const struct hs_accident_work *k, uint32_t running, const char *name)
{
    const struct hs_python *p = k->python;
    uint32_t row = k->running[running].row;
    for (uint32_t i = 0; i < p->n; i++)
        if (hs_python_is(p, i, name) && p->token[i].row <= row && p->row[p->token[i].row].scope == p->row[row].scope &&
            hs_python_reads(p, i))
            return true;
    return false;
}

static void take_slot(struct hs_accident_work *k, const struct hs_word *word, uint32_t root, uint32_t to)
{
    struct hs_slot slot;
    char name[HS_UNUSED_NAME] = "";
    enum hs_needless why = HS_NEEDLESS_UNUSED;
    if (!hs_frames_slot(&k->holders.of->frames, &k->holders.facts, word, &slot))
        return;
    uint32_t running = hs_idle_running_of(k, slot.frame);
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
    struct hs_idle *idle = add_idle(k);
    if (!idle)
        return;
    *idle = (struct hs_idle){.block = word->block,
                             .word = word->word,
                             .root = root,
                             .to = to,
                             .slot = slot,
                             .why = why,
                             .row = why == HS_NEEDLESS_REPLACED ? k->running[running].row : NONE,
                             .leader = idle->leader};
    memcpy(idle->name, name, sizeof name);
}

static void find_slots(struct hs_accident_work *k)
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
static struct hs_origin made_of(const struct hs_accident_work *k, uint32_t block)
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
static bool is_attributes(const struct hs_accident_work *k, uint32_t block)
{
    const struct hs_holder_view *v = &k->holders.any;
    return is_kind(k, block, "dict table") && v->via[block] != HS_NODE_NONE && v->via[block] != HS_NODE_ROOTS &&
           is_kind(k, v->from[block], "instance");
}

/* The only row of the program that keeps a caught exception as an attribute: self.NAME = e after except ... as e; or NONE. */
static uint32_t row_keeping(const struct hs_accident_work *k)
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
static struct hs_assigned attribute_of(struct hs_accident_work *k, uint32_t value)
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
static void each_attribute(struct hs_accident_work *k, void (*take)(struct hs_accident_work *, uint32_t table, uint32_t edge))
{
    const struct hs_holders *h = &k->holders;
    for (uint32_t v = 0; v < h->n; v++)
        for (uint32_t e = is_attributes(k, v) ? h->first[v] : h->first[v + 1]; e < h->first[v + 1]; e++)
            take(k, v, e);
}

static void add_attribute(struct hs_accident_work *k, uint32_t table, uint32_t edge, struct hs_assigned assigned,
                          enum hs_needless why)
{
    struct hs_idle *idle = add_word(k, table, k->holders.word[edge], k->holders.to[edge]);
    if (!idle)
        return;
    idle->place = HS_IDLE_IN_ATTRIBUTE;
    idle->why = why;
    idle->row = assigned.row;
    copy_name(k, assigned.name, idle->name);
}

/* What gave an attribute its value, if the value holds much; row NONE: it does not, or this is not known. */
static struct hs_assigned large_attribute(struct hs_accident_work *k, uint32_t table, uint32_t edge)
{
    uint32_t to = k->holders.to[edge];
    bool much = k->holders.any.dominators.of[to] == table && holds_much(k, to);
    return much ? attribute_of(k, to) : (struct hs_assigned){NONE, NONE};
}

/* Values of attributes that hold much. The name is that of the row that gave the value. */
static void take_attribute(struct hs_accident_work *k, uint32_t table, uint32_t edge)
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
static uint32_t argument(const struct hs_accident_work *k, uint32_t running, uint32_t index)
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
static bool is_about(const struct hs_accident_work *k, uint32_t running, uint32_t object)
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

static void take_replaced_attribute(struct hs_accident_work *k, uint32_t table, uint32_t edge)
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

static void find_replaced_globals(struct hs_accident_work *k)
{
    const struct hs_refgraph *g = k->holders.of;
    for (uint32_t i = 0; i < g->n_globals; i++) {
        uint32_t running = is_own(k, &g->global[i]) && holds_much(k, g->global[i].value)
                               ? hs_still_used_replaced(&k->used, g->global[i].name, false)
                               : NONE;
        struct hs_idle *idle = running == NONE ? NULL : add_global(k, &g->global[i], HS_NEEDLESS_REPLACED);
        if (idle)
            idle->row = k->running[running].row;
    }
}

/* ---- captured variables ---- */

static bool is_used_by_running(const struct hs_accident_work *k, uint32_t scope, const char *name)
{
    for (uint32_t i = 0; i < k->n_running; i++)
        if (k->python->row[k->running[i].row].scope == scope && hs_still_used_local(&k->used, i, name))
            return true;
    return false;
}

/* The function whose variable it is: of a parameter, the one whose head the row is. */
static uint32_t scope_of(const struct hs_accident_work *k, struct hs_assigned assigned)
{
    for (uint32_t i = 1; i < k->python->n_scopes; i++)
        if (k->python->scope[i].head == assigned.row)
            return i;
    return k->python->row[assigned.row].scope;
}

/* A variable that functions inside its function capture lives as long as these. */
static void take_captured(struct hs_accident_work *k, uint32_t cell, uint32_t edge)
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
    struct hs_idle *idle = used ? NULL : add_word(k, cell, k->holders.word[edge], to);
    if (!idle)
        return;
    idle->place = HS_IDLE_IN_CELL;
    idle->row = assigned.row;
    idle->why = HS_NEEDLESS_LENGTH;
    memcpy(idle->name, name, sizeof name);
}

static void find_captured(struct hs_accident_work *k)
{
    const struct hs_holders *h = &k->holders;
    for (uint32_t v = 0; v < h->n; v++)
        for (uint32_t e = is_kind(k, v, "closure") ? h->first[v] : h->first[v + 1]; e < h->first[v + 1]; e++)
            take_captured(k, v, e);
}

/* ---- caches ---- */

/* The entries of a dict that a variable refers to, all as one. */
static void add_entries(struct hs_accident_work *k, uint32_t dict, const struct hs_idle *like)
{
    const struct hs_holders *h = &k->holders;
    uint32_t leader = k->n_idle;
    for (uint32_t e = is_kind(k, dict, "dict") ? h->first[dict] : h->first[dict + 1]; e < h->first[dict + 1]; e++) {
        uint32_t table = h->to[e];
        for (uint32_t i = is_kind(k, table, "dict table") ? h->first[table] : h->first[table + 1]; i < h->first[table + 1]; i++) {
            struct hs_idle *idle = h->word[i] % 2 ? add_idle(k) : NULL;
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

static void take_cache(struct hs_accident_work *k, uint32_t table, uint32_t edge)
{
    uint32_t to = k->holders.to[edge];
    struct hs_idle like = {.place = HS_IDLE_IN_ATTRIBUTE, .why = HS_NEEDLESS_CACHE, .row = NONE};
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
static void find_caches(struct hs_accident_work *k)
{
    const struct hs_refgraph *g = k->holders.of;
    if (k->d->cause == HS_CAUSE_GROWING)
        return;
    for (uint32_t i = 0; i < g->n_globals; i++) {
        struct hs_idle like = {.place = HS_IDLE_IN_GLOBAL, .why = HS_NEEDLESS_CACHE, .global = &g->global[i]};
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
static uint32_t leader_of_row(const struct hs_accident_work *k, uint32_t row)
{
    for (uint32_t i = 0; i < k->n_idle; i++)
        if (k->idle[i].place == HS_IDLE_IN_PART && k->idle[i].row == row)
            return k->idle[i].leader;
    return k->n_idle;
}

static int find_parts(struct hs_accident_work *k)
{
    const struct hs_holders *h = &k->holders;
    const struct hs_parts_question question = {.holders = h,
                                               .names = k->names,
                                               .sources = &k->sources,
                                               .local = k->used.local,
                                               .asked = hs_program_text_row_named(&k->sources, k->d->line)};
    struct hs_parts parts;
    int error = hs_parts_find(&parts, &question);
    for (uint32_t i = 0; i < parts.n && !error; i++) {
        const struct hs_part *p = &parts.part[i];
        uint32_t leader = leader_of_row(k, p->row);
        struct hs_idle *idle = add_word(k, p->block, h->word[p->edge], h->to[p->edge]);
        if (!idle)
            break;
        idle->place = HS_IDLE_IN_PART;
        idle->why = HS_NEEDLESS_PART;
        idle->part = p->kind;
        idle->row = p->row;
        idle->leader = leader;
        snprintf(idle->name, sizeof idle->name, "view");
    }
    hs_parts_free(&parts);
    return error;
}

int hs_idle_find(struct hs_accident_work *k)
{
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
    return HS_OK;
}
