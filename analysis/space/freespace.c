/* SPDX-License-Identifier: MIT */
#include "analysis/space/freespace.h"

#include <stdlib.h>

struct hs_freespace *hs_freespace_new(void) { return calloc(1, sizeof(struct hs_freespace)); }

static void drop_index(struct hs_freespace *space, unsigned region)
{
    struct hs_freeruns *index = space->index[region];
    if (!index)
        return;
    space->total -= (uint64_t)index->granules << space->shift[region];
    space->free -= (uint64_t)index->free << space->shift[region];
    space->region_largest[region] = 0;
    space->index[region] = NULL;
    hs_freeruns_free(index);
    free(index);
}

void hs_freespace_free(struct hs_freespace *space)
{
    if (!space)
        return;
    for (unsigned i = 0; i < space->n_regions; i++)
        drop_index(space, i);
    free(space);
}

static void find_largest(struct hs_freespace *space)
{
    space->largest = 0;
    for (unsigned i = 0; i < space->n_regions; i++)
        if (space->region_largest[i] > space->largest)
            space->largest = space->region_largest[i];
}

/* Recomputes the sums after a change in one region. */
static inline void update_largest(struct hs_freespace *space, unsigned region)
{
    uint64_t before = space->region_largest[region];
    uint64_t now = (uint64_t)space->index[region]->largest << space->shift[region];
    if (now == before)
        return;
    space->region_largest[region] = now;
    if (now >= space->largest)
        space->largest = now;
    else if (before == space->largest)
        find_largest(space);
}

static void add_index(struct hs_freespace *space, unsigned region)
{
    const struct hs_region_state *state = &space->model->region[region];
    struct hs_freeruns *index = calloc(1, sizeof *index);
    if (!index || !hs_freeruns_init(index, state->granules)) {
        free(index);
        space->short_of_memory = true;
        return;
    }
    space->index[region] = index;
    space->regions_added++;
    space->first[region] = state->first;
    space->shift[region] = state->shift;
    space->n_regions = region >= space->n_regions ? region + 1 : space->n_regions;
    space->total += (uint64_t)state->granules << state->shift;
    space->free += (uint64_t)state->granules << state->shift;
    update_largest(space, region);
}

static void on_region(void *context, unsigned region)
{
    struct hs_freespace *space = context;
    drop_index(space, region);
    find_largest(space);
    if (space->model->region[region].present)
        add_index(space, region);
}

static void on_taken(void *context, unsigned region, struct hs_extent extent)
{
    struct hs_freespace *space = context;
    struct hs_freeruns *index = space->index[region];
    if (!index)
        return;
    extent.pos -= space->first[region];
    if (hs_freeruns_take(index, extent)) {
        space->free -= (uint64_t)extent.granules << space->shift[region];
        update_largest(space, region);
    } else {
        space->refused++;
    }
}

static void on_freed(void *context, unsigned region, struct hs_extent extent)
{
    struct hs_freespace *space = context;
    struct hs_freeruns *index = space->index[region];
    if (!index)
        return;
    extent.pos -= space->first[region];
    if (hs_freeruns_give(index, extent)) {
        space->free += (uint64_t)extent.granules << space->shift[region];
        update_largest(space, region);
    } else {
        space->refused++;
    }
}

struct hs_model_observer hs_freespace_observer(struct hs_freespace *space)
{
    return (struct hs_model_observer){
        .context = space,
        .region = on_region,
        .taken = on_taken,
        .freed = on_freed,
    };
}

void hs_freespace_attach(struct hs_freespace *space, const struct hs_model *model) { space->model = model; }

uint64_t hs_freespace_unusable(const struct hs_freespace *space, uint64_t size)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < space->n_regions; i++) {
        if (!space->index[i])
            continue;
        unsigned shift = space->shift[i];
        uint64_t granules = (size + (UINT64_C(1) << shift) - 1) >> shift;
        uint32_t length = granules < UINT32_MAX ? (uint32_t)granules : UINT32_MAX;
        sum += hs_unusable_granules(space->index[i], length) << shift;
    }
    return sum;
}

struct hs_run_histogram hs_freespace_histogram(const struct hs_freespace *space)
{
    struct hs_run_histogram histogram = {0};
    for (unsigned i = 0; i < space->n_regions; i++)
        if (space->index[i])
            hs_histogram_add(&histogram, space->index[i]);
    return histogram;
}
