/* SPDX-License-Identifier: MIT
 *
 * A seeded sequence of everything that a hook records. It is made twice, once to be recorded and once beside
 * the decoder, so that nothing of it need be kept: the smallest machine has 16 KB.
 */
#ifndef TESTS_CORES_LOAD_H
#define TESTS_CORES_LOAD_H

#include "lib/heapstrata.h"

#define LOAD_CODES 40u /* places in the program; each does one thing */

struct load {
    uint32_t seed;
    bool slow;          /* the counter nearly wraps from one to the next */
    uint64_t time;      /* ticks since the boot */
    uint32_t code;      /* of the last event */
    uint32_t placed[8]; /* the last blocks */
    uint32_t n_placed;
};

/* What is done next. HS_SWEEP stands for a whole collection, HS_SNAPSHOT for a whole snapshot. */
struct load_op {
    uint8_t kind;
    uint8_t cause;
    uint32_t code;
    uint32_t size, pos, old;
    uint32_t value; /* of plain records */
    uint64_t wide;
    uint32_t seed; /* of the runs, and of a label */
};

/* The runs of a sweep or snapshot, one after the other. */
struct load_runs {
    struct load_op op;
    uint32_t seed;
    uint32_t left; /* runs to come */
    uint32_t pos;
};
struct load_run {
    uint32_t pos, length;
    bool kind; /* of a sweep: survives; of a snapshot: free */
};

/* A number below `n`, which is below 65536. */
uint32_t load_below(uint32_t *seed, uint32_t n);

void load_start(struct load *load, uint32_t seed);
void load_next(struct load *load, struct load_op *op);
void load_offer(const struct load_op *op);

void load_runs(struct load_runs *runs, const struct load_op *op);
bool load_run(struct load_runs *runs, struct load_run *run);

/* Label of a mark, and name of a region: up to 99 bytes, of which 64 are recorded. */
struct hs_text load_text(const struct load_op *op);

/* What is at `code`, as hs_config.describe has it. */
void load_describe(uintptr_t code, struct hs_place *place);

/* Key of what is at `code`; defines its context, where contexts are recorded. */
struct hs_key load_key(uint32_t code);

/* Native caller of an event at `code`, relative to hs_anchor. */
int32_t load_caller(uint32_t code);

/* Line of the calling context of an event at `code`, where contexts are recorded. */
#define LOAD_CONTEXT_LINE(code) (5000u + (code) % 5)

#endif
