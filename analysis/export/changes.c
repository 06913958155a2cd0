/* SPDX-License-Identifier: MIT */
#include "analysis/export/changes.h"

#include <stdlib.h>

#include "lib/host/util/array.h"

#define BIAS_STEP (UINT64_C(1) << 48) /* above all addresses of a traced program */

/* ---- addresses ---- */

static uint64_t end_of(const struct hs_changes *c, unsigned index)
{
    const struct hs_region_state *region = &c->model->region[index];
    return c->base[index] + ((uint64_t)region->granules << region->shift);
}

static bool collides(const struct hs_changes *c, unsigned index)
{
    for (unsigned i = 0; i < c->model->n_regions; i++)
        if (i != index && c->model->region[i].present && c->base[i] < end_of(c, index) && c->base[index] < end_of(c, i))
            return true;
    return false;
}

static void on_region(void *context, unsigned index)
{
    struct hs_changes *c = context;
    const struct hs_region_state *region = &c->model->region[index];
    c->follow.region(c->space, index);
    if (!region->present)
        return;
    c->bias[index] = 0;
    c->base[index] = region->base;
    if (region->base && !collides(c, index))
        return;
    c->bias[index] = BIAS_STEP * (index + 1);
    c->base[index] += c->bias[index];
}

static uint64_t address_in(const struct hs_changes *c, unsigned index, uint32_t pos)
{
    const struct hs_region_state *region = &c->model->region[index];
    return c->base[index] + ((uint64_t)(pos - region->first) << region->shift);
}

uint64_t hs_changes_address(const struct hs_changes *c, uint32_t pos)
{
    unsigned index = hs_model_region_of(c->model, pos);
    return index < c->model->n_regions ? address_in(c, index, pos) : 0;
}

/* ---- changes ---- */

static void add(struct hs_changes *c, struct hs_block_change change)
{
    if (!hs_array_more(c->change, c->n, c->room)) {
        c->short_of_memory = true;
        return;
    }
    c->change[c->n++] = change;
}

static void add_block(struct hs_changes *c, enum hs_change_kind kind, unsigned region, struct hs_extent block)
{
    add(c, (struct hs_block_change){
               .kind = (uint8_t)kind,
               .region = (uint8_t)region,
               .pos = block.pos,
               .address = address_in(c, region, block.pos),
               .bytes = (uint64_t)block.granules << c->model->region[region].shift,
               .block = c->model->block[block.pos],
           });
}

static void on_taken(void *context, unsigned region, struct hs_extent block)
{
    struct hs_changes *c = context;
    c->follow.taken(c->space, region, block);
    add_block(c, HS_CHANGE_TAKEN, region, block);
}

/* The model calls it before it clears the block. */
static void on_freed(void *context, unsigned region, struct hs_extent block)
{
    struct hs_changes *c = context;
    c->follow.freed(c->space, region, block);
    add_block(c, HS_CHANGE_FREED, region, block);
}

struct hs_changes *hs_changes_new(void)
{
    struct hs_changes *c = calloc(1, sizeof *c);
    struct hs_model_observer observer = {.context = c, .region = on_region, .taken = on_taken, .freed = on_freed};
    if (!c)
        return NULL;
    c->space = hs_freespace_new();
    c->model = c->space ? hs_model_new(&observer) : NULL;
    if (!c->model) {
        hs_changes_free(c);
        return NULL;
    }
    c->follow = hs_freespace_observer(c->space);
    hs_freespace_attach(c->space, c->model);
    return c;
}

void hs_changes_free(struct hs_changes *c)
{
    if (!c)
        return;
    hs_model_free(c->model);
    hs_freespace_free(c->space);
    free(c->change);
    free(c);
}

/* For a resize, the model reports the granules that a block gained or lost. Here it becomes one change of the whole block. */
static int feed_resize(struct hs_changes *c, const struct hs_event *e)
{
    struct hs_model *m = c->model;
    struct hs_block_change resized = {.kind = HS_CHANGE_RESIZED};
    uint64_t dropped = m->dropped;
    if (e->old < m->n_granules && m->block[e->old].granules) {
        resized.old_address = hs_changes_address(c, e->old);
        resized.before = m->block[e->old];
    }
    int error = hs_model_feed(m, e, 1);
    if (error || e->pos >= m->n_granules)
        return error;
    c->n = m->dropped != dropped ? 1 : 0; /* first the block that this one replaces, if any */
    unsigned region = hs_model_region_of(m, e->pos);
    if (region >= m->n_regions)
        return HS_OK;
    resized.region = (uint8_t)region;
    resized.pos = e->pos;
    resized.block = m->block[e->pos];
    resized.address = address_in(c, region, e->pos);
    resized.bytes = (uint64_t)e->granules << m->region[region].shift;
    add(c, resized);
    return HS_OK;
}

int hs_changes_feed(struct hs_changes *c, const struct hs_event *e)
{
    c->n = 0;
    int error = e->kind == HS_REALLOC && e->boot == c->model->boot ? feed_resize(c, e) : hs_model_feed(c->model, e, 1);
    return error ? error : c->short_of_memory || c->space->short_of_memory ? HS_ERR_MEMORY : HS_OK;
}

/* ---- figures ---- */

static struct hs_space_stats told_figures(const struct hs_region_summary *told)
{
    struct hs_space_stats heap = {
        .used = told->used,
        .free = told->free,
        .largest_free = told->longest,
        .no_longest = told->no_longest,
        .blocks = told->blocks,
    };
    for (unsigned i = 0; i < 32; i++)
        heap.free_runs += told->runs[i];
    return heap;
}

static struct hs_space_stats followed_figures(const struct hs_changes *c)
{
    const struct hs_freespace *space = c->space;
    struct hs_space_stats heap = {
        .used = hs_freespace_used(space),
        .free = space->free,
        .largest_free = space->largest,
        .requested = c->model->requested,
        .blocks = c->model->blocks,
    };
    for (unsigned i = 0; i < space->n_regions; i++)
        heap.free_runs += space->index[i] ? space->index[i]->runs : 0;
    return heap;
}

bool hs_changes_figures(const struct hs_changes *c, struct hs_heap_figures *f)
{
    const struct hs_model *m = c->model;
    struct hs_region_summary told = hs_model_summary(m, HS_ALL_REGIONS);
    *f = (struct hs_heap_figures){
        .told = hs_model_summary_only(m),
        .known = m->synced,
        .total = c->space->total,
        .peak = m->peak > m->levels.peak ? m->peak : m->levels.peak,
    };
    if (!f->told) {
        f->heap = followed_figures(c);
        return c->space->regions_added != 0;
    }
    f->heap = told_figures(&told);
    f->known = told.known;
    f->no_counts = told.no_counts;
    f->total = f->total ? f->total : told.used + told.free;
    return told.known;
}
