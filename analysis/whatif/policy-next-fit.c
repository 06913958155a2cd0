/* SPDX-License-Identifier: MIT
 *
 * Next fit: first fit from where the last block was placed, wrapping around once (D. E. Knuth, The Art of Computer
 * Programming, vol. 1, section 2.5, exercise 6: a roving pointer).
 */
#include <stdlib.h>

#include "analysis/whatif/policies.h"

static bool open_rover(struct hs_sim *sim)
{
    sim->own = calloc(1, sizeof(uint32_t));
    return sim->own != NULL;
}

static void close_rover(struct hs_sim *sim) { free(sim->own); }

/* The run that contains the rover and begins before it, because a block before it was freed, is tried last. */
static uint32_t search(const struct hs_freeruns *space, uint32_t from, uint32_t end, uint32_t granules)
{
    struct hs_extent run = hs_freeruns_from(space, from);
    while (run.granules && run.pos < end) {
        if (run.granules >= granules)
            return run.pos;
        run = hs_freeruns_from(space, run.pos + run.granules);
    }
    return HS_SIM_NONE;
}

static uint32_t alloc(struct hs_sim *sim, uint32_t granules)
{
    const struct hs_sim_area *a = &sim->area[0];
    uint32_t *rover = sim->own;
    uint32_t pos = search(&a->space, *rover, a->granules, granules);
    if (pos == HS_SIM_NONE)
        pos = search(&a->space, 0, *rover, granules);
    if (pos == HS_SIM_NONE)
        return HS_SIM_NONE;
    *rover = pos + granules;
    return a->first + pos;
}

const struct hs_policy hs_policy_next_fit = {
    .name = "next-fit",
    .about = "first fit from where the last block was placed (Knuth, TAOCP 1, 2.5)",
    .one_area = true,
    .open = open_rover,
    .close = close_rover,
    .alloc = alloc,
};
