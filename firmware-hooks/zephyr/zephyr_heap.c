/* SPDX-License-Identifier: MIT
 *
 * sys_heap: chunks of 8-byte units, each with a header of two fields: the length of the chunk before, and its own length in units
 * times 2 with the lowest bit set in use. Fields have 16 bits in heaps of less than 256 KB, else 32. The first chunk is the heap's own
 * structure.
 *
 * Zephyr's heap listeners are not used: they announce a resized block as a new one and then as freed, and neither refused requests
 * nor the bytes that were requested. The functions of sys_heap are wrapped instead; their users hold the heap's lock.
 */
#include <zephyr/kernel.h>
#include <zephyr/sys/sys_heap.h>

#include "firmware-hooks/ports/asked.h"
#include "firmware-hooks/ports/events.h"
#include "firmware-hooks/ports/layout.h"
#include "firmware-hooks/ports/tasks.h"
#include "firmware-hooks/zephyr/zephyr_heap.h"

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))
#define SHIFT 3u
#define UNIT (1u << SHIFT)

/* The beginning of Zephyr's struct z_heap. */
struct start_of_heap {
    uint32_t first_header[2];
    uint32_t end; /* units */
};

/* --- heaps ------------------------------------------------------------------------------------------------- */

#ifndef HS_ZEPHYR_HEAPS
#define HS_ZEPHYR_HEAPS 4
#endif

static struct watched {
    const struct sys_heap *heap;
    const char *name;
    uintptr_t start; /* of the heap's structure: unit 0 */
    uint32_t own;    /* units of the structure: the region begins behind it */
    uint32_t end;    /* units */
    uint32_t first;  /* of the region, from the heap's first granule */
    bool is_big;     /* 32-bit fields */
} heaps[HS_ZEPHYR_HEAPS];
static unsigned n_heaps;
static struct hs_heap_numbers numbers;

#if defined(CONFIG_SYS_HEAP_SMALL_ONLY)
static bool has_big_fields(uint32_t units) { return (void)units, false; }
#elif defined(CONFIG_SYS_HEAP_BIG_ONLY)
static bool has_big_fields(uint32_t units) { return (void)units, true; }
#else
static bool has_big_fields(uint32_t units) { return sizeof(void *) > 4 || units > 0x7fff; }
#endif

/* Length and state of the chunk at a unit. */
static uint32_t field(const struct watched *h, uint32_t unit)
{
    const void *chunk = (const void *)(h->start + (uintptr_t)unit * UNIT);
    return h->is_big ? ((const uint32_t *)chunk)[1] : ((const uint16_t *)chunk)[1];
}

static uint32_t header_of(const struct watched *h) { return h->is_big ? 8 : 4; }

bool hs_zephyr_watch(struct sys_heap *heap, const char *name)
{
    const struct start_of_heap *start = (const void *)heap->heap;
    if (n_heaps == HS_ZEPHYR_HEAPS || !start)
        return false;
    struct watched *h = &heaps[n_heaps];
    *h = (struct watched){
        .heap = heap, .name = name, .start = (uintptr_t)start, .end = start->end, .is_big = has_big_fields(start->end)};
    h->own = field(h, 0) >> 1;
    h->first = n_heaps ? h[-1].first + h[-1].end - h[-1].own : 0;
    n_heaps++;
    return true;
}

static struct watched *known(const struct sys_heap *heap)
{
    for (unsigned i = 0; i < n_heaps; i++)
        if (heaps[i].heap == heap)
            return &heaps[i];
    return NULL;
}

static uint32_t find(uint32_t first)
{
    (void)first;
    return n_heaps ? heaps[n_heaps - 1].first + heaps[n_heaps - 1].end - heaps[n_heaps - 1].own : 0;
}

static uint32_t pos_of_unit(const struct watched *h, uint32_t unit) { return numbers.first + h->first + unit - h->own; }

/* A block that is aligned may begin some bytes behind its chunk's header. */
static uint32_t unit_of(const struct watched *h, const void *block)
{
    return (uint32_t)(((uintptr_t)block - header_of(h) - h->start) >> SHIFT);
}

static void write_regions(bool existing)
{
    for (unsigned i = 0; i < n_heaps; i++) {
        const struct watched *h = &heaps[i];
        hs_heap_region(&hs_zephyr_heap,
                       &(struct hs_heap_region){.index = (uint8_t)i,
                                                .memory = HS_MEMORY_INTERNAL,
                                                .pos = pos_of_unit(h, h->own),
                                                .granules = h->end - h->own,
                                                .base = h->start + (uintptr_t)h->own * UNIT,
                                                .least = UNIT,
                                                .header = header_of(h),
                                                .name = {h->name, (uint32_t)__builtin_strlen(h->name)}},
                       existing);
    }
    hs_tasks_write();
}

/* Calls `see`, which may be NULL, for each block in use. Returns how many chunks there are; 0 if they do not end where the heap
 * ends. */
static uint32_t walk(const struct watched *h, void (*see)(struct hs_layout *layout, uint32_t pos, uint32_t n),
                     struct hs_layout *layout)
{
    uint32_t unit = h->own, n = 0;
    for (; unit < h->end; n++) {
        uint32_t word = field(h, unit), units = word >> 1;
        if (!units || units > h->end - unit)
            return 0;
        if (see && word & 1)
            see(layout, pos_of_unit(h, unit), units);
        unit += units;
    }
    return n;
}

static bool has_layout(void)
{
    for (unsigned i = 0; i < n_heaps; i++)
        if (!walk(&heaps[i], NULL, NULL))
            return false;
    return n_heaps != 0;
}

static uint32_t keyframe_size(void)
{
    uint32_t size = hs_tasks_size();
    for (unsigned i = 0; i < n_heaps; i++)
        size += 140 + 3 * walk(&heaps[i], NULL, NULL);
    return size;
}

static void write_snapshot(uint8_t part)
{
    for (unsigned i = 0; i < n_heaps; i++) {
        uint8_t last = i + 1 == n_heaps ? HS_SNAPSHOT_LAST : 0, first = i ? 0 : HS_SNAPSHOT_FIRST;
        struct hs_layout layout;
        hs_layout_snapshot(&layout, pos_of_unit(&heaps[i], heaps[i].own), (uint8_t)(part & (first | last)));
        walk(&heaps[i], hs_layout_block, &layout);
        hs_layout_end(&layout, pos_of_unit(&heaps[i], heaps[i].end));
    }
}

static void write_summary(uint8_t cause)
{
    for (unsigned i = 0; i < n_heaps && has_layout(); i++) {
        struct hs_layout layout;
        hs_layout_summary(
            &layout, pos_of_unit(&heaps[i], heaps[i].own),
            &(struct hs_summary_writer){.region = hs_heap_region_number(&hs_zephyr_heap, i), .cause = cause, .shift = SHIFT});
        walk(&heaps[i], hs_layout_block, &layout);
        hs_layout_end(&layout, pos_of_unit(&heaps[i], heaps[i].end));
    }
}

/* The function below k_malloc and k_heap_alloc in newer versions. Older ones do not have it, so no link can fail for want of its
 * wrap: the trial finds that. */
void *sys_heap_noalign_alloc(struct sys_heap *heap, size_t align, size_t size) __attribute__((weak));
void *__real_sys_heap_noalign_alloc(struct sys_heap *heap, size_t align, size_t size) __attribute__((weak));
void *__wrap_sys_heap_noalign_alloc(struct sys_heap *heap, size_t align, size_t size);

static bool has_noalign(void)
{
    bool wrapped = sys_heap_noalign_alloc == __wrap_sys_heap_noalign_alloc;
    return wrapped ? __real_sys_heap_noalign_alloc != NULL : sys_heap_noalign_alloc != NULL;
}

/* Two for each heap. */
static enum hs_trial try(unsigned number)
{
    if (number / 2 >= n_heaps)
        return HS_TRIAL_NONE;
    if (number % 2 && !has_noalign())
        return HS_TRIAL_NO_ROOM;
    unsigned key = irq_lock(); /* the users' own locks are not known */
    struct sys_heap *heap = (struct sys_heap *)(uintptr_t)heaps[number / 2].heap;
    void *block = number % 2 ? sys_heap_noalign_alloc(heap, UNIT, 1) : sys_heap_alloc(heap, 1);
    if (block)
        sys_heap_free(heap, block);
    irq_unlock(key);
    return block ? HS_TRIAL_MADE : HS_TRIAL_NO_ROOM;
}

const struct hs_heap hs_zephyr_heap = {
    .name = "zephyr",
    .numbers = &numbers,
    .regions = HS_ZEPHYR_HEAPS,
    .shift = SHIFT,
    .find = find,
    .write_regions = write_regions,
    .has_layout = has_layout,
    .write_snapshot = write_snapshot,
    .keyframe_size = keyframe_size,
    .write_summary = write_summary,
    .try = try,
};

/* --- who asks ---------------------------------------------------------------------------------------------- */

/* Noted by the outermost of the functions that call sys_heap (k_malloc, k_heap_alloc, malloc). */
#define NEAR 512u /* bytes of stack; more than the frames from k_malloc to sys_heap_aligned_alloc */
static struct hs_asked asked;

static void ask(uintptr_t caller) { hs_asked_note(&asked, caller, NEAR); }
static uintptr_t caller_of(uintptr_t own) { return hs_asked_take(&asked, own, NEAR); }

/* --- events ------------------------------------------------------------------------------------------------ */

/* As in c-heap/wraps.h: a link that lacks a wrap fails. */
#define MUST_BE_WRAPPED(name) __asm__(".pushsection .heapstrata.wraps,\"R\",%progbits\n\t.4byte __real_" #name "\n\t.popsection")
#define WRAP(type, name, parameters) \
    type __real_##name parameters; \
    type __wrap_##name parameters __attribute__((used)); \
    type __wrap_##name parameters
#define MUST_WRAP(type, name, parameters) \
    MUST_BE_WRAPPED(name); \
    WRAP(type, name, parameters)

/* The heap if it is recorded now. A keyframe that is due is written first, when trace and heap agree; in an interrupt it waits. */
static const struct watched *recorded(const struct sys_heap *heap)
{
    const struct watched *h = hs_state == HS_STATE_OFF ? NULL : known(heap);
    if (!h)
        return NULL;
    if (hs_state == HS_STATE_KEYFRAME_DUE && hs_heap_leads(&hs_zephyr_heap) && !k_is_in_isr())
        hs_keyframe();
    return h;
}

static uint32_t clipped(size_t size) { return size > UINT32_MAX ? UINT32_MAX : (uint32_t)size; }

static void refused(const struct watched *h, uintptr_t caller, size_t size)
{
    hs_fail(hs_heaps_key(caller), clipped(size), hs_heap_fail_cause(&hs_zephyr_heap, (unsigned)(h - heaps), 0));
}

/* A chunk may have more units than were requested, because of an alignment. Then all its bytes count as requested. */
static struct hs_block place_of(const struct watched *h, const void *block, size_t size)
{
    uint32_t unit = unit_of(h, block), units = field(h, unit) >> 1, header = header_of(h);
    bool as_seen = (clipped(size) + header + UNIT - 1) >> SHIFT == units;
    return (struct hs_block){pos_of_unit(h, unit), as_seen ? clipped(size) : units * UNIT - header};
}

static __attribute__((noinline)) void *allocated(const struct watched *h, uintptr_t caller, void *block, size_t size)
{
    hs_tasks_note();
    if (block)
        hs_event_alloc(hs_heaps_key(caller), place_of(h, block, size));
    else if (size)
        refused(h, caller, size);
    return block;
}

static __attribute__((noinline)) void freeing(const struct watched *h, uintptr_t caller, const void *block)
{
    hs_tasks_note();
    hs_event_free(caller, pos_of_unit(h, unit_of(h, block)));
}

MUST_WRAP(void *, sys_heap_alloc, (struct sys_heap * heap, size_t size))
{
    uintptr_t caller = caller_of(RETURN_ADDRESS);
    const struct watched *h = recorded(heap);
    void *block = __real_sys_heap_alloc(heap, size);
    return h ? allocated(h, caller, block, size) : block;
}

MUST_WRAP(void *, sys_heap_aligned_alloc, (struct sys_heap * heap, size_t align, size_t size))
{
    uintptr_t caller = caller_of(RETURN_ADDRESS);
    const struct watched *h = recorded(heap);
    void *block = __real_sys_heap_aligned_alloc(heap, align, size);
    return h ? allocated(h, caller, block, size) : block;
}

/* k_malloc and k_heap_alloc of newer versions call this one. It calls sys_heap_alloc within its own file, where no wrap applies. */
WRAP(void *, sys_heap_noalign_alloc, (struct sys_heap * heap, size_t align, size_t size))
{
    uintptr_t caller = caller_of(RETURN_ADDRESS);
    const struct watched *h = recorded(heap);
    void *block = __real_sys_heap_noalign_alloc(heap, align, size);
    return h ? allocated(h, caller, block, size) : block;
}

MUST_WRAP(void, sys_heap_free, (struct sys_heap * heap, void *block))
{
    uintptr_t caller = caller_of(RETURN_ADDRESS);
    const struct watched *h = block ? recorded(heap) : NULL;
    if (h)
        freeing(h, caller, block);
    __real_sys_heap_free(heap, block);
}

/* A resized block is one event, whether it moved or not. */
static __attribute__((noinline)) void *resized(const struct watched *h, uintptr_t caller, struct hs_block now, uint32_t old,
                                               void *block)
{
    (void)h;
    hs_tasks_note();
    hs_event_realloc(hs_heaps_key(caller), now, old);
    return block;
}

static void *end_resize(const struct watched *h, uintptr_t caller, void *old, uint32_t pos, void *block, size_t size)
{
    if (!old || (!block && size))
        return allocated(h, caller, block, size);
    if (block)
        return resized(h, caller, place_of(h, block, size), pos, block);
    hs_tasks_note();
    hs_event_free(caller, pos);
    return block;
}

WRAP(void *, sys_heap_realloc, (struct sys_heap * heap, void *old, size_t size))
{
    uintptr_t caller = caller_of(RETURN_ADDRESS);
    const struct watched *h = recorded(heap);
    uint32_t pos = h && old ? pos_of_unit(h, unit_of(h, old)) : 0;
    void *block = __real_sys_heap_realloc(heap, old, size);
    return h ? end_resize(h, caller, old, pos, block, size) : block;
}

WRAP(void *, sys_heap_aligned_realloc, (struct sys_heap * heap, void *old, size_t align, size_t size))
{
    uintptr_t caller = caller_of(RETURN_ADDRESS);
    const struct watched *h = recorded(heap);
    uint32_t pos = h && old ? pos_of_unit(h, unit_of(h, old)) : 0;
    void *block = __real_sys_heap_aligned_realloc(heap, old, align, size);
    return h ? end_resize(h, caller, old, pos, block, size) : block;
}

/* --- functions above sys_heap: only who asks ------------------------------------------------------------------ */

#define ASKS(type, name, parameters, arguments) \
    WRAP(type, name, parameters) \
    { \
        ask(RETURN_ADDRESS); \
        return __real_##name arguments; \
    }
#define ASKS_TO_FREE(name, parameters, block, arguments) \
    WRAP(void, name, parameters) \
    { \
        if (block) \
            ask(RETURN_ADDRESS); \
        __real_##name arguments; \
    }

ASKS(void *, k_malloc, (size_t size), (size))
ASKS(void *, k_calloc, (size_t n, size_t size), (n, size))
ASKS(void *, k_realloc, (void *old, size_t size), (old, size))
ASKS(void *, k_aligned_alloc, (size_t align, size_t size), (align, size))
ASKS_TO_FREE(k_free, (void *block), block, (block))
ASKS(void *, k_heap_alloc, (struct k_heap * heap, size_t size, k_timeout_t timeout), (heap, size, timeout))
ASKS(void *, k_heap_aligned_alloc, (struct k_heap * heap, size_t align, size_t size, k_timeout_t timeout),
     (heap, align, size, timeout))
ASKS(void *, k_heap_calloc, (struct k_heap * heap, size_t n, size_t size, k_timeout_t timeout), (heap, n, size, timeout))
ASKS(void *, k_heap_realloc, (struct k_heap * heap, void *old, size_t size, k_timeout_t timeout), (heap, old, size, timeout))
ASKS_TO_FREE(k_heap_free, (struct k_heap * heap, void *block), block, (heap, block))
