/* SPDX-License-Identifier: MIT
 *
 * lwIP's pools and heap under observation. The linker sends the calls of wraps.txt here; lwIP itself is not touched.
 *
 * Regions of heap "lwip": one for each pool of the build's own lwipopts.h, `least` being what an element takes; one for
 * the heap of mem.c, where the build has that. A request that an empty pool refuses is a FAIL that names its region.
 *
 * Sites: the native caller, and where frames can be followed the calls above it as context. Of a timeout it is the
 * handler that will be called, read from the element once lwIP has filled that in; of lwIP's own cyclic timers the
 * function that these call. A site's function is named as its pool: so the pool is known with MEMP_MEM_MALLOC too,
 * where elements come from the heap.
 *
 * Order: a block is recorded behind the call that takes it and before the one that gives it back, so no other task can
 * have it in between. With MEMP_MEM_MALLOC and several tasks, one that allocates while another one does may be charged
 * to the other's pool, unless the port has HS_THREAD_LOCAL.
 */
#ifndef HS_LWIP_HOOKS_H
#define HS_LWIP_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/heapstrata.h"

/* 1: the interpreter's hook begins the trace and writes its keyframes; its areas, and CircuitPython's outer heap, have
 * numbers of regions and granules that ours must leave to them. */
#ifndef HS_WITH_LWIP
#define HS_WITH_LWIP 0
#endif

/* Number of the first of our regions: the heap, then the pools in the order of memp_std.h, then private ones. */
#ifndef HS_LWIP_REGION
#define HS_LWIP_REGION (HS_WITH_LWIP ? 16 : 0)
#endif

/* Trace-wide number of our first granule. */
#if defined HS_WITH_OUTER && HS_WITH_OUTER
uint32_t hs_outer_granules(void);
#define HS_LWIP_FIRST hs_outer_granules()
#else
#define HS_LWIP_FIRST 0u
#endif

/* Granules that a trace with other heaps keeps for ours: those of all pools and the heap must fit. */
#ifndef HS_LWIP_GRANULES
#define HS_LWIP_GRANULES 32768
#endif

/* Private pools (LWIP_MEMPOOL_DECLARE) that are recorded. */
#ifndef HS_LWIP_PRIVATE
#define HS_LWIP_PRIVATE 4
#endif

/* Calls above the immediate caller that become the context, where frame pointers lead to them: lwIP and this hook are
 * compiled with -fno-omit-frame-pointer then. */
#ifndef HS_LWIP_FRAMES
#define HS_LWIP_FRAMES (HS_STACKS ? 12 : 0)
#endif

/* Where mem_malloc takes memory from when that is not lwIP's own heap: MEM_LIBC_MALLOC or MEM_CUSTOM_ALLOCATOR. Both 0:
 * another hook records it, which hs_lwip_key tells who asks. */
#ifndef HS_LWIP_HEAP_BASE
#define HS_LWIP_HEAP_BASE 0
#define HS_LWIP_HEAP_SIZE 0
#endif

/* Parts of a keyframe: our regions, as they are if `existing`, else empty; then the layout. `part` of SNAPSHOT in
 * records.def: whether ours is the first of a snapshot's or the last. False when there is none: lwIP has not begun.
 * Together at most hs_lwip_keyframe_size() bytes. */
void hs_lwip_regions(bool existing);
bool hs_lwip_snapshot(uint8_t part);
uint32_t hs_lwip_keyframe_size(void);

/* Each region's figures, at levels above "full"; `cause` of SUMMARY in records.def. */
void hs_lwip_summary(uint8_t cause);

/* A site's `code` that is one of ours, and what hs_config.describe says of it: the pool's name as that of a function. */
static inline bool hs_lwip_is_code(uintptr_t code) { return (code & 1) && code < 512; }
void hs_lwip_describe(uintptr_t code, struct hs_place *place);

/* For the hook of a heap that lwIP allocates from: who asks, when it is lwIP that does; else false. */
bool hs_lwip_key(struct hs_key *key);

/* Behind lwip_init(): makes an allocation of each sort and sees whether the hooks are told. 0, or -1 when they are
 * bypassed, as with link-time optimisation; the trace's header says so then, too. */
int hs_lwip_check(void);

/* Called behind memp_init, and by hs_lwip_check: lwip_alone.c begins recording here. */
void hs_lwip_ready(void);

#endif
