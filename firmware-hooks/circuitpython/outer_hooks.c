/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/circuitpython/outer_hooks.h"

#include "firmware-hooks/circuitpython/cp_room.h"
#include "firmware-hooks/ports/events.h"
#include "firmware-hooks/ports/hook_port.h"
#include "firmware-hooks/ports/interrupt.h"
#include "firmware-hooks/ports/room.h"
#include "shared-bindings/microcontroller/__init__.h"
#include "supervisor/port.h"
#include "supervisor/port_heap.h"

/* TLSF aligns blocks to a word, and stores a block's size in the word before it. The smallest block has three more words. */
#define SHIFT (sizeof(void *) == 8 ? 3 : 2)
#define HEADER ((uint32_t)sizeof(size_t))
#define LEAST ((uint32_t)(4 * sizeof(size_t)))

static struct hs_heap_numbers numbers;
static uintptr_t base;
static uint32_t granules;

static uint32_t find(uint32_t first)
{
    (void)first;
    base = (uintptr_t)port_heap_get_bottom();
    granules = (uint32_t)(((uintptr_t)port_heap_get_top() - base) >> SHIFT);
    return granules;
}

static bool overlaps(const struct hs_span *memory)
{
    struct hs_span heap = {(uintptr_t)port_heap_get_bottom(), (uintptr_t)port_heap_get_top()};
    return hs_room_overlap(&heap, *memory) && !hs_cp_room_gave(memory);
}

/* Whether the block is in the memory that the trace has. Some ports have further memory (PSRAM, SDRAM), in a heap or a pool of
 * its own: blocks there are left out. */
static bool is_here(const void *block)
{
    uintptr_t at = (uintptr_t)block - HEADER;
    return at >= base && (at - base) >> SHIFT < granules;
}

/* The index of a block's first granule in the heap. */
static uint32_t index_of(const void *block) { return (uint32_t)(((uintptr_t)block - HEADER - base) >> SHIFT); }
static uint32_t pos_of(const void *block) { return numbers.first + index_of(block); }

/* Set once an interrupt has allocated or freed (lwIP on raspberrypi). The layout must not change while it is walked, and what
 * changes after that must be recorded after the snapshot. A walk takes long, so interrupts are masked only then. */
static bool interrupts_allocate;

/* Returns the argument for let_go. CircuitPython's own mask is used because its heap uses it too: on RP2040 the last one to give
 * it back enables interrupts. */
static bool hold(bool needed)
{
    if (needed)
        common_hal_mcu_disable_interrupts();
    return needed;
}

static void let_go(bool held)
{
    if (held)
        common_hal_mcu_enable_interrupts();
}

/* --- layout ------------------------------------------------------------------------------------------------- */

#if HS_OUTER_TLSF
#include "lib/tlsf/tlsf.h"

/* The heap's control structure is at its start, its only pool after that. */
static pool_t pool(void) { return tlsf_get_pool((tlsf_t)base); }

/* `size`, or more if the block includes a rest that was too small for a block of its own. */
static uint32_t size_of(const void *block, size_t size)
{
    size_t taken = tlsf_block_size((void *)(uintptr_t)block), needed = (size + HEADER - 1) & ~(size_t)(HEADER - 1);
    needed = needed > LEAST - HEADER ? needed : LEAST - HEADER;
    return (uint32_t)(taken == needed ? size : taken);
}

struct walk {
    struct hs_runs_writer runs;
    struct hs_summary_writer summary;
    uint32_t end; /* granule after the last block or free run */
    uint32_t n;
};

static void walk(tlsf_walker see, struct walk *w)
{
    bool held = hold(interrupts_allocate);
    tlsf_walk_pool(pool(), see, w);
    let_go(held);
}

/* Callbacks of a walk, for each block or free run of `size` bytes at `block`. */
static bool count(void *block, size_t size, int used, void *context)
{
    struct walk *w = context;
    (void)block, (void)size, (void)used;
    w->n++;
    return true;
}

static bool into_snapshot(void *block, size_t size, int used, void *context)
{
    struct walk *w = context;
    uint32_t pos = pos_of(block), length = (uint32_t)((size + HEADER) >> SHIFT);
    if (!w->end && pos > numbers.first)
        hs_snapshot_block(&w->runs, numbers.first, pos - numbers.first); /* the control structure */
    (used ? hs_snapshot_block : hs_snapshot_free)(&w->runs, pos, length);
    w->end = pos + length;
    return true;
}

static bool into_summary(void *block, size_t size, int used, void *context)
{
    struct walk *w = context;
    uint32_t length = (uint32_t)((size + HEADER) >> SHIFT);
    (void)block;
    if (used) {
        w->summary.used += length;
        w->summary.blocks++;
    } else {
        hs_summary_run(&w->summary, length);
    }
    return true;
}

static void write_snapshot(uint8_t part)
{
    struct walk w = {.end = 0};
    uint32_t end = numbers.first + granules;
    bool held = hold(interrupts_allocate);
    hs_snapshot_begin(&w.runs, numbers.first, part);
    walk(into_snapshot, &w);
    if (w.end < end)
        hs_snapshot_block(&w.runs, w.end, end - w.end); /* the pool's end mark */
    hs_snapshot_end(&w.runs, end);
    let_go(held);
}

static void write_summary(uint8_t cause)
{
    struct walk w = {.end = 0};
    hs_summary_begin(&w.summary, &(struct hs_summary_writer){
                                     .region = hs_heap_region_number(&hs_outer_heap, 0), .cause = cause, .shift = SHIFT});
    walk(into_summary, &w);
    hs_summary_end(&w.summary);
}

static uint32_t keyframe_size(void)
{
    struct walk w = {.n = 0};
    walk(count, &w);
    return 64 + 3 * w.n;
}
#else
static uint32_t size_of(const void *block, size_t size) { return (void)block, (uint32_t)size; }

static void write_snapshot(uint8_t part)
{
    struct hs_runs_writer w;
    hs_snapshot_begin(&w, numbers.first, part);
    hs_snapshot_free(&w, numbers.first, granules);
    hs_snapshot_end(&w, numbers.first + granules);
}
static void write_summary(uint8_t cause) { (void)cause; }
static uint32_t keyframe_size(void) { return 64; }
#endif

/* Sites have codes of the interpreter or of lwIP. */
static bool owns_no_code(uintptr_t code) { return (void)code, false; }

static void write_regions(bool existing)
{
    hs_heap_region(&hs_outer_heap,
                   &(struct hs_heap_region){
                       .memory = hs_port_memory_kind((const void *)base),
                       .pos = numbers.first,
                       .granules = granules,
                       .base = base,
                       .least = LEAST,
                       .header = HEADER,
                   },
                   existing);
}

const struct hs_heap hs_outer_heap = {
    .name = "outer",
    .numbers = &numbers,
    .regions = 1,
    .shift = SHIFT,
    .find = find,
    .write_regions = write_regions,
    .write_snapshot = write_snapshot,
    .keyframe_size = keyframe_size,
    .write_summary = write_summary,
    .owns_code = owns_no_code,
    .overlaps = overlaps,
};

/* --- events --------------------------------------------------------------------------------------------------- */

/* Within a function of the heap, which may call another one: [0] in a thread, [1] in an interrupt that came meanwhile, in which
 * lwIP allocates. */
static bool nested[2];

static bool *within_now(void)
{
    bool interrupt = hs_in_interrupt();
    interrupts_allocate |= interrupt;
    return &nested[interrupt];
}

bool hs_outer_begins(void)
{
    bool *within = within_now(), outermost = hs_state != HS_STATE_OFF && !*within;
    *within = *within || outermost;
    return outermost;
}

void hs_outer_ends(void) { nested[hs_in_interrupt()] = false; }

void hs_outer_took(uintptr_t caller, const void *block, size_t size)
{
    if (block && is_here(block))
        hs_event_alloc(hs_heaps_key(caller), (struct hs_block){pos_of(block), size_of(block, size)});
    else if (!block && size)
        hs_fail(hs_heaps_key(caller), (uint32_t)size, hs_heap_fail_cause(&hs_outer_heap, 0, 0));
}

void hs_outer_frees(uintptr_t caller, const void *block)
{
    if (is_here(block))
        hs_event_free(caller, pos_of(block));
}

void *__real_port_malloc(size_t size, bool dma);
void *__wrap_port_malloc(size_t size, bool dma);
void *__wrap_port_malloc(size_t size, bool dma) { HS_OUTER_TAKE(size, __real_port_malloc(size, dma)); }

void *__real_port_malloc_zero(size_t size, bool dma);
void *__wrap_port_malloc_zero(size_t size, bool dma);
void *__wrap_port_malloc_zero(size_t size, bool dma) { HS_OUTER_TAKE(size, __real_port_malloc_zero(size, dma)); }

void __real_port_free(void *block);
void __wrap_port_free(void *block);
void __wrap_port_free(void *block)
{
    if (!*within_now() && block && hs_state != HS_STATE_OFF)
        hs_outer_frees(HS_OUTER_CALLER, block);
    __real_port_free(block);
}

void *__real_port_realloc(void *block, size_t size, bool dma);

/* Records that the block `old`, which is in the memory that the trace has, became `now`. */
static void resized(uintptr_t caller, const void *old, const void *now, size_t size)
{
    if (is_here(now))
        hs_event_realloc(hs_heaps_key(caller), (struct hs_block){pos_of(now), size_of(now, size)}, pos_of(old));
    else
        hs_outer_frees(caller, old);
}

/* Bytes that a resized block gives up are free before the record is written: an interrupt that gets them must come later. */
static void *resize(uintptr_t caller, void *block, size_t size, bool dma)
{
    bool held = hold(is_here(block));
    void *now = __real_port_realloc(block, size, dma);
    hs_outer_ends();
    if (held && now)
        resized(caller, block, now, size);
    let_go(held);
    if (!held || !now)
        hs_outer_took(caller, now, size);
    return now;
}

/* Without a block it allocates one; with a size of 0 it frees the block. */
void *__wrap_port_realloc(void *block, size_t size, bool dma);
void *__wrap_port_realloc(void *block, size_t size, bool dma)
{
    if (!block)
        HS_OUTER_TAKE(size, __real_port_realloc(block, size, dma));
    if (!hs_outer_begins())
        return __real_port_realloc(block, size, dma);
    if (size)
        return resize(HS_OUTER_CALLER, block, size, dma);
    hs_outer_frees(HS_OUTER_CALLER, block);
    void *now = __real_port_realloc(block, size, dma);
    hs_outer_ends();
    return now;
}
