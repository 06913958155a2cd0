/* SPDX-License-Identifier: MIT
 *
 * Best fit: the shortest free run that is long enough, the lowest of several (D. E. Knuth, The Art of Computer
 * Programming, vol. 1, section 2.5).
 */
#include "analysis/whatif/policies.h"

static uint32_t alloc(struct hs_sim *sim, uint32_t granules)
{
    const struct hs_sim_area *a = &sim->area[0];
    uint32_t best = hs_freeruns_longer(&a->space, granules - 1);
    if (!best)
        return HS_SIM_NONE;
    struct hs_extent run = hs_freeruns_from(&a->space, 0);
    while (run.granules && run.granules != best)
        run = hs_freeruns_from(&a->space, run.pos + run.granules);
    return a->first + run.pos;
}

const struct hs_policy hs_policy_best_fit = {
    .name = "best-fit",
    .about = "the shortest free run that is long enough (Knuth, TAOCP 1, 2.5)",
    .one_area = true,
    .alloc = alloc,
};
