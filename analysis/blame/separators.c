/* SPDX-License-Identifier: MIT
 *
 * Blocks of one group with only free granules between them form a clump. Without the group, everything from the end of
 * the block before the clump to the start of the block after it would be one run. So a single pass over the clumps
 * finds every group's longest run. Groups are combined greedily: each next one gives the longest run together with
 * those already chosen.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/blame/separators.h"

struct scan {
    struct hs_separators *separators;
    const struct hs_separator_groups *groups;
    struct hs_separator *of; /* by group */
    unsigned shift;
    uint32_t clump_group, clump_start; /* granule where the run would start */
};

static void end_clump(struct scan *s, uint32_t end)
{
    uint64_t bytes = (uint64_t)(end - s->clump_start) << s->shift;
    struct hs_separator *separator = s->clump_group == UINT32_MAX ? NULL : &s->of[s->clump_group];
    if (separator && bytes > separator->largest_without)
        separator->largest_without = bytes;
}

static void count_gap(struct hs_separators *separators, uint64_t bytes)
{
    if (!bytes)
        return;
    separators->free += bytes;
    separators->free_runs++;
    if (bytes > separators->largest_free)
        separators->largest_free = bytes;
}

static void count_borders(struct scan *s, uint32_t group, uint64_t bytes, unsigned borders)
{
    s->separators->borders += borders;
    if (group == UINT32_MAX || !borders)
        return;
    s->of[group].borders += borders;
    s->of[group].blocks++;
    s->of[group].bytes += bytes;
}

static void scan_region(struct scan *s, const struct hs_heap_snapshot *snapshot, const struct hs_region_state *region)
{
    uint32_t at = region->first, end = region->first + region->granules;
    s->shift = region->shift;
    s->clump_group = UINT32_MAX;
    for (uint32_t i = hs_heap_snapshot_find(snapshot, at); i < snapshot->n_blocks && snapshot->block[i].pos < end; i++) {
        const struct hs_heap_snapshot_block *block = &snapshot->block[i];
        uint32_t group = s->groups->of(s->groups->context, block->site);
        uint32_t block_end = block->pos + block->granules;
        uint32_t next = i + 1 < snapshot->n_blocks && block[1].pos < end ? block[1].pos : end;
        if (group != s->clump_group || group == UINT32_MAX) {
            end_clump(s, block->pos);
            s->clump_group = group;
            s->clump_start = at;
        }
        count_gap(s->separators, (uint64_t)(block->pos - at) << s->shift);
        count_borders(s, group, (uint64_t)block->granules << s->shift, (block->pos > at) + (next > block_end));
        at = block_end;
    }
    end_clump(s, end);
    count_gap(s->separators, (uint64_t)(end - at) << s->shift);
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

/* Removing a group never makes the longest run shorter, so that is the minimum. */
static void keep_groups_with_borders(struct hs_separators *separators, const struct hs_separator *of, size_t n_groups)
{
    for (size_t g = 0; g < n_groups; g++) {
        if (!of[g].borders)
            continue;
        separators->separator[separators->n] = of[g];
        separators->separator[separators->n].group = (uint32_t)g;
        if (of[g].largest_without < separators->largest_free)
            separators->separator[separators->n].largest_without = separators->largest_free;
        separators->n++;
    }
}

/* ---- several groups together ---- */

#define CANDIDATES 32u /* half of them have the largest gain alone, the others the most borders */

struct choice {
    const struct hs_heap_snapshot *snapshot;
    const struct hs_separator_groups *groups;
    bool *removed; /* by group */
};

static uint32_t longest_in_region(const struct choice *c, const struct hs_region_state *region)
{
    const struct hs_heap_snapshot *p = c->snapshot;
    uint32_t start = region->first, end = region->first + region->granules, longest = 0;
    for (uint32_t i = hs_heap_snapshot_find(p, start); i < p->n_blocks && p->block[i].pos < end; i++) {
        uint32_t group = c->groups->of(c->groups->context, p->block[i].site);
        if (group != UINT32_MAX && c->removed[group])
            continue;
        longest = p->block[i].pos - start > longest ? p->block[i].pos - start : longest;
        start = p->block[i].pos + p->block[i].granules;
    }
    return start < end && end - start > longest ? end - start : longest;
}

static uint64_t longest_without_removed(const struct choice *c)
{
    uint64_t longest = 0;
    for (unsigned r = 0; r < c->snapshot->n_regions; r++) {
        const struct hs_region_state *region = &c->snapshot->region[r];
        uint64_t bytes = region->present ? (uint64_t)longest_in_region(c, region) << region->shift : 0;
        longest = bytes > longest ? bytes : longest;
    }
    return longest;
}

/* Moves the best of separator[from] to separator[to - 1] to the front of that part. Candidates are sorted by borders. */
static void choose(const struct choice *c, struct hs_separator *separator, size_t from, size_t to)
{
    size_t best = from;
    for (size_t i = from; i < to; i++) {
        c->removed[separator[i].group] = true;
        separator[i].together = longest_without_removed(c);
        c->removed[separator[i].group] = false;
        if (separator[i].together > separator[best].together)
            best = i;
    }
    struct hs_separator chosen = separator[best];
    memmove(&separator[from + 1], &separator[from], (best - from) * sizeof *separator);
    separator[from] = chosen;
    c->removed[chosen.group] = true;
    for (size_t i = from + 1; i < to; i++)
        separator[i].together = 0;
}

static int put_in_order(struct hs_separators *separators, const struct hs_heap_snapshot *snapshot,
                        const struct hs_separator_groups *groups)
{
    struct choice c = {snapshot, groups, calloc(groups->n_groups + 1, sizeof *c.removed)};
    size_t alone = separators->n < CANDIDATES / 2 ? separators->n : CANDIDATES / 2;
    size_t n = separators->n < CANDIDATES ? separators->n : CANDIDATES;
    if (!c.removed)
        return HS_ERR_MEMORY;
    qsort(separators->separator, separators->n, sizeof *separators->separator, by_gain);
    qsort(separators->separator + alone, separators->n - alone, sizeof *separators->separator, by_borders);
    qsort(separators->separator, n, sizeof *separators->separator, by_borders);
    for (size_t i = 0; i < n && i < HS_SEPARATORS_TOGETHER; i++)
        choose(&c, separators->separator, i, n);
    free(c.removed);
    return HS_OK;
}

int hs_separators_measure(struct hs_separators *separators, const struct hs_heap_snapshot *snapshot,
                          const struct hs_separator_groups *groups)
{
    struct scan s = {.separators = separators, .groups = groups, .of = calloc(groups->n_groups + 1, sizeof *s.of)};
    *separators = (struct hs_separators){.separator = calloc(groups->n_groups + 1, sizeof *separators->separator)};
    int error = s.of && separators->separator ? HS_OK : HS_ERR_MEMORY;
    for (unsigned r = 0; !error && r < snapshot->n_regions; r++)
        if (snapshot->region[r].present)
            scan_region(&s, snapshot, &snapshot->region[r]);
    if (!error)
        keep_groups_with_borders(separators, s.of, groups->n_groups);
    free(s.of);
    return error ? error : put_in_order(separators, snapshot, groups);
}

void hs_separators_free(struct hs_separators *separators)
{
    free(separators->separator);
    *separators = (struct hs_separators){0};
}

size_t hs_separators_needed(const struct hs_separators *separators, uint64_t bytes)
{
    for (size_t i = 0; i < separators->n && separators->separator[i].together; i++)
        if (separators->separator[i].together >= bytes)
            return i + 1;
    return 0;
}
