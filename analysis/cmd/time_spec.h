/* SPDX-License-Identifier: MIT
 *
 * Moments of a trace as users name them:
 *
 *     end            behind the last event
 *     1.5s 20ms 7us  that long after the first event, events at that time included; a plain number is seconds
 *     event:N        behind record number N
 *     mark:LABEL     behind the last mark with that label; mark:LABEL#2: behind the second one
 */
#ifndef HS_CMD_TIME_SPEC_H
#define HS_CMD_TIME_SPEC_H

#include "analysis/time/summary.h"
#include "analysis/model/model.h"

enum hs_time_spec_kind { HS_TIME_SPEC_UNSET, HS_TIME_SPEC_END, HS_TIME_SPEC_TIME, HS_TIME_SPEC_EVENT, HS_TIME_SPEC_MARK };

struct hs_time_spec {
    enum hs_time_spec_kind kind;
    double seconds;
    uint64_t number;      /* record */
    const char *label;    /* not terminated: `label_len` bytes */
    size_t label_len;
    uint64_t occurrence;  /* of the mark, from 1; 0: the last */
    uint64_t seen;        /* marks with that label so far */
};

/* Reads what the user wrote; complains about `option` and returns false when it names no moment. NULL
 * leaves `when` unset. `text` must outlive it. */
bool hs_time_spec_parse(struct hs_time_spec *when, const char *text, const char *option);

/* Time since the trace's start, over all boots: what a model knows too, for commands without one. */
struct hs_clock {
    uint64_t elapsed, first, last; /* ticks: boots before; the present boot's first and last */
    uint32_t boot;
    bool running;
};
uint64_t hs_clock_at(struct hs_clock *clock, const struct hs_event *event);

/* Whether a moment lies before `event`, `elapsed` ticks after the trace's start. Not of marks. */
bool hs_time_spec_before(const struct hs_time_spec *when, const struct hs_event *event, double elapsed_seconds);

/* Whether `event` is the mark (or, where the last is wanted, may be it). Each event is to be asked about once. */
bool hs_time_spec_at(struct hs_time_spec *when, const struct hs_event *event);

/* A part of a trace: --from and --to. Of several marks with a label it begins at the first, and ends at the
 * first behind that. Zeroed, it is the whole. */
struct hs_range {
    struct hs_time_spec from, to;
    bool begun;
};

/* Either text may be NULL. Complains and returns false when one names no moment. */
bool hs_range_parse(struct hs_range *range, const char *from, const char *to);

enum hs_range_place { HS_RANGE_BEFORE, HS_RANGE_INSIDE, HS_RANGE_LAST, HS_RANGE_BEHIND };

/* Where an event lies; each is to be asked about once, in order, up to the last or the first behind. */
enum hs_range_place hs_range_place(struct hs_range *range, const struct hs_event *event, double elapsed_seconds);

#endif
