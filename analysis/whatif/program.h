/* SPDX-License-Identifier: MIT
 *
 * What a traced program asked of its heap, apart from where the heap put it: allocations, resizes, frees, and for
 * each block when it became garbage, as far as the trace tells.
 *
 * When does a block die? One that the program frees, then. One that a collection frees has been garbage for a while:
 * since some moment after it was last seen alive (allocated, resized, or kept by a collection) and before that
 * collection. The trace bounds it and tells no more; a replay takes a moment in between (struct hs_setting's
 * `death`). One that is never freed is taken to live on. A trace with frequent collections (record --collect-every)
 * bounds it narrowly.
 */
#ifndef HS_WHATIF_PROGRAM_H
#define HS_WHATIF_PROGRAM_H

#include "analysis/model/model.h"

#define HS_NEVER UINT32_MAX

enum hs_program_step_kind {
    HS_STEP_GIVEN, /* a block that was there when the program begins */
    HS_STEP_ALLOC,
    HS_STEP_RESIZE,
    HS_STEP_FREE,
    HS_STEP_FAIL,      /* an allocation that failed for want of room */
    HS_STEP_COLLECT,   /* a collection that the program asked for */
    HS_STEP_COLLECTED, /* one that the allocator began by itself, since there was no room */
    HS_STEP_THRESHOLD, /* or since so much had been allocated */
    HS_STEP_AREA,      /* `pos`, `size` granules: a region, number `block`, came */
    HS_STEP_AREA_END,
};

struct hs_program_step {
    uint64_t time;   /* ticks since the first boot */
    uint64_t number; /* of the record */
    uint32_t block;  /* index of the program's blocks */
    uint32_t size;   /* bytes asked for */
    uint32_t pos;    /* where the real heap put it */
    uint32_t site;
    uint8_t kind; /* enum hs_program_step_kind */
};

/* Steps are named by their indices. */
struct hs_life {
    uint32_t born;
    uint32_t alive; /* last step at which it was certainly alive */
    uint32_t swept; /* the collection that freed it, HS_NEVER: none did */
};

struct hs_program {
    struct hs_program_step *step; /* `n` */
    uint32_t n, room;
    struct hs_life *block; /* `n_blocks` */
    uint32_t n_blocks, block_room;
    uint32_t *at; /* block at each granule of the real heap, while the trace is read */
    uint32_t n_at;
    uint32_t collecting, collected; /* step of the present collection, of the last one; HS_NEVER: none */
    unsigned shift;                 /* log2 of the real granule */
    uint64_t bytes;                 /* of the real heap: all regions that came */
    uint32_t header, least;         /* bytes that belong to each block beside those asked for, and that it takes at least */
    uint32_t areas;                 /* regions that came */
    bool micropython;               /* placed by the rule of MicroPython's gc.c */
    bool running;                   /* the layout is known */
    bool ended;                     /* the heap was torn down: what follows is no part of it */
    uint64_t left_out;              /* events before the first step, whose layout is not known; or of earlier boots */
    uint32_t boots;                 /* seen */
    uint64_t begun;                 /* ticks since the first boot at the first step */
    uint32_t given;                 /* blocks that were there */
    uint64_t locked;                /* failures for other reasons than room */
    uint64_t amount, threshold;     /* granules allocated since the last collection; the threshold inferred, 0: none */
    uint64_t allocated;             /* granules */
    int error;
};

/* Feed events in order, each before and after the model takes it. Returns HS_OK or the first error. Starts zeroed. */
int hs_program_before(struct hs_program *program, const struct hs_model *model, const struct hs_event *event);
int hs_program_after(struct hs_program *program, const struct hs_model *model, const struct hs_event *event);
void hs_program_free(struct hs_program *program);

#endif
