/* SPDX-License-Identifier: MIT
 *
 * What only references say: which list, dict or set keeps the blocks of a line, and who holds it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/failure_watch.h"
#include "analysis/diagnosis/holders.h"

#define KEEPS 0.75           /* share of a line's blocks that the keeper keeps alone */
#define REFERS 0.5           /* else: share of them to which one block refers */
#define FILLED_SHARE 0.5     /* minimum share of the live bytes of what fills the heap */
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

/* Whether the block is the table of that list, dict or set; an object's attributes are not. */
static bool is_own(const struct work *k, uint32_t block, uint32_t value)
{
    static const char *const kinds[] = {"list", "dict", "set", "deque", NULL};
    char name[HS_NAME_MAX];
    if (value >= k->holders.n || k->view->dominators.of[block] != value || !k->names->symbols)
        return false;
    hs_name_of_site(k->names, k->holders.of->snapshot.block[value].site, HS_KEY_KIND, name);
    for (size_t i = 0; kinds[i]; i++)
        if (!strcmp(kinds[i], name))
            return true;
    return false;
}

/* `keeper` holds the blocks; `adds`, which may be the same, is made larger by the line that adds them, or NONE. `many`:
 * it is one of several such. */
static void set_kept(struct work *k, uint32_t keeper, uint32_t adds, bool many)
{
    struct hs_diagnosis *d = k->d;
    d->kept = (struct hs_kept){.bytes = k->view->bytes[keeper], .blocks = k->view->blocks[keeper]};
    const struct hs_global *global = hs_holders_name(&k->holders, keeper, d->kept.by);
    if (global && is_own(k, keeper, global->value))
        snprintf(d->kept.global, sizeof d->kept.global, "%s", global->name);
    d->kept.frame = hs_holders_frame(&k->holders, keeper);
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

/* Marks what the block dominates, without itself. */
static void mark_inside(const struct work *k, uint32_t block, bool *inside)
{
    for (uint32_t i = 0; i < k->view->dominators.n_reached; i++) {
        uint32_t v = k->view->dominators.order[i], d = k->view->dominators.of[v];
        inside[v] = d == block || (d < k->holders.n && inside[d]);
    }
}

/* The line that made most of what the block keeps. */
static const struct hs_live_line *most_of(const struct work *k, uint32_t block)
{
    const struct hs_holders *h = &k->holders;
    uint64_t *sum = calloc(k->d->n + 1, sizeof *sum);
    bool *inside = calloc((size_t)h->n + 1, sizeof *inside);
    size_t best = SIZE_MAX;
    if (inside)
        mark_inside(k, block, inside);
    for (uint32_t v = 0; sum && inside && v < h->n; v++)
        if (inside[v] && k->row[v] != NONE && k->d->held[k->row[v]].python)
            sum[k->row[v]] += hs_refs_bytes(h->of, v);
    for (size_t i = 0; sum && i < k->d->n; i++)
        if (sum[i] && (best == SIZE_MAX || sum[i] > sum[best]))
            best = i;
    free(sum);
    free(inside);
    return best == SIZE_MAX ? NULL : &k->d->held[best];
}

static uint64_t all_live(const struct hs_diagnosis *d)
{
    uint64_t live = 0;
    for (size_t i = 0; i < d->n; i++)
        live += d->held[i].live;
    return live;
}

/* The last such block on the way from the roots. */
static uint32_t last_filling(struct work *k, const struct hs_holder_view *view, uint64_t live)
{
    uint32_t found = NONE;
    k->view = view;
    find_ages(k);
    for (uint32_t i = 0; i < k->view->dominators.n_reached; i++)
        if (fills(k, k->view->dominators.order[i], live))
            found = k->view->dominators.order[i];
    return found;
}

/* What variables of running calls hold is asked second: main() with its endless loop. */
static void find_container(struct work *k)
{
    uint64_t live = all_live(k->d);
    uint32_t found = last_filling(k, &k->holders.outside, live);
    bool outside = found != NONE;
    found = outside ? found : last_filling(k, &k->holders.any, live);
    const struct hs_live_line *most = found == NONE ? NULL : most_of(k, found);
    if (!most)
        return;
    k->d->grows = most;
    set_kept(k, found, found, false);
    k->d->kept.endless = !outside;
}

/* ---- several containers that hold the same blocks: who is in two lists is in neither alone ---- */

/* As fills(), by what the block itself refers to. */
static bool takes_on(const struct work *k, uint32_t v)
{
    const struct hs_holders *h = &k->holders;
    const struct hs_heap_snapshot_block *b = h->of->snapshot.block;
    uint64_t end = k->d->failure.number, born = b[v].number, newest = 0, oldest = UINT64_MAX;
    uint32_t above = k->view->dominators.of[v];
    if (!is_enlarged(k, v) || !hs_holders_reached(k->view, v) || h->first[v + 1] - h->first[v] < CONTAINER_BLOCKS)
        return false;
    for (uint32_t e = h->first[v]; e < h->first[v + 1]; e++) {
        uint64_t own = b[h->to[e]].number;
        newest = own > newest ? own : newest;
        oldest = own < oldest ? own : oldest;
    }
    born = above < h->n && b[above].number < born ? b[above].number : born;
    return newest + (newest - oldest) / CONTAINER_BLOCKS >= end &&
           (double)(newest - oldest) >= CONTAINER_AGE * (double)(end - born);
}

/* Marks what is still reached without the marked containers of the row, and these. */
static void flood_without(const struct work *k, const bool *container, uint32_t row, uint32_t *stack, bool *reached)
{
    const struct hs_holders *h = &k->holders;
    const struct hs_graph *g = &k->view->graph;
    uint32_t n = 0;
    memset(reached, 0, h->n * sizeof *reached);
    for (uint32_t i = 0; i < g->n_roots; i++)
        if (!reached[g->root[i]])
            reached[stack[n++] = g->root[i]] = true;
    while (n) {
        uint32_t v = stack[--n];
        for (uint32_t e = h->first[v]; !(container[v] && k->row[v] == row) && e < h->first[v + 1]; e++)
            if (!reached[h->to[e]])
                reached[stack[n++] = h->to[e]] = true;
    }
}

/* What would be garbage without the containers of one row. */
struct shared {
    uint32_t row, one; /* the row; its container with most references */
    uint64_t bytes, blocks;
};

static bool is_kept(const struct work *k, const bool *reached, uint32_t v)
{
    return !reached[v] && hs_holders_reached(k->view, v);
}

/* The row whose containers keep most; with `of`, only one that keeps most of that row's blocks. */
static struct shared most_shared(const struct work *k, const bool *container, uint32_t of, uint32_t *stack, bool *reached)
{
    const struct hs_holders *h = &k->holders;
    struct shared best = {.row = NONE};
    for (uint32_t row = 0; row < k->d->n; row++) {
        struct shared s = {.row = row, .one = NONE};
        uint64_t own = 0, all = 0;
        for (uint32_t v = 0; v < h->n; v++)
            if (container[v] && k->row[v] == row &&
                (s.one == NONE || h->first[v + 1] - h->first[v] > h->first[s.one + 1] - h->first[s.one]))
                s.one = v;
        if (s.one == NONE)
            continue;
        flood_without(k, container, row, stack, reached);
        for (uint32_t v = 0; v < h->n; v++) {
            uint64_t bytes = hs_refs_bytes(h->of, v);
            all += k->row[v] == of ? bytes : 0;
            own += k->row[v] == of && is_kept(k, reached, v) ? bytes : 0;
            s.bytes += is_kept(k, reached, v) ? bytes : 0;
            s.blocks += is_kept(k, reached, v);
        }
        if (s.bytes > best.bytes && (of == NONE || (double)own >= KEEPS * (double)all))
            best = s;
    }
    return best;
}

/* The blocks, and the line that made most of them. */
static const struct hs_live_line *take_shared(struct work *k, const bool *reached, struct hs_block_set *set)
{
    const struct hs_holders *h = &k->holders;
    uint64_t *sum = calloc(k->d->n + 1, sizeof *sum);
    size_t best = SIZE_MAX;
    *set = (struct hs_block_set){calloc((size_t)h->n + 1, sizeof *set->born), 0};
    for (uint32_t v = 0; sum && set->born && v < h->n; v++) {
        if (!is_kept(k, reached, v))
            continue;
        set->born[set->n++] = h->of->snapshot.block[v].number;
        if (k->row[v] == NONE || !k->d->held[k->row[v]].python)
            continue;
        sum[k->row[v]] += hs_refs_bytes(h->of, v);
        best = best == SIZE_MAX || sum[k->row[v]] > sum[best] ? k->row[v] : best;
    }
    if (set->n)
        qsort(set->born, set->n, sizeof *set->born, by_number);
    free(sum);
    return best == SIZE_MAX ? NULL : &k->d->held[best];
}

static void set_shared(struct work *k, const struct shared *s, const bool *reached)
{
    struct hs_diagnosis *d = k->d;
    struct hs_block_set set;
    char by[HS_NAME_MAX];
    const struct hs_live_line *most = take_shared(k, reached, &set);
    hs_holders_name(&k->holders, s->one, by);
    if (!most || !by[0]) {
        free(set.born);
        return;
    }
    free(d->kept.set.born);
    d->grows = d->grows ? d->grows : most;
    d->keeper = &d->held[s->row];
    d->kept = (struct hs_kept){.known = true,
                               .bytes = s->bytes,
                               .blocks = s->blocks,
                               .set = set,
                               .adds = true,
                               .within = true,
                               .many = true,
                               .together = true,
                               .endless = true,
                               .frame = hs_holders_frame(&k->holders, s->one)};
    memcpy(d->kept.by, by, sizeof by);
}

/* Where no container that grows keeps them alone. */
static void find_shared(struct work *k)
{
    uint32_t n = k->holders.n, of = k->d->grows ? (uint32_t)(k->d->grows - k->d->held) : NONE;
    bool *container = calloc((size_t)n + 1, sizeof *container), *reached = calloc((size_t)n + 1, sizeof *reached);
    uint32_t *stack = calloc((size_t)n + 1, sizeof *stack);
    k->view = &k->holders.any;
    for (uint32_t v = 0; container && v < n; v++)
        container[v] = takes_on(k, v);
    if (container && reached && stack) {
        struct shared s = most_shared(k, container, of, stack, reached);
        if (s.row != NONE && s.row != of && (double)s.bytes >= CONTAINER_SHARE * (double)all_live(k->d)) {
            flood_without(k, container, s.row, stack, reached);
            set_shared(k, &s, reached);
        }
    }
    free(container);
    free(reached);
    free(stack);
}

/* Whether a container that another line makes larger is not known yet: a line may fill small lists of its own. */
static bool is_open(const struct hs_diagnosis *d)
{
    return !d->grows || (!d->views && (!d->kept.adds || (d->keeper == d->grows && (d->kept.many || d->kept.within))));
}

/* ---- what fills the heap, whether or not it grows ---- */

/* Whether lines of Python made something to which the block refers, and nothing else does. */
static bool has_elements(const struct work *k, uint32_t block)
{
    const struct hs_holders *h = &k->holders;
    for (uint32_t e = h->first[block]; e < h->first[block + 1]; e++) {
        uint32_t row = k->row[h->to[e]];
        if (row != NONE && k->d->held[row].python && k->view->dominators.of[h->to[e]] == block)
            return true;
    }
    return false;
}

static void count_kind(struct hs_filled *f, const char *kind, uint64_t bytes)
{
    for (unsigned i = 0; i < HS_FILLED_KINDS; i++) {
        if (f->kind[i].blocks && strcmp(f->kind[i].name, kind) != 0)
            continue;
        snprintf(f->kind[i].name, sizeof f->kind[i].name, "%.*s", (int)sizeof f->kind[i].name - 1, kind);
        f->kind[i].blocks++;
        f->kind[i].bytes += bytes;
        return;
    }
}

static int by_bytes(const void *left, const void *right)
{
    const struct hs_kind_then *a = left, *b = right;
    return (a->bytes < b->bytes) - (a->bytes > b->bytes);
}

static void describe_filled(struct work *k, uint32_t block)
{
    struct hs_filled *f = &k->d->filled;
    bool *inside = calloc((size_t)k->holders.n + 1, sizeof *inside);
    char name[HS_NAME_MAX];
    *f = (struct hs_filled){.bytes = k->view->bytes[block], .blocks = k->view->blocks[block]};
    const struct hs_global *global = hs_holders_name(&k->holders, block, f->by);
    if (global && is_own(k, block, global->value))
        snprintf(f->global, sizeof f->global, "%s", global->name);
    f->frame = hs_holders_frame(&k->holders, block);
    f->made = f->by[0] ? most_of(k, block) : NULL;
    f->adds = is_enlarged(k, block) ? &k->d->held[k->row[block]] : NULL;
    if (inside)
        mark_inside(k, block, inside);
    for (uint32_t v = 0; inside && k->names->symbols && v < k->holders.n; v++)
        if (inside[v])
            count_kind(f, hs_name_of_site(k->names, k->holders.of->snapshot.block[v].site, HS_KEY_KIND, name),
                       hs_refs_bytes(k->holders.of, v));
    qsort(f->kind, HS_FILLED_KINDS, sizeof *f->kind, by_bytes);
    free(inside);
}

/* The table of a module's globals keeps all that a program has. */
static bool is_module(const struct work *k, uint32_t block)
{
    const struct hs_refgraph *g = k->holders.of;
    bool is = hs_refs_global(g, block, 1) || k->view->dominators.of[block] >= k->holders.n;
    for (uint32_t i = 0; i < g->n_modules && !is; i++)
        is = g->module[i].table == block;
    return is;
}

/* The last list, dict or set on the way from the roots that keeps most of the heap. */
static void find_filled(struct work *k)
{
    uint64_t live = all_live(k->d);
    uint32_t found = NONE;
    k->view = &k->holders.any;
    for (uint32_t i = 0; i < k->view->dominators.n_reached; i++) {
        uint32_t v = k->view->dominators.order[i];
        bool most = k->view->blocks[v] > CONTAINER_BLOCKS && (double)k->view->bytes[v] >= FILLED_SHARE * (double)live;
        if (most && is_container_kind(k, v) && !is_module(k, v) && has_elements(k, v))
            found = v;
    }
    if (found != NONE)
        describe_filled(k, found);
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
    if (is_open(k->d))
        find_shared(k);
    find_filled(k);
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
