/* SPDX-License-Identifier: MIT
 *
 * Everything that a page shows of one trace, collected while its events are read.
 *
 * A trace of at most `limit` steps (history.h) is written record by record. For a longer one, moments are
 * chosen and the trace is read again:
 *
 *     struct hs_page_trace *trace = hs_page_trace_new(limit);
 *     do {
 *         reader = ...;
 *         while (... events ...)
 *             if (hs_page_trace_feed(trace, reader, events, n))
 *                 break;
 *     } while (hs_page_trace_again(trace));
 */
#ifndef HS_HTML_HTML_TRACE_H
#define HS_HTML_HTML_TRACE_H

#include "analysis/html/history.h"
#include "analysis/html/sums.h"
#include "analysis/html/thin.h"
#include "analysis/refs/refs.h"

/* Chosen events, ascending; `at`: the next one. */
struct hs_chosen {
    uint64_t *event; /* `n` */
    size_t n, at;
};

struct hs_page_trace {
    struct hs_timeline *timeline;
    struct hs_history *history;
    struct hs_sums sums;
    struct hs_refs refs;
    uint64_t events; /* fed so far */
    uint64_t limit;
    uint32_t stretches; /* limit for choosing layouts */
    struct hs_thin thin;
    struct hs_chosen layouts, bare;      /* moments shown with and without layout; empty: all moments with layout */
    double most_used, worst;             /* bytes; external fragmentation, while at least an eighth is free */
    uint64_t most_used_time, worst_time; /* ticks since the first boot */
    uint64_t worst_free, worst_longest;
    int error;
};

/* NULL when out of memory. `limit` 0: none. */
struct hs_page_trace *hs_page_trace_new(uint64_t limit);
void hs_page_trace_free(struct hs_page_trace *trace);

/* Takes `n` events. Returns 0, 1 when this reading needs no more, or a negative enum hs_err. */
int hs_page_trace_feed(struct hs_page_trace *trace, const struct hs_reader *reader, const struct hs_event *events, long n);

/* At the end of a reading: whether the trace has to be read again from its beginning. */
bool hs_page_trace_again(struct hs_page_trace *trace);

/* Whether only chosen moments are shown. */
static inline bool hs_page_trace_thinned(const struct hs_page_trace *trace) { return trace->layouts.event; }

#endif
