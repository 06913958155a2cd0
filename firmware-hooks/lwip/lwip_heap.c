/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/lwip/lwip_heap.h"

#include "firmware-hooks/lwip/lwip_pools.h"
#include "lib/level.h"
#include "lwip/def.h"

static inline uint32_t first(void) { return hs_lwip_numbers.first; }

#if HS_LWIP_OWN_HEAP

/* The same as in mem.c. */
struct mem {
    mem_size_t next, prev; /* offsets from the start of the heap */
    u8_t used;
#if MEM_OVERFLOW_CHECK
    mem_size_t user_size;
#endif
};
#ifndef MIN_SIZE
#define MIN_SIZE 12
#endif
#if MEM_OVERFLOW_CHECK
#define GUARD_BEFORE MEM_SANITY_REGION_BEFORE_ALIGNED
#define GUARD_BEHIND MEM_SANITY_REGION_AFTER_ALIGNED
#else
#define GUARD_BEFORE 0
#define GUARD_BEHIND 0
#endif
#define STRUCT_SIZE LWIP_MEM_ALIGN_SIZE(sizeof(struct mem))
#define HEADER ((uint32_t)(STRUCT_SIZE + GUARD_BEFORE))
#define LEAST ((uint32_t)(STRUCT_SIZE + LWIP_MEM_ALIGN_SIZE(MIN_SIZE)))

#ifndef LWIP_RAM_HEAP_POINTER
extern u8_t ram_heap[];
#define LWIP_RAM_HEAP_POINTER ram_heap
#endif

#define BASE ((const uint8_t *)LWIP_MEM_ALIGN(LWIP_RAM_HEAP_POINTER))
#define SIZE ((uint32_t)LWIP_MEM_ALIGN_SIZE(MEM_SIZE))

static const struct mem *mem_at(uint32_t offset) { return (const struct mem *)(const void *)(BASE + offset); }

/* The end of the block or free run at `offset`. If the header was overwritten, this is the heap's end. */
static uint32_t end_of(uint32_t offset)
{
    uint32_t next = mem_at(offset)->next;
    return next > offset && next < SIZE ? next : SIZE;
}

struct hs_block hs_lwip_heap_block(const void *block, uint32_t size)
{
    uint32_t offset = (uint32_t)((const uint8_t *)block - BASE) - HEADER, taken = end_of(offset) - offset;
    uint32_t needed = (uint32_t)LWIP_MEM_ALIGN_SIZE(HEADER + size);
    needed = needed > LEAST ? needed : LEAST;
    return (struct hs_block){first() + (offset >> HS_LWIP_SHIFT), needed == taken ? size : taken - HEADER};
}

void hs_lwip_heap_snapshot(uint8_t part)
{
    struct hs_runs_writer w;
    hs_snapshot_begin(&w, first(), part);
    for (uint32_t at = 0, end; at < SIZE; at = end) {
        end = end_of(at);
        (mem_at(at)->used ? hs_snapshot_block : hs_snapshot_free)(&w, first() + (at >> HS_LWIP_SHIFT),
                                                                  (end - at) >> HS_LWIP_SHIFT);
    }
    hs_snapshot_end(&w, first() + hs_lwip_heap_granules());
}

void hs_lwip_heap_summary(uint8_t cause)
{
    struct hs_summary_writer w;
    hs_summary_begin(&w, &(struct hs_summary_writer){
                             .region = hs_heap_region_number(&hs_lwip_heap, 0), .cause = cause, .shift = HS_LWIP_SHIFT});
    for (uint32_t at = 0, end; at < SIZE; at = end) {
        end = end_of(at);
        if (!mem_at(at)->used) {
            hs_summary_run(&w, (end - at) >> HS_LWIP_SHIFT);
            continue;
        }
        w.used += (end - at) >> HS_LWIP_SHIFT;
        w.blocks++;
    }
    hs_summary_end(&w);
}

uint32_t hs_lwip_heap_blocks(void)
{
    uint32_t n = 0;
    for (uint32_t at = 0; at < SIZE; at = end_of(at))
        n++;
    return n;
}

#else
#define HEADER 0u
#define LEAST 0u
#define BASE ((const uint8_t *)(uintptr_t)(HS_LWIP_HEAP_BASE))
#define SIZE ((uint32_t)(HS_LWIP_HEAP_SIZE))

struct hs_block hs_lwip_heap_block(const void *block, uint32_t size)
{
    return (struct hs_block){first() + (uint32_t)(((const uint8_t *)block - BASE) >> HS_LWIP_SHIFT), size};
}

/* Another allocator manages this memory and cannot be walked, so there is no snapshot: only events since the start are known. */
void hs_lwip_heap_snapshot(uint8_t part) { (void)part; }
void hs_lwip_heap_summary(uint8_t cause) { (void)cause; }
uint32_t hs_lwip_heap_blocks(void) { return 0; }
#endif

#if HS_LWIP_HAS_HEAP
uint32_t hs_lwip_heap_granules(void) { return SIZE >> HS_LWIP_SHIFT; }

void hs_lwip_heap_region_record(bool existing)
{
    hs_heap_region(&hs_lwip_heap,
                   &(struct hs_heap_region){
                       .memory = HS_MEMORY_INTERNAL,
                       .pos = first(),
                       .granules = hs_lwip_heap_granules(),
                       .base = (uintptr_t)BASE,
                       .least = LEAST,
                       .header = HEADER,
                       .name = {"lwip/heap", 9},
                   },
                   existing);
}
#else
uint32_t hs_lwip_heap_granules(void) { return 0; }
void hs_lwip_heap_region_record(bool existing) { (void)existing; }
#endif
