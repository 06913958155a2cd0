/* SPDX-License-Identifier: MIT
 *
 * A heap without fragmentation: blocks are moved together whenever that is needed, so there is room as long as
 * there is space. No allocator of C pointers can do so; it is the bound that the others are measured against.
 */
#include "analysis/whatif/policies.h"

static uint32_t alloc(struct hs_sim *sim, uint32_t granules)
{
    (void)sim;
    (void)granules;
    return 0; /* the caller has seen that there is space */
}

const struct hs_policy hs_policy_compacting = {
    .name = "compacting",
    .about = "blocks are moved together: what no fragmentation at all would give",
    .compacts = true,
    .alloc = alloc,
};
