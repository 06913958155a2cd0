/* SPDX-License-Identifier: MIT
 *
 * Call frames of a snapshot of references: which words of them are in use, and which are left over from what the
 * function did before. Part of struct hs_refgraph.
 */
#ifndef HS_REFS_FRAMES_H
#define HS_REFS_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/refs/bytecode.h"
#include "lib/host/reader.h"

struct hs_call_frame {
    char *name;              /* "main.py main" */
    uint64_t address;
    uint32_t block, word;    /* where it begins in a block of the heap; HS_NO_BLOCK: not there */
    uint32_t slots;          /* words of its stack and locals, behind its header */
    uint32_t code;           /* index into `code`, or UINT32_MAX */
    uint32_t offset, line;   /* of the instruction at hand */
    uint32_t globals;        /* block of its module's table, or HS_NO_BLOCK */
};

struct hs_frame_code {
    uint8_t *byte, *name;    /* bytecode; of a module's body its table of names, two bytes each */
    uint32_t bytes, name_bytes;
};

struct hs_frames {
    struct hs_call_frame *frame;
    struct hs_frame_code *code;
    uint32_t n, n_codes, room, code_room;
};

/* Takes a FRAME; of `frame` block, word and globals are given. Takes a CODE. Return HS_OK, HS_ERR_MEMORY, or
 * HS_ERR_FORMAT when a piece of code is not the next one. */
int hs_frames_add(struct hs_frames *frames, const struct hs_record *record, struct hs_call_frame frame);
int hs_frames_add_code(struct hs_frames *frames, const struct hs_record *record);
void hs_frames_free(struct hs_frames *frames);

/* Whether it runs a module's body. */
bool hs_frame_is_body(const struct hs_call_frame *frame);

/* What the reader has to know of the firmware to look into frames. */
struct hs_frame_facts {
    uint32_t header;       /* words of a frame before its stack; 0: not known */
    uint32_t pointer;      /* bytes of a word */
    bool readable;         /* bytecode of a version that is known */
};
struct hs_frame_facts hs_frame_facts(const struct hs_reader *reader);

enum hs_slot_use {
    HS_SLOT_UNKNOWN,       /* in use or left over */
    HS_SLOT_STACK,         /* in use, on the function's stack */
    HS_SLOT_ARGUMENT,
    HS_SLOT_LOCAL,
    HS_SLOT_LEFT_OVER,     /* above what is in use of the stack, and no local variable */
    HS_SLOT_HANDLERS,      /* behind all of them, where exception handlers are noted */
};

struct hs_slot {
    const struct hs_call_frame *frame;
    enum hs_slot_use use;
    uint32_t index;        /* of the slot from the frame's start; of an argument or local variable its number */
};

/* A word of a block, or with HS_NO_BLOCK the one at an address. */
struct hs_word {
    uint32_t block, word;
    uint64_t address;
};

/* False when the word lies in no frame's slots. */
bool hs_frames_slot(const struct hs_frames *frames, const struct hs_frame_facts *facts, const struct hs_word *word,
                    struct hs_slot *slot);

#endif
