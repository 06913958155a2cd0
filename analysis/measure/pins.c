/* SPDX-License-Identifier: MIT
 *
 * Pins. Blocks of one group with nothing but free granules between them form a clump: without the group,
 * all from the end of the block before the clump to the start of the block behind it would be one run.
 * So a single pass that follows clumps finds every group's longest run at once.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/measure/pins.h"

/* ---- pictures ---- */

static int make_room(struct hs_picture *picture, const struct hs_model *m)
{
    struct hs_picture_block *block = reallocarray(picture->block, m->blocks + 1, sizeof *block);
    if (block)
        picture->block = block;
    struct hs_picture_region *region = reallocarray(picture->region, m->n_regions + 1, sizeof *region);
    if (region)
        picture->region = region;
    return block && region ? HS_OK : HS_ERR_MEMORY;
}

static void take_region(struct hs_picture *picture, const struct hs_model *m, const struct hs_region_state *from)
{
    struct hs_picture_region *region = &picture->region[picture->n_regions++];
    uint32_t end = from->first + from->granules;
    *region = (struct hs_picture_region){.first = from->first, .granules = from->granules, .shift = from->shift};
    for (uint32_t pos = from->first; (pos = hs_model_next(m, pos, end)) < end; pos++) {
        const struct hs_live_block *block = &m->block[pos];
        uint32_t granules = block->granules < end - pos ? block->granules : end - pos;
        if (picture->n_blocks == m->blocks)
            return;
        picture->block[picture->n_blocks++] = (struct hs_picture_block){pos, granules, block->site};
        region->n_blocks++;
    }
}

int hs_picture_take(struct hs_picture *picture, const struct hs_model *m)
{
    picture->n_blocks = picture->n_regions = 0;
    if (make_room(picture, m))
        return HS_ERR_MEMORY;
    for (unsigned i = 0; i < m->n_regions; i++)
        if (m->region[i].present)
            take_region(picture, m, &m->region[i]);
    return HS_OK;
}

void hs_picture_free(struct hs_picture *picture)
{
    free(picture->block);
    free(picture->region);
    *picture = (struct hs_picture){0};
}

/* ---- pins ---- */

struct scan {
    struct hs_pins *pins;
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

static void scan_region(struct scan *s, const struct hs_picture_region *region,
                        const struct hs_picture_block *block, const struct hs_pin_groups *groups)
{
    uint32_t at = region->first, end = region->first + region->granules;
    s->shift = region->shift;
    s->clump_group = UINT32_MAX;
    for (uint32_t i = 0; i < region->n_blocks; i++) {
        uint32_t group = groups->of(groups->context, block[i].site);
        uint32_t behind = block[i].pos + block[i].granules;
        uint32_t next = i + 1 < region->n_blocks ? block[i + 1].pos : end;
        if (group != s->clump_group || group == UINT32_MAX) {
            end_clump(s, block[i].pos);
            s->clump_group = group;
            s->clump_start = at;
        }
        count_gap(s->pins, (uint64_t)(block[i].pos - at) << s->shift);
        count_borders(s, group, (uint64_t)block[i].granules << s->shift, (block[i].pos > at) + (next > behind));
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
    struct scan s = {.pins = pins, .of = calloc(groups->n_groups + 1, sizeof *s.of)};
    *pins = (struct hs_pins){.pin = calloc(groups->n_groups + 1, sizeof *pins->pin)};
    int error = s.of && pins->pin ? HS_OK : HS_ERR_MEMORY;
    const struct hs_picture_block *block = picture->block;
    for (uint32_t r = 0; !error && r < picture->n_regions; r++) {
        scan_region(&s, &picture->region[r], block, groups);
        block += picture->region[r].n_blocks;
    }
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
