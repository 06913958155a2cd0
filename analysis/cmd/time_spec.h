/* SPDX-License-Identifier: MIT
 *
 * Moments of a trace as users name them:
 *
 *     end            after the last event
 *     1.5s 20ms 7us  that long after the first event, events at that time included; a plain number is seconds
 *     record:N       after record number N; its earlier name event:N is understood too
 *     mark:LABEL     after the last mark with that label; mark:LABEL#2: after the second one
 */
#ifndef HS_CMD_TIME_SPEC_H
#define HS_CMD_TIME_SPEC_H

#include "analysis/cmd/missing_mark.h"
#include "analysis/time/summary.h"
#include "analysis/model/model.h"

enum hs_time_spec_kind { HS_TIME_SPEC_UNSET, HS_TIME_SPEC_END, HS_TIME_SPEC_TIME, HS_TIME_SPEC_EVENT, HS_TIME_SPEC_MARK };

struct hs_time_spec {
    enum hs_time_spec_kind kind;
    double seconds;
    uint64_t number;   /* record */
    const char *label; /* not terminated: `label_len` bytes. A label that itself ends in "#2" is found by all of the text */
    size_t label_len;
    uint64_t occurrence;          /* of the mark, from 1; 0: the last */
    uint64_t seen;                /* marks with that label so far */
    const char *option;           /* that named it: "at" */
    struct hs_oldest_mark oldest; /* of a mark: of those that it was looked for in */
};

/* Parses the user's text. Complains about `option` and returns false when it is invalid. NULL leaves `when` unset.
 * `text` must outlive it. */
bool hs_time_spec_parse(struct hs_time_spec *when, const char *text, const char *option);

/* Time since the start of the trace, over all boots, for commands without a model. */
struct hs_clock {
    uint64_t elapsed, first, last; /* ticks: earlier boots; first and last of the current boot */
    uint32_t boot;
    bool running;
};
uint64_t hs_clock_at(struct hs_clock *clock, const struct hs_event *event);

/* Whether a moment is before `event`, which is `elapsed_seconds` after the trace's start. Always false for marks. */
bool hs_time_spec_before(const struct hs_time_spec *when, const struct hs_event *event, double elapsed_seconds);

/* Whether `event` is the mark (or, when the last mark is wanted, may be it). Call it once for each event. */
bool hs_time_spec_at(struct hs_time_spec *when, const struct hs_event *event);

/* Complains that the trace at `path`, which `reader` has read to its end, has no such mark. Returns HS_EXIT_BAD. */
int hs_time_spec_no_mark(const struct hs_time_spec *when, const char *path, const struct hs_reader *reader);

/* A part of a trace: --from and --to. Zeroed, it is the whole trace. */
struct hs_range {
    struct hs_time_spec from, to;
    const char *from_text; /* as the user named it, or NULL */
    bool begun, ended;
};

/* Either text may be NULL. A mark without a number is the last one with that label: to find it, the trace at `path` is read before.
 * Complains and returns false when a text is invalid, and when a mark without a number is looked for in standard input. */
bool hs_range_parse(struct hs_range *range, const char *path, const char *from, const char *to);

enum hs_range_place { HS_RANGE_BEFORE, HS_RANGE_INSIDE, HS_RANGE_LAST, HS_RANGE_AFTER };

/* Position of an event relative to the range. Call it once for each event, in order, until the result is LAST or AFTER. */
enum hs_range_place hs_range_place(struct hs_range *range, const struct hs_event *event, double elapsed_seconds);

/* Complains about `path` and returns false when the trace, which `reader` has read to its end or to that of the range, has no such
 * begin, or not the mark that ends the range. */
bool hs_range_found(const struct hs_range *range, const char *path, const struct hs_reader *reader);

#endif
