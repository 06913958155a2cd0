/* SPDX-License-Identifier: MIT
 *
 * Call frames: the locals and the stack of every running Python function, and the bytecode, which shows which words of a
 * frame are in use.
 *
 * There is no list of frames, because it would cost time in each call. But a function needs its frame after it has called
 * another one, so the address of every active frame is in a register or on the stack, which the collector scans. A word
 * counts as a frame's address if it points at a valid frame: its function is a live object of that type, its instruction is
 * in that function's code, and its length is that of the code. If the instruction is a return, the frame has ended.
 */
#include "firmware-hooks/micropython/mp_refs.h"

#include <string.h>

#include "firmware-hooks/micropython/mp_hooks.h"
#include "lib/heapstrata.h"
#include "py/bc.h"
#include "py/bc0.h"
#include "py/objfun.h"
#include "py/runtime.h"

#if HS_WITH_REFERENCES

#define WORD sizeof(void *)
#define KNOWN 8u /* the same address is found in several words, close to each other */
#define CODE_MAX 0x10000u

static struct {
    const mp_code_state_t *known[KNOWN];
    const byte *code; /* the code that was written last */
    uint32_t frames, codes;
} seen;

void hs_mp_frames_begin(void) { memset(&seen, 0, sizeof seen); }

/* --- is it one? -------------------------------------------------------------------------------------------- */

/* Bytes from this address on that may be read as part of a frame; 0: none. */
static size_t room_at(const mp_code_state_t *frame)
{
    uintptr_t at = (uintptr_t)frame, here = (uintptr_t)&at, top = (uintptr_t)MP_STATE_THREAD(stack_top);
    if (at % WORD)
        return 0;
    if (at > here && at < top)
        return top - at;
#if MICROPY_ENABLE_PYSTACK
    if (at >= (uintptr_t)MP_STATE_THREAD(pystack_start) && at < (uintptr_t)MP_STATE_THREAD(pystack_cur))
        return (uintptr_t)MP_STATE_THREAD(pystack_cur) - at;
#endif
    uintptr_t head = at & ~(uintptr_t)(MICROPY_BYTES_PER_GC_BLOCK - 1); /* a generator's frame is inside its object */
    size_t bytes = hs_mp_bytes_at((const void *)head);
    return bytes ? bytes - (at - head) : 0;
}

/* Bytes of a function's code. In ROM its end is not known: the bytes up to `ip`. */
static uint32_t code_bytes(const mp_obj_fun_bc_t *fun, const byte *ip)
{
    size_t bytes = hs_mp_bytes_at(fun->bytecode), before = (size_t)(ip - fun->bytecode);
    return (uint32_t)(bytes ? bytes : before < CODE_MAX ? before + 1 : 0);
}

static bool is_function(const mp_obj_fun_bc_t *fun)
{
    return hs_mp_bytes_at(fun) >= sizeof *fun && (fun->base.type == &mp_type_fun_bc || fun->base.type == &mp_type_gen_wrap);
}

static bool is_frame(const mp_code_state_t *frame)
{
    size_t room = room_at(frame);
    if (room < sizeof *frame || !is_function(frame->fun_bc))
        return false;
    const byte *ip = frame->fun_bc->bytecode;
    if (frame->ip <= ip || (size_t)(frame->ip - ip) >= code_bytes(frame->fun_bc, frame->ip) || *frame->ip == MP_BC_RETURN_VALUE)
        return false;
    MP_BC_PRELUDE_SIG_DECODE(ip);
    return frame->n_state == n_state && room >= sizeof *frame + n_state * WORD;
}

/* --- records ------------------------------------------------------------------------------------------------- */

enum what { WHAT_BYTECODE, WHAT_NAMES };

static void put_code(enum what what, const uint8_t *data, uint32_t bytes)
{
    for (uint32_t at = 0; at < bytes; at += HS_DATA_MAX)
        HS_MP_RECORD_WALKING(
            &(struct hs_record){.kind = HS_CODE,
                                .code = {.code = seen.codes,
                                         .what = what,
                                         .at = at,
                                         .bytes = {data + at, bytes - at < HS_DATA_MAX ? bytes - at : HS_DATA_MAX}}});
}

/* A module's names are in the same block as its constants, before them. */
static void put_names(const mp_obj_fun_bc_t *fun)
{
#if MICROPY_EMIT_BYTECODE_USES_QSTR_TABLE
    const mp_module_constants_t *constants = &fun->context->constants;
    const uint8_t *names = (const uint8_t *)constants->qstr_table;
    if (sizeof *constants->qstr_table == 2 && hs_mp_bytes_at(names))
        put_code(WHAT_NAMES, names, (uint32_t)((const uint8_t *)constants->obj_table - names));
#endif
    (void)fun;
}

static void put_function(const mp_code_state_t *frame, const struct hs_place *place)
{
    static const char body[] = "<module>";
    const mp_obj_fun_bc_t *fun = frame->fun_bc;
    seen.code = fun->bytecode;
    seen.codes++;
    put_code(WHAT_BYTECODE, fun->bytecode, code_bytes(fun, frame->ip));
    if (place->function.len == sizeof body - 1 && !memcmp(place->function.data, body, sizeof body - 1))
        put_names(fun);
}

/* Appends a text to `to`; of a long text only the end. */
static uint32_t append(uint8_t *to, uint32_t len, struct hs_text text)
{
    uint32_t most = HS_DATA_MAX / 2 - 1, n = text.len < most ? text.len : most;
    memcpy(to + len, text.data + text.len - n, n);
    return len + n;
}

static void put_frame(const mp_code_state_t *frame)
{
    uint8_t name[HS_DATA_MAX];
    struct hs_place place;
    hs_mp_describe(frame->fun_bc, (uintptr_t)frame->ip, &place);
    uint32_t len = append(name, 0, place.file);
    name[len++] = ' ';
    len = append(name, len, place.function);
    if (frame->fun_bc->bytecode != seen.code)
        put_function(frame, &place);
    HS_MP_RECORD_WALKING(&(struct hs_record){
        .kind = HS_FRAME,
        .frame =
            {
                .address = (uintptr_t)frame,
                .pos = hs_mp_head((uintptr_t)frame & ~(uintptr_t)(MICROPY_BYTES_PER_GC_BLOCK - 1)),
                .slots = frame->n_state,
                .code = seen.codes,
                .offset = place.offset,
                .line = place.line,
                .globals = hs_mp_head((uintptr_t)frame->fun_bc->context->module.globals->map.table),
                .name = {(const char *)name, len},
            },
    });
}

static bool is_known(const mp_code_state_t *frame)
{
    for (uint32_t i = 0; i < KNOWN; i++)
        if (seen.known[i] == frame)
            return true;
    return false;
}

void hs_mp_frames_in(const uintptr_t *at, const uintptr_t *end)
{
    for (; at < end; at++) {
        const mp_code_state_t *frame = (const mp_code_state_t *)*at;
        if (is_known(frame) || !is_frame(frame))
            continue;
        seen.known[seen.frames++ % KNOWN] = frame;
        put_frame(frame);
    }
}

#endif
