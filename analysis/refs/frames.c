/* SPDX-License-Identifier: MIT */
#include "analysis/refs/frames.h"

#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"

#define NO_BLOCK UINT32_MAX

/* ---- records ---- */

int hs_frames_add(struct hs_frames *f, const struct hs_record_frame *r, struct hs_call_frame frame)
{
    frame.name = strndup(r->name.data, r->name.len);
    if (!frame.name || !hs_array_more(f->frame, f->n, f->room)) {
        free(frame.name);
        return HS_ERR_MEMORY;
    }
    frame.address = r->address;
    frame.slots = r->slots;
    frame.offset = r->offset;
    frame.line = r->line;
    frame.code = r->code && r->code <= f->n_codes ? r->code - 1 : UINT32_MAX;
    f->frame[f->n++] = frame;
    return HS_OK;
}

/* Appends a part of the bytecode, or of the table of names. */
static int append(struct hs_frame_code *code, const struct hs_record_code *r)
{
    bool names = r->what != 0;
    uint32_t *n = names ? &code->name_bytes : &code->bytes;
    size_t need = (size_t)*n + r->bytes.len + 1;
    if (r->at != *n)
        return HS_ERR_FORMAT;
    if (!(names ? hs_array_reserve(code->name, code->name_room, need) : hs_array_reserve(code->byte, code->room, need)))
        return HS_ERR_MEMORY;
    memcpy((names ? code->name : code->byte) + *n, r->bytes.data, r->bytes.len);
    *n += r->bytes.len;
    return HS_OK;
}

int hs_frames_add_code(struct hs_frames *f, const struct hs_record_code *r)
{
    if (r->code == f->n_codes + 1) {
        struct hs_frame_code *added = hs_array_add(f->code, f->n_codes, f->code_room);
        if (!added)
            return HS_ERR_MEMORY;
        *added = (struct hs_frame_code){0};
    }
    if (!r->code || r->code != f->n_codes)
        return HS_ERR_FORMAT;
    struct hs_frame_code *code = &f->code[f->n_codes - 1];
    return append(code, r);
}

void hs_frames_free(struct hs_frames *f)
{
    for (uint32_t i = 0; i < f->n; i++)
        free(f->frame[i].name);
    for (uint32_t i = 0; i < f->n_codes; i++) {
        free(f->code[i].byte);
        free(f->code[i].name);
    }
    free(f->frame);
    free(f->code);
    *f = (struct hs_frames){0};
}

bool hs_frame_is_body(const struct hs_call_frame *frame)
{
    const char *blank = strrchr(frame->name, ' ');
    return blank && !strcmp(blank, " <module>");
}

/* ---- questions ---- */

static uint32_t number_of(const struct hs_reader *reader, const char *fact)
{
    const char *value = hs_reader_fact(reader, fact);
    return value ? (uint32_t)strtoul(value, NULL, 10) : 0;
}

struct hs_frame_facts hs_frame_facts(const struct hs_reader *reader)
{
    return (struct hs_frame_facts){number_of(reader, "frame"), hs_reader_info(reader)->pointer_bytes == 8 ? 8 : 4,
                                   number_of(reader, "bytecode") == HS_BYTECODE_VERSION};
}

/* Slots count from the frame's start: the stack grows upwards; local variables grow downwards from the end. */
static void judge(const struct hs_frames *f, const struct hs_frame_facts *facts, struct hs_slot *slot)
{
    const struct hs_call_frame *frame = slot->frame;
    struct hs_bytecode code;
    struct hs_frame_use use;
    slot->use = HS_SLOT_UNKNOWN;
    if (slot->index >= frame->slots)
        slot->use = HS_SLOT_HANDLERS;
    if (slot->index >= frame->slots || !facts->readable || frame->code >= f->n_codes ||
        !hs_bytecode_open(&code, f->code[frame->code].byte, f->code[frame->code].bytes) || code.slots != frame->slots ||
        !hs_bytecode_use(&code, frame->offset, &use))
        return;
    uint32_t local = frame->slots - 1 - slot->index;
    if (slot->index < use.stack) {
        slot->use = HS_SLOT_STACK;
    } else if (local < use.locals) {
        slot->use = local < code.arguments ? HS_SLOT_ARGUMENT : HS_SLOT_LOCAL;
        slot->index = local;
    } else if (use.whole && slot->index >= use.stack + use.more) {
        slot->use = HS_SLOT_LEFT_OVER;
    }
}

/* Within a heap block, only exception handlers follow the slots. */
static bool is_in(const struct hs_call_frame *frame, const struct hs_frame_facts *facts, const struct hs_word *w, uint32_t *index)
{
    uint64_t first = frame->word + facts->header, at = w->word;
    if (frame->block != w->block)
        return false;
    if (w->block == NO_BLOCK) {
        at = w->address / facts->pointer;
        first = frame->address / facts->pointer + facts->header;
    }
    *index = (uint32_t)(at - first);
    return at >= first && (w->block != NO_BLOCK || at - first < frame->slots);
}

bool hs_frames_slot(const struct hs_frames *f, const struct hs_frame_facts *facts, const struct hs_word *w, struct hs_slot *slot)
{
    for (uint32_t i = 0; i < f->n && facts->header; i++) {
        slot->frame = &f->frame[i];
        if (is_in(slot->frame, facts, w, &slot->index)) {
            judge(f, facts, slot);
            return true;
        }
    }
    return false;
}
