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

#include "lib/heap.h"

/* 1: other heaps share the trace, and one of them begins it (lwip_alone.c is empty then). */
#ifndef HS_WITH_LWIP
#define HS_WITH_LWIP 0
#endif

/* Granules that a trace with other heaps keeps for lwIP's: those of all pools and the heap must fit. */
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
 * another hook records it, and learns by hs_heaps_key who asks. */
#ifndef HS_LWIP_HEAP_BASE
#define HS_LWIP_HEAP_BASE 0
#define HS_LWIP_HEAP_SIZE 0
#endif

/* lwIP's heap and pools, for the table of a firmware's heaps. Regions: the heap, then the pools in the order of memp_std.h,
 * then private ones. */
extern const struct hs_heap hs_lwip_heap;
extern struct hs_heap_numbers hs_lwip_numbers;

/* A site's `code` that is one of ours, and what hs_config.describe says of it: the pool's name as that of a function. */
static inline bool hs_lwip_is_code(uintptr_t code) { return (code & 1) && code < 512; }
void hs_lwip_describe(uintptr_t code, struct hs_place *place);

/* After lwip_init(): allocates a block of each sort, and checks that the hooks see it. 0, or -1 when they are bypassed, as
 * with link-time optimisation; the trace's header says so then, too. */
int hs_lwip_check(void);

/* Called when lwIP's memory is ready for the first time, and nothing is recorded: lwip_alone.c begins. */
#if HS_WITH_LWIP
#define hs_lwip_begin() (void)0
#else
void hs_lwip_begin(void);
#endif

#endif
