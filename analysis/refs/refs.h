/* SPDX-License-Identifier: MIT
 *
 * The reference graph of a heap at one moment, from the records that heapstrata.snapshot(refs=True) writes: the
 * live blocks, what each points at, the roots, and the modules' globals by name.
 *
 *     struct hs_refs refs = {0};
 *     refs.pointer_bytes = hs_reader_info(reader)->pointer_bytes;
 *     ... for every event, when the model has taken it: hs_refs_feed(&refs, model, event);
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
    uint64_t address; /* of the word; of HS_ROOT_STATE its offset in mp_state_ctx */
    uint32_t block, thread;
    uint8_t kind;     /* enum hs_root_kind */
};

enum hs_value_place { HS_VALUE_IN_SLOT, HS_VALUE_ON_HEAP, HS_VALUE_OUTSIDE };

#define HS_NO_BLOCK UINT32_MAX

struct hs_module {
    char *name;
    uint32_t table, slots;   /* block of its globals' table, HS_NO_BLOCK when not on the heap; its places */
};

struct hs_global {
    char *name;
    uint32_t module, slot;   /* index into `module`; place in its table */
    uint32_t key;            /* number of the name, as in a module's table of names */
    uint32_t value;          /* block, HS_NO_BLOCK unless `place` is HS_VALUE_ON_HEAP */
    uint8_t place;           /* enum hs_value_place */
    bool name_on_heap;       /* the name's characters take part of a block of interned strings */
};

/* One graph. Blocks are those of the picture, by their index there. */
struct hs_refgraph {
    struct hs_heap_snapshot picture;
    uint32_t *first, *to, *word; /* edges as in struct hs_graph; word of the block that holds the reference */
    struct hs_root *root;        /* named places first, registers and stacks last: so are paths chosen */
    uint32_t n_roots;
    struct hs_module *module;
    struct hs_global *global;
    uint32_t n_modules, n_globals;
    struct hs_frames frames;     /* Python functions that are running */
    uint32_t *root_block;        /* of each root, for struct hs_graph */
    uint64_t number;             /* of its last record */
};

/* References while their records come in. */
struct hs_edge {
    uint32_t from, to, word;
};

struct hs_refs {
    struct hs_refgraph graph;  /* the last whole one, when `complete` */
    bool complete;
    uint64_t graphs, dropped;  /* whole ones so far; others: records lost, or bytes that contradict the heap */

    struct hs_refgraph coming; /* the one at hand */
    struct hs_edge *edge;
    uint32_t n_edges, edge_room, root_room, module_room, global_room;
    bool gathering, bad;
    uint64_t expected;         /* number of its next record */
    unsigned pointer_bytes;    /* of the traced program; set by the caller before the first event is fed */
};

/* Takes an event that the model has taken. Returns 1 when it completed a graph, 0, or HS_ERR_MEMORY. */
int hs_refs_feed(struct hs_refs *refs, const struct hs_model *model, const struct hs_event *event);
void hs_refs_free(struct hs_refs *refs);

/* The graph for dominators and paths; valid as long as `graph` is. */
struct hs_graph hs_refs_graph(const struct hs_refgraph *graph);

/* Bytes that a block takes, and its address. */
uint64_t hs_refs_bytes(const struct hs_refgraph *graph, uint32_t block);
uint64_t hs_refs_address(const struct hs_refgraph *graph, uint32_t block);

/* The block with its head at granule `pos`, or HS_NO_BLOCK. */
uint32_t hs_refs_block_at(const struct hs_refgraph *graph, uint32_t pos);

/* The name that a word of a module's table of globals holds the value of; NULL when it is no such word. */
const struct hs_global *hs_refs_global(const struct hs_refgraph *graph, uint32_t block, uint32_t word);

#endif
