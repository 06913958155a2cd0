/* SPDX-License-Identifier: MIT
 *
 * The heap at one moment, kept while the model goes on: regions, blocks in address order, figures.
 */
#ifndef HS_SPACE_SNAPSHOT_H
#define HS_SPACE_SNAPSHOT_H

#include "analysis/model/model.h"

struct hs_heap_snapshot_block {
    uint32_t pos, granules; /* trace-wide */
    uint32_t site;          /* that asked for its present size; HS_SITE_UNKNOWN */
    uint32_t size;          /* bytes asked for */
    uint64_t number;        /* record of its first allocation */
    uint64_t survived;      /* collections */
};

struct hs_heap_snapshot {
    struct hs_region_state region[HS_REGION_LIMIT];
    struct hs_space_stats layout[HS_REGION_LIMIT]; /* of each region */
    unsigned n_regions;
    struct hs_heap_snapshot_block *block; /* `n_blocks`, ascending; regions do not overlap */
    uint32_t n_blocks, room;
    uint64_t elapsed; /* ticks since the first boot */
    uint64_t number;  /* of the last record */
    bool taken;       /* the moment came */
    bool synced;      /* and the layout was known then */
    uint8_t level;    /* enum hs_level at which was recorded then, or last */
};

/* Takes the picture of the present moment, in place of an earlier one. `picture` starts zeroed; memory is
 * kept for the next. Returns HS_OK or HS_ERR_MEMORY. */
int hs_heap_snapshot_take(struct hs_heap_snapshot *picture, const struct hs_model *model);
void hs_heap_snapshot_free(struct hs_heap_snapshot *picture);

/* The first block that ends behind `pos`, by place in `block`; n_blocks when there is none. */
uint32_t hs_heap_snapshot_find(const struct hs_heap_snapshot *picture, uint32_t pos);

/* What became of a granule between two moments. */
enum hs_change {
    HS_CHANGE_FREE,     /* free then and now */
    HS_CHANGE_KEPT,     /* the same block */
    HS_CHANGE_NEW,      /* was free */
    HS_CHANGE_GONE,     /* is free */
    HS_CHANGE_REPLACED, /* another block */
    HS_CHANGES,
};

/* How two pictures are compared. */
struct hs_comparison {
    const struct hs_heap_snapshot *before, *after;
    bool same_trace; /* blocks are the same when they are the same allocation; else when they lie alike */
};

/* Writes the change of `extent.granules` granules from `extent.pos` on into `change`. */
void hs_compare(const struct hs_comparison *comparison, struct hs_extent extent, uint8_t *change);

/* Whether block `b` of one picture is also in the other. */
bool hs_compare_has(const struct hs_comparison *comparison, const struct hs_heap_snapshot *in,
                    const struct hs_heap_snapshot_block *b);

#endif
