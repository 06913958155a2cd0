/* SPDX-License-Identifier: MIT
 *
 * The callers of a group's sites: their call stacks as a tree, from the group outwards.
 */
#ifndef HS_SITES_CALLERS_H
#define HS_SITES_CALLERS_H

#include "analysis/sites/groups.h"

#define HS_NO_CALLER 0u /* node 0 is the group itself, so it is never a child */

struct hs_caller {
    struct hs_frame frame; /* unspecified for node 0 */
    uint64_t weight;       /* of the group's sites with this call path */
    uint32_t child;        /* its heaviest caller; HS_NO_CALLER: outermost, or stacks were not recorded */
    uint32_t sibling;      /* the next lighter caller of the same node, or HS_NO_CALLER */
};

struct hs_callers {
    struct hs_caller *node; /* [0] is the group */
    uint32_t n, room;
};

/* Builds the tree; free with hs_callers_free. Returns HS_OK or HS_ERR_MEMORY. */
int hs_callers_build(struct hs_callers *callers, const struct hs_group *group, const struct hs_model *model,
                     const struct hs_names *names, enum hs_weight weight);
void hs_callers_free(struct hs_callers *callers);

#endif
