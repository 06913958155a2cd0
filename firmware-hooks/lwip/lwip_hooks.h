/* SPDX-License-Identifier: MIT
 *
 * Records lwIP's pools and heap. The linker redirects the calls in wraps.txt to these hooks; lwIP itself is not changed.
 *
 * Regions of heap "lwip": one for each pool of the build's own lwipopts.h, whose `least` is the bytes of one element; and one
 * for the heap of mem.c, if the build has it. If an empty pool refuses a request, a FAIL names the pool's region.
 *
 * Sites: the native caller and, if frames can be followed, the calls above it as context. The site of a timeout is the
 * handler that will be called; it is read from the element after lwIP has filled it in. For lwIP's own cyclic timers it is
 * the function that the timer calls. A site's function has the name of its pool, so the pool is also known with
 * MEMP_MEM_MALLOC, where elements are allocated from the heap.
 *
 * Order: a block is recorded after the call that allocates it and before the call that frees it, so no other task can have it
 * in between. If two tasks allocate at the same time, one may be charged to the site and pool of the other, unless the port
 * has HS_THREAD_LOCAL.
 */
#ifndef HS_LWIP_HOOKS_H
#define HS_LWIP_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/heap.h"

/* 1: other heaps share the trace, and the hook of one of them starts the recorder (lwip_alone.c is then empty). */
#ifndef HS_WITH_LWIP
#define HS_WITH_LWIP 0
#endif

/* Granules reserved for lwIP in a trace with other heaps; the granules of all pools and the heap must fit. */
#ifndef HS_LWIP_GRANULES
#define HS_LWIP_GRANULES 32768
#endif

/* The most private pools (LWIP_MEMPOOL_DECLARE) that are recorded. */
#ifndef HS_LWIP_PRIVATE
#define HS_LWIP_PRIVATE 4
#endif

/* The most calls above the immediate caller that become the context. They are found by frame pointers, so compile lwIP and
 * this hook with -fno-omit-frame-pointer. */
#ifndef HS_LWIP_FRAMES
#define HS_LWIP_FRAMES (HS_STACKS ? 12 : 0)
#endif

/* Address and bytes of the memory that mem_malloc uses if that is not lwIP's own heap (MEM_LIBC_MALLOC or
 * MEM_CUSTOM_ALLOCATOR). Both 0: another hook records that memory, and gets the site from hs_heaps_key. */
#ifndef HS_LWIP_HEAP_BASE
#define HS_LWIP_HEAP_BASE 0
#define HS_LWIP_HEAP_SIZE 0
#endif

/* lwIP's heap and pools, for the firmware's table of heaps. Regions: the heap, the pools in the order of memp_std.h, the
 * private pools. */
extern const struct hs_heap hs_lwip_heap;
extern struct hs_heap_numbers hs_lwip_numbers;

/* Whether a site's `code` belongs to lwIP; hs_lwip_describe then sets the pool's name as the name of the function. */
static inline bool hs_lwip_is_code(uintptr_t code) { return (code & 1) && code < 512; }
void hs_lwip_describe(uintptr_t code, struct hs_place *place);

/* Call after lwip_init(): allocates a pbuf from a pool and one from the heap, and checks that the hooks see both. Returns 0,
 * or -1 if calls bypass the hooks, as with link-time optimisation; the trace's header then says so too. */
int hs_lwip_check(void);

/* Called when lwIP's memory is ready for the first time and recording is off: lwip_alone.c starts the recorder. */
#if HS_WITH_LWIP
#define hs_lwip_begin() (void)0
#else
void hs_lwip_begin(void);
#endif

#endif
