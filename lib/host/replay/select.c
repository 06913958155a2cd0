/* SPDX-License-Identifier: MIT
 *
 * Selects the events of some regions of a trace.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/host/replay/replay.h"

size_t hs_region_heap(const char *name) { return strcspn(name, "/"); }

bool hs_same_heap(const char *one, const char *other)
{
    size_t length = hs_region_heap(one);
    return length == hs_region_heap(other) && !memcmp(one, other, length);
}

static bool lies_within(const struct hs_region *inner, const struct hs_region *outer)
{
    return outer->present && !hs_same_heap(inner->name, outer->name) && inner->base >= outer->base &&
           inner->base - outer->base < (uint64_t)outer->granules << outer->shift;
}

static bool is_heap(const struct hs_region *region, const char *heap)
{
    size_t length = hs_region_heap(region->name);
    return strlen(heap) == length && !memcmp(heap, region->name, length);
}

static bool is_region(const struct hs_region *region, unsigned number, const char *choice)
{
    size_t heap = hs_region_heap(region->name);
    if (!strcmp(choice, region->name) || (region->name[heap] && !strcmp(choice, region->name + heap + 1)))
        return true;
    char *end;
    unsigned long chosen = strtoul(choice, &end, 10);
    return end != choice && !*end && chosen == number;
}

/* The heap that contains Python's blocks. */
static bool is_python(const struct hs_region *region) { return is_heap(region, "gc"); }

/* Whether the heap of this region contains regions of the interpreter's heap. */
static bool holds_python(const struct hs_reader *r, const struct hs_region *region)
{
    for (unsigned i = 0; i < r->n_regions; i++)
        if (r->region[i].within && is_python(&r->region[i]) && hs_same_heap(r->region[r->region[i].within - 1].name, region->name))
            return true;
    return false;
}

/* With `outermost`, each byte counts once: in the interpreter's heap, else in the outermost region. */
static bool counts_there(const struct hs_reader *r, const struct hs_region *region)
{
    return is_python(region) || (!region->within && !holds_python(r, region));
}

static bool chosen(const struct hs_reader *r, unsigned number)
{
    const struct hs_region *region = &r->region[number];
    const struct hs_selection *s = &r->selection;
    return (!s->heap || is_heap(region, s->heap)) && (!s->region || is_region(region, number, s->region)) &&
           (!s->outermost || counts_there(r, region));
}

static void find_within(struct hs_reader *r, unsigned inner, unsigned outer)
{
    if (inner != outer && !r->region[inner].within && lies_within(&r->region[inner], &r->region[outer]))
        r->region[inner].within = (uint8_t)(outer + 1);
}

void hs_select_region(struct hs_reader *r, unsigned region)
{
    r->selected[region] = false;
    for (unsigned i = 0; i < r->n_regions; i++) {
        find_within(r, region, i);
        find_within(r, i, region);
    }
    r->all_selected = true;
    for (unsigned i = 0; i < r->n_regions; i++) {
        bool was = r->selected[i];
        r->selected[i] = chosen(r, i);
        r->leaves[i] = was && !r->selected[i] && r->region[i].present;
        r->all_selected &= r->selected[i];
    }
}

void hs_reader_select(struct hs_reader *r, const struct hs_selection *selection)
{
    r->selection = *selection;
    r->selecting = selection->heap || selection->region || selection->outermost;
}

const struct hs_selection *hs_reader_selection(const struct hs_reader *r) { return &r->selection; }

bool hs_reader_selects(const struct hs_reader *r, unsigned region)
{
    return region < r->n_regions && (!r->selecting || r->selected[region]);
}

/* The region of a resized block's old place; the same as the new one unless it moved. */
static unsigned old_region(struct hs_reader *r, const struct hs_event *e)
{
    const struct hs_map_area *a = e->flags & HS_EVENT_MOVED ? hs_heapmap_area(&r->map, e->old) : NULL;
    return a ? a->number : e->region;
}

/* A block that moves out of the selection becomes a FREE. One that moves into it stays a REALLOC. */
static bool keeps_realloc(struct hs_reader *r, struct hs_event *e)
{
    bool from = r->selected[old_region(r, e)], to = r->selected[e->region];
    if (from && !to) {
        e->region = (uint8_t)old_region(r, e);
        e->kind = HS_FREE;
        e->flags &= (uint8_t)~HS_EVENT_MOVED;
        e->pos = e->granules = 0;
    }
    return from || to;
}

/* A region without a REGION record, because the ring has no room for it, may be any region. */
static bool may_be_of(const struct hs_reader *r, unsigned region) { return region >= r->n_regions || r->selected[region]; }

/* Failures without a region, and events with unknown places, are kept for every selection. */
static bool keeps(struct hs_reader *r, struct hs_event *e)
{
    switch (e->kind) {
    case HS_REALLOC: return e->flags & HS_EVENT_UNPLACED || keeps_realloc(r, e);
    case HS_ALLOC:
    case HS_FREE:
    case HS_SWEEP: return e->flags & HS_EVENT_UNPLACED || r->selected[e->region];
    case HS_FAIL: return e->record->fail.cause < HS_FAIL_REGION(0) || may_be_of(r, e->region);
    case HS_SAMPLE: return may_be_of(r, e->region);
    default: return hs_record_region(e->record) < 0 || may_be_of(r, e->region);
    }
}

/* ---- figures of the regions that are not selected ---- */

static inline void fill(struct hs_reader *r, unsigned number, struct hs_extent block, int sign)
{
    struct hs_around *b = &r->around[number];
    uint64_t bytes = (uint64_t)block.granules << r->region[number].shift;
    b->used = sign > 0 ? b->used + bytes : b->used - (b->used < bytes ? b->used : bytes);
    b->blocks = sign > 0 ? b->blocks + 1 : b->blocks - (b->blocks != 0);
    b->peak = b->used > b->peak ? b->used : b->peak;
}

/* Counts all blocks of a snapshot. */
static void count_anew(struct hs_reader *r, const struct hs_event *e)
{
    for (unsigned i = 0; i < r->n_regions; i++)
        r->around[i].used = r->around[i].blocks = 0;
    r->not_around = false;
    for (uint32_t i = 0; i < e->n_blocks; i++) {
        const struct hs_map_area *area = hs_heapmap_area(&r->map, e->block[i].pos);
        if (area)
            fill(r, area->number, e->block[i], 1);
    }
}

static inline void count(struct hs_reader *r, const struct hs_event *e)
{
    if (e->flags & HS_EVENT_RESYNC)
        count_anew(r, e);
    if (e->flags & (HS_EVENT_UNPLACED | HS_EVENT_RESYNC))
        return;
    if (e->kind == HS_FREE || e->kind == HS_REALLOC)
        fill(r, old_region(r, e), (struct hs_extent){e->old, e->old_granules}, -1);
    if (e->kind == HS_ALLOC || e->kind == HS_REALLOC)
        fill(r, e->region, (struct hs_extent){e->pos, e->granules}, 1);
}

const struct hs_around *hs_reader_around(const struct hs_reader *r, unsigned region)
{
    bool beside = r->selection.outermost && !r->not_around && region < r->n_regions && r->region[region].present &&
                  !r->selected[region] && !r->region[region].within;
    return beside ? &r->around[region] : NULL;
}

/* A region that is no longer selected: adds a REGION_END, so that the user drops it. */
static void leave(struct hs_reader *r, unsigned number)
{
    static const struct hs_record end = {.kind = HS_REGION_END};
    struct hs_event *e = &r->event[r->n_events];
    r->leaves[number] = false;
    if (!r->n_events || r->n_events == HS_BATCH)
        return;
    *e = (struct hs_event){.time = e[-1].time,
                           .number = e[-1].number,
                           .thread = e[-1].thread,
                           .boot = e[-1].boot,
                           .kind = HS_REGION_END,
                           .region = (uint8_t)number,
                           .record = &end};
    r->n_events++;
}

void hs_select(struct hs_reader *r)
{
    unsigned kept = 0;
    if (r->n_regions == 1 && r->selected[0]) /* one region, which is selected: all events are kept */
        return;
    if (r->selection.outermost && r->n_regions > 1)
        for (unsigned i = 0; i < r->n_events; i++)
            count(r, &r->event[i]);
    if (r->n_regions && r->all_selected)
        return;
    for (unsigned i = 0; i < r->n_events; i++) {
        if (!keeps(r, &r->event[i]))
            continue;
        if (kept != i)
            r->event[kept] = r->event[i];
        kept++;
    }
    r->n_events = kept;
    for (unsigned i = 0; i < r->n_regions; i++)
        if (r->leaves[i])
            leave(r, i);
}
