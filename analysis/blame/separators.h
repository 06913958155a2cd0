/* SPDX-License-Identifier: MIT
 *
 * What keeps the free space in pieces: the blocks between the free runs, and who asked for them.
 *
 * Three figures for each group of sites. How long the longest free run of the heap would be if no block of
 * the group were there: what moving or dropping these blocks would gain. The same without it and the
 * groups before it: where blocks of two groups alternate, neither alone gains anything, both together all.
 * And the share of the borders of free runs that its blocks form. The ends of a region are no borders.
 */
#ifndef HS_BLAME_SEPARATORS_H
#define HS_BLAME_SEPARATORS_H

#include "analysis/space/snapshot.h"

struct hs_separator {
    uint32_t group;
    uint64_t largest_without; /* bytes of the longest free run without the group's blocks */
    uint64_t together;        /* without these and those of all pins before; 0: not measured */
    uint64_t borders;         /* of free runs, formed by its blocks */
    uint64_t blocks, bytes;   /* of the group that form a border */
};

#define HS_SEPARATORS_TOGETHER 8u /* so many are measured together */

struct hs_separators {
    struct hs_separator *separator;    /* of groups that form a border; each the best to add to those before it */
    size_t n;
    uint64_t largest_free; /* bytes of the longest free run, as it was */
    uint64_t free, free_runs;
    uint64_t borders;      /* formed by any block */
};

/* Which group a site belongs to: below `n_groups`, or UINT32_MAX for none. */
struct hs_separator_groups {
    uint32_t (*of)(const void *context, uint32_t site);
    const void *context;
    size_t n_groups;
};

/* Fills *pins; free with hs_separators_free. Returns HS_OK or HS_ERR_MEMORY. At most some hundred passes over
 * the blocks. */
int hs_separators_measure(struct hs_separators *separators, const struct hs_heap_snapshot *snapshot,
                          const struct hs_separator_groups *groups);
void hs_separators_free(struct hs_separators *separators);

/* How many of the first pins have to go for a free run of `bytes`; 0 when those measured do not do. */
size_t hs_separators_needed(const struct hs_separators *separators, uint64_t bytes);

#endif
