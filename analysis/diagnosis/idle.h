/* SPDX-License-Identifier: MIT
 *
 * References that the program does not need any more, by its sources: the candidates of accident.c, and what it knows of the failure.
 */
#ifndef HS_DIAGNOSIS_IDLE_H
#define HS_DIAGNOSIS_IDLE_H

#include "analysis/diagnosis/assigned.h"
#include "analysis/diagnosis/failure_watch.h"
#include "analysis/diagnosis/holders.h"
#include "analysis/diagnosis/parts.h"
#include "analysis/diagnosis/program_text.h"
#include "analysis/diagnosis/still_used.h"
#include "analysis/diagnosis/variables.h"

#define HS_IDLE_HELD_PART 16u /* minimum part of the heap that a variable holds */
#define HS_IDLE_RUNNING 64u   /* calls */

/* Where a variable is. */
enum hs_idle_place {
    HS_IDLE_IN_SLOT,
    HS_IDLE_IN_GLOBAL,
    HS_IDLE_IN_ATTRIBUTE,
    HS_IDLE_IN_CELL /* captured by a function */,
    HS_IDLE_IN_PART /* of a small object that shows a part of it */
};

/* A reference that the program does not need: its word, and what it is. */
struct hs_idle {
    uint32_t block, word;           /* the word; HS_NO_BLOCK: a root */
    uint32_t root;                  /* index in of->root, if it is one */
    uint32_t to;                    /* block */
    const struct hs_global *global; /* NULL: no global */
    struct hs_slot slot;
    enum hs_idle_place place;
    enum hs_needless why;
    enum hs_part_kind part;    /* HS_IDLE_IN_PART */
    uint32_t row;              /* that gave the variable its value, or is about to give it another one; UINT32_MAX: not known */
    uint32_t leader;           /* index of the first idle reference of the same variable */
    char name[HS_UNUSED_NAME]; /* of the variable */
    uint64_t bytes, largest;   /* garbage without it and all others, reached from it first; its largest block */
    bool stays;                /* it is taken to be a use */
};

struct hs_accident_work {
    struct hs_diagnosis *d;
    const struct hs_failure_state *w;
    const struct hs_names *names;
    struct hs_holders holders;
    struct hs_program_text sources;
    const struct hs_python *python; /* of the sources */
    struct hs_running running[HS_IDLE_RUNNING];
    uint32_t of_frame[HS_IDLE_RUNNING]; /* index of the frame */
    uint32_t n_running;
    struct hs_still_used used;
    struct hs_python_reach assigned; /* for questions about assignments */
    struct hs_idle *idle;
    uint32_t n_idle;
    uint32_t *first; /* by block: NEEDED of accident.c; the first idle reference that leads to it, if it is not needed; UINT32_MAX */
    uint32_t *stack; /* of blocks */
    uint8_t *idle_edge,
        *idle_root; /* a bit for each edge of `holders` and each root: it is an idle reference that does not stay */
};

/* Fills `idle`, `running`, `used` and `assigned`; there may be none. Returns HS_OK or HS_ERR_MEMORY. */
int hs_idle_find(struct hs_accident_work *k);

/* The row that the call was at when the block was allocated; UINT32_MAX: not known. */
uint32_t hs_idle_row_then(const struct hs_accident_work *k, const struct hs_call_frame *frame, uint32_t block);

/* The index in `running` of a frame's call; UINT32_MAX: its source is not known. */
uint32_t hs_idle_running_of(const struct hs_accident_work *k, const struct hs_call_frame *frame);

/* Where stacks were not recorded, only the innermost call of an allocation is known: the only row of the running function, before
 * the one that is executed, that leads to it; UINT32_MAX: there are none or several. `assigns`: of those that assign to one name.
 * Changes what `used` has reached. */
uint32_t hs_idle_row_leading(struct hs_accident_work *k, uint32_t running, uint32_t block, bool assigns);

#endif
