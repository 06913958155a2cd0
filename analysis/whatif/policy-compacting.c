/* SPDX-License-Identifier: MIT
 *
 * A heap without fragmentation: blocks move together whenever needed, so an allocation succeeds if enough granules
 * are free. No allocator of C pointers can do this; it is the bound for the other policies.
 */
#include "analysis/whatif/policies.h"

static uint32_t alloc(struct hs_sim *sim, uint32_t granules)
{
    (void)sim;
    (void)granules;
    return 0; /* the caller has checked that enough granules are free */
}

const struct hs_policy hs_policy_compacting = {
    .name = "compacting",
    .about = "blocks are moved together: what no fragmentation at all would give",
    .compacts = true,
    .alloc = alloc,
};
