/* SPDX-License-Identifier: MIT */
#include "analysis/whatif/sim.h"

#include <string.h>

#include "analysis/whatif/policies.h"
#include "lib/assertion.h"

static const struct hs_policy *const policies[] = {
    &hs_policy_first_fit, &hs_policy_best_fit, &hs_policy_next_fit, &hs_policy_tlsf, &hs_policy_buddy, &hs_policy_compacting,
};

#define N_POLICIES (sizeof policies / sizeof *policies)

const struct hs_policy *hs_policy_at(unsigned number) { return number < N_POLICIES ? policies[number] : NULL; }

const struct hs_policy *hs_policy_find(const char *name)
{
    for (unsigned i = 0; i < N_POLICIES; i++)
        if (!strcmp(policies[i]->name, name))
            return policies[i];
    return NULL;
}

bool hs_sim_open(struct hs_sim *sim, const struct hs_policy *policy)
{
    *sim = (struct hs_sim){.policy = policy};
    return !policy->open || policy->open(sim);
}

void hs_sim_close(struct hs_sim *sim)
{
    for (unsigned i = 0; i < sim->n_areas; i++)
        hs_sim_remove(sim, i);
    if (sim->policy->close)
        sim->policy->close(sim);
    sim->own = NULL;
}

bool hs_sim_add(struct hs_sim *sim, unsigned number, struct hs_extent granules)
{
    struct hs_sim_area *area = &sim->area[number];
    hs_sim_remove(sim, number);
    if (!hs_freeruns_init(&area->space, granules.granules))
        return false;
    area->first = granules.pos;
    area->granules = granules.granules;
    area->present = true;
    sim->granules += granules.granules;
    sim->n_areas = number >= sim->n_areas ? number + 1 : sim->n_areas;
    if (!sim->policy->area)
        return true;
    sim->policy->area(sim, number);
    return !sim->short_of_memory;
}

void hs_sim_remove(struct hs_sim *sim, unsigned number)
{
    struct hs_sim_area *area = &sim->area[number];
    if (!area->present)
        return;
    sim->granules -= area->granules;
    sim->used -= area->granules - area->space.free;
    area->present = false;
    if (sim->policy->area)
        sim->policy->area(sim, number);
    hs_freeruns_free(&area->space);
}

static struct hs_sim_area *area_of(struct hs_sim *sim, uint32_t pos)
{
    for (unsigned i = 0; i < sim->n_areas; i++)
        if (sim->area[i].present && pos - sim->area[i].first < sim->area[i].granules)
            return &sim->area[i];
    return NULL;
}

/* Updates the index; only the sums if blocks have no place. */
static void take(struct hs_sim *sim, struct hs_extent block)
{
    struct hs_sim_area *area = sim->policy->compacts ? NULL : area_of(sim, block.pos);
    sim->used += block.granules;
    if (area)
        sim->refused += !hs_freeruns_take(&area->space, (struct hs_extent){block.pos - area->first, block.granules});
    else
        sim->refused += !sim->policy->compacts;
}

static void give(struct hs_sim *sim, struct hs_extent block)
{
    struct hs_sim_area *area = sim->policy->compacts ? NULL : area_of(sim, block.pos);
    HS_ASSERT(sim->used >= block.granules);
    sim->used -= block.granules;
    if (area)
        sim->refused += !hs_freeruns_give(&area->space, (struct hs_extent){block.pos - area->first, block.granules});
    else
        sim->refused += !sim->policy->compacts;
}

static uint32_t taken(const struct hs_sim *sim, uint32_t granules)
{
    return sim->policy->taken ? sim->policy->taken(granules) : granules;
}

struct hs_extent hs_sim_alloc(struct hs_sim *sim, uint32_t granules)
{
    struct hs_extent block = {HS_SIM_NONE, taken(sim, granules)};
    if (block.granules < granules || block.granules > hs_sim_space(sim))
        return block;
    block.pos = sim->policy->alloc(sim, block.granules);
    if (block.pos != HS_SIM_NONE)
        take(sim, block);
    return block;
}

bool hs_sim_put(struct hs_sim *sim, struct hs_extent block)
{
    if (!sim->policy->put || !area_of(sim, block.pos))
        return false;
    sim->policy->put(sim, block);
    take(sim, block);
    return true;
}

void hs_sim_free(struct hs_sim *sim, struct hs_extent block)
{
    if (sim->policy->free)
        sim->policy->free(sim, block);
    give(sim, block);
}

/* Free granules right after a block. */
static uint32_t room_behind(struct hs_sim *sim, struct hs_extent block)
{
    struct hs_sim_area *area = area_of(sim, block.pos);
    uint32_t behind = area ? block.pos - area->first + block.granules : 0;
    return area && behind < area->granules && hs_bits_has(&area->space.start, behind) ? area->space.run[behind] : 0;
}

bool hs_sim_resize(struct hs_sim *sim, struct hs_extent *block, uint32_t granules)
{
    uint32_t now = taken(sim, granules), was = block->granules;
    if (now > was && (sim->policy->compacts ? now - was > hs_sim_space(sim) : now - was > room_behind(sim, *block)))
        return false;
    if (now > was && sim->policy->taken)
        return false; /* with rounded sizes a block moves to grow */
    if (now < was && sim->policy->taken)
        now = was; /* and does not shrink */
    if (sim->policy->resize && now != was)
        sim->policy->resize(sim, *block, now);
    if (now > was)
        take(sim, (struct hs_extent){block->pos + was, now - was});
    else if (now < was)
        give(sim, (struct hs_extent){block->pos + now, was - now});
    block->granules = now;
    return true;
}

uint32_t hs_sim_largest(const struct hs_sim *sim)
{
    uint32_t largest = 0;
    if (sim->policy->compacts)
        return hs_sim_space(sim) < UINT32_MAX ? (uint32_t)hs_sim_space(sim) : UINT32_MAX;
    for (unsigned i = 0; i < sim->n_areas; i++)
        if (sim->area[i].present && sim->area[i].space.largest > largest)
            largest = sim->area[i].space.largest;
    return largest;
}
