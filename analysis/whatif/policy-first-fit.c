/* SPDX-License-Identifier: MIT
 *
 * First fit, MicroPython's rule: the lowest free run that is long enough, in the first area that has one. Uses
 * the reader's own map, which the tests compare with a transcription of gc.c.
 */
#include <stdlib.h>

#include "analysis/whatif/policies.h"
#include "lib/host/replay/heapmap.h"

static bool open_map(struct hs_sim *sim)
{
    sim->own = calloc(1, sizeof(struct hs_heapmap));
    return sim->own != NULL;
}

static void close_map(struct hs_sim *sim)
{
    hs_heapmap_close(sim->own);
    free(sim->own);
}

static void area(struct hs_sim *sim, unsigned number)
{
    const struct hs_sim_area *a = &sim->area[number];
    struct hs_area_config config = {a->first, a->granules, (uint8_t)number, HS_PLACE_MICROPYTHON};
    hs_heapmap_remove(sim->own, (uint8_t)number);
    if (a->present && hs_heapmap_add(sim->own, &config))
        sim->short_of_memory = true;
}

static uint32_t alloc(struct hs_sim *sim, uint32_t granules)
{
    uint32_t pos = hs_heapmap_alloc(sim->own, granules);
    return pos == HS_POS_IMPLIED ? HS_SIM_NONE : pos;
}

static void put(struct hs_sim *sim, struct hs_extent block) { hs_heapmap_place(sim->own, block); }

static void release(struct hs_sim *sim, struct hs_extent block) { hs_heapmap_free(sim->own, block.pos); }

static void resize(struct hs_sim *sim, struct hs_extent block, uint32_t granules)
{
    hs_heapmap_resize(sim->own, &(struct hs_resize){.old = block.pos, .granules = granules});
}

const struct hs_policy hs_policy_first_fit = {
    .name = "first-fit",
    .about = "the lowest free run that is long enough, as MicroPython's gc.c",
    .open = open_map,
    .close = close_map,
    .area = area,
    .alloc = alloc,
    .put = put,
    .free = release,
    .resize = resize,
};
