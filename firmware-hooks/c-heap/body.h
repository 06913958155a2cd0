/* SPDX-License-Identifier: MIT
 *
 * The hook for the heap behind malloc(). One C file of newlib/, newlib-nano/, picolibc/ or pico-sdk/ defines `allocator`, which
 * says what is different in its allocator, and then includes wraps.h, which includes this file.
 *
 * Order. The C library's lock, which is recursive, is held during the real call and its record. So the trace has the order in
 * which the heap changed, with tasks and with interrupts that allocate, if the firmware's lock excludes them. Without such a
 * lock the C library cannot be used from two contexts either.
 *
 * Functions of the C library call each other (_calloc_r calls _malloc_r). Only the outermost call records.
 */
#ifndef HS_C_HEAP_BODY_H
#define HS_C_HEAP_BODY_H

#include <stdlib.h>

#include "firmware-hooks/c-heap/c_heap.h"
#include "firmware-hooks/ports/asked.h"
#include "firmware-hooks/ports/events.h"
#include "firmware-hooks/ports/interrupt.h"
#include "firmware-hooks/ports/layout.h"
#include "firmware-hooks/ports/tasks.h"

/* Memory that the allocator divided: a block with its header, or a free piece. */
struct hs_c_chunk {
    uintptr_t start; /* address of its first byte that belongs to no other chunk */
    uint32_t bytes;  /* up to the next chunk */
    bool used;       /* set by chunk_at only */
};

/* What is different in each allocator. A block of n requested bytes has n + header bytes, rounded up to granules, and at least
 * `least`; it may have more. */
struct hs_c_allocator {
    uint32_t header, least;
    uintptr_t (*brk)(void);                           /* end of the memory that sbrk has given to the program */
    uintptr_t (*start)(uintptr_t brk);                /* of the first chunk. Before the first request: where it will be */
    uintptr_t (*end)(void);                           /* of the last chunk; 0 before the first request */
    const void *(*first_free)(void);                  /* passed to chunk_at */
    struct hs_c_chunk (*chunk_of)(const void *block); /* of a block that malloc() returned */
    struct hs_c_chunk (*chunk_at)(uintptr_t at, const void **next_free); /* in the order of addresses */
    void (*lock)(void);
    void (*unlock)(void);
};
static const struct hs_c_allocator allocator;

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))

/* --- places ---------------------------------------------------------------------------------------------- */

/* One past the last byte that the heap may get. HS_C_HEAP_END names the linker's symbol for it. The default is the symbol of
 * picolibc's or CMSIS's linker scripts; else the stack, where libnosys and newlib's semihosting end the heap. */
#ifdef HS_C_HEAP_END
extern const char HS_C_HEAP_END[];
static uintptr_t limit(void) { return (uintptr_t)HS_C_HEAP_END; }
#else
extern const char __heap_end[] __attribute__((weak)), __HeapLimit[] __attribute__((weak));
static uintptr_t limit(void)
{
    if (__heap_end)
        return (uintptr_t)__heap_end;
    return __HeapLimit ? (uintptr_t)__HeapLimit : (uintptr_t)__builtin_frame_address(0);
}
#endif

static struct hs_heap_numbers numbers;
static uintptr_t base;    /* address of the heap's first granule */
static uint32_t granules; /* of the region */

static uint32_t find(uint32_t first)
{
    (void)first;
    uintptr_t end = limit();
    base = allocator.start(allocator.brk());
    granules = end > base ? (uint32_t)(end - base) >> HS_C_HEAP_SHIFT : 0;
    return granules;
}

static inline uint32_t offset_of(uintptr_t start) { return (uint32_t)(start - base) >> HS_C_HEAP_SHIFT; }
static inline uint32_t pos_at(uintptr_t start) { return numbers.first + offset_of(start); }

/* A block outside the region cannot be recorded: limit() is wrong. The trace's header says so. */
static bool is_inside(const struct hs_c_chunk *chunk)
{
    if (offset_of(chunk->start) < granules)
        return true;
    hs_selftest_failed();
    return false;
}

/* A reader computes a block's bytes from what was requested. A block may have more; then all its bytes count as requested. */
static inline struct hs_block place_of(const struct hs_c_chunk *chunk, size_t size)
{
    const uint32_t mask = (1u << HS_C_HEAP_SHIFT) - 1;
    uint32_t seems = ((uint32_t)size + allocator.header + mask) & ~mask;
    seems = seems > allocator.least ? seems : allocator.least;
    return (struct hs_block){pos_at(chunk->start), seems == chunk->bytes ? (uint32_t)size : chunk->bytes - allocator.header};
}

static bool overlaps(const struct hs_span *memory)
{
    return memory->start < limit() && allocator.start(allocator.brk()) < memory->end;
}

/* --- regions, snapshot, figures --------------------------------------------------------------------------- */

static void write_regions(bool existing)
{
    hs_heap_region(&hs_c_heap,
                   &(struct hs_heap_region){.memory = HS_MEMORY_INTERNAL,
                                            .pos = numbers.first,
                                            .granules = granules,
                                            .base = base,
                                            .least = allocator.least,
                                            .header = allocator.header},
                   existing);
    if (hs_tasks_write)
        hs_tasks_write();
}

/* Calls `see` for each chunk. Returns false if the chunks do not make up the heap: another user of sbrk has memory between them,
 * or a header was overwritten. */
static bool walk(void (*see)(void *context, const struct hs_c_chunk *chunk), void *context)
{
    const void *next_free = allocator.first_free();
    uintptr_t end = allocator.end(), at = end ? allocator.start(allocator.brk()) : end;
    if (at < base && end)
        return false;
    while (at < end) {
        struct hs_c_chunk chunk = allocator.chunk_at(at, &next_free);
        if (chunk.bytes < allocator.least || chunk.bytes & ((1u << HS_C_HEAP_SHIFT) - 1) || chunk.bytes > end - at)
            return false;
        see(context, &chunk);
        at += chunk.bytes;
    }
    return true;
}

static void count(void *context, const struct hs_c_chunk *chunk)
{
    (void)chunk;
    ++*(uint32_t *)context;
}

static bool has_layout(void)
{
    uint32_t chunks = 0;
    return walk(count, &chunks);
}

static uint32_t keyframe_size(void)
{
    uint32_t chunks = 0;
    walk(count, &chunks);
    return 120 + 3 * chunks + (hs_tasks_size ? hs_tasks_size() : 0);
}

/* What is behind the last chunk is free, too: the allocator has not yet asked for it. */
static void put_block(void *context, const struct hs_c_chunk *chunk)
{
    if (chunk->used)
        hs_layout_block(context, pos_at(chunk->start), chunk->bytes >> HS_C_HEAP_SHIFT);
}

static void write_snapshot(uint8_t part)
{
    struct hs_layout layout;
    hs_layout_snapshot(&layout, numbers.first, part);
    walk(put_block, &layout);
    hs_layout_end(&layout, numbers.first + granules);
}

static void write_summary(uint8_t cause)
{
    struct hs_layout layout;
    if (!has_layout())
        return;
    hs_layout_summary(
        &layout, numbers.first,
        &(struct hs_summary_writer){.region = hs_heap_region_number(&hs_c_heap, 0), .cause = cause, .shift = HS_C_HEAP_SHIFT});
    walk(put_block, &layout);
    hs_layout_end(&layout, numbers.first + granules);
}

/* --- self-test -------------------------------------------------------------------------------------------- */

static enum hs_trial try(unsigned number)
{
    if (number)
        return HS_TRIAL_NONE;
    void *volatile block = malloc(1); /* volatile: a compiler may remove a pair of malloc and free */
    free(block);
    return block ? HS_TRIAL_MADE : HS_TRIAL_NO_ROOM;
}

/* --- who asks --------------------------------------------------------------------------------------------- */

/* The request that is in progress; its depth is not 0 only while the C library's lock is held. */
static struct {
    uintptr_t caller;
    uint32_t depth; /* calls within it */
    size_t size;
    bool is_refused; /* and recorded */
} request;

#define NEAR 256u /* bytes of stack; more than the frames of operator new and of malloc's wrap */

static struct hs_asked asked;

/* Operator new[] calls operator new: the outer one stays. */
void hs_c_heap_asked_by(uintptr_t caller) { hs_asked_note(&asked, caller, NEAR); }

/* --- events ------------------------------------------------------------------------------------------------ */

/* Locks. Returns whether this call is the outermost one, which will be recorded. A keyframe takes long, so an interrupt leaves it
 * to a thread. */
static inline bool begin(uintptr_t caller, size_t size)
{
    allocator.lock();
    if (request.depth++)
        return false;
    request.size = size;
    request.is_refused = false;
    request.caller = asked.caller ? hs_asked_take(&asked, caller, NEAR) : caller;
    if (hs_state == HS_STATE_KEYFRAME_DUE && hs_heap_leads(&hs_c_heap) && !hs_in_interrupt())
        hs_keyframe();
    return true;
}

static inline void end(void)
{
    request.depth--;
    allocator.unlock();
}

/* Whether to record now. Writes which task the record belongs to. */
static inline bool records(bool outermost)
{
    if (!outermost || hs_state == HS_STATE_OFF)
        return false;
    if (hs_tasks_note)
        hs_tasks_note();
    return true;
}

/* Records a refused request when the first of its calls is refused: a layer above may not return to the outermost (a panic). */
static __attribute__((noinline)) void refused(void)
{
    if (request.is_refused || !records(true))
        return;
    uint32_t asked_for = request.size > UINT32_MAX ? UINT32_MAX : (uint32_t)request.size;
    hs_fail(hs_heaps_key(request.caller), asked_for, hs_heap_fail_cause(&hs_c_heap, 0, 0));
    request.is_refused = true;
}

/* Ends an allocation of `size` requested bytes. */
static __attribute__((noinline)) void *allocated(bool outermost, void *block, size_t size)
{
    if (!block) {
        refused();
    } else if (records(outermost)) {
        struct hs_c_chunk chunk = allocator.chunk_of(block);
        if (is_inside(&chunk))
            hs_event_alloc(hs_heaps_key(request.caller), place_of(&chunk, size));
    }
    end();
    return block;
}

/* A block before it is resized. */
struct was {
    bool block;
    uint32_t pos;
};

static inline struct was was(const void *old)
{
    return old ? (struct was){true, pos_at(allocator.chunk_of(old).start)} : (struct was){false, 0};
}

/* Ends a realloc(). One of 0 bytes that returns NULL has freed the block. */
static __attribute__((noinline)) void *resized(bool outermost, void *block, size_t size, struct was old)
{
    if (!block && !size && old.block) {
        if (records(outermost))
            hs_event_free(request.caller, old.pos);
        end();
        return block;
    }
    if (!block || !old.block)
        return allocated(outermost, block, size);
    struct hs_c_chunk chunk = allocator.chunk_of(block);
    if (records(outermost) && is_inside(&chunk))
        hs_event_realloc(hs_heaps_key(request.caller), place_of(&chunk, size), old.pos);
    end();
    return block;
}

/* Begins a free(). */
static __attribute__((noinline)) void freeing(uintptr_t caller, const void *block)
{
    bool outermost = begin(caller, 0);
    struct hs_c_chunk chunk = allocator.chunk_of(block);
    if (records(outermost) && is_inside(&chunk))
        hs_event_free(request.caller, pos_at(chunk.start));
}

/* The bytes that calloc() asks for; the most that size_t can say if they are more. */
static inline size_t product(size_t n, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(n, size, &bytes) ? SIZE_MAX : bytes;
}

const struct hs_heap hs_c_heap = {
    .name = "malloc",
    .numbers = &numbers,
    .regions = 1,
    .shift = HS_C_HEAP_SHIFT,
    .find = find,
    .write_regions = write_regions,
    .has_layout = has_layout,
    .write_snapshot = write_snapshot,
    .keyframe_size = keyframe_size,
    .write_summary = write_summary,
    .overlaps = overlaps,
    .try = try,
};

#endif
