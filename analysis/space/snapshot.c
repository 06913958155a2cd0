/* SPDX-License-Identifier: MIT */
#include "analysis/space/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"

static bool add_block(struct hs_heap_snapshot *p, const struct hs_heap_snapshot_block *block)
{
    if (!hs_array_more(p->block, p->n_blocks, p->room))
        return false;
    p->block[p->n_blocks++] = *block;
    return true;
}

static bool add_region(struct hs_heap_snapshot *p, const struct hs_model *m, const struct hs_region_state *region)
{
    uint32_t end = region->first + region->granules;
    for (uint32_t pos = region->first; (pos = hs_model_next(m, pos, end)) < end;) {
        const struct hs_live_block *b = &m->block[pos];
        struct hs_heap_snapshot_block block = {pos,     b->granules, b->site,
                                               b->size, b->number,   m->collections.done - b->collection};
        if (block.granules > end - pos)
            block.granules = end - pos;
        if (!add_block(p, &block))
            return false;
        pos += block.granules;
    }
    return true;
}

static int by_pos(const void *a, const void *b)
{
    uint32_t x = ((const struct hs_heap_snapshot_block *)a)->pos, y = ((const struct hs_heap_snapshot_block *)b)->pos;
    return (x > y) - (x < y);
}

static bool ascending(const struct hs_heap_snapshot *p)
{
    for (uint32_t i = 1; i < p->n_blocks; i++)
        if (p->block[i].pos < p->block[i - 1].pos)
            return false;
    return true;
}

int hs_heap_snapshot_take(struct hs_heap_snapshot *p, const struct hs_model *m)
{
    p->n_blocks = 0;
    p->n_regions = m->n_regions;
    memcpy(p->region, m->region, m->n_regions * sizeof *p->region);
    for (unsigned i = 0; i < m->n_regions; i++) {
        p->layout[i] = hs_model_layout(m, i);
        if (m->region[i].present && !add_region(p, m, &m->region[i]))
            return HS_ERR_MEMORY;
    }
    if (p->n_blocks && !ascending(p)) /* regions are numbered in order of creation, not of address */
        qsort(p->block, p->n_blocks, sizeof *p->block, by_pos);
    p->elapsed = hs_model_elapsed(m);
    p->number = m->number;
    p->taken = true;
    p->synced = m->synced;
    p->known = m->known;
    p->level = m->levels.last;
    return HS_OK;
}

void hs_heap_snapshot_free(struct hs_heap_snapshot *p)
{
    free(p->block);
    memset(p, 0, sizeof *p);
}

uint32_t hs_heap_snapshot_find(const struct hs_heap_snapshot *p, uint32_t pos)
{
    uint32_t low = 0, high = p->n_blocks;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (p->block[middle].pos + p->block[middle].granules <= pos)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool same(const struct hs_comparison *c, const struct hs_heap_snapshot_block *a, const struct hs_heap_snapshot_block *b)
{
    return a->pos == b->pos && (c->same_trace ? a->number == b->number : a->granules == b->granules);
}

/* The block of `p` that covers granule `pos`; `*i` is the first block that ends after it. */
static const struct hs_heap_snapshot_block *covering(const struct hs_heap_snapshot *p, uint32_t *i, uint32_t pos)
{
    while (*i < p->n_blocks && p->block[*i].pos + p->block[*i].granules <= pos)
        ++*i;
    return *i < p->n_blocks && p->block[*i].pos <= pos ? &p->block[*i] : NULL;
}

void hs_compare(const struct hs_comparison *c, struct hs_extent extent, uint8_t *change)
{
    uint32_t i = hs_heap_snapshot_find(c->before, extent.pos), j = hs_heap_snapshot_find(c->after, extent.pos);
    for (uint32_t n = 0; n < extent.granules; n++) {
        const struct hs_heap_snapshot_block *a = covering(c->before, &i, extent.pos + n);
        const struct hs_heap_snapshot_block *b = covering(c->after, &j, extent.pos + n);
        if (a && b)
            change[n] = same(c, a, b) ? HS_CHANGE_KEPT : HS_CHANGE_REPLACED;
        else
            change[n] = a ? HS_CHANGE_GONE : b ? HS_CHANGE_NEW : HS_CHANGE_FREE;
    }
}

bool hs_compare_has(const struct hs_comparison *c, const struct hs_heap_snapshot *in, const struct hs_heap_snapshot_block *b)
{
    uint32_t i = hs_heap_snapshot_find(in, b->pos);
    return i < in->n_blocks && same(c, &in->block[i], b);
}
