/* SPDX-License-Identifier: MIT
 *
 * Separators: the blocks between free runs, by the group that allocated them.
 *
 * Three figures for each group of sites. The longest free run of the heap without the group's blocks: the gain from
 * moving or removing them. The same without it and all groups before it: where blocks of two groups alternate, neither
 * gains anything alone, but both together do. And its share of the borders of free runs. The ends of a region are not
 * borders.
 */
#ifndef HS_BLAME_SEPARATORS_H
#define HS_BLAME_SEPARATORS_H

#include "analysis/space/snapshot.h"

struct hs_separator {
    uint32_t group;
    uint64_t largest_without; /* bytes of the longest free run without the group's blocks */
    uint64_t together;        /* without these and the separators before it; 0: not measured */
    uint64_t borders;         /* borders of free runs formed by its blocks */
    uint64_t blocks, bytes;   /* of the group's blocks that form a border */
};

#define HS_SEPARATORS_TOGETHER 8u /* how many are measured together */

struct hs_separators {
    struct hs_separator *separator; /* groups that form borders; each is the best addition to those before it */
    size_t n;
    uint64_t largest_free; /* bytes of the longest free run at present */
    uint64_t free, free_runs;
    uint64_t borders; /* formed by all blocks */
};

/* Maps a site to its group, below `n_groups`; UINT32_MAX: none. */
struct hs_separator_groups {
    uint32_t (*of)(const void *context, uint32_t site);
    const void *context;
    size_t n_groups;
};

/* Fills *separators; free with hs_separators_free. Returns HS_OK or HS_ERR_MEMORY. At most a few hundred passes over
 * the blocks. */
int hs_separators_measure(struct hs_separators *separators, const struct hs_heap_snapshot *snapshot,
                          const struct hs_separator_groups *groups);
void hs_separators_free(struct hs_separators *separators);

/* How many of the first separators must be removed for a free run of `bytes`; 0 when those measured do not suffice. */
size_t hs_separators_needed(const struct hs_separators *separators, uint64_t bytes);

#endif
