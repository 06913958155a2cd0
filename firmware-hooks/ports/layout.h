/* SPDX-License-Identifier: MIT
 *
 * For hooks whose walk knows the blocks in use: what is between two of them is one free run.
 *
 *     struct hs_layout layout;
 *     hs_layout_snapshot(&layout, first, part);
 *     hs_layout_block(&layout, pos, n);          for each block in use, in the order of addresses
 *     hs_layout_end(&layout, end);               `end`: one past the region's last granule
 *
 * Places and lengths are granules, places trace-wide.
 */
#ifndef HS_HOOKS_LAYOUT_H
#define HS_HOOKS_LAYOUT_H

#include "lib/heap.h"
#include "lib/level.h"

/* The caller owns it, on its stack. */
struct hs_layout {
    union {
        struct hs_runs_writer snapshot;
        struct hs_summary_writer summary;
    };
    uint32_t at; /* end of the last block */
    bool is_summary;
};

/* Begin a region's snapshot, with `part` of write_snapshot, or its summary. */
static inline void hs_layout_snapshot(struct hs_layout *layout, uint32_t first, uint8_t part)
{
    layout->at = first;
    layout->is_summary = false;
    hs_snapshot_begin(&layout->snapshot, first, part);
}

static inline void hs_layout_summary(struct hs_layout *layout, uint32_t first, const struct hs_summary_writer *place)
{
    layout->at = first;
    layout->is_summary = true;
    hs_summary_begin(&layout->summary, place);
}

static inline void hs_layout_free_up_to(struct hs_layout *layout, uint32_t pos)
{
    if (pos <= layout->at)
        return;
    if (layout->is_summary)
        hs_summary_run(&layout->summary, pos - layout->at);
    else
        hs_snapshot_free(&layout->snapshot, layout->at, pos - layout->at);
}

static inline void hs_layout_block(struct hs_layout *layout, uint32_t pos, uint32_t n)
{
    hs_layout_free_up_to(layout, pos);
    layout->at = pos + n;
    if (!layout->is_summary) {
        hs_snapshot_block(&layout->snapshot, pos, n);
        return;
    }
    layout->summary.used += n;
    layout->summary.blocks++;
}

static inline void hs_layout_end(struct hs_layout *layout, uint32_t end)
{
    hs_layout_free_up_to(layout, end);
    if (layout->is_summary)
        hs_summary_end(&layout->summary);
    else
        hs_snapshot_end(&layout->snapshot, end);
}

#endif
