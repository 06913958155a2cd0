/* SPDX-License-Identifier: MIT
 *
 * Dominators, retained sizes and shortest paths of a reference graph: what is freed when a block is freed.
 */
#ifndef HS_REFS_RETAINED_H
#define HS_REFS_RETAINED_H

#include "analysis/refs/refs.h"

struct hs_retained {
    const struct hs_refgraph *of;
    struct hs_graph graph;
    struct hs_dominators dominators;
    uint64_t *bytes, *blocks; /* of each block and all that it dominates; an unreachable block counts only itself */
    uint32_t *via, *from;     /* as in hs_shortest_paths */
    uint64_t reached_bytes, unreached_bytes;
    uint32_t unreached; /* unreachable blocks, which the next collection frees */
};

/* Measures a graph, which must outlive the result. Free with hs_retained_free. Returns HS_OK or HS_ERR_MEMORY. */
int hs_retained_measure(struct hs_retained *retained, const struct hs_refgraph *graph);
void hs_retained_free(struct hs_retained *retained);

static inline bool hs_retained_reached(const struct hs_retained *r, uint32_t block)
{
    return r->dominators.of[block] != HS_NODE_NONE;
}

/* One step of a path, or one reference: a root, or a word of a block. */
struct hs_holder {
    const struct hs_root *root; /* NULL: a block */
    uint32_t block, word;
};

/* The shortest path from a root to `block`, root first, written to `step`, of `room` entries. Returns its number of
 * steps, also when only the first `room` were written; 0: unreachable. */
uint32_t hs_retained_path(const struct hs_retained *r, uint32_t block, struct hs_holder *step, uint32_t room);

/* All references to `block`, roots first; same return value. */
uint32_t hs_retained_references(const struct hs_retained *r, uint32_t block, struct hs_holder *holder, uint32_t room);

/* Retained bytes by group of the blocks' sites: each group's blocks together, each block counted once. Groups are
 * numbers below `n`; UINT32_MAX: none. Returns HS_OK or HS_ERR_MEMORY. */
struct hs_retained_group {
    uint64_t bytes;  /* retained */
    uint64_t own;    /* of its blocks alone */
    uint64_t blocks; /* of the group */
};
int hs_retained_groups(const struct hs_retained *r, const uint32_t *group_of_block, struct hs_retained_group *group);

#endif
