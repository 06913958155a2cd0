/* SPDX-License-Identifier: MIT */
#include "analysis/refs/retained.h"

#include <stdlib.h>

static int allot(struct hs_retained *r, size_t n)
{
    r->bytes = calloc(n + 1, sizeof *r->bytes);
    r->blocks = calloc(n + 1, sizeof *r->blocks);
    r->via = calloc(n + 1, sizeof *r->via);
    r->from = calloc(n + 1, sizeof *r->from);
    return r->bytes && r->blocks && r->via && r->from ? HS_OK : HS_ERR_MEMORY;
}

int hs_retained_measure(struct hs_retained *r, const struct hs_refgraph *g)
{
    *r = (struct hs_retained){.of = g, .graph = hs_refs_graph(g)};
    int error = allot(r, r->graph.n);
    error = error ? error : hs_dominators_find(&r->dominators, &r->graph);
    error = error ? error : hs_shortest_paths(&r->graph, r->via, r->from);
    if (error) {
        hs_retained_free(r);
        return error;
    }
    for (uint32_t v = 0; v < r->graph.n; v++) {
        bool reached = hs_retained_reached(r, v);
        r->bytes[v] = hs_refs_bytes(g, v);
        r->blocks[v] = 1;
        *(reached ? &r->reached_bytes : &r->unreached_bytes) += r->bytes[v];
        r->unreached += !reached;
    }
    hs_dominators_retained(&r->dominators, r->bytes);
    hs_dominators_retained(&r->dominators, r->blocks);
    return HS_OK;
}

void hs_retained_free(struct hs_retained *r)
{
    hs_dominators_free(&r->dominators);
    free(r->bytes);
    free(r->blocks);
    free(r->via);
    free(r->from);
    *r = (struct hs_retained){0};
}

uint32_t hs_retained_path(const struct hs_retained *r, uint32_t block, struct hs_holder *step, uint32_t room)
{
    uint32_t n = 0, at = block;
    if (r->via[block] == HS_NODE_NONE)
        return 0;
    for (; r->via[at] != HS_NODE_ROOTS; at = r->from[at])
        n++;
    if (room)
        step[0] = (struct hs_holder){.root = &r->of->root[r->from[at]]};
    at = block;
    for (uint32_t i = n; i > 0; i--, at = r->from[at])
        if (i < room)
            step[i] = (struct hs_holder){NULL, r->from[at], r->of->word[r->via[at]]};
    return n + 1;
}

uint32_t hs_retained_references(const struct hs_retained *r, uint32_t block, struct hs_holder *holder, uint32_t room)
{
    const struct hs_refgraph *g = r->of;
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_roots; i++)
        if (g->root[i].block == block && n++ < room)
            holder[n - 1] = (struct hs_holder){.root = &g->root[i]};
    for (uint32_t v = 0; v < r->graph.n; v++)
        for (uint32_t e = g->first[v]; e < g->first[v + 1]; e++)
            if (g->to[e] == block && n++ < room)
                holder[n - 1] = (struct hs_holder){NULL, v, g->word[e]};
    return n;
}

/* ---- groups ---- */

/* The dominator tree by children: those of v are child[first[v]] ...; the roots' are at index n. */
struct tree {
    uint32_t *first, *child, *next; /* next: the child to visit */
    uint32_t *stack, *open;         /* open: by group, its blocks on the path above */
};

static void build(struct tree *t, const struct hs_retained *r)
{
    uint32_t n = r->graph.n;
    for (uint32_t i = 0; i < r->dominators.n_reached; i++) {
        uint32_t d = r->dominators.of[r->dominators.order[i]];
        t->first[(d == HS_NODE_ROOTS ? n : d) + 2]++;
    }
    for (uint32_t v = 2; v < n + 3; v++)
        t->first[v] += t->first[v - 1];
    for (uint32_t i = 0; i < r->dominators.n_reached; i++) {
        uint32_t v = r->dominators.order[i], d = r->dominators.of[v];
        t->child[t->first[(d == HS_NODE_ROOTS ? n : d) + 1]++] = v;
    }
    for (uint32_t v = 0; v <= n; v++)
        t->next[v] = t->first[v];
}

/* A block counts for its group unless another block of the group is above it. */
static void walk(struct tree *t, const struct hs_retained *r, const uint32_t *of, struct hs_retained_group *group)
{
    uint32_t depth = 0, v = r->graph.n;
    for (;;) {
        if (t->next[v] < t->first[v + 1]) {
            t->stack[depth++] = v;
            v = t->child[t->next[v]++];
            if (of[v] != UINT32_MAX && !t->open[of[v]]++)
                group[of[v]].bytes += r->bytes[v];
            continue;
        }
        if (!depth)
            return;
        if (of[v] != UINT32_MAX)
            t->open[of[v]]--;
        v = t->stack[--depth];
    }
}

int hs_retained_groups(const struct hs_retained *r, const uint32_t *group_of_block, struct hs_retained_group *group)
{
    size_t n = (size_t)r->graph.n + 3, groups = 0;
    for (uint32_t v = 0; v < r->graph.n; v++)
        groups = group_of_block[v] != UINT32_MAX && group_of_block[v] >= groups ? (size_t)group_of_block[v] + 1 : groups;
    uint32_t *memory = calloc(4 * n + groups + 1, sizeof *memory);
    if (!memory)
        return HS_ERR_MEMORY;
    struct tree t = {memory, memory + n, memory + 2 * n, memory + 3 * n, memory + 4 * n};
    for (uint32_t v = 0; v < r->graph.n; v++) {
        if (group_of_block[v] == UINT32_MAX || !hs_retained_reached(r, v))
            continue;
        group[group_of_block[v]].own += hs_refs_bytes(r->of, v);
        group[group_of_block[v]].blocks++;
    }
    build(&t, r);
    walk(&t, r, group_of_block, group);
    free(memory);
    return HS_OK;
}
