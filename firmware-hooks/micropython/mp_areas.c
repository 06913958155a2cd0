/* SPDX-License-Identifier: MIT
 *
 * The collector's areas, which are the heap's regions: their numbers, keyframes, summaries.
 */
#include "firmware-hooks/micropython/mp_inline.h"

struct hs_mp_area hs_mp_areas[AREAS];
uint32_t hs_mp_n_areas;

struct hs_heap_numbers hs_mp_numbers;

static uint8_t index_of(const struct hs_mp_area *a) { return (uint8_t)(a - hs_mp_areas); }

static void record_region(const struct hs_mp_area *a, bool existing)
{
    hs_heap_region(&hs_mp_heap,
                   &(struct hs_heap_region){
                       .index = index_of(a),
                       .memory = hs_port_memory_kind((const void *)a->start),
                       .placement = HS_MP_OTHERS ? HS_PLACE_EXPLICIT : HS_PLACE_MICROPYTHON,
                       .pos = a->first,
                       .granules = a->granules,
                       .base = a->start,
                   },
                   existing);
}

#if MICROPY_GC_SPLIT_HEAP
static struct hs_mp_area *find_area(const mp_state_mem_area_t *area)
{
    for (uint32_t i = 0; i < hs_mp_n_areas; i++)
        if (hs_mp_areas[i].area == area && hs_mp_areas[i].start == (uintptr_t)area->gc_pool_start)
            return &hs_mp_areas[i];
    return NULL;
}

/* The slot after the last used one, so that regions have the order of the collector's list; a map shows them in that order.
 * If there is none, the first free slot; AREAS if the table is full. */
static uint32_t free_slot(void)
{
    uint32_t slot = hs_mp_n_areas;
    while (slot && !hs_mp_areas[slot - 1].area)
        slot--;
    for (uint32_t i = 0; slot == AREAS && i < AREAS; i++)
        if (!hs_mp_areas[i].area)
            return i;
    return slot;
}

/* Adds the area in a free slot of the table; its granules are numbered after all others. */
static void add_area(mp_state_mem_area_t *area)
{
    uint32_t first = hs_mp_numbers.first, slot = free_slot();
    for (uint32_t i = 0; i < hs_mp_n_areas; i++) {
        uint32_t end = hs_mp_areas[i].first + hs_mp_areas[i].granules;
        if (hs_mp_areas[i].area && end > first)
            first = end;
    }
    if (slot == AREAS)
        return; /* its blocks will be recorded at HS_POS_IMPLIED */
    hs_mp_areas[slot] = (struct hs_mp_area){area, (uintptr_t)area->gc_pool_start, granules_of(area), first};
    hs_mp_n_areas += slot == hs_mp_n_areas;
    record_region(&hs_mp_areas[slot], false);
}

/* See mp_inline.h. */
void hs_mp_update_areas(void)
{
    for (uint32_t i = 0; i < hs_mp_n_areas; i++) {
        const mp_state_mem_area_t *a = &MP_STATE_MEM(area);
        while (a && a != hs_mp_areas[i].area)
            a = NEXT_AREA(a);
        if (hs_mp_areas[i].area && (!a || (uintptr_t)a->gc_pool_start != hs_mp_areas[i].start)) {
            hs_mp_areas[i].area = NULL;
            hs_mp_areas[i].granules = 0;
            hs_heap_region_end(&hs_mp_heap, (uint8_t)i);
        }
    }
    for (mp_state_mem_area_t *a = &MP_STATE_MEM(area); a; a = NEXT_AREA(a))
        if (!find_area(a))
            add_area(a);
}

#else
void hs_mp_update_areas(void)
{
    mp_state_mem_area_t *a = &MP_STATE_MEM(area);
    if (hs_mp_areas[0].start == (uintptr_t)a->gc_pool_start)
        return;
    if (hs_mp_n_areas)
        hs_heap_region_end(&hs_mp_heap, 0);
    hs_mp_areas[0] = (struct hs_mp_area){a, (uintptr_t)a->gc_pool_start, granules_of(a), hs_mp_numbers.first};
    hs_mp_n_areas = 1;
    record_region(&hs_mp_areas[0], false);
}
#endif

uint32_t hs_mp_pos_elsewhere(uintptr_t at)
{
    for (int tries = 0; tries < 2; tries++) {
        for (uint32_t i = 0; i < hs_mp_n_areas; i++)
            if (hs_mp_areas[i].area && at - hs_mp_areas[i].start < (uintptr_t)hs_mp_areas[i].granules << SHIFT)
                return hs_mp_areas[i].first + (uint32_t)((at - hs_mp_areas[i].start) >> SHIFT);
        hs_mp_update_areas(); /* the heap may have grown by an area without a call of gc_add's wrap */
    }
    return HS_POS_IMPLIED;
}

uint32_t hs_mp_pos(const void *block) { return pos_of(block); }

void hs_mp_forget_areas(void)
{
    for (uint32_t i = 0; i < hs_mp_n_areas; i++)
        hs_mp_areas[i].start = 0; /* equal to no area's start */
}

/* --- snapshots ----------------------------------------------------------------------------------------- */

/* Byte by byte: a keyframe asks for each block of the heap. */
HOT uint32_t hs_mp_run_len(const mp_state_mem_area_t *a, uint32_t at)
{
    const uint8_t *table = a->gc_alloc_table_start;
    uint32_t end = at + 1, n = granules_of(a);
    uint32_t bits = (uint32_t)table[at / 4] >> 2 * (at % 4), rest = bits & 3 ? AT_TAIL : AT_FREE;
    for (; end < n; end++) {
        bits >>= 2;
        if (end % 4 == 0) {
            for (uint32_t whole = rest * 0x55u; (bits = table[end / 4]) == whole && end + 4 < n;)
                end += 4;
        }
        if ((bits & 3) != rest)
            break;
    }
    return end - at;
}

/* After an area's last granule there is less than this to the end of its memory. */
#define AREA_END 64u

uint32_t hs_mp_free_before(uintptr_t address)
{
    FOR_EACH_AREA(a)
    {
        uint32_t at = granules_of(a), n = at;
        uintptr_t end = (uintptr_t)a->gc_pool_start + ((uintptr_t)n << SHIFT);
        if (address < end || address - end >= AREA_END)
            continue;
        while (at && kind_at(a, at - 1) == AT_FREE)
            at--;
        return (n - at) << SHIFT;
    }
    return 0;
}

static void walk_area(const struct hs_mp_area *a, struct hs_runs_writer *w)
{
    for (uint32_t at = 0, len; at < a->granules; at += len) {
        len = hs_mp_run_len(a->area, at);
        if (kind_at(a->area, at) == AT_FREE)
            hs_snapshot_free(w, a->first + at, len);
        else
            hs_snapshot_block(w, a->first + at, len);
    }
    hs_snapshot_end(w, a->first + a->granules);
}

static void snapshot_area(const struct hs_mp_area *a, uint8_t part)
{
    struct hs_runs_writer w;
    hs_snapshot_begin(&w, a->first, part);
    walk_area(a, &w);
}

/* The table's entry for an area of the collector's list. */
#if MICROPY_GC_SPLIT_HEAP
#define AREA_AT(a) find_area(a)
#else
#define AREA_AT(a) ((void)(a), &hs_mp_areas[0])
#endif

static void write_regions(bool existing)
{
    HS_MP_RECORD_FACTS();
    FOR_EACH_AREA(a)
    if (AREA_AT(a))
        record_region(AREA_AT(a), existing);
}

static void write_snapshot(uint8_t part)
{
    uint8_t first = part & HS_SNAPSHOT_FIRST;
    FOR_EACH_AREA(a)
    {
        const struct hs_mp_area *area = AREA_AT(a);
        if (area)
            snapshot_area(area, (uint8_t)(first | (NEXT_AREA(a) ? 0 : part & HS_SNAPSHOT_LAST)));
        first = 0;
    }
}

void hs_mp_snapshot(void)
{
    bool ordered = enter_order();
    hs_heaps_keyframe();
    hs_mp_name_thread_anew();
    leave_order(ordered);
}

void hs_mp_mark(struct hs_text label)
{
    bool ordered = enter_order();
    this_thread();
    hs_mark(label);
    leave_order(ordered);
}

static uint32_t keyframe_size(void)
{
    struct hs_runs_writer w;
    uint32_t size = 64 + HS_MP_FACTS_SIZE;
    for (uint32_t i = 0; i < hs_mp_n_areas; i++)
        if (hs_mp_areas[i].area) {
            hs_snapshot_measure(&w);
            walk_area(&hs_mp_areas[i], &w);
            size += w.bytes;
        }
    return size;
}

/* --- summaries ------------------------------------------------------------------------------------------ */

static struct hs_level_choice built; /* the level at the start of a program */
static bool fresh;                   /* a program has started, and has not chosen a level */

void hs_mp_level_anew(void) { fresh = true; }
void hs_mp_level_built(struct hs_level_choice choice) { built = choice; }

struct hs_level_choice hs_mp_level(void)
{
    struct hs_level_choice choice = fresh ? built : hs_level_state().choice;
    fresh = false;
    return choice;
}

/* `run`: granules of the free run that ended the previous word. Returns those of the free run that ends this word. */
static uint32_t summarise_entries(struct hs_summary_writer *w, uint32_t used, uint32_t n, uint32_t run)
{
    for (; n--; used >>= 2) {
        if (!(used & 1)) {
            run++;
        } else if (run) {
            hs_summary_run(w, run);
            run = 0;
        }
    }
    return run;
}

static HOT void summarise_area(const struct hs_mp_area *a, uint8_t cause)
{
    struct hs_summary_writer w;
    uint32_t run = 0;
    hs_summary_begin(&w, &(struct hs_summary_writer){
                             .region = hs_heap_region_number(&hs_mp_heap, index_of(a)), .cause = cause, .shift = SHIFT});
    for (uint32_t at = 0; at < a->granules; at += 16) {
        uint32_t word = table_word(a->area, at / 4), used = (word | word >> 1) & 0x55555555u;
        uint32_t left = a->granules - at, n = left < 16 ? left : 16;
        w.blocks += count_even(word & 0x55555555u);
        w.used += count_even(used);
        if (!used)
            run += n;
        else if (run || used != 0x55555555u)
            run = summarise_entries(&w, used, n, run);
    }
    if (run)
        hs_summary_run(&w, run);
    hs_summary_end(&w);
}

static void write_summary(uint8_t cause)
{
    FOR_EACH_AREA(a)
    if (AREA_AT(a))
        summarise_area(AREA_AT(a), cause);
}

void hs_mp_summary(uint8_t cause)
{
    if (hs_mp_torn_down)
        return;
    bool ordered = enter_order();
    hs_heaps_summary(cause);
    leave_order(ordered);
}

/* --- the description of the heap (lib/heap.h) ------------------------------------------------------------ */

static uint32_t find(uint32_t first)
{
    hs_mp_numbers.first = first;
    hs_mp_update_areas();
    return HS_HEAP_OPEN;
}

const struct hs_heap hs_mp_heap = {
    .name = "gc",
    .numbers = &hs_mp_numbers,
    .regions = AREAS,
    .shift = SHIFT,
    .find = find,
    .write_regions = write_regions,
    .write_snapshot = write_snapshot,
    .keyframe_size = keyframe_size,
    .write_summary = write_summary,
    .describe = hs_mp_describe_site,
    .who_asks = hs_mp_who_asks,
    .try = hs_mp_try,
};
