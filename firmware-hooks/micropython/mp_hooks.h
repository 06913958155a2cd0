/* SPDX-License-Identifier: MIT
 *
 * The interface of the hooks for the Python module `heapstrata` and for the other files of the hooks. Not ISR safe, except
 * hs_mp_defers.
 */
#ifndef HS_MP_HOOKS_H
#define HS_MP_HOOKS_H

#include <stdbool.h>

#include "lib/heap.h"
#include "lib/port.h"

#ifdef HS_CIRCUITPYTHON
#include "firmware-hooks/circuitpython/differences.h"
#else
#include "firmware-hooks/micropython/differences.h"
#endif

/* Whether gc_init was called through its wrap. If not, the linker does not wrap (wraps.txt), and nothing is recorded. */
bool hs_mp_linked(void);

/* The most areas of a heap that grows or is split; each uses 16 bytes of RAM on a 32-bit machine. Blocks in further areas are
 * recorded without a place. */
#ifndef HS_AREAS
#define HS_AREAS 16
#endif

/* 0 if allocations reach the hooks, -1 if they bypass them, as with link-time optimisation. */
int hs_mp_selftest(void);

/* Whether the ring is inside a heap that cannot be shortened to exclude it: then nothing is recorded. */
bool hs_mp_ring_in_heap(void);

/* Records the areas and the allocation table, as in a keyframe. */
void hs_mp_snapshot(void);

/* Records a mark of the calling thread. */
void hs_mp_mark(struct hs_text label);

/* Trace-wide number of the granule at an address of the heap; HS_POS_IMPLIED if its area is not known. */
uint32_t hs_mp_pos(const void *block);

/* Sets `place` to the file, function and line of the instruction at `code` in `fun`. The texts belong to the interpreter. */
struct _mp_obj_fun_bc_t;
void hs_mp_describe(const struct _mp_obj_fun_bc_t *fun, uintptr_t code, struct hs_place *place);

/* Names the file of code from the REPL instead of <stdin>, until a soft reset. Of a longer name the end is kept; an empty name
 * restores <stdin>. */
#define HS_MP_SCRIPT_MAX 64
void hs_mp_script(struct hs_text name);

/* The current level. When a program starts, it is the level that the firmware was built with. */
struct hs_level_choice hs_mp_level(void);

/* The interpreter's heap, the last in the table of heaps (mp_heaps.c). Its areas are its regions. */
extern const struct hs_heap hs_mp_heap;

/* Between these calls no other thread changes the heap, and records belong to the calling thread. May be nested. */
bool hs_mp_enter_order(void);
void hs_mp_leave_order(bool ordered);

/* The number of the calling thread or core, as in THREAD records; the first is 0. */
uint32_t hs_mp_thread(void);

/* Calls the port's gc_collect() so that it only scans the roots: gc_collect_start calls hs_mp_refs_state, gc_collect_root
 * calls mp_refs.c, and nothing is marked or swept. Call between hs_mp_enter_order and hs_mp_leave_order. */
void hs_mp_walk_roots(void);
extern volatile bool hs_mp_walking;

/* At a level other than "full": records the figures of each region. `cause`: as in SUMMARY of records.def. */
void hs_mp_summary(uint8_t cause);

/* For a soft reset: forgets the open phases, which will not end. */
void hs_mp_phases_forget(void);

/* For a jump to the nlr buffer at this address of the stack: ends the phases of this thread that the jump leaves. */
void hs_mp_phases_land(const void *nlr);

/* Between hold and let_go an interrupt of the program (Ctrl-C) is deferred, so that it cannot jump out of the recorder. May
 * be nested. hs_mp_defers is for the signal's handler: whether the signal is deferred now. */
#ifdef HS_PORT_INTERRUPTS
void hs_mp_hold(void);
void hs_mp_let_go(void);
bool hs_mp_defers(int signal);
#else
#define hs_mp_hold() (void)0
#define hs_mp_let_go() (void)0
#endif

#if HS_STACKS
/* Whether sites have the Python stack as context. */
extern bool hs_mp_stacks;
#endif

#endif
