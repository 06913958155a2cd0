/* SPDX-License-Identifier: MIT
 *
 * Dominators of a graph with several roots: block d dominates block b when every path from any root to b goes through
 * d. When a block is freed, all blocks that it dominates become unreachable.
 *
 * T. Lengauer and R. E. Tarjan, "A Fast Algorithm for Finding Dominators in a Flowgraph", ACM TOPLAS 1(1), 1979; the
 * version with path compression only, in O(edges * log nodes).
 */
#ifndef HS_REFS_DOMINATORS_H
#define HS_REFS_DOMINATORS_H

#include <stddef.h>
#include <stdint.h>

/* Nodes are 0 to n - 1. The edges of node v lead to to[first[v]] ... to[first[v + 1] - 1]. */
struct hs_graph {
    const uint32_t *first; /* n + 1 */
    const uint32_t *to;
    const uint32_t *root; /* n_roots nodes; may contain duplicates */
    uint32_t n, n_roots;
};

#define HS_NODE_ROOTS UINT32_MAX      /* as a dominator: no single block, only all roots together */
#define HS_NODE_NONE (UINT32_MAX - 1) /* for unreachable nodes */

struct hs_dominators {
    uint32_t *of;    /* immediate dominator of each node, HS_NODE_ROOTS or HS_NODE_NONE */
    uint32_t *order; /* the reachable nodes, each after its dominator */
    uint32_t n_reached;
};

/* Returns HS_OK or HS_ERR_MEMORY. Free with hs_dominators_free. */
int hs_dominators_find(struct hs_dominators *d, const struct hs_graph *graph);
void hs_dominators_free(struct hs_dominators *d);

/* Adds to each node's weight the weights of all nodes that it dominates: `sum` holds the weights and becomes the
 * retained sizes. Unreachable nodes keep their weight. */
void hs_dominators_retained(const struct hs_dominators *d, uint64_t *sum);

/* Shortest paths. via[v] is the last edge of a shortest path from a root to node v, as an index into `to`;
 * HS_NODE_ROOTS for a root, HS_NODE_NONE when unreachable. Roots are tried in order. `from[v]` is the node where that
 * edge starts, or the index of the root. Returns HS_OK or HS_ERR_MEMORY. */
int hs_shortest_paths(const struct hs_graph *graph, uint32_t *via, uint32_t *from);

#endif
