/* SPDX-License-Identifier: MIT
 *
 * Pins. Blocks of one group with nothing but free granules between them form a clump: without the group,
 * all from the end of the block before the clump to the start of the block behind it would be one run.
 * So a single pass that follows clumps finds every group's longest run at once. Which groups to take
 * together is chosen one by one, each time the one that with those chosen before makes the longest run.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/blame/separators.h"

struct scan {
    struct hs_separators *pins;
    const struct hs_separator_groups *groups;
    struct hs_separator *of; /* by group */
    unsigned shift;
    uint32_t clump_group, clump_start; /* granule at which the run would begin */
};

static void end_clump(struct scan *s, uint32_t end)
{
    uint64_t bytes = (uint64_t)(end - s->clump_start) << s->shift;
    struct hs_separator *pin = s->clump_group == UINT32_MAX ? NULL : &s->of[s->clump_group];
    if (pin && bytes > pin->largest_without)
        pin->largest_without = bytes;
}

static void count_gap(struct hs_separators *pins, uint64_t bytes)
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

static void scan_region(struct scan *s, const struct hs_heap_snapshot *picture, const struct hs_region_state *region)
{
    uint32_t at = region->first, end = region->first + region->granules;
    s->shift = region->shift;
    s->clump_group = UINT32_MAX;
    for (uint32_t i = hs_heap_snapshot_find(picture, at); i < picture->n_blocks && picture->block[i].pos < end; i++) {
        const struct hs_heap_snapshot_block *block = &picture->block[i];
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
    const struct hs_separator *a = left, *b = right;
    if (a->largest_without != b->largest_without)
        return a->largest_without < b->largest_without ? 1 : -1;
    if (a->borders != b->borders)
        return a->borders < b->borders ? 1 : -1;
    return a->group < b->group ? -1 : a->group > b->group;
}

static int by_borders(const void *left, const void *right)
{
    const struct hs_separator *a = left, *b = right;
    return a->borders != b->borders ? (a->borders < b->borders ? 1 : -1) : by_gain(left, right);
}

/* Without a group that gains nothing the longest run stays what it is. */
static void keep_borderers(struct hs_separators *pins, const struct hs_separator *of, size_t n_groups)
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
}

/* ---- several groups together ---- */

#define CANDIDATES 32u /* half of them gain most alone, the others form most borders */

struct choice {
    const struct hs_heap_snapshot *picture;
    const struct hs_separator_groups *groups;
    bool *gone; /* by group */
};

static uint32_t longest_in_region(const struct choice *c, const struct hs_region_state *region)
{
    const struct hs_heap_snapshot *p = c->picture;
    uint32_t start = region->first, end = region->first + region->granules, longest = 0;
    for (uint32_t i = hs_heap_snapshot_find(p, start); i < p->n_blocks && p->block[i].pos < end; i++) {
        uint32_t group = c->groups->of(c->groups->context, p->block[i].site);
        if (group != UINT32_MAX && c->gone[group])
            continue;
        longest = p->block[i].pos - start > longest ? p->block[i].pos - start : longest;
        start = p->block[i].pos + p->block[i].granules;
    }
    return start < end && end - start > longest ? end - start : longest;
}

static uint64_t longest_without_gone(const struct choice *c)
{
    uint64_t longest = 0;
    for (unsigned r = 0; r < c->picture->n_regions; r++) {
        const struct hs_region_state *region = &c->picture->region[r];
        uint64_t bytes = region->present ? (uint64_t)longest_in_region(c, region) << region->shift : 0;
        longest = bytes > longest ? bytes : longest;
    }
    return longest;
}

/* Moves the best of pin[from] to pin[to - 1] to the front of them; candidates stand by their borders. */
static void choose(const struct choice *c, struct hs_separator *pin, size_t from, size_t to)
{
    size_t best = from;
    for (size_t i = from; i < to; i++) {
        c->gone[pin[i].group] = true;
        pin[i].together = longest_without_gone(c);
        c->gone[pin[i].group] = false;
        if (pin[i].together > pin[best].together)
            best = i;
    }
    struct hs_separator chosen = pin[best];
    memmove(&pin[from + 1], &pin[from], (best - from) * sizeof *pin);
    pin[from] = chosen;
    c->gone[chosen.group] = true;
    for (size_t i = from + 1; i < to; i++)
        pin[i].together = 0;
}

static int put_in_order(struct hs_separators *pins, const struct hs_heap_snapshot *picture, const struct hs_separator_groups *groups)
{
    struct choice c = {picture, groups, calloc(groups->n_groups + 1, sizeof *c.gone)};
    size_t alone = pins->n < CANDIDATES / 2 ? pins->n : CANDIDATES / 2;
    size_t n = pins->n < CANDIDATES ? pins->n : CANDIDATES;
    if (!c.gone)
        return HS_ERR_MEMORY;
    qsort(pins->pin, pins->n, sizeof *pins->pin, by_gain);
    qsort(pins->pin + alone, pins->n - alone, sizeof *pins->pin, by_borders);
    qsort(pins->pin, n, sizeof *pins->pin, by_borders);
    for (size_t i = 0; i < n && i < HS_SEPARATORS_TOGETHER; i++)
        choose(&c, pins->pin, i, n);
    free(c.gone);
    return HS_OK;
}

int hs_separators_measure(struct hs_separators *pins, const struct hs_heap_snapshot *picture, const struct hs_separator_groups *groups)
{
    struct scan s = {.pins = pins, .groups = groups, .of = calloc(groups->n_groups + 1, sizeof *s.of)};
    *pins = (struct hs_separators){.pin = calloc(groups->n_groups + 1, sizeof *pins->pin)};
    int error = s.of && pins->pin ? HS_OK : HS_ERR_MEMORY;
    for (unsigned r = 0; !error && r < picture->n_regions; r++)
        if (picture->region[r].present)
            scan_region(&s, picture, &picture->region[r]);
    if (!error)
        keep_borderers(pins, s.of, groups->n_groups);
    free(s.of);
    return error ? error : put_in_order(pins, picture, groups);
}

void hs_separators_free(struct hs_separators *pins)
{
    free(pins->pin);
    *pins = (struct hs_separators){0};
}

size_t hs_separators_needed(const struct hs_separators *pins, uint64_t bytes)
{
    for (size_t i = 0; i < pins->n && pins->pin[i].together; i++)
        if (pins->pin[i].together >= bytes)
            return i + 1;
    return 0;
}
