/* SPDX-License-Identifier: MIT
 *
 * Blame and advice as text or JSON. Prints what it is given and measures nothing.
 */
#ifndef HS_BLAME_BLAMEVIEW_H
#define HS_BLAME_BLAMEVIEW_H

#include "analysis/blame/advice.h"
#include "analysis/blame/blame_groups.h"
#include "analysis/draw/head.h"

/* A request that did not fit, or a hypothetical one. */
struct hs_blame_case {
    struct hs_failure failure; /* as recorded; for a hypothetical one only size, number, free, largest_free are set */
    bool hypothetical;
    uint64_t elapsed; /* ticks since the first boot */
    struct hs_blame blame;
    struct hs_blame_groups blame_groups;
};

struct hs_blameview {
    struct hs_head head;
    const struct hs_names *names;
    const struct hs_blame_case *cases; /* `n`; the last one is printed in full */
    size_t n;
    uint64_t failures, unplaced; /* failures in the trace; of these, not analysed: a free run was long enough, or the
                                        * layout was unknown */
    enum hs_blame_by by;
    const char *when;               /* for a hypothetical request: the user's text; else NULL */
    const struct hs_groups *groups; /* lines, for the islands */
    const struct hs_island_report *islands;
    const char *finding; /* the doctor's first one; NULL: none */
    uint64_t limit;      /* rows of each table */
    bool color;
};

void hs_blameview_text(const struct hs_blameview *view, FILE *out);

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_blameview_json(const struct hs_blameview *view, FILE *out);

#endif
