/* SPDX-License-Identifier: MIT
 *
 * The history of a heap's layout, encoded so that a page can show any moment of it: a sequence of
 * moments, each with the steps that lead to it from the previous one. Each record of the trace is a moment.
 * If there are too many, only chosen records are (thin.h); then the steps are the differences, and blocks
 * allocated and freed between two moments are not in the history. Bare moments in between have figures
 * only: the layout is that of the last moment before.
 *
 * The encoding is columns of LEB128 numbers, one entry per moment or per step: equal kinds of values side by
 * side compress best. analysis/html/page/history.js decodes them.
 *
 *   of a moment  time         ticks since the previous moment
 *                number       of its record, minus that of the previous moment
 *                steps        number of steps that lead to it
 *                collections  that ended since the previous moment
 *                state        enum hs_moment_state, level from bit HS_MOMENT_LEVEL on
 *                longest      free run in bytes, minus that of the previous moment, zigzag
 *                told         only with HS_MOMENT_TOLD, HS_MOMENT_BARE or HS_MOMENT_OWN: used and free bytes
 *   of a step    what         enum hs_history_step
 *                old          FREED, LEFT: granule of the head, minus that of the last such step, zigzag
 *                pos          TAKEN, MOVED: granule of the head, minus the end of the last such block, zigzag
 *                granules     TAKEN, MOVED
 *                site         TAKEN, MOVED: number plus 1; 0: unknown
 *                slack        TAKEN, MOVED: allocated bytes minus requested bytes, zigzag
 *                region       CAME, WENT: index into hs_history.region
 */
#ifndef HS_HTML_HISTORY_H
#define HS_HTML_HISTORY_H

#include "analysis/diagnosis/exam.h"
#include "analysis/time/timeline.h"

enum hs_history_step {
    HS_STEP_FREED, /* a block is freed */
    HS_STEP_LEFT,  /* a block leaves its place; the MOVED steps of this moment place these blocks, in the same order */
    HS_STEP_TAKEN, /* a block is allocated */
    HS_STEP_MOVED, /* the new place of a block that left, with its new size and site */
    HS_STEP_CAME,  /* a region appears, empty */
    HS_STEP_WENT,  /* a region disappears, empty */
};

enum hs_moment_state {
    HS_MOMENT_SYNCED = 1,      /* the layout is known */
    HS_MOMENT_TOLD = 2,        /* the figures come from a summary */
    HS_MOMENT_BARE = 4,        /* no steps, although the layout may have changed */
    HS_MOMENT_LEVEL = 3,       /* shift of enum hs_level, two bits */
    HS_MOMENT_NO_FIGURES = 32, /* used and free are not known; where they are written they are 0 */
    HS_MOMENT_NO_LONGEST = 64, /* the longest free run is not known, and written as unchanged */
    HS_MOMENT_OWN = 128,       /* the layout has blocks of a recorder on the heap itself, which the figures leave out */
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

/* The block whose head was at a granule at the last moment. */
struct hs_before {
    uint64_t number;
    uint32_t pos, granules, site, size;
};

struct hs_history {
    struct hs_model *model;
    struct hs_exam *exam; /* of the events fed, for the diagnosis; the verdict concludes it */
    struct hs_buffer column[HS_HISTORY_COLUMNS];
    uint64_t moments, steps;
    uint64_t limit; /* of steps; beyond it nothing is written and `full` is set; 0: none */
    bool full, short_of_memory;
    struct hs_region_state *region; /* `n_regions`: each region as it appeared */
    uint32_t n_regions, region_room;
    uint32_t present[HS_REGION_LIMIT]; /* index into `region` plus 1; 0: not present */

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

/* Ends a bare moment. */
void hs_history_bare_moment(struct hs_history *history, const struct hs_sample *now);

const char *hs_history_column_name(unsigned column);

#endif
