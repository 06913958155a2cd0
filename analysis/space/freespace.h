/* SPDX-License-Identifier: MIT
 *
 * The free space of a heap of several regions, updated by a model's observer: an index of free runs for each region,
 * and their sums, correct after every event.
 *
 *     struct hs_freespace *space = hs_freespace_new();
 *     struct hs_model_observer observer = hs_freespace_observer(space);
 *     struct hs_model *model = hs_model_new(&observer);
 *     hs_freespace_attach(space, model);
 */
#ifndef HS_SPACE_FREESPACE_H
#define HS_SPACE_FREESPACE_H

#include "analysis/space/fragmentation.h"
#include "analysis/model/model.h"

struct hs_freespace {
    void *owner;                                /* context of a caller that extends this observer */
    struct hs_freeruns *index[HS_REGION_LIMIT]; /* NULL: region not present */
    uint64_t region_largest[HS_REGION_LIMIT];   /* bytes of each region's longest run */
    uint32_t first[HS_REGION_LIMIT];            /* granule numbers and shifts of the regions present */
    uint8_t shift[HS_REGION_LIMIT];
    unsigned n_regions;
    unsigned regions_added; /* regions added so far */
    uint64_t total;         /* bytes of the regions present */
    uint64_t free, largest; /* bytes; the longest run is within one region */
    uint64_t refused;       /* changes that contradict the index; nonzero means a bug in the model */
    bool short_of_memory;
    const struct hs_model *model;
};

/* The caller owns it. NULL when out of memory. */
struct hs_freespace *hs_freespace_new(void);
void hs_freespace_free(struct hs_freespace *space);

/* The observer to create the model with; `after` and `failed` are left for the caller. Then pass the model to
 * hs_freespace_attach. */
struct hs_model_observer hs_freespace_observer(struct hs_freespace *space);
void hs_freespace_attach(struct hs_freespace *space, const struct hs_model *model);

/* Used bytes, without blocks of a recorder that is on the heap itself. */
static inline uint64_t hs_freespace_used(const struct hs_freespace *space)
{
    return space->total - space->free - space->model->own_bytes;
}

/* Free bytes in runs shorter than `size` bytes. */
uint64_t hs_freespace_unusable(const struct hs_freespace *space, uint64_t size);

/* Free runs of all regions; lengths in granules of each region. */
struct hs_run_histogram hs_freespace_histogram(const struct hs_freespace *space);

#endif
