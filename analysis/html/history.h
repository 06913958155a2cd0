/* SPDX-License-Identifier: MIT
 *
 * The history of a heap's layout, written down so that a page can show any moment of it: a sequence of
 * moments, each with the steps that lead to it from the one before. A moment is a record of the trace, or,
 * where that would be too many, one of those chosen beforehand (thin.h); then the steps are what changed
 * in between, and blocks that came and went in between are not told. Between them there may be bare moments, that
 * have figures only: the layout is that of the last one before.
 *
 * What is written are columns of LEB128 numbers, one entry a moment or a step, because alike next to alike
 * compresses best. analysis/html/page/history.js reads them.
 *
 *   of a moment  time         ticks since the moment before
 *                number       of its record, less that of the moment before
 *                steps        how many lead to it
 *                collections  that ended since the moment before
 *                state        enum hs_moment_state, level from bit HS_MOMENT_LEVEL on
 *                longest      free run in bytes, less that of the moment before, zigzag
 *                told         only with HS_MOMENT_TOLD or HS_MOMENT_BARE: used and free bytes
 *   of a step    what         enum hs_history_step
 *                old          FREED, LEFT: granule of the head, less that of the last such step, zigzag
 *                pos          TAKEN, MOVED: granule of the head, less the end of the last such block, zigzag
 *                granules     TAKEN, MOVED
 *                site         TAKEN, MOVED: number plus 1, 0 of blocks nobody knows the site of
 *                slack        TAKEN, MOVED: bytes taken less bytes asked for, zigzag
 *                region       CAME, WENT: index into hs_history.region
 */
#ifndef HS_HTML_HISTORY_H
#define HS_HTML_HISTORY_H

#include "analysis/diagnosis/exam.h"
#include "analysis/time/timeline.h"

enum hs_history_step {
    HS_STEP_FREED, /* a block is gone */
    HS_STEP_LEFT,  /* a block leaves its place, to be put somewhere by a MOVED of this moment, first come first served */
    HS_STEP_TAKEN, /* a block is there */
    HS_STEP_MOVED, /* a block that left is there, with what it is now */
    HS_STEP_CAME,  /* a region is there, empty */
    HS_STEP_WENT,  /* a region is gone, empty */
};

enum hs_moment_state {
    HS_MOMENT_SYNCED = 1,      /* the layout is known */
    HS_MOMENT_TOLD = 2,        /* the figures are those that a summary told */
    HS_MOMENT_BARE = 4,        /* no steps although there may have been changes */
    HS_MOMENT_LEVEL = 3,       /* shift of enum hs_level, two bits */
    HS_MOMENT_NO_FIGURES = 32, /* with TOLD: used and free are not known, what is told of them is 0 */
    HS_MOMENT_NO_LONGEST = 64, /* the longest free run is not known, and told as the one before */
};

enum hs_history_column {
    HS_COLUMN_TIME,
    HS_COLUMN_NUMBER,
    HS_COLUMN_STEPS,
    HS_COLUMN_COLLECTIONS,
    HS_COLUMN_STATE,
    HS_COLUMN_LONGEST,
    HS_COLUMN_TOLD,
    HS_COLUMN_WHAT,
    HS_COLUMN_OLD,
    HS_COLUMN_POS,
    HS_COLUMN_GRANULES,
    HS_COLUMN_SITE,
    HS_COLUMN_SLACK,
    HS_COLUMN_REGION,
    HS_HISTORY_COLUMNS,
};

struct hs_buffer {
    uint8_t *data;
    size_t n, room;
};

/* The block that had its head at a granule when the last moment was. */
struct hs_before {
    uint64_t number;
    uint32_t pos, granules, site, size;
};

struct hs_history {
    struct hs_model *model;
    struct hs_exam *exam; /* of the events fed, for the diagnosis; concluded by whoever shows it */
    struct hs_buffer column[HS_HISTORY_COLUMNS];
    uint64_t moments, steps;
    uint64_t limit; /* of steps; beyond it nothing is written and `full` is set; 0: none */
    bool full, short_of_memory;
    struct hs_region_state *region; /* `n_regions`: each that came, as it was then */
    uint32_t n_regions, region_room;
    uint32_t present[HS_REGION_LIMIT]; /* index into `region` plus 1; 0: not there */

    uint32_t *touched; /* by granule: `turn` when it is in `before` and not yet written */
    uint32_t n_granules, turn;
    struct hs_before *before; /* `n_before`: heads touched since the last moment */
    uint32_t n_before, before_room;
    uint32_t resized;                            /* head of the block resized last, HS_POS_IMPLIED: none since the last moment */
    uint64_t time, number, collections, longest; /* of the last moment */
    uint32_t old, end;                           /* of the last steps */
};

/* NULL when out of memory. `limit` as above. */
struct hs_history *hs_history_new(uint64_t limit);
void hs_history_free(struct hs_history *history);

/* Feeds an event to the model. */
void hs_history_feed(struct hs_history *history, const struct hs_event *event);

/* Ends a moment with the event fed last; `now` are the figures of the heap. */
void hs_history_moment(struct hs_history *history, const struct hs_sample *now);

/* The same, but bare. */
void hs_history_bare_moment(struct hs_history *history, const struct hs_sample *now);

const char *hs_history_column_name(unsigned column);

#endif
