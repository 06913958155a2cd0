/* SPDX-License-Identifier: MIT
 *
 * MicroPython's collector under observation. The linker sends every call of the functions in wraps.txt
 * here first (ld --wrap), so MicroPython itself is not touched.
 *
 * Sites: the wrap of mp_execute_bytecode keeps the running code state, whose instruction pointer is the
 * Python side of a site; the wraps of the m_malloc family keep their return address, its native side.
 *
 * Order: with threads and no GIL the collector's own recursive mutex is held across the real call and its
 * record, so that the trace has the order in which the heap changed.
 */
#include "firmware-hooks/micropython/mp_hooks.h"
#include "firmware-hooks/micropython/mp_stream.h"

#include <stddef.h>
#include <string.h>

#include "firmware-hooks/micropython/mp_others.h"
#include "firmware-hooks/micropython/mp_refs.h"
#include "firmware-hooks/micropython/mp_versions.h"
#include "firmware-hooks/ports/port.h"
#include "firmware-hooks/ports/room.h"
#include "lib/heapstrata.h"
#include "lib/level.h"
#include "lib/port.h"
#include "py/bc.h"
#include "py/builtin.h"
#include "py/compile.h"
#include "py/gc.h"
#include "py/mpthread.h"
#include "py/nlr.h"
#include "py/objfun.h"
#include "py/persistentcode.h"
#include "py/runtime.h"

#ifdef HS_PORT_INTERRUPTS
#include <signal.h>
#endif

#ifndef HS_THREAD_LOCAL
#define HS_THREAD_LOCAL
#endif

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))
#define UNLIKELY(x)    __builtin_expect(!!(x), 0)
#define INLINE         static inline __attribute__((always_inline))
#define NOINLINE       __attribute__((noinline))
#if defined(__GNUC__) && !defined(__clang__)
#define HOT __attribute__((optimize("O2")))
#else
#define HOT
#endif

/* --- what is running --------------------------------------------------------------------------------- */

static const mp_code_state_t nowhere; /* stands for "no bytecode is running" */

struct running {
    const mp_code_state_t *code; /* innermost frame of bytecode */
    uintptr_t caller;            /* who asked: see ASKED; NOBODY or ALLOCATING */
#if HS_STACKS
    uint32_t context, depth;
    struct level *level;         /* innermost call that has a context of its own */
#endif
#if MICROPY_PY_THREAD
    uint32_t thread;             /* our number in the trace, plus 1; 0 before the first record */
#endif
#ifdef HS_PORT_INTERRUPTS
    volatile uint32_t held;      /* sections that are open in which no interrupt may jump */
    volatile int interrupt;      /* signal that came within one */
    const nlr_buf_t *landed;     /* that a jump is on its way to: what it keeps has been taken */
    const nlr_buf_t *vm_landed;  /* the bytecode interpreter's, which it will push again */
    bool entering;               /* the next buffer that is pushed is the bytecode interpreter's */
#endif
};

/* One for each thread, or for each core where a core has one thread. */
#ifdef HS_PORT_CORES
static struct running running_on[HS_PORT_CORES] = {[0 ... HS_PORT_CORES - 1] = {.code = &nowhere}};
#define running running_on[HS_PORT_CORE()]

/* A soft reset stops the other cores wherever they are: what they ran will not return. */
static void stop_cores(void) {
    hs_port_cores_stopped();
    for (unsigned core = 0; core < HS_PORT_CORES; core++)
        if (core != HS_PORT_CORE()) {
            running_on[core].code = &nowhere;
            running_on[core].caller = 0;
        }
}
#else
#define stop_cores() (void)0
static HS_THREAD_LOCAL struct running running __asm__("hs_mp_running") = {.code = &nowhere};
#endif

#define NOBODY     0u
#define ALLOCATING 1u /* inside gc_alloc or gc_realloc */

/* --- interrupts ---------------------------------------------------------------------------------------- */

/* MicroPython's unix port raises KeyboardInterrupt from the signal's handler: it jumps out of whatever runs. Between
 * hold and let_go that has to wait: what the allocator does and its record are one. */
#ifdef HS_PORT_INTERRUPTS
#define BARRIER() __asm__ volatile("" ::: "memory")

INLINE void hold(void) {
    running.held++;
    BARRIER();
}

static NOINLINE void interrupt_now(void) {
    int signal = running.interrupt;
    running.interrupt = 0;
    raise(signal);
}

INLINE void let_go(void) {
    BARRIER();
    if (!--running.held && UNLIKELY(running.interrupt))
        interrupt_now();
}

void hs_mp_hold(void) { hold(); }
void hs_mp_let_go(void) { let_go(); }

bool hs_mp_defers(int signal) {
    if (running.held)
        running.interrupt = signal;
    return running.held;
}
#else
#define hold()   (void)0
#define let_go() (void)0
#endif

/* What the hooks keep of the heap must not look like an address: registers are saved on the stack, where a later collection
 * would take a word that was left there for a reference, and keep garbage. */
INLINE uintptr_t hide(const void *block) {
    uintptr_t hidden = ~(uintptr_t)block;
    __asm__("" : "+r"(hidden));
    return hidden;
}
INLINE void *show(uintptr_t hidden) { return (void *)~hidden; }

/* --- bytecode ------------------------------------------------------------------------------------------- */

__attribute__((visibility("hidden"))) mp_vm_return_kind_t __real_mp_execute_bytecode(mp_code_state_t *code_state, mp_obj_t inject_exc);

INLINE void enter(const mp_code_state_t *code) {
    running.code = code;
#ifdef HS_PORT_INTERRUPTS
    running.entering = true;
#endif
}

#if HS_STACKS
bool hs_mp_stacks;
/* Deeper calls are charged to the context at this depth, so that a recursion does not fill the dictionary. */
#define CONTEXT_DEPTH 64

struct level {
    struct level *outer;
    uint32_t context, depth;
};

static void at_level(struct level *level) {
    running.level = level;
    running.context = level ? level->context : 0;
    running.depth = level ? level->depth : 0;
}

static void enter_level(struct level *level) {
    *level = (struct level){running.level, running.context, running.depth + 1};
    hold();
    if (running.code != &nowhere && running.depth < CONTEXT_DEPTH && hs_state != HS_STATE_OFF)
        level->context = hs_context(running.context, (uintptr_t)running.code->ip);
    at_level(level);
    let_go();
}

static NOINLINE mp_vm_return_kind_t execute_in_context(mp_code_state_t *code_state, mp_obj_t inject_exc) {
    const mp_code_state_t *outer = running.code;
    struct level level;
    enter_level(&level);
    enter(code_state);
    mp_vm_return_kind_t kind = __real_mp_execute_bytecode(code_state, inject_exc);
    running.code = outer;
    at_level(level.outer);
    return kind;
}
static NOINLINE bool has_contexts(void) { return hs_mp_stacks; }
#else
#define execute_in_context __real_mp_execute_bytecode
#define has_contexts()     false
#endif

static NOINLINE HOT mp_vm_return_kind_t back_in(mp_vm_return_kind_t kind, uintptr_t outer) {
    running.code = show(outer);
    return kind;
}

/* Each call of Python code takes one frame more. It has its return address and `outer`, 16 bytes or 8 (32 on i386), since all that
 * needs another register is a function of its own: has_contexts, and back_in, which is jumped to. */
mp_vm_return_kind_t __wrap_mp_execute_bytecode(mp_code_state_t *code_state, mp_obj_t inject_exc);
HS_MP_SAME_TYPE(mp_execute_bytecode);
HOT mp_vm_return_kind_t __wrap_mp_execute_bytecode(mp_code_state_t *code_state, mp_obj_t inject_exc) {
    if (UNLIKELY(has_contexts()))
        return execute_in_context(code_state, inject_exc);
    uintptr_t outer = hide(running.code);
    enter(code_state);
    return back_in(__real_mp_execute_bytecode(code_state, inject_exc), outer);
}

/* --- jumps ---------------------------------------------------------------------------------------------- */

#ifdef HS_PORT_INTERRUPTS
/* An interrupt may come where a function of Python has been entered and does not catch yet, or no longer. So what ran
 * when the bytecode interpreter pushed its buffer for jumps is kept in the buffer, in the word that the jump will fill, with both low bits
 * set. The word of other buffers has not, and the native emitter's value there stays as it is. For these the nearest one of
 * the interpreter's below them on the stack counts. */
static bool keeps_code(const nlr_buf_t *nlr) {
    return ((uintptr_t)nlr->ret_val & 3) == 3;
}

unsigned int __real_nlr_push_tail(nlr_buf_t *nlr);
unsigned int __wrap_nlr_push_tail(nlr_buf_t *nlr);
HS_MP_SAME_TYPE(nlr_push_tail);
HOT unsigned int __wrap_nlr_push_tail(nlr_buf_t *nlr) {
    if (running.entering || nlr == running.vm_landed) {
        nlr->ret_val = (void *)hide(running.code);
        running.entering = false;
        running.vm_landed = NULL;
    } else if (keeps_code(nlr)) {
        nlr->ret_val = NULL; /* left over on the stack: code of C has nothing there yet, the native emitter an object */
    }
    running.landed = NULL;
    return __real_nlr_push_tail(nlr);
}

static void take_code(const nlr_buf_t *nlr) {
    running.vm_landed = keeps_code(nlr) ? nlr : NULL;
    running.entering = false;
    while (nlr && !keeps_code(nlr))
        nlr = nlr->prev;
    running.code = nlr ? show((uintptr_t)nlr->ret_val) : &nowhere;
}

/* A second interrupt may come while the first one's jump is under way. */
static void land(const nlr_buf_t *nlr) {
    if (nlr != running.landed)
        take_code(nlr);
    running.landed = nlr;
    running.caller = NOBODY;
#if HS_STACKS
    struct level *level = running.level;
    while (level && (uintptr_t)level < (uintptr_t)nlr) /* calls within the one that catches */
        level = level->outer;
    at_level(level);
#endif
}
#else
#define land(nlr) (void)(nlr)
#endif

__attribute__((noreturn)) void __real_nlr_jump(void *value);
__attribute__((noreturn)) void __wrap_nlr_jump(void *value);
HS_MP_SAME_TYPE(nlr_jump);
__attribute__((noreturn)) void __wrap_nlr_jump(void *value) {
    const nlr_buf_t *nlr = MP_STATE_THREAD(nlr_top);
    if (nlr) {
        hold();
        land(nlr);
        hs_mp_phases_land(nlr);
        let_go();
    }
    __real_nlr_jump(value);
}

INLINE struct hs_key key_of(uintptr_t caller) {
    return (struct hs_key){
        .code = (uintptr_t)running.code->ip,
        .caller = caller,
#if HS_STACKS
        .context = running.context,
#endif
    };
}

#if HS_MP_OTHERS
struct hs_key hs_mp_key(uintptr_t caller) { return key_of(caller); }
#endif

/* The caller that the m_malloc family left, or else our own; `now` takes its place. */
INLINE uintptr_t take_caller(uintptr_t own, uintptr_t now) {
    uintptr_t caller = running.caller;
    running.caller = now;
    return caller > ALLOCATING ? caller : own;
}

/* Keeps our caller as who asked. The outermost counts: mp_obj_malloc_helper calls m_malloc, and its caller says what
 * kind of object. */
#define ASKED()                                                                                                    \
    do {                                                                                                           \
        if (hs_state != HS_STATE_OFF && running.caller <= ALLOCATING)                                              \
            running.caller = RETURN_ADDRESS;                                                                       \
    } while (0)

static struct hs_text text_of(qstr q) {
    size_t len;
    const char *data = (const char *)qstr_data(q, &len);
    return (struct hs_text){data, (uint32_t)len};
}

/* What the REPL runs has no file; who sends a script there knows its name. */
static char script[HS_MP_SCRIPT_MAX];
static uint32_t script_len;

void hs_mp_script(struct hs_text name) {
    uint32_t len = name.len < sizeof script ? name.len : (uint32_t)sizeof script;
    const char *end = name.data + (name.len - len);
    if (len == script_len && !memcmp(script, end, len))
        return;
    memcpy(script, end, len);
    script_len = len;
    hs_forget(NULL); /* it may have been read from here */
}

static struct hs_text file_of(qstr file) {
    return script_len && file == MP_QSTR__lt_stdin_gt_ ? (struct hs_text){script, script_len} : text_of(file);
}

/* Code that was compiled without line numbers (mpy-cross -O3, MICROPY_ENABLE_SOURCE_LINE=0) has an empty table. So has what
 * lies in line 1 as a whole: that is taken for such only where it was typed. */
static bool has_lines(const byte *table, const byte *end, struct hs_text file) {
    return table < end || (MICROPY_ENABLE_SOURCE_LINE && file.len && file.data[0] == '<');
}

/* Found as MicroPython finds it for a traceback. */
void hs_mp_describe(const struct _mp_obj_fun_bc_t *fun, uintptr_t code, struct hs_place *place) {
    const byte *ip = fun->bytecode;
    MP_BC_PRELUDE_SIG_DECODE(ip);
    MP_BC_PRELUDE_SIZE_DECODE(ip);
    const byte *line_info_top = ip + n_info;
    const byte *start = ip + n_info + n_cell;
    qstr function = mp_decode_uint_value(ip);
    for (size_t i = 0; i < 1 + n_pos_args + n_kwonly_args; i++)
        ip = mp_decode_uint_skip(ip);
#if MICROPY_EMIT_BYTECODE_USES_QSTR_TABLE
    function = fun->context->constants.qstr_table[function];
    qstr file = fun->context->constants.qstr_table[0];
#else
    qstr file = fun->context->constants.source_file;
#endif
    place->file = file_of(file);
    place->function = text_of(function);
    place->offset = (uint32_t)(code - (uintptr_t)start);
    place->line = !has_lines(ip, line_info_top, text_of(file))
                      ? 0 : (uint32_t)mp_bytecode_get_source_line(ip, line_info_top, place->offset);
    (void)n_state, (void)n_exc_stack, (void)scope_flags, (void)n_def_pos_args;
}

static void describe(uintptr_t code, struct hs_place *place) {
    if (!hs_mp_others_describe(code, place))
        hs_mp_describe(running.code->fun_bc, code, place);
}

/* --- order and threads -------------------------------------------------------------------------------- */

#if MICROPY_PY_THREAD
static volatile bool threads;
static uint32_t n_threads, thread_recorded = 1; /* 0: the trace may have lost whose records these are */

hs_mp_thread_id_t __real_mp_thread_create(void *(*entry)(void *), void *arg, size_t *stack_size);
hs_mp_thread_id_t __wrap_mp_thread_create(void *(*entry)(void *), void *arg, size_t *stack_size);
HS_MP_SAME_TYPE(mp_thread_create);
hs_mp_thread_id_t __wrap_mp_thread_create(void *(*entry)(void *), void *arg, size_t *stack_size) {
    if (!threads) /* the one that there was until now: what it did without a number was number 0's */
        running.thread = n_threads = 1;
    threads = true;
    hs_port_threads();
    return __real_mp_thread_create(entry, arg, stack_size);
}

/* Says whose records follow, when that changed. In order's section. */
static NOINLINE void switch_thread(void) {
    if (!running.thread)
        running.thread = ++n_threads;
    if (running.thread != thread_recorded) {
        thread_recorded = running.thread;
        hs_record(&(struct hs_record){.kind = HS_THREAD, .thread = running.thread - 1});
    }
}
INLINE void this_thread(void) {
    if (UNLIKELY(threads))
        switch_thread();
}
uint32_t hs_mp_thread(void) {
    if (threads && !running.thread)
        running.thread = ++n_threads;
    return threads ? running.thread - 1 : 0;
}
INLINE void name_thread_anew(void) {
    if (threads)
        thread_recorded = 0;
}
#else
#define name_thread_anew() (void)0
#define this_thread() (void)0
uint32_t hs_mp_thread(void) { return 0; }
#endif

#if MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL
INLINE bool enter_order(void) {
    bool ordered = threads;
    hold();
    if (UNLIKELY(ordered))
        HS_MP_LOCK(&running);
    return ordered;
}
INLINE void leave_order(bool ordered) {
    if (UNLIKELY(ordered))
        HS_MP_UNLOCK();
    let_go();
}
#else
#define HS_MP_LOCK_OF_GC 1
#define HS_MP_LOCK_INIT()
INLINE bool enter_order(void) {
    hold();
    return false;
}
INLINE void leave_order(bool ordered) {
    (void)ordered;
    let_go();
}
#endif

/* A lock of our own is held from the begin of a collection to its end (mp_versions.h). */
static bool collection_ordered;
INLINE void enter_collection(void) {
    if (!HS_MP_LOCK_OF_GC)
        collection_ordered = enter_order();
}
INLINE void leave_collection(void) {
    if (!HS_MP_LOCK_OF_GC)
        leave_order(collection_ordered);
}

/* --- areas: the heap's regions ------------------------------------------------------------------------ */

#define GRANULE MICROPY_BYTES_PER_GC_BLOCK
#define SHIFT   (GRANULE == 32 ? 5 : GRANULE == 16 ? 4 : GRANULE == 64 ? 6 : 3)
_Static_assert(GRANULE == 1 << SHIFT, "granule");

#if MICROPY_GC_SPLIT_HEAP
#define AREAS         HS_AREAS
#define NEXT_AREA(a)  ((a)->next)
#else
#define AREAS         1
#define NEXT_AREA(a)  NULL
#endif

enum { AT_FREE, AT_HEAD, AT_TAIL, AT_MARK };

static struct area {
    mp_state_mem_area_t *area; /* NULL: no longer there */
    uintptr_t start;
    uint32_t granules;
    uint32_t first; /* trace-wide number of its first granule */
} areas[AREAS];
static uint32_t n_areas;

INLINE uint32_t granules_of(const mp_state_mem_area_t *a) { return (uint32_t)a->gc_alloc_table_byte_len * 4; }

INLINE unsigned kind_at(const mp_state_mem_area_t *a, uint32_t granule) {
    return a->gc_alloc_table_start[granule / 4] >> 2 * (granule % 4) & 3;
}

static void record_region(const struct area *a, unsigned existing) {
    hs_record(&(struct hs_record){
        .kind = HS_REGION,
        .region = (uint8_t)(a - areas),
        .pos = a->first,
        .count = a->granules,
        .shift = SHIFT,
        .memory = hs_port_memory_kind((const void *)a->start),
        .cause = (uint8_t)(HS_MP_PLACEMENT | existing),
        .address = a->start,
        .data = (const uint8_t *)"gc",
        .data_len = 2,
    });
}

#if MICROPY_GC_SPLIT_HEAP
static struct area *find_area(const mp_state_mem_area_t *area) {
    for (uint32_t i = 0; i < n_areas; i++)
        if (areas[i].area == area && areas[i].start == (uintptr_t)area->gc_pool_start)
            return &areas[i];
    return NULL;
}

/* Gives the area a free place in the table, and a number range behind all others. */
static void add_area(mp_state_mem_area_t *area) {
    uint32_t first = HS_MP_FIRST, slot = n_areas;
    for (uint32_t i = 0; i < n_areas; i++) {
        uint32_t end = areas[i].first + areas[i].granules;
        if (!areas[i].area)
            slot = i;
        else if (end > first)
            first = end;
    }
    if (slot == AREAS)
        return; /* its blocks will be recorded at HS_POS_IMPLIED; hs_stats counts them */
    areas[slot] = (struct area){area, (uintptr_t)area->gc_pool_start, granules_of(area), first};
    n_areas += slot == n_areas;
    record_region(&areas[slot], 0);
}

/* Brings the table in line with the collector's list of areas, and records what came and went. */
static NOINLINE void update_areas(void) {
    for (uint32_t i = 0; i < n_areas; i++) {
        const mp_state_mem_area_t *a = &MP_STATE_MEM(area);
        while (a && a != areas[i].area)
            a = NEXT_AREA(a);
        if (areas[i].area && (!a || (uintptr_t)a->gc_pool_start != areas[i].start)) {
            areas[i].area = NULL;
            areas[i].granules = 0;
            hs_record(&(struct hs_record){.kind = HS_REGION_END, .region = (uint8_t)i});
        }
    }
    for (mp_state_mem_area_t *a = &MP_STATE_MEM(area); a; a = NEXT_AREA(a))
        if (!find_area(a))
            add_area(a);
}

#else
static void update_areas(void) {
    mp_state_mem_area_t *a = &MP_STATE_MEM(area);
    if (areas[0].start == (uintptr_t)a->gc_pool_start)
        return;
    if (n_areas)
        hs_record(&(struct hs_record){.kind = HS_REGION_END});
    areas[0] = (struct area){a, (uintptr_t)a->gc_pool_start, granules_of(a), HS_MP_FIRST};
    n_areas = 1;
    record_region(&areas[0], 0);
}
#endif

static NOINLINE uint32_t pos_elsewhere(uintptr_t at) {
    for (int tries = 0; tries < 2; tries++) {
        for (uint32_t i = 0; i < n_areas; i++)
            if (areas[i].area && at - areas[i].start < (uintptr_t)areas[i].granules << SHIFT)
                return areas[i].first + (uint32_t)((at - areas[i].start) >> SHIFT);
        update_areas(); /* the heap has grown by an area that we were not told of */
    }
    return HS_POS_IMPLIED;
}

/* A heap of one area has its granules numbered from 0. */
INLINE uint32_t pos_of(const void *block) {
    uintptr_t offset = (uintptr_t)block - areas[0].start;
    if (AREAS == 1 && !HS_MP_OTHERS)
        return (uint32_t)(offset >> SHIFT);
    if (UNLIKELY(offset >= (uintptr_t)areas[0].granules << SHIFT))
        return pos_elsewhere((uintptr_t)block);
    return areas[0].first + (uint32_t)(offset >> SHIFT);
}

uint32_t hs_mp_pos(const void *block) { return pos_of(block); }

/* --- snapshots ----------------------------------------------------------------------------------------- */

/* Length of the run of `kind` that begins at granule `at`; a block's is its head and tails. */
static uint32_t run_len(const mp_state_mem_area_t *a, uint32_t at) {
    uint32_t end = at + 1, n = granules_of(a);
    unsigned rest = kind_at(a, at) == AT_FREE ? AT_FREE : AT_TAIL;
    while (end < n && kind_at(a, end) == rest)
        end++;
    return end - at;
}

static void walk_area(const struct area *a, struct hs_runs_writer *w) {
    for (uint32_t at = 0, len; at < a->granules; at += len) {
        len = run_len(a->area, at);
        if (kind_at(a->area, at) == AT_FREE)
            hs_snapshot_free(w, a->first + at, len);
        else
            hs_snapshot_block(w, a->first + at, len);
    }
    hs_snapshot_end(w, a->first + a->granules);
}

static void snapshot_area(const struct area *a, uint8_t part) {
    struct hs_runs_writer w;
    hs_snapshot_begin(&w, a->first, part);
    walk_area(a, &w);
}

/* The area that the collector's list has at `a`. */
#if MICROPY_GC_SPLIT_HEAP
#define AREA_AT(a) find_area(a)
#else
#define AREA_AT(a) ((void)(a), &areas[0])
#endif

/* All areas in the order of the collector's list, which is that of its search for room. */
#define FOR_EACH_AREA(a) for (const mp_state_mem_area_t *a = &MP_STATE_MEM(area); a; a = NEXT_AREA(a))

static void snapshot_areas(void) {
    uint8_t part = !hs_mp_others_snapshot(); /* 1: first */
    FOR_EACH_AREA(a) {
        const struct area *area = AREA_AT(a);
        if (area)
            snapshot_area(area, (uint8_t)(part | (NEXT_AREA(a) ? 0 : 2)));
        part = 0;
    }
}

void hs_mp_snapshot(void) {
    bool ordered = enter_order();
    hs_mp_others_regions();
    FOR_EACH_AREA(a)
        if (AREA_AT(a))
            record_region(AREA_AT(a), HS_REGION_EXISTING);
    snapshot_areas();
    name_thread_anew();
    leave_order(ordered);
}

void hs_mp_mark(struct hs_text label) {
    bool ordered = enter_order();
    this_thread();
    hs_mark(label);
    leave_order(ordered);
}

static uint32_t keyframe_size(void) {
    struct hs_runs_writer w;
    uint32_t size = 64 + hs_mp_others_keyframe_size();
    for (uint32_t i = 0; i < n_areas; i++)
        if (areas[i].area) {
            hs_snapshot_measure(&w);
            walk_area(&areas[i], &w);
            size += w.bytes;
        }
    return size;
}

/* --- collections --------------------------------------------------------------------------------------- */

/* Sixteen entries of the table, from byte `i` on; none behind its end. */
INLINE uint32_t table_word(const mp_state_mem_area_t *a, size_t i) {
    uint32_t word;
    size_t left = a->gc_alloc_table_byte_len - i;
    memcpy(&word, a->gc_alloc_table_start + i, sizeof word); /* behind the table lies the finalisers' or the pool */
    return left < sizeof word ? word & ((1u << 8 * left) - 1) : word;
}

/* How many of the even bits are set, when no others are. */
INLINE uint32_t count_even(uint32_t bits) {
    bits = (bits & 0x33333333u) + (bits >> 2 & 0x33333333u);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0fu;
    return bits * 0x01010101u >> 24;
}

/* --- summaries ------------------------------------------------------------------------------------------ */

static bool torn_down; /* the heap may be gone */
static struct hs_level_choice built; /* the level to begin with */
static bool fresh; /* a program has begun, and has not chosen a level */

struct hs_level_choice hs_mp_level(void) {
    struct hs_level_choice choice = fresh ? built : hs_level_state().choice;
    fresh = false;
    return choice;
}

/* Sixteen entries one by one; `run` is the free run that they may go on with. */
static uint32_t summarise_entries(struct hs_summary_writer *w, uint32_t used, uint32_t n, uint32_t run) {
    for (; n--; used >>= 2) {
        if (!(used & 1)) {
            run++;
        } else if (run) {
            hs_summary_run(w, run);
            run = 0;
        }
    }
    return run;
}

static HOT void summarise_area(const struct area *a, uint8_t cause) {
    struct hs_summary_writer w;
    uint32_t run = 0;
    hs_summary_begin(&w, &(struct hs_summary_writer){.region = (uint8_t)(a - areas), .cause = cause, .shift = SHIFT});
    for (uint32_t at = 0; at < a->granules; at += 16) {
        uint32_t word = table_word(a->area, at / 4), used = (word | word >> 1) & 0x55555555u;
        uint32_t left = a->granules - at, n = left < 16 ? left : 16;
        w.blocks += count_even(word & 0x55555555u);
        w.used += count_even(used);
        if (!used)
            run += n;
        else if (run || used != 0x55555555u)
            run = summarise_entries(&w, used, n, run);
    }
    if (run)
        hs_summary_run(&w, run);
    hs_summary_end(&w);
}

void hs_mp_summary(uint8_t cause) {
    if (torn_down)
        return;
    bool ordered = enter_order();
    FOR_EACH_AREA(a)
        if (AREA_AT(a))
            summarise_area(AREA_AT(a), cause);
    hs_mp_others_summary(cause);
    hs_level_top();
    leave_order(ordered);
}

/* --- sweeps ---------------------------------------------------------------------------------------------- */

/* The low bit of an entry is set for heads, the high bit too when they are marked. Sixteen entries are told
 * at once when their heads share one fate, as they mostly do. */
static HOT void sweep_area(const struct area *a) {
    struct hs_runs_writer w;
    size_t last = HS_MP_LAST_USED(a->area) / 4;
    hs_sweep_begin(&w, a->first);
    for (size_t i = 0; i <= last; i += 4) {
        uint32_t word = table_word(a->area, i), heads = word & 0x55555555u, marks = word >> 1 & heads;
        uint32_t pos = a->first + (uint32_t)i * 4;
        if (!heads)
            continue;
        if (marks == heads || !marks) {
            hs_sweep_heads(&w, pos + (uint32_t)__builtin_ctz(heads) / 2, marks != 0, count_even(heads));
            continue;
        }
        for (; heads; heads &= heads - 1) {
            unsigned shift = (unsigned)__builtin_ctz(heads);
            hs_sweep_heads(&w, pos + shift / 2, marks >> shift & 1, 1);
        }
    }
    hs_sweep_end(&w, a->first + a->granules);
}

static void record_sweep(void) {
    for (uint32_t i = 0; i < n_areas; i++)
        if (areas[i].area)
            sweep_area(&areas[i]);
}

static bool code_is_gone(uintptr_t code) {
    for (uint32_t i = 0; i < n_areas; i++)
        if (areas[i].area && code - areas[i].start < (uintptr_t)areas[i].granules << SHIFT)
            return kind_at(areas[i].area, (uint32_t)((code - areas[i].start) >> SHIFT)) == AT_FREE;
    return false;
}

static void record_collection(uint8_t cause) {
    this_thread();
    hs_record(&(struct hs_record){.kind = HS_COLLECT, .cause = cause});
}

/* Why a collection starts: in the midst of an allocation because there is no room, or by the threshold. */
static uint8_t collection_cause(void) {
    if (running.caller != ALLOCATING)
        return 0;
#if MICROPY_GC_ALLOC_THRESHOLD
    if (MP_STATE_MEM(gc_alloc_amount) >= MP_STATE_MEM(gc_alloc_threshold))
        return 2;
#endif
    return 1;
}

/* Whether the block that was at a granule is there no longer: behind a collection, which frees and does not
 * allocate. */
static bool block_is_gone(uint32_t pos) {
    for (uint32_t i = 0; i < n_areas; i++)
        if (areas[i].area && pos - areas[i].first < areas[i].granules)
            return kind_at(areas[i].area, pos - areas[i].first) == AT_FREE;
    return true;
}

/* A region's figures stand for what a collection frees, and what is where, when nobody will know the layout. */
static bool sums_up(void) { return hs_state == HS_STATE_LEVEL || !hs_keeps_layout(); }

static void end_collection(void) {
    hs_forget(code_is_gone);
    if (AREAS > 1)
        update_areas();
    if (hs_state == HS_STATE_LEVEL)
        hs_level_swept(block_is_gone);
    hs_record(&(struct hs_record){.kind = HS_COLLECT_END});
    if (sums_up())
        hs_mp_summary(0);
}

/* A walk over the roots, without a collection; mp_refs.c. Other threads wait till it is over. */
volatile bool hs_mp_walking;
static const void *volatile walker;

static bool walks(void) {
    if (walker == &running)
        return true;
    leave_order(enter_order());
    return false;
}

void hs_mp_walk_roots(void) {
    walker = &running;
    hs_mp_walking = true;
    gc_collect();
    hs_mp_walking = false;
    walker = NULL;
}

bool hs_mp_enter_order(void) {
    bool ordered = enter_order();
    this_thread();
    return ordered;
}
void hs_mp_leave_order(bool ordered) { leave_order(ordered); }

void __real_gc_collect_start(void);
void __wrap_gc_collect_start(void);
HS_MP_SAME_TYPE(gc_collect_start);
void __wrap_gc_collect_start(void) {
    if (UNLIKELY(hs_mp_walking) && walks()) {
        hs_mp_refs_state();
        return;
    }
    hold(); /* until the collection's end */
    enter_collection();
    if (hs_state == HS_STATE_KEYFRAME_DUE && running.caller != ALLOCATING)
        hs_keyframe();
    if (hs_state != HS_STATE_OFF)
        record_collection(collection_cause());
    __real_gc_collect_start();
}

static void mark_children(const mp_state_mem_area_t *a) {
    for (uint32_t at = 0, n = granules_of(a); at < n; at++)
        if (kind_at(a, at) == AT_MARK && HS_MP_SCANS(a, at))
            gc_collect_root((void **)(void *)(a->gc_pool_start + (size_t)at * GRANULE),
                            (size_t)run_len(a, at) * GRANULE / sizeof(void *));
}

/* When the mark stack overflowed, the collector goes on marking before it sweeps: over all marked blocks,
 * until nothing new is found. This does the same by its public means and before it, so that the sweep can
 * be told; the collector then finds nothing left to do. */
static void finish_marking(void) {
    while (MP_STATE_MEM(gc_stack_overflow)) {
        MP_STATE_MEM(gc_stack_overflow) = 0;
        for (const mp_state_mem_area_t *a = &MP_STATE_MEM(area); a; a = NEXT_AREA(a))
            mark_children(a);
    }
}

static bool end_is_due; /* a collection is over but for its record */

static void end_once(void) {
    if (end_is_due)
        end_collection();
    end_is_due = false;
}

/* Callbacks of weak references are the program's own work: the collection is over before them. */
#if defined(MICROPY_PY_WEAKREF) && MICROPY_PY_WEAKREF
void __real_gc_weakref_sweep(void);
void __wrap_gc_weakref_sweep(void);
void __wrap_gc_weakref_sweep(void) {
    end_once();
    __real_gc_weakref_sweep();
}
#endif

/* Behind finish_marking every live head is marked, and what is not will be freed. */
void __real_gc_collect_end(void);
void __wrap_gc_collect_end(void);
HS_MP_SAME_TYPE(gc_collect_end);
void __wrap_gc_collect_end(void) {
    if (UNLIKELY(walker == &running))
        return;
    bool recording = hs_state != HS_STATE_OFF;
    if (recording && !sums_up()) {
        finish_marking();
        record_sweep();
    }
    bool ordered = enter_order();
    end_is_due = recording;
    __real_gc_collect_end();
    end_once();
    leave_order(ordered);
    leave_collection();
    let_go();
}

void __real_gc_sweep_all(void);
void __wrap_gc_sweep_all(void);
HS_MP_SAME_TYPE(gc_sweep_all);
void __wrap_gc_sweep_all(void) {
    stop_cores();
    hs_mp_phases_forget();
    hs_mp_stream_forget();
    hold();
    bool recording = hs_state != HS_STATE_OFF;
    if (recording && sums_up())
        hs_mp_summary(2);
    if (recording)
        record_collection(3);
    if (recording && !sums_up())
        record_sweep();
    end_is_due = recording;
    __real_gc_sweep_all();
    end_once();
    torn_down = fresh = true;
    script_len = 0;
    let_go();
}

/* --- allocations ---------------------------------------------------------------------------------------- */

static uint8_t fail_cause(void) {
    return MP_STATE_THREAD(gc_lock_depth) ? 1 : !MP_STATE_MEM(gc_auto_collect_enabled) ? 2 : 0;
}

/* An allocation of nothing fails too, and means nothing. */
static NOINLINE void record_fail(uintptr_t caller, size_t size) {
    if (!size)
        return;
    this_thread();
    if (AREAS > 1)
        update_areas();
    /* where there was no room a collection has just been summed up */
    if (sums_up() && fail_cause() == 2)
        hs_mp_summary(1);
    hs_fail(key_of(caller), (uint32_t)size, HS_MP_ASKED | fail_cause());
    hs_mp_refs_fail();
}

INLINE void record_alloc(uintptr_t caller, const void *block, size_t size) {
    if (UNLIKELY(!block)) {
        record_fail(caller, size);
        return;
    }
    uint32_t pos = pos_of(block);
    this_thread();
    hs_alloc(key_of(caller), (struct hs_block){.pos = pos, .size = (uint32_t)size});
}

/* Whether to record at any level; writes the keyframe that may be due, while heap and trace agree. */
static NOINLINE bool not_plainly_on(void) {
    if (hs_state == HS_STATE_KEYFRAME_DUE && !HS_MP_COLLECTS()) {
        bool ordered = enter_order();
        hs_keyframe();
        leave_order(ordered);
    }
    return hs_state != HS_STATE_OFF;
}
INLINE bool recording(void) {
    uint8_t state = hs_state;
    return state == HS_STATE_ON || (state != HS_STATE_OFF && not_plainly_on());
}

void *__real_gc_alloc(size_t n_bytes, unsigned int alloc_flags);
void *__wrap_gc_alloc(size_t n_bytes, unsigned int alloc_flags);
HS_MP_SAME_TYPE(gc_alloc);

INLINE void *alloc_and_record(size_t n_bytes, unsigned int alloc_flags, uintptr_t own) {
    uintptr_t caller = take_caller(own, ALLOCATING);
    bool ordered = enter_order();
    void *block = __real_gc_alloc(n_bytes, alloc_flags);
    running.caller = NOBODY;
    uintptr_t hidden = hide(block);
    record_alloc(caller, block, n_bytes);
    block = show(hidden); /* before another thread may collect */
    leave_order(ordered);
    return block;
}

/* At a level other than "full" most blocks are passed over. */
INLINE void alloc_at_level(uintptr_t caller, const void *block, size_t size) {
    if (UNLIKELY(!block))
        record_fail(caller, size);
    else if (UNLIKELY(!hs_level_skips((uint32_t)size)))
        hs_level_alloc(key_of(caller), (struct hs_block){.pos = pos_of(block), .size = (uint32_t)size});
}

static void realloc_at_level(uintptr_t caller, uint32_t old, struct hs_block block) {
    hs_level_gone(old, HS_REALLOC);
    if (!hs_level_skips(block.size))
        hs_level_realloc(key_of(caller), block);
}

static HOT NOINLINE void *alloc_less(size_t n_bytes, unsigned int alloc_flags, uintptr_t own) {
    uintptr_t caller = take_caller(own, ALLOCATING);
    bool ordered = enter_order();
    void *block = __real_gc_alloc(n_bytes, alloc_flags);
    running.caller = NOBODY;
    uintptr_t hidden = hide(block);
    alloc_at_level(caller, block, n_bytes);
    block = show(hidden); /* before another thread may collect */
    leave_order(ordered);
    return block;
}

/* gc_alloc while recording is off or a keyframe is due. */
static NOINLINE void *alloc_otherwise(size_t n_bytes, unsigned int alloc_flags) {
    if (hs_state == HS_STATE_LEVEL)
        return alloc_less(n_bytes, alloc_flags, RETURN_ADDRESS);
    if (recording())
        return alloc_and_record(n_bytes, alloc_flags, RETURN_ADDRESS);
    return __real_gc_alloc(n_bytes, alloc_flags);
}
static HOT NOINLINE void *alloc_on(size_t n_bytes, unsigned int alloc_flags) {
    return alloc_and_record(n_bytes, alloc_flags, RETURN_ADDRESS);
}

/* While recording is off this and the next two leave nothing on the stack, not even saved registers: the functions they jump
 * to have their callers' return address. */
HOT void *__wrap_gc_alloc(size_t n_bytes, unsigned int alloc_flags) {
    uint8_t state = hs_state;
    if (state == HS_STATE_OFF)
        return __real_gc_alloc(n_bytes, alloc_flags);
    return UNLIKELY(state != HS_STATE_ON) ? alloc_otherwise(n_bytes, alloc_flags) : alloc_on(n_bytes, alloc_flags);
}

/* gc_free does nothing while the heap is locked, other than by the collection itself. */
static void record_free(uintptr_t caller, const void *block) {
    this_thread();
    hs_free(caller, pos_of(block));
}

void __real_gc_free(void *ptr);
void __wrap_gc_free(void *ptr);
HS_MP_SAME_TYPE(gc_free);
INLINE void free_and_record(void *ptr, uintptr_t own, const bool less) {
    uintptr_t caller = take_caller(own, NOBODY);
    bool frees = ptr && !HS_MP_LOCKED();
    bool ordered = enter_order();
    __real_gc_free(ptr);
    if (frees && less)
        hs_level_gone(pos_of(ptr), HS_FREE);
    else if (frees)
        record_free(caller, ptr);
    leave_order(ordered);
}

/* gc_free at a level other than "full", or while a keyframe is due. */
static NOINLINE void free_otherwise(void *ptr) {
    if (hs_state == HS_STATE_LEVEL)
        free_and_record(ptr, RETURN_ADDRESS, true);
    else if (recording())
        free_and_record(ptr, RETURN_ADDRESS, false);
    else
        __real_gc_free(ptr);
}
static HOT NOINLINE void free_on(void *ptr) { free_and_record(ptr, RETURN_ADDRESS, false); }

HOT void __wrap_gc_free(void *ptr) {
    uint8_t state = hs_state;
    if (state == HS_STATE_OFF)
        __real_gc_free(ptr);
    else if (UNLIKELY(state != HS_STATE_ON))
        free_otherwise(ptr);
    else
        free_on(ptr);
}

void *__real_gc_realloc(void *ptr, size_t n_bytes, bool allow_move);
void *__wrap_gc_realloc(void *ptr, size_t n_bytes, bool allow_move);
HS_MP_SAME_TYPE(gc_realloc);
INLINE void *resize_and_record(void *ptr, size_t n_bytes, bool allow_move, const bool less) {
    uintptr_t caller = running.caller;
    running.caller = ALLOCATING;
    bool ordered = enter_order();
    uint32_t old = pos_of(ptr);
    void *block = __real_gc_realloc(ptr, n_bytes, allow_move);
    running.caller = NOBODY;
    if (block) {
        struct hs_block now = {.pos = pos_of(block), .size = (uint32_t)n_bytes};
        if (less) {
            realloc_at_level(caller, old, now);
        } else {
            this_thread();
            hs_realloc(key_of(caller), now, old);
        }
    } else if (allow_move) { /* a refused growth in place is an answer, not a failure */
        record_fail(caller, n_bytes);
    }
    leave_order(ordered);
    return block;
}
static NOINLINE void *resize_in_full(void *ptr, size_t n_bytes, bool allow_move) {
    return resize_and_record(ptr, n_bytes, allow_move, false);
}
static NOINLINE void *resize_less(void *ptr, size_t n_bytes, bool allow_move) {
    return resize_and_record(ptr, n_bytes, allow_move, true);
}

static NOINLINE void *resize_otherwise(void *ptr, size_t n_bytes, bool allow_move) {
    if (hs_state == HS_STATE_LEVEL)
        return resize_less(ptr, n_bytes, allow_move);
    return recording() ? resize_in_full(ptr, n_bytes, allow_move) : __real_gc_realloc(ptr, n_bytes, allow_move);
}

/* Without a size it is gc_free, as gc_realloc itself has it. */
static NOINLINE void *resize_to_nothing(void *ptr) {
    __wrap_gc_free(ptr);
    return NULL;
}

static NOINLINE HOT void *resize(void *ptr, size_t n_bytes, bool allow_move) {
    if (!n_bytes)
        return resize_to_nothing(ptr);
    return hs_state == HS_STATE_OFF ? __real_gc_realloc(ptr, n_bytes, allow_move) : resize_otherwise(ptr, n_bytes, allow_move);
}

/* Without a block it is gc_alloc, likewise. */
HOT void *__wrap_gc_realloc(void *ptr, size_t n_bytes, bool allow_move) {
    ASKED();
    return ptr ? resize(ptr, n_bytes, allow_move) : __wrap_gc_alloc(n_bytes, 0);
}

/* --- the m_malloc family: who asked ---------------------------------------------------------------------- */

/* All of them end in one of the three functions above, which take the caller. */
#define WRAP(type, name, parameters, arguments)                                                                    \
    type __real_##name parameters;                                                                                 \
    type __wrap_##name parameters;                                                                                 \
    HS_MP_SAME_TYPE(name);                                                                                         \
    HOT type __wrap_##name parameters {                                                                            \
        ASKED();                                                                                                   \
        return __real_##name arguments;                                                                            \
    }

#if defined(__thumb2__) && !MICROPY_PY_THREAD
_Static_assert(offsetof(struct running, caller) == 4 && ALLOCATING == 1, "as asked_thumb2.h has it");
#include "firmware-hooks/micropython/asked_thumb2.h"
#else
#define WRAP3(type, name, parameters, arguments) WRAP(type, name, parameters, arguments)
#endif

WRAP3(void *, m_malloc, (size_t n), (n));
WRAP3(void *, m_malloc_maybe, (size_t n), (n));
WRAP3(void *, m_malloc0, (size_t n), (n));
#if MICROPY_ENABLE_FINALISER
WRAP3(void *, m_malloc_with_finaliser, (size_t n), (n));
#endif
#if HS_MP_WITH_FINALISER_HELPER
WRAP3(void *, mp_obj_malloc_with_finaliser_helper, (size_t n, const mp_obj_type_t *type), (n, type));
#endif
#if MICROPY_MALLOC_USES_ALLOCATED_SIZE
WRAP3(void *, m_realloc, (void *p, size_t old, size_t n), (p, old, n));
WRAP(void *, m_realloc_maybe, (void *p, size_t old, size_t n, bool move), (p, old, n, move))
WRAP3(void, m_free, (void *p, size_t n), (p, n));
#define REAL_FREE(p) __real_m_free(p, 1)
#else
WRAP3(void *, m_realloc, (void *p, size_t n), (p, n));
WRAP3(void *, m_realloc_maybe, (void *p, size_t n, bool move), (p, n, move));
WRAP3(void, m_free, (void *p), (p));
#define REAL_FREE(p) __real_m_free(p)
#endif
HS_MP_MORE_MALLOCS
void *__wrap_mp_obj_malloc_helper(size_t n, const mp_obj_type_t *type);
HS_MP_SAME_TYPE(mp_obj_malloc_helper);
/* Most objects come this way. It is all that mp_obj_malloc_helper does, without the wrap of m_malloc between. */
HOT void *__wrap_mp_obj_malloc_helper(size_t n, const mp_obj_type_t *type) {
    ASKED();
    mp_obj_base_t *base = __real_m_malloc(n);
    base->type = type;
    return base;
}

/* --- start ------------------------------------------------------------------------------------------------ */

_Static_assert((HS_SITES & (HS_SITES - 1)) == 0 && HS_SITES <= 32768, "HS_SITES: a power of two");
static struct hs_site_entry sites[HS_SITES];
static uint16_t hash[HS_SITES * 4];
static uint32_t followed[HS_FOLLOWED];

static uint64_t build_id(void) {
    static const uintptr_t functions[] = {
#define HS_FINGERPRINT(name) (uintptr_t)name,
#include "firmware-hooks/micropython/fingerprint.def"
#undef HS_FINGERPRINT
    };
    return hs_fingerprint(functions, sizeof functions / sizeof *functions);
}

/* What lines and references mean in this build. */
#if MICROPY_STACKLESS
#define HS_MP_STACKLESS "\0stackless=1"
#else
#define HS_MP_STACKLESS
#endif
#if MICROPY_OBJ_REPR == MICROPY_OBJ_REPR_D
#define HS_MP_WIDE_OBJECTS "\0object=8"
#else
#define HS_MP_WIDE_OBJECTS
#endif

/* The number of words in a call frame before its stack is put in later. */
static char facts[] = "system=" HS_MP_SYSTEM "\0port=" MICROPY_PY_SYS_PLATFORM "\0bytecode=" MP_STRINGIFY(MPY_VERSION)
                      HS_MP_STACKLESS HS_MP_WIDE_OBJECTS "\0frame=0";

static struct hs_text all_facts(void) {
    facts[sizeof facts - 2] = (char)('0' + offsetof(mp_code_state_t, state) / sizeof(void *));
    return hs_port_facts((struct hs_text){facts, sizeof facts});
}

static bool initialised;

bool hs_mp_linked(void) { return initialised; }

/* One allocation by way of another file of MicroPython: a build whose link-time optimisation bypasses the
 * wraps records nothing, and must say so. */
static bool bypassed;

int hs_mp_selftest(void) { return bypassed ? -1 : 0; }

/* At a level that records nothing of it, the allocation is seen by the distance to the next sample. */
static bool reaches_hooks(void) {
    uint32_t before = hs_stats().offered, left = hs_level_left;
    bool less = hs_state == HS_STATE_LEVEL;
    hs_level_left = 2;
    void *block = __real_m_malloc(1);
    bool passed = hs_level_left == 1;
    hs_level_left = left;
    REAL_FREE(block);
    return less ? passed : hs_stats().offered >= before + 2;
}

static void self_test(void) {
    bypassed = !reaches_hooks();
    if (bypassed)
        hs_selftest_failed();
}

/* A collection every so many bytes allocated, as the program could have it with gc.threshold(): the trace then
 * tells within so many bytes when each block became garbage. */
static void collect_often(void) {
#if MICROPY_GC_ALLOC_THRESHOLD
    const char *bytes = hs_port_setting("HEAPSTRATA_COLLECT_EVERY");
    uint32_t n = 0;
    for (; bytes && *bytes >= '0' && *bytes <= '9' && n < UINT32_MAX / 20; bytes++)
        n = 10 * n + (uint32_t)(*bytes - '0');
    if (n)
        MP_STATE_MEM(gc_alloc_threshold) = n / GRANULE;
#endif
}

/* Where the ring lies, and whether that is where a heap is; then there is no recording. */
static struct hs_span reserved;
static bool ring_in_heap;

bool hs_mp_ring_in_heap(void) { return ring_in_heap; }

/* A heap of the collector's, without the ring. Where that cannot be had the ring is given up: it is not written to again. */
static void keep_apart(struct hs_span *heap) {
    if (ring_in_heap || hs_room_make(heap, reserved))
        return;
    hs_stop();
    ring_in_heap = true;
}

static void gc_init_apart(void *start, void *end);

/* Runs once, in the first gc_init: the first moment at which there is a heap to trace. */
static void init(void *start, void *end) {
    struct hs_config config = {
        .site = sites,
        .hash = hash,
        .n_sites = HS_SITES,
        .hash_size = HS_SITES * 4,
        .build_id = build_id(),
        .placement = HS_MP_PLACEMENT,
        .shift = SHIFT,
        .describe = describe,
        .keyframe = hs_mp_snapshot,
        .keyframe_size = keyframe_size,
        .closed = hs_mp_stream_wake,
        .level = {.level = HS_START_LEVEL, .interval = HS_SAMPLE_INTERVAL},
        .followed = followed,
        .n_followed = HS_FOLLOWED,
        .summary = hs_mp_summary,
    };
    bool record = hs_port_image(&config);
    HS_MP_LOCK_INIT();
    built = config.level;
    while (config.n_sites > 64 && config.n_sites > config.memory_size / 8 && !(config.flags & HS_RING_STREAM))
        config.n_sites /= 2; /* what a small ring cannot tell of at once needs no longer numbers */
    config.facts = all_facts();
#if HS_STACKS
    hs_mp_stacks = config.flags & HS_RING_CONTEXT;
#endif
    reserved = (struct hs_span){(uintptr_t)config.memory, (uintptr_t)config.memory + config.memory_size};
    gc_init_apart(start, end);
    ring_in_heap |= hs_mp_others_overlap(reserved);
    if (ring_in_heap || hs_init(&config) != HS_OK)
        return;
    if (hs_port_setting("HEAPSTRATA_REFS"))
        hs_mp_refs_when(hs_port_setting("HEAPSTRATA_REFS"));
    collect_often();
    hs_mp_others_begin();
    update_areas();
    hs_start();
    self_test();
    if (!record)
        hs_stop();
}

void __real_gc_init(void *start, void *end);
void __wrap_gc_init(void *start, void *end);
HS_MP_SAME_TYPE(gc_init);
static void gc_init_apart(void *start, void *end) {
    struct hs_span heap = {(uintptr_t)start, (uintptr_t)end};
    keep_apart(&heap);
    __real_gc_init((void *)heap.start, (void *)heap.end);
    torn_down = false;
}

void __wrap_gc_init(void *start, void *end);
void __wrap_gc_init(void *start, void *end) {
    if (!initialised) {
        initialised = true;
        init(start, end);
        return;
    }
    gc_init_apart(start, end);
    hs_mp_stream_forget();
    hs_forget(NULL);
    if (hs_state != HS_STATE_OFF) { /* a soft reset: the old areas are gone with all in them */
        for (uint32_t i = 0; i < n_areas; i++)
            areas[i].start = 0; /* of none that there is */
        update_areas();
        if (hs_state == HS_STATE_LEVEL)
            hs_level_swept(block_is_gone);
    }
}

#if MICROPY_GC_SPLIT_HEAP
void __real_gc_add(void *start, void *end);
void __wrap_gc_add(void *start, void *end);
HS_MP_SAME_TYPE(gc_add);
void __wrap_gc_add(void *start, void *end) {
    struct hs_span heap = {(uintptr_t)start, (uintptr_t)end};
    keep_apart(&heap);
    __real_gc_add((void *)heap.start, (void *)heap.end);
    if (hs_state != HS_STATE_OFF)
        update_areas();
}
#endif
