/* SPDX-License-Identifier: MIT
 *
 * The heap that mem_malloc uses: mem.c's own heap, memory that the build names (HS_LWIP_HEAP_BASE), or none if another hook
 * records it.
 */
#ifndef HS_LWIP_HEAP_H
#define HS_LWIP_HEAP_H

#include "firmware-hooks/lwip/lwip_hooks.h"
#include "lwip/mem.h"

#ifndef MEM_CUSTOM_ALLOCATOR /* lwIP 2.1 */
#define MEM_CUSTOM_ALLOCATOR MEM_LIBC_MALLOC
#endif

/* 1: mem.c's own heap. */
#define HS_LWIP_OWN_HEAP (!MEM_USE_POOLS && !MEM_CUSTOM_ALLOCATOR)
/* 1: blocks of mem_malloc are recorded in a region of heap "lwip"; otherwise in the pools, or by another hook. */
#define HS_LWIP_HAS_HEAP (HS_LWIP_OWN_HEAP || (!MEM_USE_POOLS && HS_LWIP_HEAP_SIZE != 0))

/* Granules of this heap; their numbers are the first of hs_lwip_heap. 0 if there is no such heap. */
uint32_t hs_lwip_heap_granules(void);

/* The place of a block of mem_malloc and its size. The size is `size`, or more if the block includes a rest that was too
 * small for a block of its own. */
struct hs_block hs_lwip_heap_block(const void *block, uint32_t size);

void hs_lwip_heap_region_record(bool existing);
void hs_lwip_heap_snapshot(uint8_t part);
void hs_lwip_heap_summary(uint8_t cause);
uint32_t hs_lwip_heap_blocks(void); /* the number of blocks and free runs */

#endif
