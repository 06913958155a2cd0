/* SPDX-License-Identifier: MIT
 *
 * The free space of a heap of several regions, followed through a model's observer: an index of free runs
 * for each region, and their sums, right after every event.
 *
 *     struct hs_freespace *space = hs_freespace_new();
 *     struct hs_model_observer observer = hs_freespace_observer(space);
 *     struct hs_model *model = hs_model_new(&observer);
 *     hs_freespace_follow(space, model);
 */
#ifndef HS_SPACE_FREESPACE_H
#define HS_SPACE_FREESPACE_H

#include "analysis/space/fragmentation.h"
#include "analysis/model/model.h"

struct hs_freespace {
    void *owner;                                /* for the context of an observer that adds to ours */
    struct hs_freeruns *index[HS_REGION_LIMIT]; /* NULL: region not present */
    uint64_t region_largest[HS_REGION_LIMIT];   /* bytes of each region's longest run */
    uint32_t first[HS_REGION_LIMIT];            /* granule numbers and shifts of the regions present */
    uint8_t shift[HS_REGION_LIMIT];
    unsigned n_regions;
    unsigned followed;       /* regions ever followed */
    uint64_t total;          /* bytes of the regions present */
    uint64_t free, largest;  /* bytes; the longest run lies in one region */
    uint64_t refused;        /* changes that contradicted the index: 0 unless the model is wrong */
    bool short_of_memory;
    const struct hs_model *model;
};

/* The caller owns it. NULL when memory is short. */
struct hs_freespace *hs_freespace_new(void);
void hs_freespace_free(struct hs_freespace *space);

/* What the model is to be made with, `after` and `failed` being free for others; then tell which model it is. */
struct hs_model_observer hs_freespace_observer(struct hs_freespace *space);
void hs_freespace_follow(struct hs_freespace *space, const struct hs_model *model);

/* Free bytes in runs that have no room for `size` bytes. */
uint64_t hs_freespace_unusable(const struct hs_freespace *space, uint64_t size);

/* Runs of all regions; lengths in granules of their own region. */
struct hs_run_histogram hs_freespace_histogram(const struct hs_freespace *space);

#endif
