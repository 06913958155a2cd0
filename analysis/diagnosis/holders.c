/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/holders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 64u           /* steps of a path that are looked at */
#define PART_LENGTH 120     /* bytes of each name in a text */
#define MAIN "vm.dict_main" /* the interpreter's member with the globals of the script */

/* ---- the graph ---- */

static bool is_stack(const struct hs_root *root) { return root->kind >= HS_ROOT_REGISTERS && root->kind <= HS_ROOT_PYSTACK; }

/* With more than one thread, only the frames of one of them are recorded. */
static bool can_read(const struct hs_holders *h)
{
    const struct hs_refgraph *g = h->of;
    for (uint32_t i = 0; i < g->n_roots; i++)
        if (g->root[i].thread != g->root[0].thread)
            return false;
    return h->facts.readable && h->facts.header && g->frames.n;
}

static bool is_in_header(const struct hs_holders *h, uint64_t address)
{
    const struct hs_frames *f = &h->of->frames;
    for (uint32_t i = 0; i < f->n; i++)
        if (f->frame[i].block == HS_NO_BLOCK && address - f->frame[i].address < (uint64_t)h->facts.header * h->facts.pointer)
            return true;
    return false;
}

/* Whether the program can still use what the root refers to. */
static bool is_used_root(const struct hs_holders *h, const struct hs_root *root)
{
    struct hs_word word = {.block = HS_NO_BLOCK, .address = root->address};
    struct hs_slot slot;
    if (!is_stack(root))
        return true;
    if (root->kind != HS_ROOT_REGISTERS && hs_frames_slot(&h->of->frames, &h->facts, &word, &slot))
        return slot.use != HS_SLOT_LEFT_OVER;
    return root->kind != HS_ROOT_REGISTERS && is_in_header(h, root->address);
}

static void add_root(struct hs_holders *h, uint32_t block, uint32_t root)
{
    h->root_block[h->any.graph.n_roots] = block;
    h->root[h->any.graph.n_roots++] = root;
}

static void take_roots(struct hs_holders *h, bool readable)
{
    const struct hs_refgraph *g = h->of;
    for (uint32_t i = 0; i < g->n_roots; i++)
        if (!is_stack(&g->root[i]))
            add_root(h, g->root[i].block, i);
    h->outside.graph.n_roots = h->any.graph.n_roots;
    for (uint32_t i = 0; i < g->n_roots; i++)
        if (is_stack(&g->root[i]) && (!readable || is_used_root(h, &g->root[i])))
            add_root(h, g->root[i].block, i);
    for (uint32_t i = 0; i < g->frames.n; i++)
        if (g->frames.frame[i].block != HS_NO_BLOCK)
            add_root(h, g->frames.frame[i].block, HS_NO_BLOCK);
}

static bool is_frame(const struct hs_refgraph *g, uint32_t block)
{
    for (uint32_t i = 0; i < g->frames.n; i++)
        if (g->frames.frame[i].block == block)
            return true;
    return false;
}

static void take_edges(struct hs_holders *h, bool readable)
{
    const struct hs_refgraph *g = h->of;
    uint32_t n = 0;
    for (uint32_t v = 0; v < h->n; v++) {
        bool frame = readable && is_frame(g, v);
        h->first[v] = n;
        for (uint32_t e = g->first[v]; e < g->first[v + 1]; e++) {
            struct hs_word word = {.block = v, .word = g->word[e]};
            struct hs_slot slot;
            if (frame && hs_frames_slot(&g->frames, &h->facts, &word, &slot) && slot.use == HS_SLOT_LEFT_OVER)
                continue;
            h->word[n] = g->word[e];
            h->to[n++] = g->to[e];
        }
    }
    h->first[h->n] = n;
}

static bool allot(struct hs_holders *h)
{
    const struct hs_refgraph *g = h->of;
    size_t edges = (size_t)g->first[h->n] + 1, roots = (size_t)g->n_roots + g->frames.n + 1;
    h->first = calloc((size_t)h->n + 2, sizeof *h->first);
    h->to = calloc(edges, sizeof *h->to);
    h->word = calloc(edges, sizeof *h->word);
    h->root_block = calloc(roots, sizeof *h->root_block);
    h->root = calloc(roots, sizeof *h->root);
    return h->first && h->to && h->word && h->root_block && h->root;
}

static int measure(struct hs_holders *h, struct hs_holder_view *v)
{
    size_t n = (size_t)h->n + 2;
    v->graph = (struct hs_graph){h->first, h->to, h->root_block, h->n, v->graph.n_roots};
    v->bytes = calloc(n, sizeof *v->bytes);
    v->blocks = calloc(n, sizeof *v->blocks);
    v->via = calloc(n, sizeof *v->via);
    v->from = calloc(n, sizeof *v->from);
    int error = v->bytes && v->blocks && v->via && v->from ? hs_dominators_find(&v->dominators, &v->graph) : HS_ERR_MEMORY;
    error = error ? error : hs_shortest_paths(&v->graph, v->via, v->from);
    for (uint32_t i = 0; !error && i < h->n; i++) {
        v->bytes[i] = hs_refs_bytes(h->of, i);
        v->blocks[i] = 1;
    }
    if (error)
        return error;
    hs_dominators_retained(&v->dominators, v->bytes);
    hs_dominators_retained(&v->dominators, v->blocks);
    return HS_OK;
}

int hs_holders_make(struct hs_holders *h, const struct hs_refgraph *g, const struct hs_names *names)
{
    *h = (struct hs_holders){.of = g, .names = names, .facts = hs_frame_facts(names->reader), .n = g->snapshot.n_blocks};
    bool readable = can_read(h);
    if (!allot(h))
        return HS_ERR_MEMORY;
    take_roots(h, readable);
    take_edges(h, readable);
    int error = measure(h, &h->outside);
    return error ? error : measure(h, &h->any);
}

static void free_view(struct hs_holder_view *v)
{
    hs_dominators_free(&v->dominators);
    free(v->bytes);
    free(v->blocks);
    free(v->via);
    free(v->from);
}

void hs_holders_free(struct hs_holders *h)
{
    free_view(&h->outside);
    free_view(&h->any);
    free(h->first);
    free(h->to);
    free(h->word);
    free(h->root_block);
    free(h->root);
    *h = (struct hs_holders){.of = NULL};
}

/* ---- the keeper ---- */

/* Whether a block above it, on the way from the roots, is of the same site: one of a chain. */
static bool is_linked(const struct hs_holders *h, const struct hs_holder_view *view, uint32_t block)
{
    const struct hs_heap_snapshot_block *b = h->of->snapshot.block;
    for (uint32_t d = view->dominators.of[block]; d < h->n; d = view->dominators.of[d])
        if (b[d].site == b[block].site && b[block].site != HS_SITE_UNKNOWN && b[d].granules == b[block].granules)
            return true;
    return false;
}

uint32_t hs_holders_keeper(const struct hs_holders *h, const struct hs_holder_view *view, uint64_t *weight, double share)
{
    uint64_t sum = 0;
    uint32_t found = HS_NO_BLOCK;
    bool *own = calloc((size_t)h->n + 1, sizeof *own);
    for (uint32_t v = 0; own && v < h->n; v++) {
        sum += weight[v];
        own[v] = weight[v];
    }
    hs_dominators_retained(&view->dominators, weight);
    for (uint32_t i = 0; own && i < view->dominators.n_reached; i++) {
        uint32_t v = view->dominators.order[i];
        if (!own[v] && (double)weight[v] >= share * (double)sum && !is_linked(h, view, v))
            found = v;
    }
    free(own);
    return found;
}

/* ---- names ---- */

static const char *kind_of(const struct hs_holders *h, uint32_t block, char *text)
{
    hs_name_of_site(h->names, h->of->snapshot.block[block].site, HS_KEY_KIND, text);
    return h->names->symbols ? text : "";
}

static bool is_kind(const struct hs_holders *h, uint32_t block, const char *kind)
{
    char text[HS_NAME_MAX];
    return !strcmp(kind_of(h, block, text), kind);
}

/* The file's name of the script, without its end. */
static bool script(const struct hs_holders *h, uint32_t module, char *text)
{
    const struct hs_refgraph *g = h->of;
    for (uint32_t i = 0; i < g->frames.n; i++) {
        const struct hs_call_frame *f = &g->frames.frame[i];
        if (!hs_frame_is_body(f) || f->globals != g->module[module].table)
            continue;
        const char *name = f->name, *end = strrchr(name, ' ');
        for (const char *at = name; at < end; at++)
            name = *at == '/' ? at + 1 : name;
        const char *dot = memchr(name, '.', (size_t)(end - name));
        snprintf(text, HS_NAME_MAX, "%.*s", (int)((dot ? dot : end) - name), name);
        return text[0] && text[0] != '<';
    }
    return false;
}

const char *hs_holders_module(const struct hs_holders *h, uint32_t module, char *text)
{
    const char *name = h->of->module[module].name;
    return strcmp(name, "__main__") || !script(h, module, text) ? name : text;
}

/* ": a word of its stack" for a word of a frame. */
static bool name_slot(const struct hs_holders *h, const struct hs_word *word, char *text)
{
    static const char *const uses[] = {
        [HS_SLOT_UNKNOWN] = "the stack",           [HS_SLOT_STACK] = "an expression",
        [HS_SLOT_ARGUMENT] = "argument",           [HS_SLOT_LOCAL] = "local variable",
        [HS_SLOT_LEFT_OVER] = "what is left over", [HS_SLOT_HANDLERS] = "an exception handler",
    };
    struct hs_slot slot;
    char number[16] = "";
    if (!hs_frames_slot(&h->of->frames, &h->facts, word, &slot))
        return false;
    if (slot.use == HS_SLOT_ARGUMENT || slot.use == HS_SLOT_LOCAL)
        snprintf(number, sizeof number, " %" PRIu32, slot.index + 1);
    const char *name = slot.frame->name, *blank = strrchr(name, ' ');
    snprintf(text, HS_NAME_MAX, "%s%s of %.*s (%.*s:%" PRIu32 ")", uses[slot.use], number, PART_LENGTH, blank ? blank + 1 : name,
             blank ? (int)(blank - name) : 0, name, slot.frame->line);
    return true;
}

static void name_root(const struct hs_holders *h, uint32_t root, char *text)
{
    const struct hs_root *r = root == HS_NO_BLOCK ? NULL : &h->of->root[root];
    char member[HS_SYMBOL_NAME_MAX];
    bool state = r && r->kind == HS_ROOT_STATE && hs_symbols_member(h->names->symbols, "mp_state_ctx", r->address, member);
    if (!r)
        snprintf(text, HS_NAME_MAX, "a running function");
    else if (state && !strncmp(member, MAIN, sizeof MAIN - 1))
        snprintf(text, HS_NAME_MAX, "the globals of __main__");
    else if (state)
        snprintf(text, HS_NAME_MAX, "the interpreter (mp_state_ctx.%.*s)", PART_LENGTH, member);
    else if (r->kind == HS_ROOT_STATE)
        snprintf(text, HS_NAME_MAX, "the interpreter (mp_state_ctx)");
    else if (r->kind == HS_ROOT_OTHER)
        snprintf(text, HS_NAME_MAX, "memory of the port");
    else if (!name_slot(h, &(struct hs_word){.block = HS_NO_BLOCK, .address = r->address}, text))
        snprintf(text, HS_NAME_MAX, "the stack");
}

/* Puts "a list reached from " before the name of a slot or root that refers to it through other blocks. */
static void name_reached(const struct hs_holders *h, uint32_t block, uint32_t steps, char *text)
{
    char root[HS_NAME_MAX];
    const char *kind = is_kind(h, block, "list")         ? "a list"
                       : is_kind(h, block, "dict table") ? "a dict or object"
                       : is_kind(h, block, "set")        ? "a set"
                                                         : NULL;
    if (!kind || steps < 2 || !text[0])
        return;
    snprintf(root, sizeof root, "%s", text);
    snprintf(text, HS_NAME_MAX, "%s reached from %.900s", kind, root);
}

/* "main.CACHE (dict)", "a list in main.broker (instance)". */
static void name_global(const struct hs_holders *h, const struct hs_global *global, uint32_t block, char *text)
{
    char value[HS_NAME_MAX], module[HS_NAME_MAX], inner[64] = "", kind[HS_NAME_MAX];
    bool list = is_kind(h, block, "list"), dict = is_kind(h, block, "dict table"), set = is_kind(h, block, "set");
    bool own = block == global->value || (global->value < h->n && h->any.via[block] != HS_NODE_ROOTS &&
                                          h->any.via[block] != HS_NODE_NONE && h->any.from[block] == global->value);
    uint32_t above = h->any.via[block] == HS_NODE_ROOTS || h->any.via[block] == HS_NODE_NONE ? HS_NO_BLOCK : h->any.from[block];
    bool object = dict && above != HS_NO_BLOCK && !is_kind(h, above, "dict");
    if (!own && (list || dict || set))
        snprintf(inner, sizeof inner, "%s in ", list ? "a list" : object ? "an object" : dict ? "a dict" : "a set");
    snprintf(kind, sizeof kind, "%s", global->value < h->n ? kind_of(h, global->value, value) : "");
    snprintf(text, HS_NAME_MAX, "%s%.*s.%.*s%s%.*s%s", inner, PART_LENGTH, hs_holders_module(h, global->module, module),
             PART_LENGTH, global->name, kind[0] ? " (" : "", PART_LENGTH, kind, kind[0] ? ")" : "");
}

const struct hs_global *hs_holders_name(const struct hs_holders *h, uint32_t block, char *text)
{
    bool outside = h->outside.via[block] != HS_NODE_NONE;
    const struct hs_holder_view *p = outside ? &h->outside : &h->any;
    uint32_t at = block, n = 0;
    text[0] = '\0';
    if (p->via[block] == HS_NODE_NONE)
        return NULL;
    for (; p->via[at] != HS_NODE_ROOTS && n < STEPS; at = p->from[at], n++) {
        const struct hs_global *global = hs_refs_global(h->of, p->from[at], h->word[p->via[at]]);
        struct hs_word word = {.block = p->from[at], .word = h->word[p->via[at]]};
        if (global)
            return name_global(h, global, block, text), global;
        if (!outside && name_slot(h, &word, text))
            return name_reached(h, block, n, text), NULL;
    }
    if (p->via[at] == HS_NODE_ROOTS)
        name_root(h, h->root[p->from[at]], text);
    name_reached(h, block, n, text);
    return NULL;
}

/* ---- calls ---- */

static bool is_of_frame(const struct hs_holders *h, const struct hs_word *word, const struct hs_call_frame *frame)
{
    struct hs_slot slot;
    return hs_frames_slot(&h->of->frames, &h->facts, word, &slot) && slot.frame == frame && slot.use != HS_SLOT_LEFT_OVER;
}

/* Marks what is reached from the blocks on `stack`, of which there are `n`. */
static void flood(const struct hs_holders *h, uint32_t *stack, uint32_t n, bool *reached)
{
    while (n) {
        uint32_t v = stack[--n];
        for (uint32_t e = h->first[v]; e < h->first[v + 1]; e++)
            if (!reached[h->to[e]])
                reached[stack[n++] = h->to[e]] = true;
    }
}

/* Adds what the frame's variables and stack refer to. */
static uint32_t take_frame(const struct hs_holders *h, const struct hs_call_frame *frame, uint32_t *stack, bool *reached)
{
    const struct hs_refgraph *g = h->of;
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_roots; i++)
        if (is_stack(&g->root[i]) && !reached[g->root[i].block] &&
            is_of_frame(h, &(struct hs_word){.block = HS_NO_BLOCK, .address = g->root[i].address}, frame))
            reached[stack[n++] = g->root[i].block] = true;
    uint32_t b = frame->block;
    for (uint32_t e = b == HS_NO_BLOCK ? 0 : h->first[b]; b != HS_NO_BLOCK && e < h->first[b + 1]; e++)
        if (!reached[h->to[e]] && is_of_frame(h, &(struct hs_word){.block = b, .word = h->word[e]}, frame))
            reached[stack[n++] = h->to[e]] = true;
    return n;
}

uint32_t hs_holders_frame(const struct hs_holders *h, uint32_t block)
{
    uint32_t *stack = calloc((size_t)h->n + 1, sizeof *stack), found = HS_NO_BLOCK;
    bool *reached = calloc((size_t)h->n + 1, sizeof *reached);
    for (uint32_t f = hs_holders_reached(&h->outside, block) ? 0 : h->of->frames.n; stack && reached && f-- > 0;) {
        flood(h, stack, take_frame(h, &h->of->frames.frame[f], stack, reached), reached);
        if (reached[block]) {
            found = f;
            break;
        }
    }
    free(stack);
    free(reached);
    return found;
}
