/* SPDX-License-Identifier: MIT
 *
 * What goes when a block goes: dominators, retained sizes and shortest paths of a reference graph.
 */
#ifndef HS_REFS_RETAINED_H
#define HS_REFS_RETAINED_H

#include "analysis/refs/refs.h"

struct hs_retained {
    const struct hs_refgraph *of;
    struct hs_graph graph;
    struct hs_dominators dominators;
    uint64_t *bytes, *blocks; /* of each block with all that it dominates; of what is not reached its own */
    uint32_t *via, *from;     /* as in hs_shortest_paths */
    uint64_t reached_bytes, unreached_bytes;
    uint32_t unreached;       /* blocks that the next collection frees */
};

/* Measures a graph, which must outlive the result. Free with hs_retained_free. Returns HS_OK or HS_ERR_MEMORY. */
int hs_retained_measure(struct hs_retained *retained, const struct hs_refgraph *graph);
void hs_retained_free(struct hs_retained *retained);

static inline bool hs_retained_reached(const struct hs_retained *r, uint32_t block)
{
    return r->dominators.of[block] != HS_NODE_NONE;
}

/* What one step of a path or one reference is: a root, or a word of a block. */
struct hs_holder {
    const struct hs_root *root; /* NULL: a block */
    uint32_t block, word;
};

/* The shortest path from a root to `block`, its root first, in `step`, of `room` entries. Returns how many steps it
 * has, also when there was no room for all of them (the first ones are written then); 0: not reached. */
uint32_t hs_retained_path(const struct hs_retained *r, uint32_t block, struct hs_holder *step, uint32_t room);

/* All that refers to `block`, roots first; as above. */
uint32_t hs_retained_references(const struct hs_retained *r, uint32_t block, struct hs_holder *holder, uint32_t room);

/* Sums by group of the blocks' sites: what the blocks of a group retain together, each block counted once. Groups
 * are below `n`; UINT32_MAX is none. Returns HS_OK or HS_ERR_MEMORY. */
struct hs_retained_group {
    uint64_t bytes;  /* retained */
    uint64_t own;    /* of its blocks themselves */
    uint64_t blocks; /* its own */
};
int hs_retained_groups(const struct hs_retained *r, const uint32_t *group_of_block, struct hs_retained_group *group);

#endif
