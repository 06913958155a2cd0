/* SPDX-License-Identifier: MIT
 *
 * Several heaps in one trace: numbers, keyframes, summaries, descriptions.
 */
#include "lib/heap.h"

#include "lib/level.h"

#define REGIONS_MAX 256u /* a region's number has 8 bits */
#define GRANULES_MAX HS_POS_IMPLIED

/* The next heap that is linked, from row `*at` on; NULL after the last. */
static const struct hs_heap *next_heap(unsigned *at)
{
    const struct hs_heap *heap = NULL;
    while (!heap && *at < hs_n_heaps)
        heap = hs_heaps[(*at)++];
    return heap;
}

#define FOR_EACH_HEAP(heap) \
    for (unsigned at_ = 0, go_on_ = 1; go_on_; go_on_ = 0) \
        for (const struct hs_heap *heap; (heap = next_heap(&at_)) != NULL;)

/* --- numbers ----------------------------------------------------------------------------------------- */

/* How many numbers the heaps of the table have been given so far. */
struct given {
    uint32_t regions, granules;
};

/* NULL before hs_heaps_begin, and if there are several. */
static const struct hs_heap *only_heap;

static bool give_granules(struct given *given, const struct hs_heap *heap, bool is_last)
{
    uint32_t left = GRANULES_MAX - given->granules, n = heap->find(given->granules);
    if (n > left || (n == HS_HEAP_OPEN && !is_last))
        return false;
    heap->numbers->first = given->granules;
    heap->numbers->granules = n == HS_HEAP_OPEN ? left : n;
    given->granules += heap->numbers->granules;
    return true;
}

static bool give_regions(struct given *given, const struct hs_heap *heap)
{
    if (heap->regions > REGIONS_MAX - given->regions)
        return false;
    only_heap = given->regions ? NULL : heap;
    heap->numbers->region = (uint8_t)given->regions;
    given->regions += heap->regions;
    return true;
}

int hs_heaps_begin(void)
{
    struct given given = {0, 0};
    FOR_EACH_HEAP(heap)
    if (!give_regions(&given, heap) || !give_granules(&given, heap, heap == hs_heaps[hs_n_heaps - 1]))
        return HS_ERR_FULL;
    return HS_OK;
}

/* --- regions ----------------------------------------------------------------------------------------- */

static bool is_within(const struct hs_heap *heap, const struct hs_heap_region *region)
{
    uint32_t offset = region->pos - heap->numbers->first;
    return region->index < heap->regions && offset <= heap->numbers->granules &&
           region->granules <= heap->numbers->granules - offset;
}

static struct hs_text name_of(const struct hs_heap *heap, const struct hs_heap_region *region)
{
    struct hs_text name = {heap->name, 0};
    while (name.data[name.len])
        name.len++;
    return region->name.len ? region->name : name;
}

bool hs_heap_region(const struct hs_heap *heap, const struct hs_heap_region *region, bool existing)
{
    struct hs_text name = name_of(heap, region);
    if (!is_within(heap, region))
        return false;
    hs_record(&(struct hs_record){
        .kind = HS_REGION,
        .region =
            {
                .region = hs_heap_region_number(heap, region->index),
                .first = region->pos,
                .granules = region->granules,
                .shift = heap->shift,
                .memory = region->memory,
                .placement = (uint8_t)(region->placement | (existing ? HS_REGION_EXISTING : 0)),
                .base = region->base,
                .least = region->least,
                .header = region->header,
                .caps = region->caps,
                .name = name,
            },
    });
    return true;
}

void hs_heap_region_end(const struct hs_heap *heap, uint8_t index)
{
    hs_record(&(struct hs_record){.kind = HS_REGION_END, .region_end.region = hs_heap_region_number(heap, index)});
}

/* --- all heaps together ------------------------------------------------------------------------------ */

static bool has_layout(const struct hs_heap *heap) { return !heap->has_layout || heap->has_layout(); }

/* The last heap that has a layout writes the snapshot's last part. */
static void write_snapshots(const struct hs_heap *last)
{
    uint8_t part = HS_SNAPSHOT_FIRST;
    FOR_EACH_HEAP(heap)
    if (has_layout(heap)) {
        heap->write_snapshot((uint8_t)(part | (heap == last ? HS_SNAPSHOT_LAST : 0)));
        part = 0;
    }
}

void hs_heaps_keyframe(void)
{
    const struct hs_heap *last = NULL;
    FOR_EACH_HEAP(heap)
    {
        heap->write_regions(true);
        last = has_layout(heap) ? heap : last;
    }
    if (last)
        write_snapshots(last);
}

uint32_t hs_heaps_keyframe_size(void)
{
    uint32_t size = 0;
    FOR_EACH_HEAP(heap)
    size += heap->keyframe_size();
    return size;
}

void hs_heaps_summary(uint8_t cause)
{
    bool name_regions = hs_level_regions_due();
    FOR_EACH_HEAP(heap)
    {
        if (name_regions)
            heap->write_regions(true);
        if (heap->write_summary)
            heap->write_summary(cause);
    }
    hs_level_top();
}

/* The heap that owns `code`; else the last one that does not say which codes it owns; else NULL. */
static const struct hs_heap *owner_of(uintptr_t code)
{
    const struct hs_heap *other = NULL;
    for (unsigned i = 0; i < hs_n_heaps; i++) {
        const struct hs_heap *heap = hs_heaps[i];
        if (heap && !heap->owns_code)
            other = heap;
        else if (heap && heap->owns_code(code))
            return heap;
    }
    return other;
}

void hs_heaps_describe(uintptr_t code, struct hs_place *place)
{
    const struct hs_heap *heap = only_heap && !only_heap->owns_code ? only_heap : owner_of(code);
    if (heap && heap->describe)
        heap->describe(code, place);
}

struct hs_key hs_heaps_key(uintptr_t caller)
{
    struct hs_key key;
    FOR_EACH_HEAP(heap)
    if (heap->who_asks && heap->who_asks(caller, &key))
        return key;
    return (struct hs_key){.caller = caller};
}

bool hs_heaps_overlap(const struct hs_span *memory)
{
    FOR_EACH_HEAP(heap)
    if (heap->overlaps && heap->overlaps(memory))
        return true;
    return false;
}

/* --- self-test ---------------------------------------------------------------------------------------- */

#define NEXT_SAMPLE (1u << 20) /* bytes; more than any trial allocates */

/* At a level above "full" a trial may produce no record, but its bytes are subtracted from those left to the next sample. */
static enum hs_trial watch(enum hs_trial (*try)(unsigned number), unsigned number, bool *seen)
{
    uint32_t before = hs_stats().offered, left = hs_level_left;
    bool less = hs_at_level();
    hs_level_left = NEXT_SAMPLE;
    enum hs_trial result = try(number);
    bool passed = hs_level_left != NEXT_SAMPLE;
    hs_level_left = left;
    *seen = less ? passed : hs_stats().offered >= before + 2;
    return result;
}

bool hs_heap_test(const struct hs_heap *heap)
{
    bool seen;
    for (unsigned number = 0; heap->try; number++) {
        enum hs_trial result = watch(heap->try, number, &seen);
        if (result == HS_TRIAL_NONE)
            break;
        if (result == HS_TRIAL_MADE && !seen) {
            hs_selftest_failed();
            return false;
        }
    }
    return true;
}

bool hs_heaps_test(void)
{
    FOR_EACH_HEAP(heap)
    if (!hs_heap_test(heap))
        return false;
    return true;
}
