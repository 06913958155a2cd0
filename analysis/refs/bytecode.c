/* SPDX-License-Identifier: MIT */
#include "analysis/refs/bytecode.h"

#include <stdlib.h>

#include "lib/record.h"

/* ---- prelude ---- */

struct in {
    const uint8_t *byte;
    uint32_t at, len;
    bool bad;
};

static uint8_t take(struct in *in)
{
    if (in->at < in->len)
        return in->byte[in->at++];
    in->bad = true;
    return 0;
}

static uint32_t take_uint(struct in *in)
{
    uint32_t value = 0;
    uint8_t byte;
    do {
        byte = take(in);
        value = value << 7 | (byte & 0x7f);
    } while (byte & 0x80);
    return value;
}

enum { TAKES_NAMED = 2, TAKES_MORE = 4 }; /* flags of a function with **kwargs, with *args */

/* The signature (numbers of words and arguments, kind of function) is spread over bits: xSSSSEAA, then any xFSSKAED. */
static void take_signature(struct in *in, struct hs_bytecode *code)
{
    uint8_t byte = take(in);
    uint32_t slots = byte >> 3 & 15, positional = byte & 3, keywords = 0, flags = 0;
    for (uint32_t n = 0; byte & 0x80 && n < 8; n++) {
        byte = take(in);
        slots |= (uint32_t)(byte >> 4 & 3) << (2 * n + 4);
        positional |= (uint32_t)(byte >> 2 & 1) << (n + 2);
        keywords |= (uint32_t)(byte >> 3 & 1) << n;
        flags |= (uint32_t)(byte >> 6 & 1) << n;
    }
    code->slots = slots + 1;
    code->named = positional + keywords;
    code->arguments = code->named + !!(flags & TAKES_MORE) + !!(flags & TAKES_NAMED);
}

/* The sizes of the next parts, in xIIIIIIC: names and line numbers (I), and cells (C). */
static void take_sizes(struct in *in, uint32_t *info, uint32_t *cells)
{
    uint8_t byte = 0x80;
    *info = *cells = 0;
    for (uint32_t n = 0; byte & 0x80 && n < 4; n++) {
        byte = take(in);
        *cells |= (uint32_t)(byte & 1) << n;
        *info |= (uint32_t)(byte >> 1 & 63) << 6 * n;
    }
}

bool hs_bytecode_open(struct hs_bytecode *code, const uint8_t *bytes, uint32_t len)
{
    struct in in = {.byte = bytes, .len = len};
    uint32_t info, cells;
    *code = (struct hs_bytecode){.byte = bytes, .len = len};
    take_signature(&in, code);
    take_sizes(&in, &info, &cells);
    code->lines_end = in.at + info;
    code->first = code->lines_end + cells;
    for (uint32_t i = 0; i < 1 + code->named && !in.bad; i++)
        take_uint(&in);
    code->lines = in.at;
    return !in.bad && code->lines <= code->lines_end && code->first < len;
}

/* ---- instructions ---- */

enum {
    STORE_NAME = 0x16,
    STORE_GLOBAL = 0x17,
    MAKE_CLOSURE = 0x20,
    MAKE_CLOSURE_DEFARGS = 0x21,
    LOAD_FAST_N = 0x24,
    STORE_FAST_N = 0x26,
    DELETE_FAST = 0x28,
    LOAD_DEREF = 0x25,
    STORE_DEREF = 0x27,
    DELETE_DEREF = 0x29,
    BUILD_TUPLE = 0x2a,
    BUILD_LIST = 0x2b,
    BUILD_SET = 0x2d,
    BUILD_SLICE = 0x2e,
    STORE_COMP = 0x2f,
    UNPACK_SEQUENCE = 0x30,
    UNPACK_EX = 0x31,
    CALL_FUNCTION = 0x34,
    CALL_FUNCTION_VAR_KW = 0x35,
    CALL_METHOD = 0x36,
    CALL_METHOD_VAR_KW = 0x37,
    UNWIND_JUMP = 0x40,
    JUMP = 0x42,
    POP_JUMP_IF_FALSE = 0x44,
    JUMP_IF_TRUE_OR_POP = 0x45,
    JUMP_IF_FALSE_OR_POP = 0x46,
    SETUP_WITH = 0x47,
    SETUP_EXCEPT = 0x48,
    SETUP_FINALLY = 0x49,
    POP_EXCEPT_JUMP = 0x4a,
    FOR_ITER = 0x4b,
    WITH_CLEANUP = 0x5c,
    END_FINALLY = 0x5d,
    RETURN_VALUE = 0x63,
    RAISE_LAST = 0x64,
    RAISE_FROM = 0x66,
    LOAD_FAST_MULTI = 0xb0,
    STORE_FAST_MULTI = 0xc0,
    UNARY_OP_MULTI = 0xd0,
};
#define ITERATOR 4 /* words of an iterator on the stack */

/* Net stack effect of each instruction. Those that depend on the argument are computed below. */
static const int8_t effect[256] = {
    /* constants, names, attributes, imports */
    [0x10] = 1,
    [0x11] = 1,
    [0x12] = 1,
    [0x14] = 1,
    [0x15] = -1,
    [0x16] = -1,
    [0x17] = -1,
    [0x18] = -2,
    [0x1b] = -1,
    [0x1c] = 1,
    /* small integers, constants, variables, an empty dict, functions */
    [0x22] = 1,
    [0x23] = 1,
    [0x24] = 1,
    [0x25] = 1,
    [0x26] = -1,
    [0x27] = -1,
    [0x2c] = 1,
    [0x32] = 1,
    [0x33] = -1,
    /* jumps */
    [0x43] = -1,
    [0x44] = -1,
    [0x45] = -1,
    [0x46] = -1,
    [0x47] = 2,
    [0x4b] = 1,
    /* False, None, True, NULL, class, subscripts, copies, with, finally, iterators */
    [0x50] = 1,
    [0x51] = 1,
    [0x52] = 1,
    [0x53] = 1,
    [0x54] = 1,
    [0x55] = -1,
    [0x56] = -3,
    [0x57] = 1,
    [0x58] = 2,
    [0x59] = -1,
    [0x5c] = -2,
    [0x5d] = -1,
    [0x5f] = ITERATOR - 1,
    /* a dict's item, return, raise, yield from, import * */
    [0x62] = -2,
    [0x63] = -1,
    [0x65] = -1,
    [0x66] = -2,
    [0x68] = -1,
    [0x69] = -1,
};

/* A call pops its function, its arguments and two words for each named one, and pushes the result. */
static int32_t of_call(uint32_t arg) { return -(int32_t)((arg & 0xff) + 2 * (arg >> 8 & 0xff)); }

static int32_t effect_of(const struct hs_instruction *is, uint8_t extra)
{
    switch (is->op) {
    case MAKE_CLOSURE: return 1 - extra;
    case MAKE_CLOSURE_DEFARGS: return -1 - extra;
    case BUILD_TUPLE:
    case BUILD_LIST:
    case BUILD_SET:
    case BUILD_SLICE: return 1 - (int32_t)is->arg;
    case STORE_COMP: return (is->arg & 3) == 1 ? -2 : -1;
    case UNPACK_SEQUENCE: return (int32_t)is->arg - 1;
    case UNPACK_EX: return (int32_t)((is->arg & 0xff) + (is->arg >> 8));
    case CALL_FUNCTION: return of_call(is->arg);
    case CALL_FUNCTION_VAR_KW: return of_call(is->arg) - 1;
    case CALL_METHOD: return of_call(is->arg) - 1;
    case CALL_METHOD_VAR_KW: return of_call(is->arg) - 2;
    default: break;
    }
    if (is->op >= UNARY_OP_MULTI + 7)
        return -1; /* with two operands */
    if (is->op >= 0x70 && is->op < UNARY_OP_MULTI)
        return is->op < STORE_FAST_MULTI ? 1 : -1;
    return effect[is->op];
}

/* Stack depth at the jump target. */
static int32_t at_target(const struct hs_instruction *is)
{
    switch (is->op) {
    case JUMP_IF_TRUE_OR_POP:
    case JUMP_IF_FALSE_OR_POP: return is->before;
    case SETUP_WITH: return is->before + 2;
    case SETUP_EXCEPT:
    case SETUP_FINALLY: return is->before + 1;
    case FOR_ITER: return is->before - ITERATOR;
    default: return is->after;
    }
}

static bool leads_on(uint8_t op)
{
    return op != JUMP && op != UNWIND_JUMP && op != POP_EXCEPT_JUMP && op != RETURN_VALUE &&
           !(op >= RAISE_LAST && op <= RAISE_FROM);
}

/* Distances count from the end of the instruction, without an extra byte. */
static uint32_t take_target(struct in *in, uint8_t op)
{
    uint32_t value = take(in), more = value & 0x80;
    if (more)
        value = (value & 0x7f) | (uint32_t)take(in) << 7;
    if (op <= POP_JUMP_IF_FALSE)
        value -= more ? 0x4000 : 0x40;
    return in->at + value;
}

/* The upper half of an opcode says whether nothing, a number or a distance follows. */
static bool decode(struct in *in, const struct hs_bytecode *code, struct hs_instruction *is)
{
    uint8_t extra = 0;
    is->at = in->at - code->first;
    is->op = take(in);
    is->target = HS_NO_TARGET;
    is->arg = 0;
    if (is->op >= 0x10 && is->op < 0x40)
        is->arg = take_uint(in);
    else if (is->op >= 0x40 && is->op < 0x50)
        is->target = take_target(in, is->op) - code->first;
    if (is->op == MAKE_CLOSURE || is->op == MAKE_CLOSURE_DEFARGS || is->op == UNWIND_JUMP)
        extra = take(in);
    is->size = in->at - code->first - is->at;
    is->after = is->before + effect_of(is, extra);
    return !in->bad && is->op >= 0x10;
}

/* ---- walking the code ---- */

void hs_bytecode_walk(struct hs_bytecode_walk *w, const struct hs_bytecode *code)
{
    *w = (struct hs_bytecode_walk){.code = code};
}

/* The depth at the next instruction, when a jump has set it. */
static void set_depth(struct hs_bytecode_walk *w)
{
    for (uint32_t i = 0; i < w->n_labels;)
        if (w->label[i].at == w->at) {
            w->depth = w->label[i].depth;
            if (w->label[i].finally && w->n_finally < HS_BYTECODE_NESTED)
                w->finally[w->n_finally++] = w->depth;
            w->label[i] = w->label[--w->n_labels];
        } else {
            i++;
        }
}

/* A `finally` ends where its first word is popped; that of a `with` is two words lower from its clean-up on. */
static void leave_finally(struct hs_bytecode_walk *w)
{
    int32_t *innermost = w->n_finally ? &w->finally[w->n_finally - 1] : NULL;
    if (!innermost || *innermost != w->is.before)
        return;
    if (w->is.op == WITH_CLEANUP)
        *innermost = w->is.after;
    else if (w->is.op == END_FINALLY)
        w->n_finally--;
}

static void leave(struct hs_bytecode_walk *w)
{
    const struct hs_instruction *is = &w->is;
    w->depth = is->after < 0 ? 0 : is->after;
    leave_finally(w);
    if (is->target == HS_NO_TARGET || is->target < w->at)
        return;
    w->furthest = is->target > w->furthest ? is->target : w->furthest;
    if (is->op == UNWIND_JUMP) /* pops everything in between, of unknown size */
        return;
    for (uint32_t i = 0; i < w->n_labels; i++)
        if (w->label[i].at == is->target)
            return;
    if (w->n_labels < HS_BYTECODE_LABELS)
        w->label[w->n_labels++] = (struct hs_label){is->target, at_target(is), is->op == SETUP_FINALLY || is->op == SETUP_WITH};
}

bool hs_bytecode_next(struct hs_bytecode_walk *w)
{
    struct in in = {.byte = w->code->byte, .at = w->code->first + w->at, .len = w->code->len};
    w->whole = w->apart && w->at > w->furthest;
    if (w->whole || in.at >= in.len)
        return false;
    set_depth(w);
    w->is.before = w->depth;
    if (!decode(&in, w->code, &w->is))
        return false;
    w->at = in.at - w->code->first;
    w->apart = !leads_on(w->is.op);
    leave(w);
    return true;
}

/* Number of the local variable that an instruction names, plus 1; 0: none. */
static uint32_t local_of(const struct hs_instruction *is)
{
    switch (is->op) {
    case LOAD_FAST_N:
    case STORE_FAST_N:
    case DELETE_FAST:
    case LOAD_DEREF:
    case STORE_DEREF:
    case DELETE_DEREF: return is->arg + 1;
    default: break;
    }
    return is->op >= LOAD_FAST_MULTI && is->op < UNARY_OP_MULTI ? (is->op & 15u) + 1 : 0;
}

bool hs_bytecode_use(const struct hs_bytecode *code, uint32_t offset, struct hs_frame_use *use)
{
    struct hs_bytecode_walk w;
    bool found = false;
    *use = (struct hs_frame_use){.locals = code->arguments};
    for (hs_bytecode_walk(&w, code); hs_bytecode_next(&w);) {
        uint32_t local = local_of(&w.is);
        use->locals = local > use->locals ? local : use->locals;
        if (w.is.at == offset) {
            use->stack = (uint32_t)w.is.before;
            use->more = w.n_finally;
            found = true;
        }
    }
    use->whole = w.whole;
    return found && use->stack + use->locals <= code->slots;
}

/* ---- instructions of a name ---- */

#define NO_NAME UINT32_MAX

struct body {
    struct hs_instruction *is;
    uint32_t n;
    uint32_t *owner; /* for each instruction: the name that it defines, or NOBODY */
};

static uint32_t statement_of(const struct body *b, uint32_t i, int32_t depth)
{
    while (i && b->is[i].before > depth)
        i--;
    return i;
}

/* The first instruction of the expression that ends with a store. A jump into it from before is part of it: `a if b
 * else c`. */
static uint32_t beginning(const struct body *b, uint32_t store)
{
    int32_t depth = b->is[store].after;
    uint32_t start = statement_of(b, store ? store - 1 : 0, depth);
    for (uint32_t i = start; i--;)
        if (b->is[i].target != HS_NO_TARGET && b->is[i].target > b->is[start].at && b->is[i].target <= b->is[store].at)
            i = start = statement_of(b, i, depth);
    return start;
}

static void assign(const struct body *b, struct hs_made *made, uint32_t n)
{
    for (uint32_t i = 0; i < b->n; i++) {
        const struct hs_instruction *is = &b->is[i];
        if ((is->op != STORE_NAME && is->op != STORE_GLOBAL) || is->arg >= n)
            continue;
        for (uint32_t j = beginning(b, i); j <= i; j++)
            b->owner[j] = b->owner[j] == NO_NAME ? is->arg : b->owner[j];
        made[is->arg].times++;
    }
}

/* The instruction that starts at that byte; `n` when there is none. */
static uint32_t find(const struct body *b, uint32_t at)
{
    uint32_t low = 0, high = b->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (b->is[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < b->n && b->is[low].at == at ? low : b->n;
}

/* Entries give the bytes and lines up to the next line: 0LLBBBBB, or 1LLLBBBB LLLLLLLL. */
static void add_lines(const struct body *b, const struct hs_bytecode *code, struct hs_made *made)
{
    for (uint32_t i = code->lines, at = 0, size; i < code->lines_end; i += size) {
        uint8_t byte = code->byte[i];
        size = byte & 0x80 ? 2 : 1;
        at += byte & (byte & 0x80 ? 0x0f : 0x1f);
        uint32_t first = find(b, at);
        if (first < b->n && b->owner[first] != NO_NAME)
            made[b->owner[first]].bytes += size;
    }
}

static void add_up(struct body *b, const struct hs_bytecode *code, struct hs_made *made, uint32_t n)
{
    struct hs_bytecode_walk w;
    for (hs_bytecode_walk(&w, code); hs_bytecode_next(&w); b->n++) {
        b->is[b->n] = w.is;
        b->owner[b->n] = NO_NAME;
    }
    assign(b, made, n);
    for (uint32_t i = 0; i < b->n; i++)
        if (b->owner[i] != NO_NAME)
            made[b->owner[i]].bytes += b->is[i].size;
    add_lines(b, code, made);
}

int hs_bytecode_names(const struct hs_bytecode *code, struct hs_made *made, uint32_t n)
{
    struct body b = {.is = calloc(code->len, sizeof *b.is), .owner = calloc(code->len, sizeof *b.owner)};
    bool room = b.is && b.owner;
    if (room)
        add_up(&b, code, made, n);
    free(b.is);
    free(b.owner);
    return room ? HS_OK : HS_ERR_MEMORY;
}
