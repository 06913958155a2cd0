/* SPDX-License-Identifier: MIT
 *
 * A comparison of traces, as text or JSON. Shows what it is given, measures nothing.
 */
#ifndef HS_COMPARE_COMPAREVIEW_H
#define HS_COMPARE_COMPAREVIEW_H

#include "analysis/compare/compare.h"
#include "analysis/draw/head.h"

struct hs_compareview {
    const struct hs_compare *compare;
    const char *when;         /* "after the last collection" */
    uint64_t limit;           /* rows of a table, UINT64_MAX: all */
    bool all;                 /* also rows that do not differ */
    bool color;
    bool limited;             /* --fail-above was given: */
    double limit_bytes;       /* growth that is still allowed, in units of the figure; of side s where percent */
    bool percent;
    const char *limit_text;   /* as the user wrote it */
};

/* Whether side `side` grew by more than is allowed. */
bool hs_compareview_exceeds(const struct hs_compareview *view, unsigned side);

void hs_compareview_text(const struct hs_compareview *view, FILE *out);

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_compareview_json(const struct hs_compareview *view, FILE *out);

#endif
