/* SPDX-License-Identifier: MIT
 *
 * MicroPython's bytecode: which words of a call frame are in use, and which instructions define a global name. Version
 * HS_BYTECODE_VERSION: MicroPython 1.19 and later.
 *
 *     struct hs_bytecode code;
 *     struct hs_bytecode_walk walk;
 *     if (hs_bytecode_open(&code, bytes, len))
 *         for (hs_bytecode_walk(&walk, &code); hs_bytecode_next(&walk);)
 *             ... walk.is ...
 *
 * The stack depth is computed in one pass from the first instruction, as in the compiler: a jump sets the depth at its
 * target, and other instructions continue with the depth of the one before. Within a `finally`, or at the end of a
 * `with`, it is the depth of the normal path; a `return` or `break` that passes through has one more word there.
 */
#ifndef HS_REFS_BYTECODE_H
#define HS_REFS_BYTECODE_H

#include <stdbool.h>
#include <stdint.h>

#define HS_BYTECODE_VERSION 6

/* A function's code. The caller owns the bytes. */
struct hs_bytecode {
    const uint8_t *byte;
    uint32_t len;
    uint32_t slots;            /* words of its frame: stack and locals */
    uint32_t arguments, named; /* the first local variables; those that are neither *args nor **kwargs */
    uint32_t lines, first;     /* byte offsets of the line numbers and of the first instruction */
    uint32_t lines_end;
};

/* Returns false when there is no code, or it ends before its first instruction. */
bool hs_bytecode_open(struct hs_bytecode *code, const uint8_t *bytes, uint32_t len);

struct hs_instruction {
    uint32_t at, size; /* bytes, from the first instruction */
    uint32_t target;   /* jump target; HS_NO_TARGET */
    uint32_t arg;
    int32_t before, after; /* words on the stack */
    uint8_t op;
};
#define HS_NO_TARGET UINT32_MAX

#define HS_BYTECODE_LABELS 64u
#define HS_BYTECODE_NESTED 16u

struct hs_bytecode_walk {
    const struct hs_bytecode *code;
    struct hs_instruction is; /* the current instruction */
    uint32_t at, furthest;    /* next instruction; furthest jump target so far */
    int32_t depth;
    bool apart, whole; /* the last instruction does not continue at the next; the end of the code was reached */
    struct hs_label {
        uint32_t at;
        int32_t depth;
        bool finally;
    } label[HS_BYTECODE_LABELS]; /* jump targets not yet reached */
    uint32_t n_labels;
    int32_t finally[HS_BYTECODE_NESTED]; /* stack depths at which the enclosing `finally` blocks start */
    uint32_t n_finally;
};

void hs_bytecode_walk(struct hs_bytecode_walk *walk, const struct hs_bytecode *code);
/* Returns false at the end of the code, or where the bytes end or are invalid. */
bool hs_bytecode_next(struct hs_bytecode_walk *walk);

/* Use of a frame's words while the instruction at `offset` runs. The first `stack` words are in use. The last `locals`
 * words are local variables, in reverse order. Words in between are left over. */
struct hs_frame_use {
    uint32_t stack, locals;
    uint32_t more; /* words above `stack` that may be in use, within `finally` */
    bool whole;    /* the code is complete; else there may be more locals */
};
/* Returns false when there is no such instruction. */
bool hs_bytecode_use(const struct hs_bytecode *code, uint32_t offset, struct hs_frame_use *use);

/* The cost of defining a global name. */
struct hs_made {
    uint32_t times; /* stores to it */
    uint64_t bytes; /* of the instructions that end with its store, from where the stack has the same depth as after it, and of
                     * their line numbers. Instructions shared by several names count for the last one */
};

/* Adds up the cost of the names that a module's body defines. `made` has `n` entries, by position in its table of
 * names, zeroed by the caller. Returns HS_OK or HS_ERR_MEMORY. */
int hs_bytecode_names(const struct hs_bytecode *code, struct hs_made *made, uint32_t n);

#endif
