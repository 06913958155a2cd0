/* SPDX-License-Identifier: MIT
 *
 * Inline functions that the files of the hooks share: the running code, deferred interrupts, the order of records, the
 * collector's areas. Other files include mp_hooks.h instead.
 */
#ifndef HS_MP_INLINE_H
#define HS_MP_INLINE_H

#include <stddef.h>
#include <string.h>

#include "firmware-hooks/micropython/mp_hooks.h"
#include "firmware-hooks/micropython/mp_versions.h"
#include "firmware-hooks/ports/hook_port.h"
#include "lib/hot.h"
#include "lib/level.h"
#include "py/bc.h"
#include "py/gc.h"
#include "py/mpthread.h"
#include "py/nlr.h"
#include "py/runtime.h"

#ifndef HS_THREAD_LOCAL
#define HS_THREAD_LOCAL
#endif

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define NOINLINE __attribute__((noinline))
#define HIDDEN __attribute__((visibility("hidden")))
/* --- the running code -------------------------------------------------------------------------------- */

extern const mp_code_state_t hs_mp_nowhere HIDDEN; /* means "no bytecode is running" */

struct hs_mp_running {
    const mp_code_state_t *code; /* innermost frame of bytecode */
    uintptr_t caller;            /* native caller of the request (see ASKED), NOBODY or ALLOCATING */
#if HS_STACKS
    uint32_t context, depth;
    struct level *level; /* innermost call that has a context of its own */
#endif
#if MICROPY_PY_THREAD
    uint32_t thread; /* the thread's number in the trace plus 1; 0 before its first record */
#ifdef HS_PORT_RETURNS
    bool is_first; /* the thread that ran before all others */
#endif
#endif
#ifdef HS_PORT_INTERRUPTS
    volatile uint32_t held;     /* nesting depth of sections in which no interrupt may jump */
    volatile int interrupt;     /* signal that was deferred in such a section; 0: none */
    const nlr_buf_t *landed;    /* buffer that a jump is going to, whose code was already restored */
    const nlr_buf_t *vm_landed; /* the same, if it is the bytecode interpreter's: it will be pushed again */
    bool entering;              /* the next buffer that is pushed is the bytecode interpreter's */
#endif
#ifdef HS_PORT_CORES
} __attribute__((aligned(16)));
#else
};
#endif

/* One per thread, or one per core if each core runs one thread. */
#ifdef HS_PORT_CORES
_Static_assert(sizeof(struct hs_mp_running) % 16 == 0, "its address from the core's number is a shift");
extern struct hs_mp_running hs_mp_running_on[HS_PORT_CORES] HIDDEN;
#define running hs_mp_running_on[HS_PORT_CORE()]

/* For a soft reset, which stops the other cores at an unknown point: the code that they ran will not return. */
void hs_mp_stop_cores(void);
#else
#define hs_mp_stop_cores() (void)0
extern HS_THREAD_LOCAL struct hs_mp_running hs_mp_running HIDDEN;
#define running hs_mp_running
#endif

#define NOBODY 0u
#define ALLOCATING 1u /* inside gc_alloc or gc_realloc */

/* --- interrupts ---------------------------------------------------------------------------------------- */

/* MicroPython's unix port raises KeyboardInterrupt in the signal handler, which jumps out of any function. Between hold and
 * let_go the signal is deferred, so that a change of the heap and its record are not separated. */
#ifdef HS_PORT_INTERRUPTS
#define BARRIER() __asm__ volatile("" ::: "memory")

INLINE void hold(void)
{
    running.held++;
    BARRIER();
}

void hs_mp_interrupt_now(void);

INLINE void let_go(void)
{
    BARRIER();
    if (!--running.held && UNLIKELY(running.interrupt))
        hs_mp_interrupt_now();
}
#else
#define hold() (void)0
#define let_go() (void)0
#endif

/* An address of the heap that the hooks hold is stored inverted: a register may be saved on the stack, and a later collection
 * would take a word left there as a reference, and keep garbage. */
INLINE uintptr_t hide(const void *block)
{
    uintptr_t hidden = ~(uintptr_t)block;
    __asm__("" : "+r"(hidden));
    return hidden;
}
INLINE void *show(uintptr_t hidden) { return (void *)~hidden; }

INLINE struct hs_key key_in(const struct hs_mp_running *self, uintptr_t caller)
{
    return (struct hs_key)
    {
        .code = (uintptr_t)self->code->ip, .caller = caller,
#if HS_STACKS
        .context = self->context,
#endif
    };
}
INLINE struct hs_key key_of(uintptr_t caller) { return key_in(&running, caller); }

/* Returns the caller that a wrap of the m_malloc family stored, or else `own`; stores `now` instead. */
INLINE uintptr_t take_caller(struct hs_mp_running *self, uintptr_t own, uintptr_t now)
{
    uintptr_t caller = self->caller;
    self->caller = now;
    return caller > ALLOCATING ? caller : own;
}

/* Stores the caller of this wrap as the caller of the request, unless there is one: mp_obj_malloc_helper calls m_malloc, and
 * its own caller shows which kind of object it is. */
#define ASKED() \
    do { \
        if (hs_state != HS_STATE_OFF) \
            asked_by(&running, RETURN_ADDRESS); \
    } while (0)
INLINE void asked_by(struct hs_mp_running *self, uintptr_t caller)
{
    if (self->caller <= ALLOCATING)
        self->caller = caller;
}

/* --- order and threads -------------------------------------------------------------------------------- */

#if MICROPY_PY_THREAD
extern volatile bool hs_mp_threads HIDDEN; /* there is a second thread */

/* Records which thread the next records belong to, if that changed. Call between enter_order and leave_order. */
void hs_mp_switch_thread(void);

INLINE void this_thread(void)
{
    if (UNLIKELY(hs_mp_threads))
        hs_mp_switch_thread();
}

/* The thread will be recorded again before the next record. */
void hs_mp_name_thread_anew(void);
#else
#define hs_mp_name_thread_anew() (void)0
#define this_thread() (void)0
#endif

#if MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL
INLINE bool enter_order(void)
{
    bool ordered = hs_mp_threads;
    hold();
    if (UNLIKELY(ordered))
        HS_MP_LOCK(&running);
    return ordered;
}
INLINE void leave_order(bool ordered)
{
    if (UNLIKELY(ordered))
        HS_MP_UNLOCK();
    let_go();
}
#else
#define HS_MP_LOCK_OF_GC 1
#define HS_MP_LOCK_INIT()
INLINE bool enter_order(void)
{
    hold();
    return false;
}
INLINE void leave_order(bool ordered)
{
    (void)ordered;
    let_go();
}
#endif

/* --- areas: the heap's regions ------------------------------------------------------------------------ */

/* 1: other heaps share the trace. Their blocks have explicit places, so the interpreter's blocks have too. */
#define HS_MP_OTHERS HS_EXPLICIT
extern struct hs_heap_numbers hs_mp_numbers HIDDEN;

#define GRANULE MICROPY_BYTES_PER_GC_BLOCK
#define SHIFT (GRANULE == 32 ? 5 : GRANULE == 16 ? 4 : GRANULE == 64 ? 6 : 3)
_Static_assert(GRANULE == 1 << SHIFT, "granule");

#if MICROPY_GC_SPLIT_HEAP
#define AREAS HS_AREAS
#define NEXT_AREA(a) ((a)->next)
#else
#define AREAS 1
#define NEXT_AREA(a) NULL
#endif

enum { AT_FREE, AT_HEAD, AT_TAIL, AT_MARK };

struct hs_mp_area {
    mp_state_mem_area_t *area; /* NULL: the area was freed */
    uintptr_t start;
    uint32_t granules;
    uint32_t first; /* trace-wide number of its first granule */
};
extern struct hs_mp_area hs_mp_areas[AREAS] HIDDEN;
extern uint32_t hs_mp_n_areas HIDDEN;

INLINE uint32_t granules_of(const mp_state_mem_area_t *a) { return (uint32_t)a->gc_alloc_table_byte_len * 4; }

INLINE unsigned kind_at(const mp_state_mem_area_t *a, uint32_t granule)
{
    return a->gc_alloc_table_start[granule / 4] >> 2 * (granule % 4) & 3;
}

/* Updates the table from the collector's list of areas, and records new areas and freed ones. */
void hs_mp_update_areas(void);

/* For a soft reset: forgets all areas. */
void hs_mp_forget_areas(void);

/* hs_mp_pos for an address that is not in the first area. */
uint32_t hs_mp_pos_elsewhere(uintptr_t at);

/* In a trace of one heap with one area, granules are numbered from 0. */
INLINE uint32_t pos_of(const void *block)
{
    uintptr_t offset = (uintptr_t)block - hs_mp_areas[0].start;
    if (AREAS == 1 && !HS_MP_OTHERS)
        return (uint32_t)(offset >> SHIFT);
    if (UNLIKELY(offset >= (uintptr_t)hs_mp_areas[0].granules << SHIFT))
        return hs_mp_pos_elsewhere((uintptr_t)block);
    return hs_mp_areas[0].first + (uint32_t)(offset >> SHIFT);
}

/* All areas in the order of the collector's list, in which it also searches for free runs. */
#define FOR_EACH_AREA(a) for (const mp_state_mem_area_t *a = &MP_STATE_MEM(area); a; a = NEXT_AREA(a))

/* Free bytes at the end of the area that ends at `address`; 0: none does. */
uint32_t hs_mp_free_before(uintptr_t address);

/* Granules of the free run or block (its head and tails) that begins at granule `at`. */
uint32_t hs_mp_run_len(const mp_state_mem_area_t *a, uint32_t at);

/* Sixteen entries of the table, from byte `i` on; entries after its end are 0. */
INLINE uint32_t table_word(const mp_state_mem_area_t *a, size_t i)
{
    uint32_t word;
    size_t left = a->gc_alloc_table_byte_len - i;
    memcpy(&word, a->gc_alloc_table_start + i, sizeof word); /* readable: after the table is the finaliser table or the pool */
    return left < sizeof word ? word & ((1u << 8 * left) - 1) : word;
}

/* The number of set bits; only even bits may be set. */
INLINE uint32_t count_even(uint32_t bits)
{
    bits = (bits & 0x33333333u) + (bits >> 2 & 0x33333333u);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0fu;
    return bits * 0x01010101u >> 24;
}

/* --- collections --------------------------------------------------------------------------------------- */

/* True between gc_sweep_all and the next gc_init: there is no heap, and no summary is written. */
extern bool hs_mp_torn_down HIDDEN;

/* Whether a collection is recorded by the regions' figures only, because readers do not know the layout. */
INLINE bool sums_up(void) { return hs_at_level() || !hs_keeps_layout(); }

/* Whether the block at a granule has been freed. Only right after a collection, which frees and does not allocate. */
bool hs_mp_block_is_gone(uint32_t pos);

/* hs_mp_level_anew: a program starts with the level that hs_mp_level_built was given, until it chooses another. */
void hs_mp_level_anew(void);
void hs_mp_level_built(struct hs_level_choice choice);

/* Code from the REPL has the file name <stdin> again. */
void hs_mp_script_forget(void);

/* Members of hs_mp_heap: see lib/heap.h. */
bool hs_mp_who_asks(uintptr_t caller, struct hs_key *key);
enum hs_trial hs_mp_try(unsigned number);
void hs_mp_describe_site(uintptr_t code, struct hs_place *place);

/* hs_forget, and for the hooks' own copy of what the code says. */
void hs_mp_forget_code(bool (*gone)(uintptr_t code));

#endif
