/* SPDX-License-Identifier: MIT */
#include "analysis/space/map_classes.h"

#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"
#include "lib/host/util/sort.h"

#define NONE UINT32_MAX

void hs_map_classes_init(struct hs_map_classes *l, const struct hs_names *names, enum hs_group_by key)
{
    *l = (struct hs_map_classes){.names = names, .key = key};
}

/* Age classes double in width. */
static const char *const ages[] = {
    "survived no collection", "survived 1 collection", "survived 2 or 3",      "survived 4 to 7",
    "survived 8 to 15",       "survived 16 to 31",     "survived 32 and more",
};
#define N_AGES (sizeof ages / sizeof *ages)

static uint32_t age_class(uint64_t survived)
{
    uint32_t class = survived ? 64 - (uint32_t)__builtin_clzll(survived) : 0;
    return class < N_AGES ? class : N_AGES - 1;
}

void hs_map_classes_free(struct hs_map_classes *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        free(l->of[i].name);
    free(l->of);
    free(l->of_site);
    *l = (struct hs_map_classes){.n = 0};
}

static uint32_t class_named(struct hs_map_classes *l, const char *name)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (!strcmp(l->of[i].name, name))
            return i;
    if (!hs_array_more(l->of, l->n, l->room))
        return NONE;
    char *copy = strdup(name);
    if (!copy)
        return NONE;
    l->of[l->n] = (struct hs_class){.name = copy};
    return l->n++;
}

void hs_map_classes_init_ages(struct hs_map_classes *l)
{
    *l = (struct hs_map_classes){.by_age = true};
    for (size_t i = 0; i < N_AGES; i++)
        l->short_of_memory |= class_named(l, ages[i]) == NONE;
}

static bool grow_sites(struct hs_map_classes *l, uint32_t index)
{
    return hs_array_fill(l->of_site, l->n_of_site, index + 1, 0xff);
}

static struct hs_class *class_of_site(struct hs_map_classes *l, uint32_t site)
{
    char name[HS_NAME_MAX];
    uint32_t index = site + 1; /* HS_SITE_UNKNOWN wraps to 0 */
    if (index > HS_SITE_LIMIT)
        index = 1;
    if (index >= l->n_of_site && !grow_sites(l, index)) {
        l->short_of_memory = true;
        return NULL;
    }
    if (l->of_site[index] == NONE)
        l->of_site[index] = class_named(l, hs_name_of_site(l->names, site, l->key, name));
    if (l->of_site[index] == NONE) {
        l->short_of_memory = true;
        return NULL;
    }
    return &l->of[l->of_site[index]];
}

static struct hs_class *class_of(struct hs_map_classes *l, const struct hs_heap_snapshot_block *b)
{
    if (!l->by_age)
        return class_of_site(l, b->site);
    return l->short_of_memory ? NULL : &l->of[age_class(b->survived)];
}

uint32_t hs_map_class_of_site(const struct hs_map_classes *l, uint32_t site)
{
    uint32_t index = site + 1;
    index = index > HS_SITE_LIMIT ? 1 : index;
    return index < l->n_of_site ? l->of_site[index] : NONE;
}

uint32_t hs_map_class(const struct hs_map_classes *l, const struct hs_heap_snapshot_block *b)
{
    return l->by_age ? age_class(b->survived) : hs_map_class_of_site(l, b->site);
}

/* The region that contains a block; NULL: none. */
static const struct hs_region_state *region_of(const struct hs_heap_snapshot *p, uint32_t pos)
{
    for (unsigned i = 0; i < p->n_regions; i++) {
        const struct hs_region_state *r = &p->region[i];
        if (r->present && pos - r->first < r->granules)
            return r;
    }
    return NULL;
}

static uint64_t weight(const struct hs_class *c)
{
    uint64_t moved = c->added > c->removed ? c->added : c->removed;
    return moved ? moved : c->bytes;
}

static int heavier(const void *a, const void *b, void *context)
{
    const struct hs_class *of = context;
    const struct hs_class *x = &of[*(const uint32_t *)a], *y = &of[*(const uint32_t *)b];
    if (weight(x) != weight(y))
        return weight(x) < weight(y) ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* Sorts `of` by `rank` and updates `of_site`. */
static void reorder(struct hs_map_classes *l, const uint32_t *rank, struct hs_class *sorted, uint32_t *place)
{
    for (uint32_t i = 0; i < l->n; i++) {
        sorted[i] = l->of[rank[i]];
        place[rank[i]] = i;
    }
    memcpy(l->of, sorted, l->n * sizeof *sorted);
    for (uint32_t i = 0; i < l->n_of_site; i++)
        if (l->of_site[i] != NONE)
            l->of_site[i] = place[l->of_site[i]];
}

static void rank_classes(struct hs_map_classes *l)
{
    if (!l->n || l->by_age)
        return;
    uint32_t *rank = calloc(2 * (size_t)l->n, sizeof *rank);
    struct hs_class *sorted = calloc(l->n, sizeof *sorted);
    if (rank && sorted) {
        for (uint32_t i = 0; i < l->n; i++)
            rank[i] = i;
        hs_sort(rank, l->n, sizeof *rank, heavier, l->of);
        reorder(l, rank, sorted, rank + l->n);
    } else {
        l->short_of_memory = true;
    }
    free(rank);
    free(sorted);
}

void hs_map_classes_add(struct hs_map_classes *l, const struct hs_heap_snapshot *p)
{
    for (uint32_t i = 0; i < p->n_blocks; i++) {
        const struct hs_heap_snapshot_block *b = &p->block[i];
        const struct hs_region_state *r = region_of(p, b->pos);
        struct hs_class *c = r ? class_of(l, b) : NULL;
        if (c) {
            c->bytes += (uint64_t)b->granules << r->shift;
            c->blocks++;
        }
    }
    rank_classes(l);
}

/* Adds the blocks of `p` that `other` does not contain. */
static void add_unshared(struct hs_map_classes *l, const struct hs_comparison *c, bool added)
{
    const struct hs_heap_snapshot *p = added ? c->after : c->before, *other = added ? c->before : c->after;
    for (uint32_t i = 0; i < p->n_blocks; i++) {
        const struct hs_heap_snapshot_block *b = &p->block[i];
        const struct hs_region_state *r = region_of(p, b->pos);
        struct hs_class *class = !r || hs_compare_has(c, other, b) ? NULL : class_of(l, b);
        if (!class)
            continue;
        *(added ? &class->added : &class->removed) += (uint64_t)b->granules << r->shift;
        *(added ? &class->added_blocks : &class->removed_blocks) += 1;
    }
}

void hs_map_classes_compare(struct hs_map_classes *l, const struct hs_comparison *c, const struct hs_names *after)
{
    add_unshared(l, c, false);
    if (after != l->names && l->of_site)
        memset(l->of_site, 0xff, l->n_of_site * sizeof *l->of_site);
    l->names = after;
    add_unshared(l, c, true);
    rank_classes(l);
}

/* Granules of the extent that block `b` covers. */
static uint32_t overlap(const struct hs_heap_snapshot_block *b, struct hs_extent e)
{
    uint32_t start = b->pos > e.pos ? b->pos : e.pos;
    uint32_t b_end = b->pos + b->granules, e_end = e.pos + e.granules, end = b_end < e_end ? b_end : e_end;
    return end > start ? end - start : 0;
}

struct hs_dominant hs_map_classes_dominant(const struct hs_map_classes *l, const struct hs_heap_snapshot *p, struct hs_extent e,
                                           uint32_t limit)
{
    uint32_t granules[HS_MAP_CLASSES_LIMIT + 1] = {0};
    struct hs_dominant most = {.class = limit};
    for (uint32_t i = hs_heap_snapshot_find(p, e.pos); i < p->n_blocks; i++) {
        uint32_t class = hs_map_class(l, &p->block[i]), n = overlap(&p->block[i], e);
        if (!n)
            break;
        class = class < limit ? class : limit;
        most.used += n;
        granules[class] += n;
        if (granules[class] > granules[most.class])
            most.class = class;
    }
    return most;
}
