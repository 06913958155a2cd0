/* SPDX-License-Identifier: MIT
 *
 * The blocks of a blame, grouped by the line that allocated them and by kind.
 */
#ifndef HS_BLAME_BLAME_GROUPS_H
#define HS_BLAME_BLAME_GROUPS_H

#include "analysis/blame/blame.h"
#include "analysis/sites/names.h"

struct hs_blame_group {
    char *line, *kind;
    uint64_t blocks, bytes;                 /* bytes: taken */
    uint64_t youngest, oldest;              /* ticks */
    uint32_t survived_least, survived_most; /* collections */
};

struct hs_blame_groups {
    struct hs_blame_group *of; /* `n`, most bytes first */
    size_t n, room;
};

/* Fills *blame_groups; free with hs_blame_groups_free. Returns HS_OK or HS_ERR_MEMORY. */
int hs_blame_groups_find(struct hs_blame_groups *blame_groups, const struct hs_blame *blame, const struct hs_names *names);
void hs_blame_groups_free(struct hs_blame_groups *blame_groups);

#endif
