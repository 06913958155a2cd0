/* SPDX-License-Identifier: MIT
 *
 * Grouping sites by name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sites/groups.h"
#include "lib/host/util/array.h"
#include "lib/host/util/map.h"

#define NO_GROUP UINT32_MAX
#define JOIN '\x1f' /* separates the names that form one key of the index */

/* ---- keys ---- */

bool hs_grouping_has(const struct hs_grouping *by, enum hs_group_by key)
{
    for (unsigned i = 0; i < by->n_keys; i++)
        if (by->key[i] == key)
            return true;
    return false;
}

static int refuse(struct hs_error *error, const char *before, const char *key, const char *after)
{
    error->code = HS_ERR_ARG;
    snprintf(error->text, sizeof error->text, "%s'%.*s'%s", before, (int)strcspn(key, ","), key, after);
    return HS_ERR_ARG;
}

int hs_grouping_keys(struct hs_grouping *by, const char *names, struct hs_error *error)
{
    by->n_keys = 0;
    while (*names) {
        size_t length = strcspn(names, ",");
        enum hs_group_by key = hs_group_by_find(names, length);
        if (key == HS_KEYS)
            return refuse(error, "no such sort key: ", names, ". There are line, function, file, kind, native, stack and thread.");
        if (hs_grouping_has(by, key))
            return refuse(error, "sort key ", names, " is given twice");
        by->key[by->n_keys++] = key;
        names += length + (names[length] != '\0');
    }
    return by->n_keys ? HS_OK : refuse(error, "a sort key is wanted, not ", "", "");
}

/* ---- groups ---- */

struct builder {
    struct hs_groups *groups;
    const struct hs_model *model;
    const struct hs_names *names;
    struct hs_map map; /* index of groups by joined names */
    char **key;        /* per group: its joined names */
    uint32_t *charged; /* per group: the last site whose callers were charged, so that recursion counts once */
    size_t room;       /* groups */
    bool failed;
};

uint64_t hs_weight_of(const struct hs_site_sum *sum, enum hs_weight weight)
{
    switch (weight) {
    case HS_WEIGHT_LIVE: return hs_all_live(sum);
    case HS_WEIGHT_PEAK: return sum->at_peak;
    default: return hs_all_bytes(sum);
    }
}

void hs_sum_add(struct hs_site_sum *to, const struct hs_site_sum *from)
{
    to->allocs += from->allocs;
    to->reallocs += from->reallocs;
    to->bytes += from->bytes;
    to->taken += from->taken;
    to->live_blocks += from->live_blocks;
    to->live += from->live;
    to->at_peak += from->at_peak;
    to->freed += from->freed;
    to->swept += from->swept;
    to->resized += from->resized;
    to->dropped += from->dropped;
    to->lifetime += from->lifetime;
    to->survived += from->survived;
    to->failed += from->failed;
    to->failed_bytes += from->failed_bytes;
    hs_estimate_add(&to->sampled, &from->sampled);
}

static bool make_room(struct builder *b)
{
    size_t room[3] = {b->room, b->room, b->room}, n = b->groups->n;
    if (!hs_array_more(b->groups->group, n, room[0]) || !hs_array_more(b->key, n, room[1]) ||
        !hs_array_more(b->charged, n, room[2]))
        return false;
    b->room = room[0];
    return true;
}

static bool name_group(struct hs_group *group, const char *key, unsigned n_keys)
{
    for (unsigned i = 0; i < n_keys; i++) {
        size_t length = strcspn(key, (const char[]){JOIN, '\0'});
        group->name[i] = strndup(key, length);
        if (!group->name[i])
            return false;
        key += length + (key[length] != '\0');
    }
    return true;
}

/* A new group; NO_GROUP when out of memory. */
static uint32_t add_group(struct builder *b, const char *key, uint64_t hash)
{
    struct hs_groups *g = b->groups;
    uint32_t i = (uint32_t)g->n;
    char *copy = make_room(b) ? strdup(key) : NULL;
    if (!copy || !hs_map_add(&b->map, hash, i)) {
        free(copy);
        b->failed = true;
        return NO_GROUP;
    }
    b->key[i] = copy;
    g->group[i] = (struct hs_group){0};
    b->charged[i] = NO_GROUP;
    g->n++;
    b->failed |= !name_group(&g->group[i], key, g->by.n_keys);
    return i;
}

/* The group of the joined names `key`, created if needed; NO_GROUP when out of memory. */
static uint32_t group_of(struct builder *b, const char *key)
{
    uint64_t hash = hs_hash_text(key);
    struct hs_map_search search = hs_map_search(&b->map, hash);
    while (hs_map_next(&b->map, &search))
        if (!strcmp(b->key[search.number], key))
            return search.number;
    return b->failed ? NO_GROUP : add_group(b, key, hash);
}

static void join(char *key, size_t *at, unsigned i)
{
    if (i)
        key[(*at)++] = JOIN;
}

static uint32_t group_of_site(struct builder *b, uint32_t site)
{
    char key[HS_KEYS * (HS_NAME_MAX + 1)];
    size_t at = 0;
    for (unsigned i = 0; i < b->groups->by.n_keys; i++) {
        join(key, &at, i);
        at += strlen(hs_name_of_site(b->names, site, b->groups->by.key[i], key + at));
    }
    return group_of(b, key);
}

static uint32_t group_of_frame(struct builder *b, const struct hs_frame *frame)
{
    char key[HS_KEYS * (HS_NAME_MAX + 1)];
    size_t at = 0;
    for (unsigned i = 0; i < b->groups->by.n_keys; i++) {
        join(key, &at, i);
        at += strlen(hs_name_of_frame(frame, b->groups->by.key[i], key + at));
    }
    return group_of(b, key);
}

static void charge_once(struct builder *b, uint32_t group, uint32_t site, const struct hs_site_sum *sum)
{
    if (group == NO_GROUP || b->charged[group] == site + 1)
        return;
    b->charged[group] = site + 1;
    hs_sum_add(&b->groups->group[group].children, sum);
}

static void charge_callers(struct builder *b, uint32_t site, const struct hs_site_sum *sum)
{
    struct hs_frame frame[HS_DEPTH_MAX];
    struct hs_symbol native;
    unsigned n = hs_frames_of_site(b->names, site, frame, &native);
    for (unsigned i = 1; i < n; i++)
        charge_once(b, group_of_frame(b, &frame[i]), site, sum);
}

static void add_to_group(struct builder *b, struct hs_group *group, uint32_t site, const struct hs_site_sum *sum)
{
    hs_sum_add(&group->self, sum);
    uint32_t *added = hs_array_add(group->site, group->n_sites, group->sites_room);
    if (added)
        *added = site;
    b->failed |= !added;
}

static bool idle(const struct hs_site_sum *sum)
{
    return !(sum->allocs | sum->reallocs | sum->failed | sum->live_blocks | sum->bytes | sum->freed | sum->swept | sum->dropped |
             sum->sampled.samples);
}

static void add_site(struct builder *b, uint32_t site)
{
    struct hs_site_sum sum = hs_sum_at_end(b->model, hs_model_site(b->model, site));
    if (idle(&sum))
        return;
    uint32_t group = group_of_site(b, site);
    b->groups->of_site[site + 1] = group;
    if (group == NO_GROUP)
        return;
    hs_sum_add(&b->groups->total, &sum);
    add_to_group(b, &b->groups->group[group], site, &sum);
    charge_once(b, group, site, &sum);
    if (b->groups->by.children)
        charge_callers(b, site, &sum);
}

/* ---- order ---- */

struct place {
    uint64_t weight, second;
    const char *name;
    uint32_t group;
};

static int heavier(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->weight != b->weight)
        return a->weight < b->weight ? 1 : -1;
    if (a->second != b->second)
        return a->second < b->second ? 1 : -1;
    return strcmp(a->name, b->name);
}

static void reorder(struct hs_groups *g, struct hs_group *sorted, uint32_t *moved, const struct place *place)
{
    for (uint32_t i = 0; i < g->n; i++) {
        sorted[i] = g->group[place[i].group];
        moved[place[i].group] = i;
    }
    memcpy(g->group, sorted, g->n * sizeof *sorted);
    for (uint32_t i = 0; i < g->n_of_site; i++)
        if (g->of_site[i] != NO_GROUP)
            g->of_site[i] = moved[g->of_site[i]];
}

static bool sort(struct hs_groups *g, char *const *key)
{
    if (!g->n)
        return true;
    struct place *place = calloc(g->n, sizeof *place);
    struct hs_group *sorted = calloc(g->n, sizeof *sorted);
    uint32_t *moved = calloc(g->n, sizeof *moved);
    bool ok = place && sorted && moved;
    for (uint32_t i = 0; ok && i < g->n; i++)
        place[i] = (struct place){hs_weight_of(&g->group[i].children, g->by.weight),
                                  hs_weight_of(&g->group[i].self, g->by.weight), key[i], i};
    if (ok) {
        qsort(place, g->n, sizeof *place, heavier);
        reorder(g, sorted, moved, place);
    }
    free(moved);
    free(sorted);
    free(place);
    return ok;
}

/* ---- build ---- */

static void end_build(struct builder *b)
{
    for (size_t i = 0; i < b->groups->n; i++)
        free(b->key[i]);
    free(b->key);
    hs_map_free(&b->map);
    free(b->charged);
}

static struct hs_groups *new_groups(const struct hs_model *model, const struct hs_grouping *by)
{
    struct hs_groups *groups = calloc(1, sizeof *groups);
    if (!groups)
        return NULL;
    groups->by = *by;
    groups->n_of_site = model->n_sums;
    groups->of_site = malloc(groups->n_of_site * sizeof *groups->of_site);
    if (groups->of_site)
        memset(groups->of_site, 0xff, groups->n_of_site * sizeof *groups->of_site);
    return groups;
}

struct hs_groups *hs_groups_new(const struct hs_model *model, const struct hs_names *names, const struct hs_grouping *by)
{
    struct builder b = {.groups = new_groups(model, by), .model = model, .names = names};
    if (!b.groups)
        return NULL;
    b.failed = !b.groups->of_site;
    for (uint32_t i = 0; i < b.groups->n_of_site && !b.failed; i++)
        add_site(&b, i - 1); /* index 0 is HS_SITE_UNKNOWN */
    b.failed = b.failed || !sort(b.groups, b.key);
    end_build(&b);
    if (!b.failed)
        return b.groups;
    hs_groups_free(b.groups);
    return NULL;
}

void hs_groups_free(struct hs_groups *groups)
{
    if (!groups)
        return;
    for (size_t i = 0; i < groups->n; i++) {
        for (unsigned k = 0; k < HS_KEYS; k++)
            free(groups->group[i].name[k]);
        free(groups->group[i].site);
    }
    free(groups->group);
    free(groups->of_site);
    free(groups);
}

bool hs_groups_have_stacks(const struct hs_reader *reader)
{
    uint32_t n = hs_reader_sites(reader);
    for (uint32_t i = 1; i < n; i++) {
        const struct hs_site *site = hs_reader_site(reader, i);
        if (site && site->context)
            return true;
    }
    return false;
}

uint32_t hs_groups_of(const struct hs_groups *groups, uint32_t site)
{
    uint32_t index = site + 1;
    return index < groups->n_of_site ? groups->of_site[index] : NO_GROUP;
}
