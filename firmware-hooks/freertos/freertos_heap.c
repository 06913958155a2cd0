/* SPDX-License-Identifier: MIT
 *
 * The kernel's heap. heap_2, heap_4 and heap_5 put a header before each block: a link, and the block's bytes with the header; the
 * highest bit of the bytes says that the block is in use (kernels from 10.5 on; heap_4 and heap_5 of all versions). Blocks and free
 * pieces follow each other up to the end of the region. heap_1 has no headers and no free.
 *
 * Events come with the scheduler suspended, when the heap has changed already: a keyframe is written after the event's record.
 */
#include "FreeRTOS.h"
#include "task.h"

#if HS_FREERTOS_HEAP != 3
#include "firmware-hooks/freertos/freertos_heap.h"
#include "firmware-hooks/ports/events.h"
#include "firmware-hooks/ports/layout.h"
#include "firmware-hooks/ports/tasks.h"

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))
#define HAS_HEADERS (HS_FREERTOS_HEAP != 1)

/* As in c-heap/wraps.h: the link fails if the kernel was compiled without trace_macros.h. */
__asm__(".pushsection .heapstrata.wraps,\"R\",%progbits\n\t.4byte hs_freertos_is_traced\n\t.popsection");

#define ALIGNMENT ((uint32_t)portBYTE_ALIGNMENT)
#define SHIFT (portBYTE_ALIGNMENT == 32 ? 5 : portBYTE_ALIGNMENT == 16 ? 4 : portBYTE_ALIGNMENT == 8 ? 3 : 2)
#define ROUND(n) (((n) + ALIGNMENT - 1) & ~(ALIGNMENT - 1))
_Static_assert(1 << SHIFT == portBYTE_ALIGNMENT, "portBYTE_ALIGNMENT: 4, 8, 16 or 32");

struct header {
    struct header *next; /* may be encrypted */
    size_t bytes;
};
#define IN_USE ((size_t)1 << (8 * sizeof(size_t) - 1))
#define HEADER (HAS_HEADERS ? ROUND((uint32_t)sizeof(struct header)) : 0)
#define LEAST (HEADER + ALIGNMENT)

/* --- regions --------------------------------------------------------------------------------------------- */

#ifndef HS_FREERTOS_REGIONS
#define HS_FREERTOS_REGIONS 4 /* of heap_5 */
#endif

static struct {
    uintptr_t base;
    uint32_t granules;
    uint32_t first; /* from the heap's first granule */
} regions[HS_FREERTOS_REGIONS];
static unsigned n_regions;
static struct hs_heap_numbers numbers;

static void add_region(uintptr_t start, uintptr_t end)
{
    unsigned last = n_regions - 1;
    if (n_regions == HS_FREERTOS_REGIONS || end <= start)
        return;
    regions[n_regions].base = start;
    regions[n_regions].granules = (uint32_t)(end - start) >> SHIFT;
    regions[n_regions].first = n_regions ? regions[last].first + regions[last].granules : 0;
    n_regions++;
}

/* The memory that the kernel divides of what it was given. */
static void add_memory(const void *memory, size_t bytes)
{
    uintptr_t given = (uintptr_t)memory, start = (given + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
#if HS_FREERTOS_HEAP == 1 || HS_FREERTOS_HEAP == 2
    add_region(start, start + bytes - ALIGNMENT);
#else
    add_region(start, (given + bytes - HEADER) & ~(uintptr_t)(ALIGNMENT - 1));
#endif
}

#if HS_FREERTOS_HEAP == 5
__asm__(".pushsection .heapstrata.wraps,\"R\",%progbits\n\t.4byte __real_vPortDefineHeapRegions\n\t.popsection");
void __real_vPortDefineHeapRegions(const HeapRegion_t *const given);
void __wrap_vPortDefineHeapRegions(const HeapRegion_t *const given) __attribute__((used));
void __wrap_vPortDefineHeapRegions(const HeapRegion_t *const given)
{
    for (const HeapRegion_t *region = given; region->xSizeInBytes; region++)
        add_memory(region->pucStartAddress, region->xSizeInBytes);
    __real_vPortDefineHeapRegions(given);
}
#endif

/* A request makes the kernel set its heap up, and tells where it is. */
static uint32_t find(uint32_t first)
{
    void *block = pvPortMalloc(1);
    (void)first;
    if (HAS_HEADERS)
        vPortFree(block);
    return n_regions ? regions[n_regions - 1].first + regions[n_regions - 1].granules : 0;
}

/* Index of the region with this address; n_regions: none. */
static unsigned region_of(uintptr_t address)
{
    unsigned i = 0;
    while (i < n_regions && (address - regions[i].base) >> SHIFT >= regions[i].granules)
        i++;
    return i;
}

static const char *const names[] = {"FreeRTOS/1", "FreeRTOS/2", "FreeRTOS/3", "FreeRTOS/4",
                                    "FreeRTOS/5", "FreeRTOS/6", "FreeRTOS/7", "FreeRTOS/8"};
_Static_assert(HS_FREERTOS_REGIONS <= sizeof names / sizeof *names, "HS_FREERTOS_REGIONS: at most 8");

static void write_regions(bool existing)
{
    for (unsigned i = 0; i < n_regions; i++)
        hs_heap_region(&hs_freertos_heap,
                       &(struct hs_heap_region){.index = (uint8_t)i,
                                                .memory = HS_MEMORY_INTERNAL,
                                                .pos = numbers.first + regions[i].first,
                                                .granules = regions[i].granules,
                                                .base = regions[i].base,
                                                .least = LEAST,
                                                .header = HEADER,
                                                .name = {names[i], n_regions > 1 ? 10 : 8}},
                       existing);
    hs_tasks_write();
}

/* --- walk ------------------------------------------------------------------------------------------------- */

/* Calls `see`, which may be NULL, for each block in use of a region. Returns how many blocks and free pieces it has; 0 if they do
 * not end where the region ends: a header was overwritten, or there are none. */
static uint32_t walk(unsigned i, void (*see)(struct hs_layout *layout, uint32_t pos, uint32_t n), struct hs_layout *layout)
{
    uintptr_t at = regions[i].base, end = at + ((uintptr_t)regions[i].granules << SHIFT);
    uint32_t n = 0;
    while (HAS_HEADERS && at < end) {
        const struct header *header = (const struct header *)at;
        size_t bytes = header->bytes & ~IN_USE;
        if (bytes < LEAST || bytes > end - at + ALIGNMENT - 1)
            return 0;
        if (see && header->bytes & IN_USE)
            see(layout, numbers.first + regions[i].first + (uint32_t)((at - regions[i].base) >> SHIFT),
                (uint32_t)(bytes >> SHIFT));
        at += bytes;
        n++;
    }
    return n;
}

static bool has_layout(void)
{
    for (unsigned i = 0; i < n_regions; i++)
        if (!walk(i, NULL, NULL))
            return false;
    return n_regions != 0;
}

static uint32_t keyframe_size(void)
{
    uint32_t size = hs_tasks_size();
    for (unsigned i = 0; i < n_regions; i++)
        size += 120 + 3 * walk(i, NULL, NULL);
    return size;
}

static void write_snapshot(uint8_t part)
{
    for (unsigned i = 0; i < n_regions; i++) {
        uint8_t is_last = i + 1 == n_regions ? HS_SNAPSHOT_LAST : 0, is_first = i ? 0 : HS_SNAPSHOT_FIRST;
        struct hs_layout layout;
        hs_layout_snapshot(&layout, numbers.first + regions[i].first, (uint8_t)(part & (is_first | is_last)));
        walk(i, hs_layout_block, &layout);
        hs_layout_end(&layout, numbers.first + regions[i].first + regions[i].granules);
    }
}

static void write_summary(uint8_t cause)
{
    for (unsigned i = 0; i < n_regions && has_layout(); i++) {
        struct hs_layout layout;
        hs_layout_summary(
            &layout, numbers.first + regions[i].first,
            &(struct hs_summary_writer){.region = hs_heap_region_number(&hs_freertos_heap, i), .cause = cause, .shift = SHIFT});
        walk(i, hs_layout_block, &layout);
        hs_layout_end(&layout, numbers.first + regions[i].first + regions[i].granules);
    }
}

/* --- self-test -------------------------------------------------------------------------------------------- */

/* heap_1 cannot free; the link has shown already that it is traced. */
static enum hs_trial try(unsigned number)
{
    if (number || !HAS_HEADERS)
        return HS_TRIAL_NONE;
    void *block = pvPortMalloc(1);
    vPortFree(block);
    return block ? HS_TRIAL_MADE : HS_TRIAL_NO_ROOM;
}

const struct hs_heap hs_freertos_heap = {
    .name = "FreeRTOS",
    .numbers = &numbers,
    .regions = HS_FREERTOS_REGIONS,
    .shift = SHIFT,
    .find = find,
    .write_regions = write_regions,
    .has_layout = has_layout,
    .write_snapshot = write_snapshot,
    .keyframe_size = keyframe_size,
    .write_summary = write_summary,
    .try = try,
};

/* --- events ------------------------------------------------------------------------------------------------ */

/* Set by the wraps of pvPortMalloc and pvPortCalloc, for hs_freertos_alloc: the kernel's macro has the size rounded up. A task that
 * comes in between has another stack. */
#define NEAR 512u /* bytes of stack; more than pvPortMalloc's frame */
static struct {
    size_t size;
    uintptr_t caller, frame;
} asked;

static void ask(size_t size, uintptr_t caller)
{
    uint8_t here;
    asked.frame = (uintptr_t)&here;
    asked.caller = caller;
    asked.size = size;
}

void *__real_pvPortMalloc(size_t size);
void *__wrap_pvPortMalloc(size_t size) __attribute__((used));
void *__wrap_pvPortMalloc(size_t size)
{
    ask(size, RETURN_ADDRESS);
    return __real_pvPortMalloc(size);
}

/* Not in heap_1, and not in all versions: --gc-sections leaves it out of a firmware that does not call it. */
void *__real_pvPortCalloc(size_t n, size_t size);
void *__wrap_pvPortCalloc(size_t n, size_t size) __attribute__((used));
void *__wrap_pvPortCalloc(size_t n, size_t size)
{
    size_t bytes;
    ask(__builtin_mul_overflow(n, size, &bytes) ? SIZE_MAX : bytes, RETURN_ADDRESS);
    return __real_pvPortCalloc(n, size);
}

/* What was requested, and by whom: exactly if this is the request of the wrap, else from the kernel's macro. */
static struct hs_block request(size_t wanted, uintptr_t *caller)
{
    uint8_t here;
    uintptr_t distance = asked.frame + NEAR - (uintptr_t)&here;
    size_t size = asked.size;
    bool exact = size && distance < 2 * NEAR && (ROUND(size + HEADER) == wanted || !wanted);
    asked.size = 0;
    if (exact)
        *caller = asked.caller;
    else
        size = wanted > HEADER ? wanted - HEADER : 0;
    return (struct hs_block){.size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size};
}

/* A block may have more bytes than were requested. Then all of them count as requested. */
static uint32_t size_of(const void *block, uint32_t size)
{
    const struct header *header = (const struct header *)((uintptr_t)block - HEADER);
    uint32_t has = HAS_HEADERS ? (uint32_t)(header->bytes & ~IN_USE) : ROUND(size);
    return ROUND(size + HEADER) == has ? size : has - HEADER;
}

static uint32_t pos_of(unsigned i, const void *block)
{
    return numbers.first + regions[i].first + (uint32_t)(((uintptr_t)block - HEADER - regions[i].base) >> SHIFT);
}

static void refused(struct hs_key key, uint32_t size) { hs_fail(key, size, hs_heap_fail_cause(&hs_freertos_heap, 0, 0)); }

void hs_freertos_alloc(void *block, size_t wanted, const void *memory, size_t bytes, uintptr_t caller)
{
    struct hs_block told = request(wanted, &caller);
    if (memory && !n_regions)
        add_memory(memory, bytes);
    if (hs_state == HS_STATE_OFF)
        return;
    hs_tasks_note();
    unsigned i = block ? region_of((uintptr_t)block - HEADER) : n_regions;
    if (!block && told.size) {
        refused(hs_heaps_key(caller), told.size);
    } else if (block && i == n_regions) {
        hs_selftest_failed(); /* outside all regions known: HS_FREERTOS_REGIONS */
    } else if (block) {
        told.size = size_of(block, told.size);
        told.pos = pos_of(i, block);
        hs_event_alloc(hs_heaps_key(caller), told);
    }
    if (hs_state == HS_STATE_KEYFRAME_DUE && hs_heap_leads(&hs_freertos_heap))
        hs_keyframe();
}

void hs_freertos_free(const void *block, uintptr_t caller)
{
    unsigned i = region_of((uintptr_t)block - HEADER);
    if (hs_state == HS_STATE_OFF || i == n_regions)
        return;
    hs_tasks_note();
    hs_event_free(caller, pos_of(i, block));
}

#else
#include "firmware-hooks/c-heap/c_heap.h"

/* heap_3 calls malloc(), whose hook records; here it learns who called. */
void *__real_pvPortMalloc(size_t size);
void *__wrap_pvPortMalloc(size_t size) __attribute__((used));
void *__wrap_pvPortMalloc(size_t size)
{
    hs_c_heap_asked_by((uintptr_t)__builtin_return_address(0));
    return __real_pvPortMalloc(size);
}

void *__real_pvPortCalloc(size_t n, size_t size);
void *__wrap_pvPortCalloc(size_t n, size_t size) __attribute__((used));
void *__wrap_pvPortCalloc(size_t n, size_t size)
{
    hs_c_heap_asked_by((uintptr_t)__builtin_return_address(0));
    return __real_pvPortCalloc(n, size);
}
#endif
