/* SPDX-License-Identifier: MIT
 *
 * Who holds which blocks, from the references that were recorded at a failure.
 *
 * A graph of what the program can still use: words that are left over on stacks are not part of it, nor are words of C functions
 * that run. Blocks that only such words refer to are not reached in it. Where the frames of a firmware cannot be read, all words
 * of stacks are part of it.
 */
#ifndef HS_DIAGNOSIS_HOLDERS_H
#define HS_DIAGNOSIS_HOLDERS_H

#include "analysis/refs/refs.h"
#include "analysis/sites/names.h"

/* What can be reached from some of the roots. */
struct hs_holder_view {
    struct hs_graph graph;
    struct hs_dominators dominators;
    uint64_t *bytes, *blocks; /* retained by each block */
    uint32_t *via, *from;     /* as in hs_shortest_paths */
};

struct hs_holders {
    const struct hs_refgraph *of;
    const struct hs_names *names;
    struct hs_frame_facts facts;
    uint32_t n;                         /* blocks */
    uint32_t *first, *to, *root_block;  /* arrays of the graphs */
    uint32_t *word;                     /* by edge: the word of the block that holds the reference */
    uint32_t *root;                     /* by root: index into of->root; HS_NO_BLOCK: a running frame in the heap */
    struct hs_holder_view outside, any; /* from roots that are no stacks; from all */
};

/* `graph` and `names` must outlive *holders. Free it with hs_holders_free in any case. Returns HS_OK or HS_ERR_MEMORY. */
int hs_holders_make(struct hs_holders *holders, const struct hs_refgraph *graph, const struct hs_names *names);
void hs_holders_free(struct hs_holders *holders);

static inline bool hs_holders_reached(const struct hs_holder_view *view, uint32_t block)
{
    return view->dominators.of[block] != HS_NODE_NONE;
}

/* Writes who holds the block, from its root: "main.CACHE (dict)", "local variable 2 of work (main.py:7)". `text` has HS_NAME_MAX
 * bytes. Returns the global on the way, or NULL. */
const struct hs_global *hs_holders_name(const struct hs_holders *holders, uint32_t block, char *text);

/* The outermost running call whose variables or stack lead to the block: an index into of->frames, 0 is the innermost call.
 * HS_NO_BLOCK: something that outlives the calls holds it, or it is not known. */
uint32_t hs_holders_frame(const struct hs_holders *holders, uint32_t block);

/* The name under which a program knows a module: the script is called by its file's name. */
const char *hs_holders_module(const struct hs_holders *holders, uint32_t module, char *text);

/* The block without which most of the weight would be garbage: the last one on the way from the roots that dominates at least
 * `share` of the sum of `weight`, which has an entry for each block and becomes the weights that each block dominates. It has
 * no weight of its own, and is not one of a chain of blocks that one site made. HS_NO_BLOCK: there is none. */
uint32_t hs_holders_keeper(const struct hs_holders *holders, const struct hs_holder_view *view, uint64_t *weight, double share);

#endif
