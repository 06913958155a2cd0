/* SPDX-License-Identifier: MIT
 *
 * Two indices over a region's blocks: `from` is the first removed block, `to` follows the last one. The run without
 * them extends from the end of the block before `from` to the head of block `to`, and grows with `to`. The smallest
 * sufficient `to` never decreases when `from` increases, so both indices only move forward.
 */
#include "analysis/blame/blame.h"

#include <stdlib.h>

#include "lib/assertion.h"

/* The blocks of one region, and the request. */
struct search {
    const struct hs_heap_snapshot_block *block; /* `n` */
    uint32_t n, start, end;                     /* granules of the region */
    uint32_t wanted;                            /* granules of the request */
    unsigned shift;
};

/* The best set so far. */
struct best {
    bool any;
    unsigned region;
    uint32_t from, to; /* indices in the snapshot */
    struct hs_extent run;
    uint64_t bytes;
};

static struct hs_extent run_without(const struct search *s, uint32_t from, uint32_t to)
{
    uint32_t start = from ? s->block[from - 1].pos + s->block[from - 1].granules : s->start;
    uint32_t end = to < s->n ? s->block[to].pos : s->end;
    return (struct hs_extent){start, end - start};
}

static bool better(const struct best *b, enum hs_blame_by by, uint32_t count, uint64_t bytes)
{
    uint32_t best_count = b->to - b->from;
    if (!b->any)
        return true;
    if (by == HS_BLAME_BLOCKS)
        return count != best_count ? count < best_count : bytes < b->bytes;
    return bytes != b->bytes ? bytes < b->bytes : count < best_count;
}

static void search_region(struct best *b, const struct search *s, enum hs_blame_by by, struct best place)
{
    uint64_t bytes = 0;
    uint32_t to = 0;
    for (uint32_t from = 0; from <= s->n; from++) {
        if (to < from)
            to = from;
        HS_ASSERT(to <= s->n && (to > from || !bytes));
        struct hs_extent run = run_without(s, from, to);
        while (run.granules < s->wanted && to < s->n) {
            bytes += (uint64_t)s->block[to++].granules << s->shift;
            run = run_without(s, from, to);
        }
        if (run.granules < s->wanted)
            return;
        if (better(b, by, to - from, bytes))
            *b = (struct best){true, place.region, place.from + from, place.from + to, run, bytes};
        if (from < to)
            bytes -= (uint64_t)s->block[from].granules << s->shift;
    }
}

static uint64_t address_of(const struct hs_region_state *region, uint32_t pos)
{
    return region->base + ((uint64_t)(pos - region->first) << region->shift);
}

static int take_blocks(struct hs_blame *blame, const struct hs_heap_snapshot *p, const struct best *b)
{
    const struct hs_region_state *region = &p->region[b->region];
    blame->answer = b->to > b->from ? HS_BLAME_FOUND : HS_BLAME_ROOM;
    blame->region = b->region;
    blame->run = b->run;
    blame->address = address_of(region, b->run.pos);
    blame->run_bytes = (uint64_t)b->run.granules << region->shift;
    blame->bytes = b->bytes;
    blame->n = b->to - b->from;
    blame->blocks = calloc(blame->n + 1u, sizeof *blame->blocks);
    if (!blame->blocks)
        return HS_ERR_MEMORY;
    for (uint32_t i = 0; i < blame->n; i++) {
        const struct hs_heap_snapshot_block *block = &p->block[b->from + i];
        blame->blocks[i] = (struct hs_blamed){
            .block = *block, .address = address_of(region, block->pos), .bytes = (uint64_t)block->granules << region->shift};
    }
    return HS_OK;
}

int hs_blame_find(struct hs_blame *blame, const struct hs_heap_snapshot *p, const struct hs_blame_request *request)
{
    struct best best = {.any = false};
    *blame = (struct hs_blame){.answer = HS_BLAME_IMPOSSIBLE};
    for (unsigned r = 0; r < p->n_regions; r++) {
        const struct hs_region_state *region = &p->region[r];
        uint64_t wanted = hs_block_granules(request->size, (struct hs_block_form){region->least, region->header, region->shift});
        if (!region->present || wanted > region->granules ||
            (request->asked < p->n_regions && !hs_region_serves(region, &p->region[request->asked], request->caps)))
            continue;
        uint32_t from = hs_heap_snapshot_find(p, region->first), to = hs_heap_snapshot_find(p, region->first + region->granules);
        struct search s = {to > from ? &p->block[from] : NULL, to - from,        region->first,
                           region->first + region->granules,   (uint32_t)wanted, region->shift};
        search_region(&best, &s, request->by, (struct best){.region = r, .from = from});
    }
    return best.any ? take_blocks(blame, p, &best) : HS_OK;
}

void hs_blame_free(struct hs_blame *blame)
{
    free(blame->blocks);
    *blame = (struct hs_blame){.answer = HS_BLAME_ROOM};
}

void hs_blame_ages(struct hs_blame *blame, const struct hs_model *model)
{
    for (uint32_t i = 0; i < blame->n; i++) {
        struct hs_blamed *b = &blame->blocks[i];
        if (b->block.pos >= model->n_granules || !model->block[b->block.pos].granules)
            continue;
        b->age = model->time - model->block[b->block.pos].time;
        b->survived = (uint32_t)model->collections.done - model->block[b->block.pos].collection;
    }
}
