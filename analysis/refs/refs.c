/* SPDX-License-Identifier: MIT
 *
 * Builds the graph from records; FORMAT.md, chapter 8, describes the bytes.
 */
#include "analysis/refs/refs.h"

#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"
#include "lib/varint.h"

#define GROUP 7u

/* ---- blocks ---- */

uint32_t hs_refs_block_at(const struct hs_refgraph *g, uint32_t pos)
{
    uint32_t i = hs_heap_snapshot_find(&g->snapshot, pos);
    return i < g->snapshot.n_blocks && g->snapshot.block[i].pos == pos ? i : HS_NO_BLOCK;
}

static const struct hs_region_state *region_at(const struct hs_refgraph *g, uint32_t pos)
{
    static const struct hs_region_state none;
    for (unsigned i = 0; i < g->snapshot.n_regions; i++) {
        const struct hs_region_state *r = &g->snapshot.region[i];
        if (r->present && pos - r->first < r->granules)
            return r;
    }
    return &none;
}

uint64_t hs_refs_bytes(const struct hs_refgraph *g, uint32_t block)
{
    const struct hs_heap_snapshot_block *b = &g->snapshot.block[block];
    return (uint64_t)b->granules << region_at(g, b->pos)->shift;
}

uint64_t hs_refs_address(const struct hs_refgraph *g, uint32_t block)
{
    uint32_t pos = g->snapshot.block[block].pos;
    const struct hs_region_state *r = region_at(g, pos);
    return r->base + ((uint64_t)(pos - r->first) << r->shift);
}

/* ---- records ---- */

/* Invalid bytes make the graph bad: it is dropped after its last record. */
static uint32_t read_block(struct hs_refs *r, const uint8_t **at, const uint8_t *end, uint32_t *base)
{
    uint64_t delta;
    if (hs_get_u64(at, end, &delta))
        r->bad = true;
    else
        *base += (uint32_t)(delta >> 1 ^ -(delta & 1));
    uint32_t block = r->bad ? HS_NO_BLOCK : hs_refs_block_at(&r->coming, *base);
    r->bad = r->bad || block == HS_NO_BLOCK;
    return block;
}

static int add_edge(struct hs_refs *r, const struct hs_edge *edge)
{
    if (!hs_array_more(r->edge, r->n_edges, r->edge_room))
        return HS_ERR_MEMORY;
    r->edge[r->n_edges++] = *edge;
    return HS_OK;
}

/* State of decoding: a block, its next word, whether it has begun, and the bases of the deltas. */
struct at {
    const uint8_t *byte, *end;
    uint32_t block, word, first, before;
    bool inside;
};

static uint32_t words_of(const struct hs_refs *r, uint32_t block)
{
    return (uint32_t)(hs_refs_bytes(&r->coming, block) / (r->pointer_bytes == 8 ? 8 : 4));
}

static void next_block(struct at *at, uint32_t n)
{
    at->block += n;
    at->word = 0;
    at->inside = false;
}

static int read_group(struct hs_refs *r, struct at *at, uint8_t mask)
{
    int error = HS_OK;
    if (!at->inside)
        at->before = r->coming.snapshot.block[at->block].pos;
    at->inside = true;
    for (uint32_t i = 0; i < GROUP && !error && !r->bad; i++) {
        if (!(mask >> i & 1))
            continue;
        uint32_t word = at->word + i;
        uint32_t to = read_block(r, &at->byte, at->end, word ? &at->before : &at->first);
        r->bad = r->bad || word >= words_of(r, at->block);
        if (!r->bad)
            error = add_edge(r, &(struct hs_edge){at->block, to, word});
    }
    at->word += GROUP;
    if (at->word >= words_of(r, at->block))
        next_block(at, 1);
    return error;
}

static int on_refs(struct hs_refs *r, const struct hs_record_refs *record)
{
    struct at at = {.byte = record->refs.data,
                    .end = record->refs.data + record->refs.len,
                    .word = record->word,
                    .first = record->pos,
                    .before = record->pos};
    int error = HS_OK;
    at.block = hs_refs_block_at(&r->coming, record->pos);
    if (at.block == HS_NO_BLOCK) /* at the start of a region, a record begins at the region's first block */
        at.block = hs_heap_snapshot_find(&r->coming.snapshot, record->pos);
    while (at.byte < at.end && !error && !r->bad) {
        uint8_t byte = *at.byte++;
        r->bad = at.block >= r->coming.snapshot.n_blocks;
        if (r->bad)
            break;
        if (byte & 0x80)
            error = read_group(r, &at, byte & 0x7f);
        else if (!at.inside)
            next_block(&at, byte + 1u);
        else if (!byte)
            next_block(&at, 1);
        else
            at.word += GROUP * byte;
    }
    return error;
}

static int on_root(struct hs_refs *r, const struct hs_record_root *record)
{
    const uint8_t *at = record->refs.data, *end = at + record->refs.len;
    uint64_t address = record->address, gap = 0;
    uint32_t pos = 0;
    bool first = true;
    for (; at < end && !r->bad; first = false) {
        r->bad = hs_get_u64(&at, end, &gap) != 0;
        address += first ? 0 : (gap + 1) * (r->pointer_bytes == 8 ? 8 : 4);
        uint32_t block = read_block(r, &at, end, &pos);
        if (r->bad)
            break;
        if (!hs_array_more(r->coming.root, r->coming.n_roots, r->root_room))
            return HS_ERR_MEMORY;
        uint8_t kind = record->origin < HS_ROOT_KINDS ? record->origin : HS_ROOT_OTHER;
        r->coming.root[r->coming.n_roots++] = (struct hs_root){address, block, record->thread, kind};
    }
    return HS_OK;
}

static int on_module(struct hs_refs *r, const struct hs_record_module *record)
{
    struct hs_refgraph *g = &r->coming;
    if (!hs_array_more(g->module, g->n_modules, r->module_room))
        return HS_ERR_MEMORY;
    char *name = strndup(record->name.data, record->name.len);
    if (!name)
        return HS_ERR_MEMORY;
    g->module[g->n_modules++] = (struct hs_module){name, hs_refs_block_at(g, record->pos), record->slots};
    return HS_OK;
}

static int on_global(struct hs_refs *r, const struct hs_record_global *record)
{
    struct hs_refgraph *g = &r->coming;
    r->bad = r->bad || !g->n_modules;
    if (r->bad)
        return HS_OK;
    if (!hs_array_more(g->global, g->n_globals, r->global_room))
        return HS_ERR_MEMORY;
    char *name = strndup(record->name.data, record->name.len);
    if (!name)
        return HS_ERR_MEMORY;
    g->global[g->n_globals++] = (struct hs_global){
        .name = name,
        .module = g->n_modules - 1,
        .slot = record->slot,
        .key = record->key,
        .place = record->what & 3,
        .value = (record->what & 3) == HS_VALUE_ON_HEAP ? hs_refs_block_at(g, record->pos) : HS_NO_BLOCK,
        .name_on_heap = record->what & 4,
    };
    return HS_OK;
}

/* A frame's address gives its start within the block: a generator's frame is inside its object. */
static int on_frame(struct hs_refs *r, const struct hs_record_frame *record)
{
    struct hs_refgraph *g = &r->coming;
    struct hs_call_frame frame = {.block = hs_refs_block_at(g, record->pos), .globals = hs_refs_block_at(g, record->globals)};
    if (frame.block != HS_NO_BLOCK)
        frame.word = (uint32_t)(record->address - hs_refs_address(g, frame.block)) / (r->pointer_bytes == 8 ? 8 : 4);
    return hs_frames_add(&g->frames, record, frame);
}

static int on_code(struct hs_refs *r, const struct hs_record_code *record)
{
    int error = hs_frames_add_code(&r->coming.frames, record);
    r->bad = r->bad || error == HS_ERR_FORMAT;
    return error == HS_ERR_FORMAT ? HS_OK : error;
}

/* ---- start and end of a graph ---- */

void hs_refgraph_free(struct hs_refgraph *g)
{
    for (uint32_t i = 0; i < g->n_modules; i++)
        free(g->module[i].name);
    for (uint32_t i = 0; i < g->n_globals; i++)
        free(g->global[i].name);
    hs_heap_snapshot_free(&g->snapshot);
    hs_frames_free(&g->frames);
    free(g->first);
    free(g->to);
    free(g->word);
    free(g->root);
    free(g->root_block);
    free(g->module);
    free(g->global);
    *g = (struct hs_refgraph){0};
}

static int begin(struct hs_refs *r, const struct hs_model *model, const struct hs_event *event)
{
    hs_refgraph_free(&r->coming);
    r->root_room = r->module_room = r->global_room = r->n_edges = 0;
    r->gathering = true;
    r->bad = !model->synced;
    r->expected = event->number;
    return hs_heap_snapshot_take(&r->coming.snapshot, model);
}

/* Sorts edges by the block they start from. They are mostly in that order already. */
static int sort_edges(struct hs_refs *r)
{
    struct hs_refgraph *g = &r->coming;
    uint32_t n = g->snapshot.n_blocks;
    g->first = calloc((size_t)n + 2, sizeof *g->first);
    g->to = calloc((size_t)r->n_edges + 1, sizeof *g->to);
    g->word = calloc((size_t)r->n_edges + 1, sizeof *g->word);
    if (!g->first || !g->to || !g->word)
        return HS_ERR_MEMORY;
    for (uint32_t i = 0; i < r->n_edges; i++)
        g->first[r->edge[i].from + 2]++;
    for (uint32_t v = 2; v < n + 2; v++)
        g->first[v] += g->first[v - 1];
    for (uint32_t i = 0; i < r->n_edges; i++) {
        uint32_t at = g->first[r->edge[i].from + 1]++;
        g->to[at] = r->edge[i].to;
        g->word[at] = r->edge[i].word;
    }
    return HS_OK;
}

static int by_kind(const void *a, const void *b)
{
    const struct hs_root *x = a, *y = b;
    static const uint8_t rank[HS_ROOT_KINDS] = {
        [HS_ROOT_STATE] = 0, [HS_ROOT_OTHER] = 1, [HS_ROOT_PYSTACK] = 2, [HS_ROOT_STACK] = 3, [HS_ROOT_REGISTERS] = 4};
    if (x->kind != y->kind)
        return rank[x->kind] - rank[y->kind];
    return x->kind == HS_ROOT_STACK ? (x->address < y->address) - (x->address > y->address) /* outer frames first */
                                    : (x->address > y->address) - (x->address < y->address);
}

static int sort_roots(struct hs_refgraph *g)
{
    g->root_block = calloc((size_t)g->n_roots + 1, sizeof *g->root_block);
    if (!g->root_block)
        return HS_ERR_MEMORY;
    if (g->n_roots)
        qsort(g->root, g->n_roots, sizeof *g->root, by_kind);
    for (uint32_t i = 0; i < g->n_roots; i++)
        g->root_block[i] = g->root[i].block;
    return HS_OK;
}

static int end(struct hs_refs *r, const struct hs_event *event)
{
    int error = sort_edges(r);
    error = error ? error : sort_roots(&r->coming);
    if (error)
        return error;
    hs_refgraph_free(&r->graph);
    r->graph = r->coming;
    r->graph.number = event->number;
    r->coming = (struct hs_refgraph){0};
    r->root_room = r->module_room = r->global_room = 0;
    r->complete = true;
    r->graphs++;
    return 1;
}

static int take(struct hs_refs *r, const struct hs_event *event)
{
    const struct hs_record *record = event->record;
    switch (event->kind) {
    case HS_ROOT: return on_root(r, &record->root);
    case HS_MODULE: return on_module(r, &record->module);
    case HS_GLOBAL: return on_global(r, &record->global);
    case HS_FRAME: return on_frame(r, &record->frame);
    case HS_CODE: return on_code(r, &record->code);
    default: return on_refs(r, &record->refs);
    }
}

static bool is_part(const struct hs_event *event)
{
    return (event->kind >= HS_REFS && event->kind <= HS_GLOBAL) || event->kind == HS_FRAME || event->kind == HS_CODE;
}

static void drop(struct hs_refs *r)
{
    r->dropped += r->gathering;
    r->gathering = false;
}

/* A graph without its first record has no roots: every block would seem unreachable. */
int hs_refs_feed(struct hs_refs *r, const struct hs_model *model, const struct hs_event *event)
{
    int error = HS_OK;
    if (!is_part(event) || (r->gathering && event->number != r->expected)) {
        if (event->kind != HS_THREAD)
            drop(r);
        else if (r->gathering)
            r->expected = event->number + 1;
        if (!is_part(event))
            return HS_OK;
    }
    if (!r->gathering)
        error = begin(r, model, event);
    if (event->kind == HS_REFS && !r->coming.n_roots)
        r->bad = true;
    r->expected = event->number + 1;
    if (!error && !r->bad)
        error = take(r, event);
    if (error || event->kind != HS_REFS || !(event->record->refs.part & 2))
        return error;
    if (r->bad) {
        drop(r);
        return HS_OK;
    }
    r->gathering = false;
    return end(r, event);
}

void hs_refs_free(struct hs_refs *r)
{
    hs_refgraph_free(&r->graph);
    hs_refgraph_free(&r->coming);
    free(r->edge);
    *r = (struct hs_refs){0};
}

struct hs_refgraph hs_refs_take(struct hs_refs *r)
{
    struct hs_refgraph graph = r->graph;
    r->graph = (struct hs_refgraph){0};
    r->complete = false;
    return graph;
}

/* ---- queries ---- */

struct hs_graph hs_refs_graph(const struct hs_refgraph *g)
{
    return (struct hs_graph){g->first, g->to, g->root_block, g->snapshot.n_blocks, g->n_roots};
}

const struct hs_global *hs_refs_global(const struct hs_refgraph *g, uint32_t block, uint32_t word)
{
    for (uint32_t i = 0; i < g->n_globals; i++)
        if (g->module[g->global[i].module].table == block && g->global[i].slot == word / 2 && word % 2)
            return &g->global[i];
    return NULL;
}
