/* SPDX-License-Identifier: MIT
 *
 * How long the memory lasts of a program that leaks. It fails before the last byte is used: when what it requests again and again finds no
 * run that is long enough, when the list that keeps the data needs its next size, or when a text that is made longer and longer
 * needs room for its old and its new value.
 */
#ifndef HS_DIAGNOSIS_LASTING_H
#define HS_DIAGNOSIS_LASTING_H

#include "analysis/diagnosis/growth.h"

/* The line that grows. */
struct hs_lasting_line {
    const char *name;
    const uint64_t *live; /* at each moment of the growth */
    uint64_t blocks;      /* live at the last one */
    uint64_t largest;     /* bytes of its largest block when the trace ends, if no other is as large; else 0 */
    bool resized;         /* what requests such blocks resizes them */
};

/* Sets lasts, collections, usual and longest of *growing. Moments before `first` do not count. */
void hs_lasting_find(struct hs_growing *growing, const struct hs_growth *growth, unsigned first, const struct hs_names *names,
                     const struct hs_lasting_line *line);

/* Whether a block of the site may keep others: where kinds are known, a list, dict or set; a text that is made piece by piece is made
 * larger, too. */
bool hs_may_refer(const struct hs_names *names, uint32_t site);

#endif
