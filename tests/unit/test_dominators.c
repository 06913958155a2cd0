/* SPDX-License-Identifier: MIT
 *
 * Dominators, retained sizes and shortest paths, on the paper's own example, and on random graphs against brute
 * force: take a node away, search again, and see what is no longer reached.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/refs/dominators.h"

#define NODES_MAX 60u
#define DEGREE_MAX 6u
#define GRAPHS 3000

struct sample {
    uint32_t first[NODES_MAX + 1], to[NODES_MAX * DEGREE_MAX], root[8];
    struct hs_graph graph;
};

static uint32_t state = 12345;
static uint32_t chance(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(state >> 8) * below >> 24);
}

/* Sparse and dense ones, long chains with edges back, cycles, loops, double edges and islands. */
static void make(struct sample *s)
{
    uint32_t n = 1 + chance(NODES_MAX), edges = 0, degree = 1 + chance(DEGREE_MAX), shape = chance(3);
    s->graph = (struct hs_graph){s->first, s->to, s->root, n, 1 + chance(3)};
    for (uint32_t v = 0; v < n; v++) {
        s->first[v] = edges;
        for (uint32_t i = chance(degree + 1); i > 0; i--)
            s->to[edges++] = shape == 0 ? chance(n) : shape == 1 ? (v + chance(4)) % n : (v + n - chance(3)) % n;
        if (shape == 2 && edges < NODES_MAX * DEGREE_MAX - n && v + 1 < n && s->first[v] == edges)
            s->to[edges++] = v + 1;
    }
    s->first[n] = edges;
    for (uint32_t i = 0; i < s->graph.n_roots; i++)
        s->root[i] = chance(n);
}

/* What the roots lead to when `without` is not there. */
static void reach(const struct hs_graph *g, uint32_t without, bool *reached)
{
    uint32_t stack[NODES_MAX], depth = 0;
    memset(reached, 0, NODES_MAX * sizeof *reached);
    for (uint32_t i = 0; i < g->n_roots; i++)
        if (g->root[i] != without && !reached[g->root[i]]) {
            reached[g->root[i]] = true;
            stack[depth++] = g->root[i];
        }
    while (depth) {
        uint32_t v = stack[--depth];
        for (uint32_t e = g->first[v]; e < g->first[v + 1]; e++)
            if (g->to[e] != without && !reached[g->to[e]]) {
                reached[g->to[e]] = true;
                stack[depth++] = g->to[e];
            }
    }
}

static bool dominates(const struct hs_dominators *d, uint32_t a, uint32_t b)
{
    while (b != a && b != HS_NODE_ROOTS)
        b = d->of[b];
    return b == a;
}

static void check_one(const struct hs_graph *g)
{
    struct hs_dominators d;
    bool all[NODES_MAX], rest[NODES_MAX];
    uint64_t weight[NODES_MAX], retained[NODES_MAX];
    uint32_t n_all = 0;
    assert_int_equal(hs_dominators_find(&d, g), 0);
    reach(g, NODES_MAX, all);
    for (uint32_t v = 0; v < g->n; v++) {
        retained[v] = weight[v] = 1 + chance(1000);
        n_all += all[v];
        assert_int_equal(all[v], d.of[v] != HS_NODE_NONE);
    }
    assert_int_equal(n_all, d.n_reached);
    hs_dominators_retained(&d, retained);
    for (uint32_t v = 0; v < g->n; v++) {
        uint64_t lost = 0;
        reach(g, v, rest);
        for (uint32_t b = 0; b < g->n; b++) {
            bool gone = all[v] && all[b] && !rest[b];
            lost += gone ? weight[b] : 0;
            if (all[b])
                assert_int_equal(gone, all[v] && dominates(&d, v, b));
        }
        assert_true(retained[v] == (all[v] ? lost : weight[v]));
    }
    hs_dominators_free(&d);
}

/* Distances by going over all edges until nothing gets shorter. */
static void check_paths(const struct hs_graph *g)
{
    uint32_t via[NODES_MAX], from[NODES_MAX], distance[NODES_MAX];
    bool changed = true;
    memset(distance, 0xff, sizeof distance);
    for (uint32_t i = 0; i < g->n_roots; i++)
        distance[g->root[i]] = 0;
    while (changed) {
        changed = false;
        for (uint32_t v = 0; v < g->n; v++)
            for (uint32_t e = g->first[v]; distance[v] != UINT32_MAX && e < g->first[v + 1]; e++)
                if (distance[g->to[e]] > distance[v] + 1) {
                    distance[g->to[e]] = distance[v] + 1;
                    changed = true;
                }
    }
    assert_int_equal(hs_shortest_paths(g, via, from), 0);
    for (uint32_t v = 0; v < g->n; v++) {
        uint32_t length = 0, at = v;
        assert_int_equal(via[v] == HS_NODE_NONE, distance[v] == UINT32_MAX);
        if (via[v] == HS_NODE_NONE)
            continue;
        for (; via[at] != HS_NODE_ROOTS; at = from[at], length++) {
            assert_int_equal(g->to[via[at]], at);
            assert_true(via[at] >= g->first[from[at]] && via[at] < g->first[from[at] + 1]);
        }
        assert_int_equal(g->root[from[at]], at);
        assert_int_equal(length, distance[v]);
    }
}

static void random_graphs(void **unused)
{
    static struct sample s;
    (void)unused;
    for (int i = 0; i < GRAPHS; i++) {
        make(&s);
        check_one(&s.graph);
        check_paths(&s.graph);
    }
}

/* The flowgraph of the paper's figure 1, R A B C D E F G H I J K L. */
static void paper(void **unused)
{
    enum { R, A, B, C, D, E, F, G, H, I, J, K, L, N };
    static const uint8_t edge[][2] = {{R, A}, {R, B}, {R, C}, {A, D}, {B, A}, {B, D}, {B, E}, {C, F}, {C, G}, {D, L}, {E, H},
                                      {F, I}, {G, I}, {G, J}, {H, E}, {H, K}, {I, K}, {J, I}, {K, I}, {K, R}, {L, H}};
    static const uint32_t expected[N] = {HS_NODE_ROOTS, R, R, R, R, R, C, C, R, R, G, R, D};
    uint32_t first[N + 1], to[sizeof edge / 2], n = 0, root = R;
    (void)unused;
    for (uint32_t v = 0; v <= N; v++) {
        first[v] = n;
        for (size_t i = 0; v < N && i < sizeof edge / 2; i++)
            if (edge[i][0] == v)
                to[n++] = edge[i][1];
    }
    struct hs_dominators d;
    assert_int_equal(hs_dominators_find(&d, &(struct hs_graph){first, to, &root, N, 1}), 0);
    for (uint32_t v = 0; v < N; v++)
        assert_int_equal(d.of[v], expected[v]);
    hs_dominators_free(&d);
}

/* A chain as long as a large heap has blocks: no recursion, no quadratic time. */
static void long_chain(void **unused)
{
    enum { N = 1000000 };
    uint32_t *first = calloc(N + 1, sizeof *first), *to = calloc(2 * N, sizeof *to), root = 0, n = 0;
    uint64_t *sum = calloc(N, sizeof *sum);
    struct hs_dominators d;
    (void)unused;
    for (uint32_t v = 0; v < N; v++) {
        first[v] = n;
        if (v + 1 < N)
            to[n++] = v + 1;
        if (v)
            to[n++] = v - 1;
        sum[v] = 16;
    }
    first[N] = n;
    assert_int_equal(hs_dominators_find(&d, &(struct hs_graph){first, to, &root, N, 1}), 0);
    hs_dominators_retained(&d, sum);
    for (uint32_t v = 1; v < N; v++)
        assert_int_equal(d.of[v], v - 1);
    assert_true(sum[0] == 16ull * N && sum[N / 2] == 16ull * (N - N / 2));
    hs_dominators_free(&d);
    free(first);
    free(to);
    free(sum);
}

static void nothing(void **unused)
{
    uint32_t first[1] = {0};
    struct hs_dominators d;
    (void)unused;
    assert_int_equal(hs_dominators_find(&d, &(struct hs_graph){first, NULL, NULL, 0, 0}), 0);
    assert_int_equal(d.n_reached, 0);
    hs_dominators_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(paper), cmocka_unit_test(random_graphs), cmocka_unit_test(long_chain),
                                       cmocka_unit_test(nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
