/* SPDX-License-Identifier: MIT
 *
 * Names as in Lengauer and Tarjan: vertices are numbered in depth-first order, and 0 is the common ancestor of the
 * roots; semi, label, ancestor and bucket are theirs.
 */
#include "analysis/refs/dominators.h"

#include <stdlib.h>
#include <string.h>

#include "lib/record.h"

#define NONE UINT32_MAX

struct search {
    const struct hs_graph *g;
    uint32_t n;              /* assigned numbers, 0 included */
    uint32_t *number;        /* by node: its number; 0: not reached */
    uint32_t *node, *parent; /* indexed by number, as all arrays below */
    uint32_t *semi, *label, *ancestor, *idom;
    uint32_t *bucket, *next;     /* linked lists: first of a bucket; next in the same bucket */
    uint32_t *edge;              /* during the search: the next edge to try; during compression: the path */
    uint32_t *pred, *pred_first; /* predecessors by number; 0 stands for the roots */
};

/* ---- depth first ---- */

static uint32_t visit(struct search *s, uint32_t node, uint32_t parent)
{
    uint32_t v = s->n++;
    s->number[node] = v;
    s->node[v] = node;
    s->parent[v] = parent;
    s->edge[v] = s->g->first[node];
    return v;
}

static void search_from(struct search *s, uint32_t root)
{
    uint32_t v = s->number[root] ? 0 : visit(s, root, 0);
    while (v) {
        uint32_t node = s->node[v];
        if (s->edge[v] == s->g->first[node + 1]) {
            v = s->parent[v];
            continue;
        }
        uint32_t to = s->g->to[s->edge[v]++];
        if (!s->number[to])
            v = visit(s, to, v);
    }
}

/* ---- predecessors ---- */

static void count_preds(struct search *s)
{
    memset(s->pred_first, 0, ((size_t)s->n + 1) * sizeof *s->pred_first);
    for (uint32_t i = 0; i < s->g->n_roots; i++)
        s->pred_first[s->number[s->g->root[i]]]++;
    for (uint32_t v = 1; v < s->n; v++)
        for (uint32_t e = s->g->first[s->node[v]]; e < s->g->first[s->node[v] + 1]; e++)
            s->pred_first[s->number[s->g->to[e]]]++;
    uint32_t sum = 0;
    for (uint32_t v = 0; v <= s->n; v++) {
        uint32_t own = v < s->n ? s->pred_first[v] : 0;
        sum += own;
        s->pred_first[v] = sum; /* the end of its list; filling counts down to the start */
    }
}

static void list_preds(struct search *s)
{
    count_preds(s);
    for (uint32_t i = 0; i < s->g->n_roots; i++)
        s->pred[--s->pred_first[s->number[s->g->root[i]]]] = 0;
    for (uint32_t v = 1; v < s->n; v++)
        for (uint32_t e = s->g->first[s->node[v]]; e < s->g->first[s->node[v] + 1]; e++)
            s->pred[--s->pred_first[s->number[s->g->to[e]]]] = v;
}

/* ---- forest ---- */

/* From the top of v's path down, each vertex takes the better label above it. */
static void compress(struct search *s, uint32_t v)
{
    uint32_t depth = 0;
    for (; s->ancestor[s->ancestor[v]] != NONE; v = s->ancestor[v])
        s->edge[depth++] = v;
    while (depth--) {
        v = s->edge[depth];
        uint32_t above = s->ancestor[v];
        if (s->semi[s->label[above]] < s->semi[s->label[v]])
            s->label[v] = s->label[above];
        s->ancestor[v] = s->ancestor[above];
    }
}

static uint32_t eval(struct search *s, uint32_t v)
{
    if (s->ancestor[v] == NONE)
        return v;
    compress(s, v);
    return s->label[v];
}

static void empty_bucket(struct search *s, uint32_t parent)
{
    for (uint32_t v = s->bucket[parent]; v != NONE; v = s->next[v]) {
        uint32_t u = eval(s, v);
        s->idom[v] = s->semi[u] < s->semi[v] ? u : parent;
    }
    s->bucket[parent] = NONE;
}

static void dominate(struct search *s)
{
    for (uint32_t v = 0; v < s->n; v++) {
        s->semi[v] = s->label[v] = v;
        s->ancestor[v] = s->bucket[v] = NONE;
    }
    for (uint32_t w = s->n - 1; w > 0; w--) {
        for (uint32_t p = s->pred_first[w]; p < s->pred_first[w + 1]; p++) {
            uint32_t u = eval(s, s->pred[p]);
            if (s->semi[u] < s->semi[w])
                s->semi[w] = s->semi[u];
        }
        s->next[w] = s->bucket[s->semi[w]];
        s->bucket[s->semi[w]] = w;
        s->ancestor[w] = s->parent[w];
        empty_bucket(s, s->parent[w]);
    }
    for (uint32_t w = 1; w < s->n; w++)
        if (s->idom[w] != s->semi[w])
            s->idom[w] = s->idom[s->idom[w]];
}

/* ---- dominators ---- */

#define ARRAYS 11

/* All arrays in one allocation: `n` + 2 entries each, and the predecessors. */
static uint32_t *allocate_arrays(struct search *s)
{
    const struct hs_graph *g = s->g;
    size_t n = (size_t)g->n + 2, edges = (size_t)g->first[g->n] + g->n_roots;
    uint32_t *memory = calloc(ARRAYS * n + edges + 1, sizeof *memory), *at = memory;
    uint32_t **array[ARRAYS] = {&s->number, &s->node,   &s->parent, &s->semi, &s->label,     &s->ancestor,
                                &s->idom,   &s->bucket, &s->next,   &s->edge, &s->pred_first};
    for (size_t i = 0; memory && i < ARRAYS; i++, at += n)
        *array[i] = at;
    s->pred = at;
    return memory;
}

static void report(const struct search *s, struct hs_dominators *d)
{
    for (uint32_t i = 0; i < s->g->n; i++)
        d->of[i] = HS_NODE_NONE;
    for (uint32_t v = 1; v < s->n; v++) {
        d->order[v - 1] = s->node[v];
        d->of[s->node[v]] = s->idom[v] ? s->node[s->idom[v]] : HS_NODE_ROOTS;
    }
    d->n_reached = s->n - 1;
}

int hs_dominators_find(struct hs_dominators *d, const struct hs_graph *g)
{
    struct search s = {.g = g, .n = 1};
    uint32_t *memory = allocate_arrays(&s);
    *d = (struct hs_dominators){.of = calloc((size_t)g->n + 1, sizeof *d->of),
                                .order = calloc((size_t)g->n + 1, sizeof *d->order)};
    if (!memory || !d->of || !d->order) {
        free(memory);
        hs_dominators_free(d);
        return HS_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < g->n_roots; i++)
        search_from(&s, g->root[i]);
    list_preds(&s);
    dominate(&s);
    report(&s, d);
    free(memory);
    return HS_OK;
}

void hs_dominators_free(struct hs_dominators *d)
{
    free(d->of);
    free(d->order);
    *d = (struct hs_dominators){0};
}

void hs_dominators_retained(const struct hs_dominators *d, uint64_t *sum)
{
    for (uint32_t i = d->n_reached; i-- > 0;) {
        uint32_t v = d->order[i];
        if (d->of[v] != HS_NODE_ROOTS)
            sum[d->of[v]] += sum[v];
    }
}

int hs_shortest_paths(const struct hs_graph *g, uint32_t *via, uint32_t *from)
{
    uint32_t *queue = calloc((size_t)g->n + 1, sizeof *queue), head = 0, tail = 0;
    if (!queue)
        return HS_ERR_MEMORY;
    for (uint32_t v = 0; v < g->n; v++)
        via[v] = from[v] = HS_NODE_NONE;
    for (uint32_t i = 0; i < g->n_roots; i++) {
        uint32_t v = g->root[i];
        if (via[v] != HS_NODE_NONE)
            continue;
        via[v] = HS_NODE_ROOTS;
        from[v] = i;
        queue[tail++] = v;
    }
    while (head < tail) {
        uint32_t v = queue[head++];
        for (uint32_t e = g->first[v]; e < g->first[v + 1]; e++) {
            uint32_t to = g->to[e];
            if (via[to] != HS_NODE_NONE)
                continue;
            via[to] = e;
            from[to] = v;
            queue[tail++] = to;
        }
    }
    free(queue);
    return HS_OK;
}
