/* SPDX-License-Identifier: MIT
 *
 * All that a page shows of one trace, gathered while its events go by.
 *
 * A trace of at most `limit` steps (history.h) is told record by record. Of a longer one moments are chosen,
 * so it is read again:
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

/* Events, ascending, and the next of them that is to come. */
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
    uint32_t stretches; /* at most so many, when layouts are chosen */
    struct hs_thin thin;
    struct hs_chosen layouts, bare;      /* moments shown with their layout and without; none: all with it */
    double most_used, worst;             /* bytes; external fragmentation, while at least an eighth is free */
    uint64_t most_used_time, worst_time; /* ticks since the first boot */
    uint64_t worst_free, worst_longest;
    int error;
};

/* NULL when memory is short. `limit` 0: none. */
struct hs_page_trace *hs_page_trace_new(uint64_t limit);
void hs_page_trace_free(struct hs_page_trace *trace);

/* Takes `n` events. Returns 0, 1 when no more are wanted in this reading, or a negative enum hs_err. */
int hs_page_trace_feed(struct hs_page_trace *trace, const struct hs_reader *reader, const struct hs_event *events, long n);

/* At the end of the trace, or when no more were wanted: whether it has to be read again, from its beginning. */
bool hs_page_trace_again(struct hs_page_trace *trace);

/* Whether the moments are chosen ones. */
static inline bool hs_page_trace_thinned(const struct hs_page_trace *trace) { return trace->layouts.event; }

#endif
