/* SPDX-License-Identifier: MIT
 *
 * The requests of a traced program, independent of where the heap placed the blocks: allocations, resizes, frees, and
 * when each block became garbage, as far as the trace shows it.
 *
 * When does a block die? A block that the program frees dies at that free. A block that a collection frees became
 * garbage earlier: after it was last seen alive (allocated, resized, or kept by a collection) and before that
 * collection. The trace only gives these bounds; a replay chooses a moment between them (`death` of struct
 * hs_setting). A block that is never freed is assumed to live to the end. Frequent collections
 * (record --collect-every) give narrow bounds.
 */
#ifndef HS_WHATIF_PROGRAM_H
#define HS_WHATIF_PROGRAM_H

#include "analysis/model/model.h"
#include "lib/host/reader.h"

#define HS_NEVER UINT32_MAX

enum hs_program_step_kind {
    HS_STEP_GIVEN, /* a block that is live when the program begins */
    HS_STEP_ALLOC,
    HS_STEP_RESIZE,
    HS_STEP_FREE,
    HS_STEP_FAIL,      /* an allocation that failed because there was no room */
    HS_STEP_FAIL_GROW, /* a resize that failed for this reason */
    HS_STEP_COLLECT,   /* a collection that the program called */
    HS_STEP_COLLECTED, /* one that the allocator began because there was no room */
    HS_STEP_THRESHOLD, /* one that the allocator began because the threshold was reached */
    HS_STEP_AREA,      /* region number `block` appears: `size` granules from `pos` */
    HS_STEP_AREA_END,
};

struct hs_program_step {
    uint64_t time;   /* ticks since the first boot */
    uint64_t number; /* of the record */
    uint32_t block;  /* index of the program's blocks */
    uint32_t size;   /* bytes requested */
    uint32_t pos;    /* its place in the real heap */
    uint32_t site;
    uint8_t kind; /* enum hs_program_step_kind */
};

/* Steps are named by their indices. */
struct hs_life {
    uint32_t born;
    uint32_t alive; /* last step at which it was known to be alive */
    uint32_t swept; /* the collection that freed it; HS_NEVER: none */
};

struct hs_program {
    const struct hs_reader *reader; /* of the trace, set by the caller: it tells what sites are. NULL: sites are numbers only */
    struct hs_program_step *step;   /* `n` */
    uint32_t n, room;
    struct hs_life *block; /* `n_blocks` */
    uint32_t n_blocks, block_room;
    uint32_t *at; /* block at each granule of the real heap, while the trace is read */
    uint32_t n_at;
    uint32_t collecting, collected; /* step of the current collection, of the last one; HS_NEVER: none */
    unsigned shift;                 /* log2 of the real granule */
    uint64_t bytes;                 /* of the real heap: the most that its regions had at once */
    uint32_t header, least;         /* bytes per block: overhead, and minimum size */
    uint32_t areas;                 /* the most regions at once */
    uint64_t present_bytes;         /* of the regions that are there at the current event */
    uint32_t present_areas;
    bool micropython;           /* placed by the rule of MicroPython's gc.c */
    bool running;               /* the layout is known */
    bool ended;                 /* the heap was torn down: later events are not part of it */
    uint64_t left_out;          /* events omitted: before the layout was known, or of earlier boots */
    uint32_t boots;             /* seen */
    uint64_t begun;             /* ticks since the first boot at the first step */
    uint32_t given;             /* blocks live at the start */
    uint64_t locked;            /* failures for reasons other than room */
    uint64_t amount, threshold; /* granules allocated since the last collection; inferred threshold, 0: none */
    uint64_t allocated;         /* granules */
    int error;
};

/* Feed events in order, each before and after the model takes it. Returns HS_OK or the first error. Zero the struct first,
 * but for `reader`. */
int hs_program_before(struct hs_program *program, const struct hs_model *model, const struct hs_event *event);
int hs_program_after(struct hs_program *program, const struct hs_model *model, const struct hs_event *event);

/* Whether a replay can follow the program, at the model's end: it models one heap of one kind, of which each block is known. */
bool hs_program_replays(const struct hs_program *program, const struct hs_model *model);
void hs_program_free(struct hs_program *program);

#endif
