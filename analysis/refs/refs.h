/* SPDX-License-Identifier: MIT
 *
 * The reference graph of a heap at one moment, from the records that heapstrata.snapshot(refs=True) writes: the live
 * blocks, their references, the roots, and the modules' globals by name.
 *
 *     struct hs_refs refs = {0};
 *     refs.pointer_bytes = hs_reader_info(reader)->pointer_bytes;
 *     ... for every event, after the model has processed it: hs_refs_feed(&refs, model, event);
 *     if (refs.complete) ... the last whole graph of the trace ...
 *     hs_refs_free(&refs);
 */
#ifndef HS_REFS_REFS_H
#define HS_REFS_REFS_H

#include "analysis/refs/dominators.h"
#include "analysis/refs/frames.h"
#include "analysis/space/snapshot.h"

enum hs_root_kind { HS_ROOT_STATE = 1, HS_ROOT_REGISTERS, HS_ROOT_STACK, HS_ROOT_PYSTACK, HS_ROOT_OTHER, HS_ROOT_KINDS };

struct hs_root {
    uint64_t address; /* of the word; for HS_ROOT_STATE its offset in mp_state_ctx */
    uint32_t block, thread;
    uint8_t kind; /* enum hs_root_kind */
};

enum hs_value_place { HS_VALUE_IN_SLOT, HS_VALUE_ON_HEAP, HS_VALUE_OUTSIDE };

#define HS_NO_BLOCK UINT32_MAX

struct hs_module {
    char *name;
    uint32_t table, slots; /* block of its globals table, HS_NO_BLOCK when not in the heap; entries */
};

struct hs_global {
    char *name;
    uint32_t module, slot; /* index into `module`; entry of its table */
    uint32_t key;          /* number of the name, as in a module's table of names */
    uint32_t value;        /* block; HS_NO_BLOCK unless `place` is HS_VALUE_ON_HEAP */
    uint8_t place;         /* enum hs_value_place */
    bool name_on_heap;     /* the name's characters are part of a block of interned strings */
};

/* One graph. Block numbers are indices into the snapshot. */
struct hs_refgraph {
    struct hs_heap_snapshot snapshot;
    uint32_t *first, *to, *word; /* edges as in struct hs_graph; `word`: the word of the block that holds the reference */
    struct hs_root *root;        /* named roots first, registers and stacks last: paths prefer them in this order */
    uint32_t n_roots;
    struct hs_module *module;
    struct hs_global *global;
    uint32_t n_modules, n_globals;
    struct hs_frames frames; /* running Python functions */
    uint32_t *root_block;    /* of each root, for struct hs_graph */
    uint64_t number;         /* of its last record */
};

/* A reference; collected until all records have arrived. */
struct hs_edge {
    uint32_t from, to, word;
};

struct hs_refs {
    struct hs_refgraph graph; /* the last complete graph, when `complete` */
    bool complete;
    uint64_t graphs, dropped; /* complete graphs so far; dropped: records lost, or bytes that contradict the heap */

    struct hs_refgraph coming; /* the graph that is being read */
    struct hs_edge *edge;
    uint32_t n_edges, edge_room, root_room, module_room, global_room;
    bool gathering, bad;
    uint64_t expected;      /* number of its next record */
    unsigned pointer_bytes; /* of the traced program; the caller sets it before the first event */
};

/* Processes an event after the model has processed it. Returns 1 when it completed a graph, 0, or HS_ERR_MEMORY. */
int hs_refs_feed(struct hs_refs *refs, const struct hs_model *model, const struct hs_event *event);
void hs_refs_free(struct hs_refs *refs);

/* Returns the last complete graph, which the caller then owns and frees with hs_refgraph_free. */
struct hs_refgraph hs_refs_take(struct hs_refs *refs);
void hs_refgraph_free(struct hs_refgraph *graph);

/* The graph for dominators and paths; valid as long as `graph` is. */
struct hs_graph hs_refs_graph(const struct hs_refgraph *graph);

/* Bytes taken by a block, and its address. */
uint64_t hs_refs_bytes(const struct hs_refgraph *graph, uint32_t block);
uint64_t hs_refs_address(const struct hs_refgraph *graph, uint32_t block);

/* The block with its head at granule `pos`, or HS_NO_BLOCK. */
uint32_t hs_refs_block_at(const struct hs_refgraph *graph, uint32_t pos);

/* The global name whose value is in this word of a module's table; NULL when there is none. */
const struct hs_global *hs_refs_global(const struct hs_refgraph *graph, uint32_t block, uint32_t word);

#endif
