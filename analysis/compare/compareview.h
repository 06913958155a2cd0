/* SPDX-License-Identifier: MIT
 *
 * A comparison of traces as text or JSON. Prints what it is given and measures nothing.
 */
#ifndef HS_COMPARE_COMPAREVIEW_H
#define HS_COMPARE_COMPAREVIEW_H

#include "analysis/compare/compare.h"
#include "analysis/draw/head.h"

struct hs_compareview {
    const struct hs_compare *compare;
    const char *when; /* "after the last collection" */
    uint64_t limit;   /* maximum rows of a table; UINT64_MAX: all */
    bool all;         /* include rows without a difference */
    bool color;
    bool limited;       /* --fail-above was given; then also: */
    double limit_bytes; /* allowed growth, in units of the figure, or in percent of the first side */
    bool percent;
    const char *limit_text; /* the user's text */
};

/* Whether side `side` grew by more than the limit. */
bool hs_compareview_exceeds(const struct hs_compareview *view, unsigned side);

void hs_compareview_text(const struct hs_compareview *view, FILE *out);

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_compareview_json(const struct hs_compareview *view, FILE *out);

#endif
