/* SPDX-License-Identifier: MIT
 *
 * Call frames in a snapshot of references: which of their words are in use, and which are left over from earlier use.
 * Part of struct hs_refgraph.
 */
#ifndef HS_REFS_FRAMES_H
#define HS_REFS_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/refs/bytecode.h"
#include "lib/host/reader.h"

struct hs_call_frame {
    char *name; /* "main.py main" */
    uint64_t address;
    uint32_t block, word;  /* its start within a heap block; HS_NO_BLOCK: not in the heap */
    uint32_t slots;        /* words of its stack and locals, after its header */
    uint32_t code;         /* index into `code`, or UINT32_MAX */
    uint32_t offset, line; /* of the current instruction */
    uint32_t globals;      /* block of its module's globals table, or HS_NO_BLOCK */
};

struct hs_frame_code {
    uint8_t *byte, *name; /* bytecode; for a module's body also its table of names, two bytes each */
    uint32_t bytes, name_bytes, room, name_room;
};

struct hs_frames {
    struct hs_call_frame *frame;
    struct hs_frame_code *code;
    uint32_t n, n_codes, room, code_room;
};

/* hs_frames_add processes a FRAME; block, word and globals of `frame` are set by the caller. hs_frames_add_code
 * processes a CODE. Both return HS_OK, HS_ERR_MEMORY, or HS_ERR_FORMAT when a part of the code is out of sequence. */
int hs_frames_add(struct hs_frames *frames, const struct hs_record_frame *record, struct hs_call_frame frame);
int hs_frames_add_code(struct hs_frames *frames, const struct hs_record_code *record);
void hs_frames_free(struct hs_frames *frames);

/* Whether the frame runs a module's body. */
bool hs_frame_is_body(const struct hs_call_frame *frame);

/* Facts about the firmware that reading frames needs. */
struct hs_frame_facts {
    uint32_t header;  /* words of a frame before its stack; 0: unknown */
    uint32_t pointer; /* bytes of a word */
    bool readable;    /* the bytecode version is supported */
};
struct hs_frame_facts hs_frame_facts(const struct hs_reader *reader);

enum hs_slot_use {
    HS_SLOT_UNKNOWN, /* in use or left over */
    HS_SLOT_STACK,   /* in use, on the function's stack */
    HS_SLOT_ARGUMENT,
    HS_SLOT_LOCAL,
    HS_SLOT_LEFT_OVER, /* neither in use on the stack nor a local variable */
    HS_SLOT_HANDLERS,  /* after the other slots, the state of exception handlers */
};

struct hs_slot {
    const struct hs_call_frame *frame;
    enum hs_slot_use use;
    uint32_t index; /* of the slot from the frame's start; for an argument or local variable, its number */
};

/* A word of a block, or with HS_NO_BLOCK at an address. */
struct hs_word {
    uint32_t block, word;
    uint64_t address;
};

/* Returns false when the word is in no frame's slots. */
bool hs_frames_slot(const struct hs_frames *frames, const struct hs_frame_facts *facts, const struct hs_word *word,
                    struct hs_slot *slot);

#endif
