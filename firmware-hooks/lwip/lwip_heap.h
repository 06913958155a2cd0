/* SPDX-License-Identifier: MIT
 *
 * The heap behind mem_malloc: that of mem.c, or one that the build names, or none of ours.
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
/* 1: what mem_malloc does is recorded in a region of ours; else by the pools, or by another hook. */
#define HS_LWIP_HAS_HEAP (HS_LWIP_OWN_HEAP || (!MEM_USE_POOLS && HS_LWIP_HEAP_SIZE != 0))

/* Granules of the heap, whose numbers are the first of hs_lwip_heap; 0 without one. */
uint32_t hs_lwip_heap_granules(void);

/* Where a block of mem_malloc lies, and the size with which it takes what it really takes: a rest too small for a block
 * of its own belongs to the block in front. */
struct hs_block hs_lwip_heap_block(const void *block, uint32_t size);

void hs_lwip_heap_region_record(bool existing);
void hs_lwip_heap_snapshot(uint8_t part);
void hs_lwip_heap_summary(uint8_t cause);
uint32_t hs_lwip_heap_blocks(void); /* and free runs, at most */

#endif
