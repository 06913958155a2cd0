/* SPDX-License-Identifier: MIT
 *
 * A complete hook for the allocator in first_fit.h. firmware-hooks/README.md explains it step by step; the numbers of the
 * steps below are the same as there.
 */
#include "firmware-hooks/example/example_hook.h"

#include "firmware-hooks/example/first_fit.h"
#include "firmware-hooks/ports/events.h"

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))

/* --- 1: places ------------------------------------------------------------------------------------------ */

#define SHIFT 3u /* all blocks are multiples of 8 bytes */
#define HEADER ((uint32_t)sizeof(struct ff_block))

static struct hs_heap_numbers numbers;

static uint32_t find(uint32_t first) { return (void)first, FF_HEAP_SIZE >> SHIFT; }

static const struct ff_block *block_at(uint32_t offset) { return (const struct ff_block *)(const void *)(ff_heap + offset); }

static uint32_t pos_of(const void *block)
{
    return numbers.first + (uint32_t)(((uintptr_t)block - HEADER - (uintptr_t)ff_heap) >> SHIFT);
}

/* A reader computes a block's bytes as `size` plus header, rounded up, and at least FF_LEAST. A block may have more, because
 * the rest of its free run was too small for another block. Then all its bytes count as requested. */
static struct hs_block place_of(const void *block, size_t size)
{
    uint32_t has = ((const struct ff_block *)block - 1)->bytes, seems = ((uint32_t)size + HEADER + 7) & ~7u;
    seems = seems > FF_LEAST ? seems : FF_LEAST;
    return (struct hs_block){pos_of(block), seems == has ? (uint32_t)size : has - HEADER};
}

/* --- 2: regions, snapshot, figures ------------------------------------------------------------------------ */

static void write_regions(bool existing)
{
    hs_heap_region(&example_heap,
                   &(struct hs_heap_region){.memory = HS_MEMORY_INTERNAL,
                                            .pos = numbers.first,
                                            .granules = FF_HEAP_SIZE >> SHIFT,
                                            .base = (uintptr_t)ff_heap,
                                            .least = FF_LEAST,
                                            .header = HEADER},
                   existing);
}

/* False before ff_init, because the recorder may start before the allocator: then the heap has no headers to walk. */
static bool has_layout(void) { return block_at(0)->bytes != 0; }

static void write_snapshot(uint8_t part)
{
    struct hs_runs_writer w;
    hs_snapshot_begin(&w, numbers.first, part);
    for (uint32_t at = 0; at < FF_HEAP_SIZE; at += block_at(at)->bytes)
        (block_at(at)->used ? hs_snapshot_block : hs_snapshot_free)(&w, numbers.first + (at >> SHIFT),
                                                                    block_at(at)->bytes >> SHIFT);
    hs_snapshot_end(&w, numbers.first + (FF_HEAP_SIZE >> SHIFT));
}

static uint32_t keyframe_size(void)
{
    uint32_t n = 0;
    for (uint32_t at = 0; has_layout() && at < FF_HEAP_SIZE; at += block_at(at)->bytes)
        n++;
    return 100 + 3 * n; /* at most 3 bytes for a run of less than 2^14 granules */
}

static void write_summary(uint8_t cause)
{
    struct hs_summary_writer w;
    hs_summary_begin(
        &w, &(struct hs_summary_writer){.region = hs_heap_region_number(&example_heap, 0), .cause = cause, .shift = SHIFT});
    for (uint32_t at = 0; has_layout() && at < FF_HEAP_SIZE; at += block_at(at)->bytes) {
        if (!block_at(at)->used)
            hs_summary_run(&w, block_at(at)->bytes >> SHIFT);
        w.used += block_at(at)->used ? block_at(at)->bytes >> SHIFT : 0;
        w.blocks += block_at(at)->used;
    }
    hs_summary_end(&w);
}

/* --- 3: self-test ------------------------------------------------------------------------------------------- */

static enum hs_trial try(unsigned number)
{
    if (number)
        return HS_TRIAL_NONE;
    if (!has_layout())
        return HS_TRIAL_NO_ROOM;
    void *block = ff_malloc(1); /* the linker replaces this call by __wrap_ff_malloc, like any other */
    ff_free(block);
    return block ? HS_TRIAL_MADE : HS_TRIAL_NO_ROOM;
}

/* --- 4: the heap -------------------------------------------------------------------------------------------- */

const struct hs_heap example_heap = {
    .name = "example",
    .numbers = &numbers,
    .regions = 1,
    .shift = SHIFT,
    .find = find,
    .write_regions = write_regions,
    .has_layout = has_layout,
    .write_snapshot = write_snapshot,
    .keyframe_size = keyframe_size,
    .write_summary = write_summary,
    .try = try,
};

/* --- 5: events ------------------------------------------------------------------------------------------------ */

/* Called when heap and trace agree: a keyframe that is due is written now, if this heap's hook writes keyframes. */
static bool recording(void)
{
    if (hs_state == HS_STATE_KEYFRAME_DUE && hs_heap_leads(&example_heap))
        hs_keyframe();
    return hs_state != HS_STATE_OFF;
}

static void refused(uintptr_t caller, size_t size)
{
    hs_fail(hs_heaps_key(caller), (uint32_t)size, hs_heap_fail_cause(&example_heap, 0, 0));
}

void *__real_ff_malloc(size_t size);
void *__wrap_ff_malloc(size_t size);
void *__wrap_ff_malloc(size_t size)
{
    if (!recording())
        return __real_ff_malloc(size);
    void *block = __real_ff_malloc(size);
    if (block)
        hs_event_alloc(hs_heaps_key(RETURN_ADDRESS), place_of(block, size));
    else
        refused(RETURN_ADDRESS, size);
    return block;
}

void __real_ff_free(void *block);
void __wrap_ff_free(void *block);
void __wrap_ff_free(void *block)
{
    if (block && recording())
        hs_event_free(RETURN_ADDRESS, pos_of(block));
    __real_ff_free(block);
}

void *__real_ff_realloc(void *old, size_t size);
void *__wrap_ff_realloc(void *old, size_t size);
void *__wrap_ff_realloc(void *old, size_t size)
{
    if (!recording())
        return __real_ff_realloc(old, size);
    uint32_t pos = old ? pos_of(old) : 0;
    void *block = __real_ff_realloc(old, size);
    if (!block)
        refused(RETURN_ADDRESS, size);
    else if (old)
        hs_event_realloc(hs_heaps_key(RETURN_ADDRESS), place_of(block, size), pos);
    else
        hs_event_alloc(hs_heaps_key(RETURN_ADDRESS), place_of(block, size));
    return block;
}
