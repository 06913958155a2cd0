/* SPDX-License-Identifier: MIT
 *
 * What the Python module `heapstrata` needs of the hooks.
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

/* Whether the collector's own start came by the hooks: else the linker was not told of them, and nothing is recorded. */
bool hs_mp_linked(void);

/* Areas of a heap that grows or is split; each takes 16 bytes of RAM on a 32-bit machine. Of more of them nothing is known
 * but that they have blocks. */
#ifndef HS_AREAS
#define HS_AREAS 16
#endif

/* 0 when allocations reach the hooks; else -1: they bypass them, as with link-time optimisation. */
int hs_mp_selftest(void);

/* Whether the ring lies in a heap, in such a way that the heap cannot do without: nothing is recorded then. */
bool hs_mp_ring_in_heap(void);

/* Records the areas and the allocation table as they are now: a keyframe. */
void hs_mp_snapshot(void);

/* A mark of the thread that calls. */
void hs_mp_mark(struct hs_text label);

/* Trace-wide number of the granule that an address of the heap lies in. */
uint32_t hs_mp_pos(const void *block);

/* File, function and line of the instruction at `code` in that function. */
struct _mp_obj_fun_bc_t;
void hs_mp_describe(const struct _mp_obj_fun_bc_t *fun, uintptr_t code, struct hs_place *place);

/* What code from the REPL is called instead of <stdin>, up to a soft reset; the end of a longer name. Without a name: <stdin>. */
#define HS_MP_SCRIPT_MAX 64
void hs_mp_script(struct hs_text name);

/* The level at hand; of a program that begins the one that the firmware was built for. */
struct hs_level_choice hs_mp_level(void);

/* The interpreter's heap, the last in the table of heaps (mp_heaps.c). Its areas are its regions. */
extern const struct hs_heap hs_mp_heap;

/* Between the two no other thread changes the heap, and records are those of the calling thread. */
bool hs_mp_enter_order(void);
void hs_mp_leave_order(bool ordered);

/* Number of the thread, or core, that calls: that of its THREAD records. 0: the first one. */
uint32_t hs_mp_thread(void);

/* Calls the port's gc_collect() in such a way that it only goes over the roots: gc_collect_start comes to
 * hs_mp_refs_state, gc_collect_root to mp_refs.c, nothing is marked or swept. In order's section. */
void hs_mp_walk_roots(void);
extern volatile bool hs_mp_walking;

/* At a level other than "full": each region's figures; `cause` of SUMMARY in records.def. */
void hs_mp_summary(uint8_t cause);

/* A soft reset: phases that were open will not end. */
void hs_mp_phases_forget(void);

/* A jump to a buffer of nlr, by its address on the stack: ends the phases of this thread that it leaves. */
void hs_mp_phases_land(const void *nlr);

/* Between the two an interrupt of the program (Ctrl-C) waits, so that it does not jump out of what records. Both may
 * be nested. hs_mp_defers, for its handler: whether it has to wait now. */
#ifdef HS_PORT_INTERRUPTS
void hs_mp_hold(void);
void hs_mp_let_go(void);
bool hs_mp_defers(int signal);
#else
#define hs_mp_hold() (void)0
#define hs_mp_let_go() (void)0
#endif

#if HS_STACKS
/* Whether sites carry the Python stack. */
extern bool hs_mp_stacks;
#endif

#endif
