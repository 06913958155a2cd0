/* SPDX-License-Identifier: MIT
 *
 * What came between two marks and was never freed: by the recorder's own rows (HELD), or from every event.
 */
#ifndef HS_MEASURE_LEAKS_H
#define HS_MEASURE_LEAKS_H

#include "lib/host/reader.h"

struct hs_leaks;

struct hs_leak_sum {
    uint64_t bytes, blocks;
};

struct hs_leak_row {
    uint32_t site, thread;
    const char *first, *last; /* labels of the marks before the first of them, and before the last; NULL: there was none, or the
                               * ring has lost it */
    struct hs_leak_sum sum;
};

/* Labels, NULL: the begin and the end. Of several marks with one label the last counts. */
struct hs_leak_range {
    const char *from, *to;
    bool one_heap; /* only part of the memory is asked about */
};

/* NULL when out of memory. */
struct hs_leaks *hs_leaks_new(void);
void hs_leaks_free(struct hs_leaks *leaks);

/* Takes all events, in order. Returns HS_OK or HS_ERR_MEMORY. */
int hs_leaks_feed(struct hs_leaks *leaks, const struct hs_event *events, long n);

/* Chooses blocks, once all events are fed. False, with error->text set: there is no such mark, or the trace cannot tell. */
bool hs_leaks_choose(struct hs_leaks *leaks, const struct hs_leak_range *range, struct hs_error *error);

struct hs_leak_totals {
    struct hs_leak_sum chosen;
    struct hs_leak_sum unsure; /* not among them: the recorder put several marks together, and one of these is an end of the range */
    struct hs_leak_sum others; /* not among them: nobody knows whether they were freed */
};

/* The rows chosen, most bytes first; they are valid until hs_leaks_free. */
size_t hs_leaks_rows(struct hs_leaks *leaks, struct hs_leak_row **rows, struct hs_leak_totals *totals);

#endif
