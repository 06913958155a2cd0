/* SPDX-License-Identifier: MIT
 *
 * What only references say: which list, dict or set keeps the blocks of a line, and who holds it.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/failure_watch.h"
#include "analysis/diagnosis/holders.h"

#define KEEPS 0.75           /* share of a line's blocks that the keeper keeps alone */
#define REFERS 0.5           /* else: share of them to which one block refers */
#define CONTAINER_SHARE 0.25 /* minimum share of the live bytes of a container that fills the heap */
#define CONTAINER_BLOCKS 8u  /* minimum blocks that it keeps */
#define CONTAINER_AGE 0.5    /* minimum age of its oldest element, as a part of its own: it is not a window over the last ones */

struct work {
    struct hs_diagnosis *d;
    const struct hs_failure_state *w;
    const struct hs_names *names;
    struct hs_holders holders;
    const struct hs_holder_view *view; /* of `holders`: from roots that are no stacks if these reach most of the blocks */
    uint32_t *row;                     /* by block: index in d->held; NONE */
    uint64_t *weight, *newest, *oldest;
};

#define NONE UINT32_MAX

static uint32_t row_named(const struct hs_diagnosis *d, const char *name)
{
    for (size_t i = 0; i < d->n; i++)
        if (!strcmp(d->held[i].name, name))
            return (uint32_t)i;
    return NONE;
}

/* Names are made once per site. */
static int find_rows(struct work *k)
{
    const struct hs_heap_snapshot *p = &k->holders.of->snapshot;
    char name[HS_NAME_MAX];
    uint32_t *of = calloc((size_t)k->w->n + 1, sizeof *of); /* row + 1 */
    if (!of)
        return HS_ERR_MEMORY;
    for (uint32_t v = 0; v < p->n_blocks; v++) {
        uint32_t site = p->block[v].site + 1;
        k->row[v] = NONE;
        if (site >= k->w->n)
            continue;
        if (!of[site])
            of[site] = row_named(k->d, hs_name_of_site(k->names, site - 1, HS_KEY_LINE, name)) + 1;
        k->row[v] = of[site] - 1;
    }
    free(of);
    return HS_OK;
}

static const struct hs_site_then *site_of(const struct work *k, uint32_t block)
{
    uint32_t index = k->holders.of->snapshot.block[block].site + 1;
    return index < k->w->n ? &k->w->site[index] : NULL;
}

static bool is_container_kind(const struct work *k, uint32_t block)
{
    static const char *const kinds[] = {"list", "dict table", "set", "deque", NULL};
    char name[HS_NAME_MAX];
    if (!k->names->symbols)
        return true;
    hs_name_of_site(k->names, k->holders.of->snapshot.block[block].site, HS_KEY_KIND, name);
    for (size_t i = 0; kinds[i]; i++)
        if (!strcmp(kinds[i], name))
            return true;
    return false;
}

/* Whether the block is one that its line makes larger again and again. */
static bool is_enlarged(const struct work *k, uint32_t block)
{
    const struct hs_site_then *s = site_of(k, block);
    return s && s->grown >= HS_KEEPER_GROWN && k->row[block] != NONE && k->d->held[k->row[block]].python &&
           is_container_kind(k, block);
}

/* ---- who keeps a line's blocks ---- */

/* A line that makes objects and adds them to a list has made both the objects and the list's block. */
static bool is_element(const struct work *k, uint32_t block, uint32_t row)
{
    return k->row[block] == row && !is_enlarged(k, block);
}

/* The block that refers to most of them, with what these keep, if none keeps them alone. */
static uint32_t most_references(const struct work *k, uint32_t row)
{
    const struct hs_holders *h = &k->holders;
    uint32_t best = NONE;
    uint64_t sum = 0, most = 0;
    for (uint32_t v = 0; v < h->n; v++) {
        uint64_t bytes = 0;
        sum += is_element(k, v, row) ? hs_refs_bytes(h->of, v) : 0;
        for (uint32_t e = h->first[v]; hs_holders_reached(k->view, v) && !is_element(k, v, row) && e < h->first[v + 1]; e++)
            bytes += is_element(k, h->to[e], row) ? k->view->bytes[h->to[e]] : 0;
        if (bytes > most) {
            most = bytes;
            best = v;
        }
    }
    return (double)most >= REFERS * (double)sum ? best : NONE;
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* What the block dominates, without itself; with `many`, also what others dominate that its line makes larger. An empty set when
 * out of memory: it is only tried. */
static struct hs_block_set kept_set(const struct work *k, uint32_t block, bool many)
{
    const struct hs_holders *h = &k->holders;
    struct hs_block_set set = {calloc((size_t)h->n + 1, sizeof *set.born), 0};
    bool *inside = calloc((size_t)h->n + 1, sizeof *inside);
    for (uint32_t i = 0; set.born && inside && i < k->view->dominators.n_reached; i++) {
        uint32_t v = k->view->dominators.order[i], d = k->view->dominators.of[v];
        bool other = many && d < h->n && k->row[d] == k->row[block] && is_enlarged(k, d);
        inside[v] = d == block || other || (d < h->n && inside[d]);
        if (inside[v])
            set.born[set.n++] = h->of->snapshot.block[v].number;
    }
    free(inside);
    if (set.n)
        qsort(set.born, set.n, sizeof *set.born, by_number);
    return set;
}

/* `keeper` holds the blocks; `adds`, which may be the same, is made larger by the line that adds them, or NONE. `many`:
 * it is one of several such. */
static void set_kept(struct work *k, uint32_t keeper, uint32_t adds, bool many)
{
    struct hs_diagnosis *d = k->d;
    d->kept = (struct hs_kept){.bytes = k->view->bytes[keeper], .blocks = k->view->blocks[keeper]};
    hs_holders_name(&k->holders, keeper, d->kept.by);
    d->kept.known = d->kept.by[0];
    d->kept.adds = d->kept.known && adds != NONE && is_enlarged(k, adds);
    d->kept.within = adds != keeper;
    d->kept.many = many && d->kept.adds;
    if (d->kept.adds)
        d->kept.set = kept_set(k, keeper, many);
    if (!d->views)
        d->keeper = d->kept.adds ? &d->held[k->row[adds]] : NULL;
}

/* The nearest block on the way to the roots that is made larger again and again, or NONE. */
static uint32_t enlarged_above(const struct work *k, uint32_t block)
{
    uint32_t d = k->view->dominators.of[block];
    while (d < k->holders.n && !is_enlarged(k, d))
        d = k->view->dominators.of[d];
    return d < k->holders.n ? d : NONE;
}

/* The lists, dicts and sets that one line makes larger, if these keep most of the blocks: one of them. */
static uint32_t one_of_many(struct work *k, uint32_t row)
{
    uint64_t *sum = calloc(k->d->n + 1, sizeof *sum), all = 0;
    uint32_t *one = calloc(k->d->n + 1, sizeof *one), found = NONE;
    for (uint32_t v = 0; sum && one && v < k->holders.n; v++) {
        uint32_t keeper = is_element(k, v, row) && hs_holders_reached(k->view, v) ? enlarged_above(k, v) : NONE;
        all += is_element(k, v, row) ? hs_refs_bytes(k->holders.of, v) : 0;
        if (keeper == NONE)
            continue;
        sum[k->row[keeper]] += hs_refs_bytes(k->holders.of, v);
        one[k->row[keeper]] = keeper;
    }
    for (size_t i = 0; sum && one && i < k->d->n; i++)
        if (sum[i] && (double)sum[i] >= KEEPS * (double)all)
            found = one[i];
    free(sum);
    free(one);
    return found;
}

/* Most of a line's blocks may be in use by running functions only. */
static void choose_view(struct work *k, uint32_t row)
{
    uint64_t reached = 0, all = 0;
    for (uint32_t v = 0; v < k->holders.n; v++) {
        uint64_t bytes = k->row[v] == row ? hs_refs_bytes(k->holders.of, v) : 0;
        all += bytes;
        reached += hs_holders_reached(&k->holders.outside, v) ? bytes : 0;
    }
    k->view = (double)reached >= KEEPS * (double)all ? &k->holders.outside : &k->holders.any;
}

/* Whether what the block refers to keeps most of the line's blocks. k->weight: bytes of these that each block keeps. */
static bool refers_to_most(const struct work *k, uint32_t block, uint32_t row)
{
    const struct hs_holders *h = &k->holders;
    uint64_t sum = 0, kept = 0;
    for (uint32_t v = 0; v < h->n; v++)
        sum += is_element(k, v, row) ? hs_refs_bytes(h->of, v) : 0;
    for (uint32_t e = h->first[block]; e < h->first[block + 1]; e++)
        kept += k->weight[h->to[e]];
    return (double)kept >= KEEPS * (double)sum;
}

static void find_kept(struct work *k)
{
    uint32_t row = (uint32_t)(k->d->grows - k->d->held);
    bool many = false;
    choose_view(k, row);
    for (uint32_t v = 0; v < k->holders.n; v++)
        k->weight[v] = is_element(k, v, row) ? hs_refs_bytes(k->holders.of, v) : 0;
    uint32_t keeper = hs_holders_keeper(&k->holders, k->view, k->weight, KEEPS), adds = keeper;
    if (keeper == HS_NO_BLOCK || !is_enlarged(k, keeper)) {
        uint32_t other = most_references(k, row);
        adds = other != NONE && is_enlarged(k, other) ? other : one_of_many(k, row);
        many = keeper == HS_NO_BLOCK && adds != NONE && !refers_to_most(k, adds, row);
        keeper = keeper == HS_NO_BLOCK && other != NONE ? other : keeper;
    }
    if (keeper != HS_NO_BLOCK || adds != NONE) {
        set_kept(k, keeper == HS_NO_BLOCK ? adds : keeper, adds, many);
    } else if (!k->d->views)
        k->d->keeper = NULL;
}

/* ---- a container that fills the heap ---- */

/* The records of the oldest and newest block that each block dominates, itself not included. */
static void find_ages(struct work *k)
{
    const struct hs_holders *h = &k->holders;
    for (uint32_t v = 0; v < h->n; v++) {
        k->newest[v] = 0;
        k->oldest[v] = UINT64_MAX;
    }
    for (uint32_t i = k->view->dominators.n_reached; i-- > 0;) {
        uint32_t v = k->view->dominators.order[i], d = k->view->dominators.of[v];
        uint64_t own = h->of->snapshot.block[v].number;
        if (d >= h->n)
            continue;
        uint64_t newest = k->newest[v] > own ? k->newest[v] : own, oldest = k->oldest[v] < own ? k->oldest[v] : own;
        k->newest[d] = newest > k->newest[d] ? newest : k->newest[d];
        k->oldest[d] = oldest < k->oldest[d] ? oldest : k->oldest[d];
    }
}

/* It keeps much, the newest from shortly before the failure, the oldest from when it was young. The table of a dict is younger
 * than the dict. */
static bool fills(const struct work *k, uint32_t v, uint64_t live)
{
    const struct hs_heap_snapshot_block *b = k->holders.of->snapshot.block;
    uint64_t end = k->d->failure.number, born = b[v].number, span = k->newest[v] - k->oldest[v];
    uint32_t above = k->view->dominators.of[v];
    if (!is_enlarged(k, v) || k->view->blocks[v] <= CONTAINER_BLOCKS || (double)k->view->bytes[v] < CONTAINER_SHARE * (double)live)
        return false;
    born = above < k->holders.n && b[above].number < born ? b[above].number : born;
    return k->newest[v] + span / CONTAINER_BLOCKS >= end && (double)span >= CONTAINER_AGE * (double)(end - born);
}

/* The line that made most of what the block keeps. */
static const struct hs_live_line *most_of(const struct work *k, uint32_t block)
{
    const struct hs_holders *h = &k->holders;
    uint64_t *sum = calloc(k->d->n + 1, sizeof *sum);
    bool *inside = calloc((size_t)h->n + 1, sizeof *inside);
    size_t best = SIZE_MAX;
    for (uint32_t i = 0; sum && inside && i < k->view->dominators.n_reached; i++) {
        uint32_t v = k->view->dominators.order[i], d = k->view->dominators.of[v];
        inside[v] = d == block || (d < h->n && inside[d]);
        if (inside[v] && k->row[v] != NONE && k->d->held[k->row[v]].python)
            sum[k->row[v]] += hs_refs_bytes(h->of, v);
    }
    for (size_t i = 0; sum && i < k->d->n; i++)
        if (sum[i] && (best == SIZE_MAX || sum[i] > sum[best]))
            best = i;
    free(sum);
    free(inside);
    return best == SIZE_MAX ? NULL : &k->d->held[best];
}

static void find_container(struct work *k)
{
    uint64_t live = 0;
    uint32_t found = NONE;
    for (size_t i = 0; i < k->d->n; i++)
        live += k->d->held[i].live;
    k->view = &k->holders.outside;
    find_ages(k);
    for (uint32_t i = 0; i < k->view->dominators.n_reached; i++)
        if (fills(k, k->view->dominators.order[i], live))
            found = k->view->dominators.order[i];
    const struct hs_live_line *most = found == NONE ? NULL : most_of(k, found);
    if (!most)
        return;
    k->d->grows = most;
    set_kept(k, found, found, false);
}

/* ---- all ---- */

static int look(struct work *k)
{
    size_t n = (size_t)k->w->graph.snapshot.n_blocks + 1;
    int error = hs_holders_make(&k->holders, &k->w->graph, k->names);
    k->row = calloc(n, sizeof *k->row);
    k->weight = calloc(n, sizeof *k->weight);
    k->newest = calloc(n, sizeof *k->newest);
    k->oldest = calloc(n, sizeof *k->oldest);
    if (!error && (!k->row || !k->weight || !k->newest || !k->oldest || find_rows(k)))
        error = HS_ERR_MEMORY;
    if (error)
        return error;
    if (k->d->grows)
        find_kept(k);
    else
        find_container(k);
    return HS_OK;
}

int hs_diagnosis_from_references(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    struct work k = {.d = d, .w = w, .names = names};
    if (!w->referred || !d->lines)
        return HS_OK;
    int error = look(&k);
    hs_holders_free(&k.holders);
    free(k.row);
    free(k.weight);
    free(k.newest);
    free(k.oldest);
    return error;
}
