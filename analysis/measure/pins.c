/* SPDX-License-Identifier: MIT
 *
 * Pins. Blocks of one group with nothing but free granules between them form a clump: without the group,
 * all from the end of the block before the clump to the start of the block behind it would be one run.
 * So a single pass that follows clumps finds every group's longest run at once.
 */
#include <stdlib.h>

#include "analysis/measure/pins.h"

struct scan {
    struct hs_pins *pins;
    const struct hs_pin_groups *groups;
    struct hs_pin *of; /* by group */
    unsigned shift;
    uint32_t clump_group, clump_start; /* granule at which the run would begin */
};

static void end_clump(struct scan *s, uint32_t end)
{
    uint64_t bytes = (uint64_t)(end - s->clump_start) << s->shift;
    struct hs_pin *pin = s->clump_group == UINT32_MAX ? NULL : &s->of[s->clump_group];
    if (pin && bytes > pin->largest_without)
        pin->largest_without = bytes;
}

static void count_gap(struct hs_pins *pins, uint64_t bytes)
{
    if (!bytes)
        return;
    pins->free += bytes;
    pins->free_runs++;
    if (bytes > pins->largest_free)
        pins->largest_free = bytes;
}

static void count_borders(struct scan *s, uint32_t group, uint64_t bytes, unsigned borders)
{
    s->pins->borders += borders;
    if (group == UINT32_MAX || !borders)
        return;
    s->of[group].borders += borders;
    s->of[group].blocks++;
    s->of[group].bytes += bytes;
}

static void scan_region(struct scan *s, const struct hs_picture *picture, const struct hs_region_state *region)
{
    uint32_t at = region->first, end = region->first + region->granules;
    s->shift = region->shift;
    s->clump_group = UINT32_MAX;
    for (uint32_t i = hs_picture_find(picture, at); i < picture->n_blocks && picture->block[i].pos < end; i++) {
        const struct hs_picture_block *block = &picture->block[i];
        uint32_t group = s->groups->of(s->groups->context, block->site);
        uint32_t behind = block->pos + block->granules;
        uint32_t next = i + 1 < picture->n_blocks && block[1].pos < end ? block[1].pos : end;
        if (group != s->clump_group || group == UINT32_MAX) {
            end_clump(s, block->pos);
            s->clump_group = group;
            s->clump_start = at;
        }
        count_gap(s->pins, (uint64_t)(block->pos - at) << s->shift);
        count_borders(s, group, (uint64_t)block->granules << s->shift, (block->pos > at) + (next > behind));
        at = behind;
    }
    end_clump(s, end);
    count_gap(s->pins, (uint64_t)(end - at) << s->shift);
}

static int by_gain(const void *left, const void *right)
{
    const struct hs_pin *a = left, *b = right;
    if (a->largest_without != b->largest_without)
        return a->largest_without < b->largest_without ? 1 : -1;
    if (a->borders != b->borders)
        return a->borders < b->borders ? 1 : -1;
    return a->group < b->group ? -1 : a->group > b->group;
}

/* Without a group that gains nothing the longest run stays what it is. */
static void keep_borderers(struct hs_pins *pins, const struct hs_pin *of, size_t n_groups)
{
    for (size_t g = 0; g < n_groups; g++) {
        if (!of[g].borders)
            continue;
        pins->pin[pins->n] = of[g];
        pins->pin[pins->n].group = (uint32_t)g;
        if (of[g].largest_without < pins->largest_free)
            pins->pin[pins->n].largest_without = pins->largest_free;
        pins->n++;
    }
    qsort(pins->pin, pins->n, sizeof *pins->pin, by_gain);
}

int hs_pins_measure(struct hs_pins *pins, const struct hs_picture *picture, const struct hs_pin_groups *groups)
{
    struct scan s = {.pins = pins, .groups = groups, .of = calloc(groups->n_groups + 1, sizeof *s.of)};
    *pins = (struct hs_pins){.pin = calloc(groups->n_groups + 1, sizeof *pins->pin)};
    int error = s.of && pins->pin ? HS_OK : HS_ERR_MEMORY;
    for (unsigned r = 0; !error && r < picture->n_regions; r++)
        if (picture->region[r].present)
            scan_region(&s, picture, &picture->region[r]);
    if (!error)
        keep_borderers(pins, s.of, groups->n_groups);
    free(s.of);
    return error;
}

void hs_pins_free(struct hs_pins *pins)
{
    free(pins->pin);
    *pins = (struct hs_pins){0};
}
