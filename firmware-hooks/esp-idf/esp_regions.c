/* SPDX-License-Identifier: MIT
 *
 * The registered heaps of heap_caps as regions.
 *
 * A heap may be inside another one: CONFIG_SPIRAM_MALLOC_RESERVE_INTERNAL allocates blocks of internal memory and registers
 * them as heaps, for DMA and explicit requests. Such a nested region is inside a block of another region. Its name begins with
 * another heap ("reserve"), so that each byte counts once.
 *
 * The bytes before the first block are the heap's control data and belong to no region.
 */
#include <string.h>

#include "esp_heap_caps.h"
#include "firmware-hooks/esp-idf/esp_hooks.h"
#include "firmware-hooks/esp-idf/esp_tracking.h"
#include "firmware-hooks/esp-idf/esp_walk.h"
#include "firmware-hooks/ports/hook_port.h"
#include "lib/level.h"
#include "lib/port.h"

#ifndef HS_ESP_REGIONS
#define HS_ESP_REGIONS 24u /* at most 99, for their names */
#endif
#define REGIONS HS_ESP_REGIONS

/* MALLOC_CAP_EXEC, which ESP-IDF 6 defines only if memory protection is not configured. */
#define CAP_EXEC (1u << 0)

static struct region {
    uintptr_t start; /* address of the first block's header */
    uintptr_t heap;  /* start of the heap in heap_caps; identifies it */
    uint32_t granules;
    uint32_t first; /* trace-wide number of its first granule */
    uint32_t caps;
    bool nested;
    bool outer; /* another region is nested in it */
} regions[REGIONS];
static uint32_t n_regions;

/* The region of the last block, which is searched first. Never a region with another one nested in it. */
static struct region no_region;
static const struct region *last_region = &no_region;

/* Heaps that have no room among the regions: their blocks are not recorded, and not searched for again. */
#define LEFT_OUT 4u
static struct hs_span left_out[LEFT_OUT];
static uint32_t n_left_out; /* LEFT_OUT: there may be more, so no further heap is searched for */

/* With MicroPython: granules reserved for heaps that are registered later; its areas have the numbers after them. */
#define LATER (256u << 10 >> HS_ESP_SHIFT)
static struct hs_heap_numbers numbers; /* granules 0: not yet numbered */

/* --- finding them -------------------------------------------------------------------------------------- */

static HS_ESP_FAST struct region *known(uintptr_t heap)
{
    for (uint32_t i = 0; i < n_regions; i++)
        if (regions[i].heap == heap)
            return &regions[i];
    return NULL;
}

static HS_ESP_FAST uint32_t end_of_granules(void)
{
    uint32_t end = numbers.first;
    for (uint32_t i = 0; i < n_regions; i++)
        if (regions[i].first + regions[i].granules > end)
            end = regions[i].first + regions[i].granules;
    return end;
}

static bool lies_within(const struct region *inner, const struct region *outer)
{
    uintptr_t offset = inner->start - outer->start;
    return inner != outer && offset < (uintptr_t)outer->granules << HS_ESP_SHIFT && inner->granules < outer->granules;
}

HS_ESP_FAST bool hs_esp_is_left_out(uintptr_t address)
{
    for (uint32_t i = 0; i < n_left_out; i++)
        if (address - left_out[i].start < left_out[i].end - left_out[i].start)
            return true;
    return n_left_out == LEFT_OUT;
}

/* Called for the first block of a heap: the region begins at its header. */
static bool on_first_block(hs_esp_heap_t heap, hs_esp_block_t block, void *unused)
{
    (void)unused;
    if (known((uintptr_t)heap.start) || hs_esp_is_left_out((uintptr_t)heap.start))
        return false;
    uintptr_t start = (uintptr_t)block.ptr - HS_ESP_WORD;
    struct region region = {
        .start = start,
        .heap = (uintptr_t)heap.start,
        .first = end_of_granules(),
        .granules = (uint32_t)((uintptr_t)heap.end - start) >> HS_ESP_SHIFT,
    };
    if (n_regions < REGIONS && (!numbers.granules || region.first + region.granules - numbers.first <= numbers.granules))
        regions[n_regions++] = region;
    else if (n_left_out < LEFT_OUT)
        left_out[n_left_out++] = (struct hs_span){(uintptr_t)heap.start, (uintptr_t)heap.end};
    return false;
}

static bool on_heap_with(hs_esp_heap_t heap, hs_esp_block_t block, void *caps)
{
    struct region *region = known((uintptr_t)heap.start);
    (void)block;
    if (region)
        region->caps |= *(const uint32_t *)caps;
    return false;
}

/* --- their names --------------------------------------------------------------------------------------- */

#define REGION_NAME_MAX 32u
static const char *kind_name(const struct region *region, uint8_t memory)
{
    static const char *const names[] = {
        [HS_MEMORY_UNKNOWN] = "heap_caps/other",     [HS_MEMORY_INTERNAL] = "heap_caps/DRAM",
        [HS_MEMORY_IRAM] = "heap_caps/IRAM",         [HS_MEMORY_RTC_SLOW] = "heap_caps/RTC slow",
        [HS_MEMORY_RTC_FAST] = "heap_caps/RTC fast", [HS_MEMORY_PSRAM] = "heap_caps/PSRAM",
    };
    if (region->nested)
        return "reserve/1";
    if (memory == HS_MEMORY_INTERNAL && region->caps & CAP_EXEC)
        return "heap_caps/D-IRAM";
    return names[memory < sizeof names / sizeof *names ? memory : HS_MEMORY_UNKNOWN];
}

static uint8_t memory_of(const struct region *region) { return hs_port_memory_kind((const void *)region->start); }

/* The region's number among those with this name, from 1. */
static uint32_t namesake(const struct region *region, const char *name)
{
    uint32_t n = 1;
    for (const struct region *other = regions; other < region; other++)
        n += kind_name(other, memory_of(other)) == name;
    return n;
}

/* The name "heap/region", and a number for the second and later regions with that name. REGIONS has two digits. */
static struct hs_text name_of(const struct region *region, char *text)
{
    const char *name = kind_name(region, memory_of(region));
    uint32_t len = (uint32_t)strlen(name), number = namesake(region, name), tens = number >= 20 ? 2 : number >= 10 ? 1 : 0;
    memcpy(text, name, len);
    if (region->nested)
        len--; /* the number replaces the 1 in the name */
    else if (number > 1)
        text[len++] = ' ';
    if (tens)
        text[len++] = (char)('0' + tens);
    if (number > 1 || region->nested)
        text[len++] = (char)('0' + number - 10 * tens);
    return (struct hs_text){text, len};
}

static void record(const struct region *region, bool existing)
{
    char text[REGION_NAME_MAX];
    struct hs_text name = name_of(region, text);
    hs_heap_region(&hs_esp_heap,
                   &(struct hs_heap_region){
                       .index = (uint8_t)(region - regions),
                       .memory = memory_of(region),
                       .pos = region->first,
                       .granules = region->granules,
                       .base = region->start,
                       .least = HS_ESP_LEAST,
                       .header = HS_ESP_HEADER,
                       .caps = region->caps,
                       .name = name,
                   },
                   existing);
}

static void nest(struct region *inner, struct region *outer)
{
    bool within = lies_within(inner, outer);
    inner->nested |= within;
    outer->outer |= within;
}

bool hs_esp_find_regions(void)
{
    uint32_t before = n_regions;
    hs_esp_walk(0, on_first_block, NULL);
    for (uint32_t bit = 0; bit < 31; bit++) { /* no heap has bit 31, MALLOC_CAP_INVALID */
        uint32_t caps = 1u << bit;
        hs_esp_walk(caps, on_heap_with, &caps);
    }
    for (uint32_t i = before; i < n_regions; i++)
        for (uint32_t j = 0; j < n_regions; j++)
            nest(&regions[i], &regions[j]);
    last_region = &no_region;
    if (hs_state != HS_STATE_OFF)
        for (uint32_t i = before; i < n_regions; i++)
            record(&regions[i], true); /* a keyframe follows: it may have blocks already */
    return n_regions > before;
}

/* --- looking up ---------------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) bool contains(const struct region *region, uintptr_t header)
{
    return (header - region->start) >> HS_ESP_SHIFT < region->granules;
}

static inline __attribute__((always_inline)) uint32_t pos_in(const struct region *region, uintptr_t header)
{
    return region->first + (uint32_t)((header - region->start) >> HS_ESP_SHIFT);
}

static HS_ESP_FAST __attribute__((noinline)) uint32_t look_up(uintptr_t header)
{
    const struct region *found = NULL;
    for (const struct region *region = regions; region < regions + n_regions; region++)
        if (contains(region, header) && (!found || region->nested))
            found = region;
    if (!found)
        return HS_POS_IMPLIED;
    if (!found->outer)
        last_region = found;
    return pos_in(found, header);
}

HS_ESP_FAST uint32_t hs_esp_pos(uintptr_t block)
{
    uintptr_t header = block - HS_ESP_FRONT;
    const struct region *region = last_region;
    return contains(region, header) ? pos_in(region, header) : look_up(header);
}

/* The capabilities that ESP-IDF requires of a heap (esp_heap_adjust_alignment_to_hw). It turns some capabilities into an
 * alignment; memory for DMA descriptors needs DMA; external memory needs no DMA. Not every version has all these names. */
#define CAPS_DESCRIPTORS (1u << 17 | 1u << 18)
#define CAP_CACHE_ALIGNED (1u << 19)
static inline uint32_t asked_of_heaps(uint32_t caps)
{
    if (caps & CAPS_DESCRIPTORS)
        caps |= MALLOC_CAP_DMA;
    if (caps & MALLOC_CAP_SPIRAM)
        caps &= ~(uint32_t)MALLOC_CAP_DMA;
    return caps & ~(CAPS_DESCRIPTORS | CAP_CACHE_ALIGNED);
}

unsigned hs_esp_region_with(uint32_t caps)
{
    caps = asked_of_heaps(caps);
    for (uint32_t i = 0; i < n_regions; i++)
        if ((regions[i].caps & caps) == caps)
            return i + 1;
    return 0;
}

/* --- snapshots ------------------------------------------------------------------------------------------ */

struct drawing {
    struct hs_runs_writer w;
    const struct region *region; /* current region, NULL before the first */
    uint32_t left;               /* regions that are not yet started */
    uint8_t part;                /* part of the snapshot that these regions are, as in records.def */
    uint32_t at;                 /* granule after the last one that was walked */
    uint32_t free;               /* granules of a free run that is not written yet */
};

static void put_free(struct drawing *d)
{
    if (d->free)
        hs_snapshot_free(&d->w, d->at - d->free, d->free);
    d->free = 0;
}

static void end_region(struct drawing *d)
{
    if (!d->region)
        return;
    uint32_t end = d->region->first + d->region->granules;
    d->free += end - d->at; /* the word that ends a TLSF pool */
    d->at = end;
    put_free(d);
    hs_snapshot_end(&d->w, end);
}

static bool on_block(hs_esp_heap_t heap, hs_esp_block_t block, void *context)
{
    struct drawing *d = context;
    const struct region *region = known((uintptr_t)heap.start);
    if (!region)
        return false;
    if (region != d->region) {
        end_region(d);
        uint8_t part = (uint8_t)(((d->region ? 0 : 1) | (d->left == 1 ? 2 : 0)) & d->part);
        d->region = region;
        d->at = region->first;
        d->left--;
        hs_snapshot_begin(&d->w, region->first, part);
    }
    uint32_t granules = (uint32_t)((block.size + HS_ESP_WORD) >> HS_ESP_SHIFT);
    uint32_t left = region->first + region->granules - d->at;
    granules = granules < left ? granules : left;
    if (!granules)
        return true;
    if (block.used) {
        put_free(d);
        hs_snapshot_block(&d->w, d->at, granules);
    } else {
        d->free += granules;
    }
    d->at += granules;
    return true;
}

static void write_regions(bool existing)
{
    for (uint32_t i = 0; i < n_regions; i++)
        record(&regions[i], existing);
    if (!HS_WITH_HEAP_CAPS) {
        hs_esp_record_tasks();
        hs_esp_record_turn();
    }
}

static void write_snapshot(uint8_t part)
{
    struct drawing d = {.left = n_regions, .part = part};
    hs_lock_t lock = hs_port_lock(); /* no other core allocates in between */
    hs_esp_walk(0, on_block, &d);
    end_region(&d);
    hs_port_unlock(lock);
}

/* --- summaries ------------------------------------------------------------------------------------------- */

struct summing {
    struct hs_summary_writer w;
    const struct region *region; /* the region of this summary */
};

static bool into_summary(hs_esp_heap_t heap, hs_esp_block_t block, void *context)
{
    struct summing *s = context;
    uint32_t granules = (uint32_t)((block.size + HS_ESP_WORD) >> HS_ESP_SHIFT);
    if (known((uintptr_t)heap.start) != s->region)
        return false;
    if (block.used) {
        s->w.used += granules;
        s->w.blocks++;
    } else {
        hs_summary_run(&s->w, granules);
    }
    return true;
}

static void write_summary(uint8_t cause)
{
    hs_lock_t lock = hs_port_lock();
    for (uint32_t i = 0; i < n_regions; i++) {
        struct summing s = {.region = &regions[i]};
        hs_summary_begin(&s.w, &(struct hs_summary_writer){
                                   .region = hs_heap_region_number(&hs_esp_heap, i), .cause = cause, .shift = HS_ESP_SHIFT});
        hs_esp_walk(0, into_summary, &s);
        hs_summary_end(&s.w);
    }
    if (!HS_WITH_HEAP_CAPS)
        hs_esp_record_tasks();
    hs_port_unlock(lock);
}

/* --- the description of the heap (lib/heap.h) ------------------------------------------------------------ */

static bool on_counted(hs_esp_heap_t heap, hs_esp_block_t block, void *sum)
{
    (void)heap, (void)block;
    ++*(uint32_t *)sum;
    return true;
}

static uint32_t keyframe_size(void)
{
    uint32_t blocks = 0;
    hs_esp_walk(0, on_counted, &blocks);
    return 64 + n_regions * 48 + hs_esp_tasks_size() + blocks * 2;
}

static uint32_t find(uint32_t first)
{
    hs_esp_order_begin();
    hs_lock_t lock = hs_port_lock();
    numbers.first = first;
    hs_esp_find_regions();
    hs_port_unlock(lock);
    hs_esp_watch_failures();
    return HS_WITH_HEAP_CAPS ? end_of_granules() - first + LATER : HS_HEAP_OPEN;
}

static bool has_layout(void) { return n_regions != 0; }

static enum hs_trial try(unsigned number)
{
    if (number)
        return HS_TRIAL_NONE;
    void *volatile block = heap_caps_malloc(24, MALLOC_CAP_8BIT);
    heap_caps_free(block);
    return block ? HS_TRIAL_MADE : HS_TRIAL_NO_ROOM;
}

const struct hs_heap hs_esp_heap = {
    .name = "heap_caps",
    .numbers = &numbers,
    .regions = REGIONS,
    .shift = HS_ESP_SHIFT,
    .find = find,
    .write_regions = write_regions,
    .has_layout = has_layout,
    .write_snapshot = write_snapshot,
    .keyframe_size = keyframe_size,
    .write_summary = write_summary,
    .owns_code = HS_WITH_HEAP_CAPS ? hs_esp_is_code : NULL,
    .describe = hs_esp_describe,
    .try = try,
};
