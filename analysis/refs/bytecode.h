/* SPDX-License-Identifier: MIT
 *
 * MicroPython's bytecode, as far as it says which words of a call frame are in use and which instructions make a
 * global name. Version HS_BYTECODE_VERSION: MicroPython 1.19 and later.
 *
 *     struct hs_bytecode code;
 *     struct hs_bytecode_walk walk;
 *     if (hs_bytecode_open(&code, bytes, len))
 *         for (hs_bytecode_walk(&walk, &code); hs_bytecode_next(&walk);)
 *             ... walk.is ...
 *
 * The depth of the stack is followed through the code once, from the first instruction on, as the compiler does: a
 * jump says it for where it leads to, and what no jump leads to goes on with that of the instruction before. Within a
 * `finally` or at the end of a `with` it is that of the ordinary way; a `return` or `break` on its way through has a word
 * more there.
 */
#ifndef HS_REFS_BYTECODE_H
#define HS_REFS_BYTECODE_H

#include <stdbool.h>
#include <stdint.h>

#define HS_BYTECODE_VERSION 6

/* A function's code. `byte` is the caller's. */
struct hs_bytecode {
    const uint8_t *byte;
    uint32_t len;
    uint32_t slots;           /* words of its frame: stack and locals */
    uint32_t arguments, named; /* the first of its locals; those that are neither *args nor **kwargs */
    uint32_t lines, first;    /* bytes at which the line numbers and the instructions begin */
    uint32_t lines_end;
};

/* False: no code, or it ends before its first instruction. */
bool hs_bytecode_open(struct hs_bytecode *code, const uint8_t *bytes, uint32_t len);

struct hs_instruction {
    uint32_t at, size;        /* bytes, from the first instruction */
    uint32_t target;          /* where it may jump to; HS_NO_TARGET */
    uint32_t arg;
    int32_t before, after;    /* words on the stack */
    uint8_t op;
};
#define HS_NO_TARGET UINT32_MAX

#define HS_BYTECODE_LABELS 64u
#define HS_BYTECODE_NESTED 16u

struct hs_bytecode_walk {
    const struct hs_bytecode *code;
    struct hs_instruction is; /* the instruction at hand */
    uint32_t at, furthest;    /* the next; the furthest that was jumped to */
    int32_t depth;
    bool apart, whole;        /* the instruction before does not lead to the next; the code's end was seen */
    struct hs_label {
        uint32_t at;
        int32_t depth;
        bool finally;
    } label[HS_BYTECODE_LABELS]; /* jumped to, not yet reached */
    uint32_t n_labels;
    int32_t finally[HS_BYTECODE_NESTED]; /* depths at which those begin that the instruction lies in */
    uint32_t n_finally;
};

void hs_bytecode_walk(struct hs_bytecode_walk *walk, const struct hs_bytecode *code);
/* False at the code's end, or where the bytes end or make no sense. */
bool hs_bytecode_next(struct hs_bytecode_walk *walk);

/* What a frame's words are while the instruction at `offset` runs: `stack` words from the first on are in use, the
 * last `locals` are local variables, the first of them last; those in between are left over. */
struct hs_frame_use {
    uint32_t stack, locals;
    uint32_t more; /* words above `stack` that may be in use, within `finally` */
    bool whole; /* all of the code was there; else there may be more locals */
};
/* False when there is no such instruction. */
bool hs_bytecode_use(const struct hs_bytecode *code, uint32_t offset, struct hs_frame_use *use);

/* What makes a global name. */
struct hs_made {
    uint32_t times; /* that it is stored */
    uint64_t bytes; /* of the instructions that end with storing it, from where the stack was as it is behind them, and
                     * of the line numbers for them. What several names have in common counts for the last */
};

/* Adds up what a module's body makes: `made` has `n` entries, by the names' places in its table, zeroed by the caller.
 * Returns HS_OK or HS_ERR_MEMORY. */
int hs_bytecode_names(const struct hs_bytecode *code, struct hs_made *made, uint32_t n);

#endif
