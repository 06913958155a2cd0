/* SPDX-License-Identifier: MIT
 *
 * Blocks allocated between two marks and never freed: from the recorder's own rows (HELD), or from all events.
 */
#ifndef HS_MEASURE_LEAKS_H
#define HS_MEASURE_LEAKS_H

#include "analysis/model/model.h"

struct hs_leaks;

struct hs_leak_sum {
    uint64_t bytes, blocks;
};

struct hs_leak_row {
    uint32_t site, thread;
    const char *first, *last; /* labels of the marks before the first of these blocks, and before the last; NULL: none, or the
                               * ring lost it */
    struct hs_leak_sum sum;
    char *place; /* for the user's own use; NULL at first */
};

/* Labels of marks; NULL: the begin and the end of the trace. Of several marks with one label the last counts, and LABEL#2 is the
 * second. mark:LABEL is the same as LABEL, unless a label begins so. */
struct hs_leak_range {
    const char *from, *to;
    bool one_heap; /* the user selected a part of the memory */
};

/* NULL when out of memory. */
struct hs_leaks *hs_leaks_new(void);
void hs_leaks_free(struct hs_leaks *leaks);

/* Takes all events, in order. Returns HS_OK or HS_ERR_MEMORY. */
int hs_leaks_feed(struct hs_leaks *leaks, const struct hs_event *events, long n);

/* Whether the recorder itself listed what is not freed, so that events are not needed. */
bool hs_leaks_held(const struct hs_leaks *leaks);

/* Whether there is such a mark, named as in struct hs_leak_range. */
bool hs_leaks_has(const struct hs_leaks *leaks, const char *mark);

/* The label of mark number `i`, from 0, of those since the last restart; NULL: there are no more. */
const char *hs_leaks_label(const struct hs_leaks *leaks, size_t i);

/* Chooses blocks; call it once, after all events. False with *error set: no such mark, no data for the answer, no memory. */
bool hs_leaks_choose(struct hs_leaks *leaks, const struct hs_leak_range *range, struct hs_error *error);

struct hs_leak_totals {
    struct hs_leak_sum chosen;
    struct hs_leak_sum unsure; /* not in `chosen`: the recorder combined several marks, and one of these bounds the range */
    struct hs_leak_sum others; /* not in `chosen`: unknown whether they were freed */
};

/* The chosen rows, most bytes first; valid until the next call or hs_leaks_free. *rows is NULL when out of memory. */
size_t hs_leaks_rows(struct hs_leaks *leaks, struct hs_leak_row **rows, struct hs_leak_totals *totals);

#endif
