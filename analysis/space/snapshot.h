/* SPDX-License-Identifier: MIT
 *
 * A copy of the heap at one moment, independent of the model: regions, blocks in address order, figures.
 */
#ifndef HS_SPACE_SNAPSHOT_H
#define HS_SPACE_SNAPSHOT_H

#include "analysis/model/model.h"

struct hs_heap_snapshot_block {
    uint32_t pos, granules; /* trace-wide */
    uint32_t site;          /* requested its present size; or HS_SITE_UNKNOWN */
    uint32_t size;          /* requested bytes */
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
    bool taken;       /* the moment was reached */
    bool synced;      /* the layout was known at that moment */
    bool known;       /* it had been known since the last restart: if not, there are no blocks to show */
    uint8_t level;    /* enum hs_level at that moment, or the last one before recording stopped */
};

/* Replaces *snapshot by the present state of the model. It starts zeroed; its memory is reused. Returns HS_OK or
 * HS_ERR_MEMORY. */
int hs_heap_snapshot_take(struct hs_heap_snapshot *snapshot, const struct hs_model *model);
void hs_heap_snapshot_free(struct hs_heap_snapshot *snapshot);

/* Index of the first block that ends after `pos`; n_blocks when there is none. */
uint32_t hs_heap_snapshot_find(const struct hs_heap_snapshot *snapshot, uint32_t pos);

/* State of a granule at two moments. */
enum hs_change {
    HS_CHANGE_FREE,     /* free at both moments */
    HS_CHANGE_KEPT,     /* the same block */
    HS_CHANGE_NEW,      /* was free */
    HS_CHANGE_GONE,     /* is free */
    HS_CHANGE_REPLACED, /* another block than before */
    HS_CHANGES,
};

/* Two snapshots to compare. */
struct hs_comparison {
    const struct hs_heap_snapshot *before, *after;
    bool same_trace; /* compare blocks by identity of the allocation; else by position and length */
};

/* Writes the change of each granule of `extent` into `change`, of extent.granules entries. */
void hs_compare(const struct hs_comparison *comparison, struct hs_extent extent, uint8_t *change);

/* Whether block `b` of one snapshot is also in `in`. */
bool hs_compare_has(const struct hs_comparison *comparison, const struct hs_heap_snapshot *in,
                    const struct hs_heap_snapshot_block *b);

#endif
