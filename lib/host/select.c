/* SPDX-License-Identifier: MIT
 *
 * Some regions of a trace, as if there were no others.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/host/follow.h"

size_t hs_region_heap(const char *name) { return strcspn(name, "/"); }

bool hs_same_heap(const char *one, const char *other) {
    size_t length = hs_region_heap(one);
    return length == hs_region_heap(other) && !memcmp(one, other, length);
}

static bool lies_within(const struct hs_region *inner, const struct hs_region *outer) {
    return outer->present && !hs_same_heap(inner->name, outer->name) && inner->base >= outer->base &&
           inner->base - outer->base < (uint64_t)outer->granules << outer->shift;
}

static bool is_heap(const struct hs_region *region, const char *heap) {
    size_t length = hs_region_heap(region->name);
    return strlen(heap) == length && !memcmp(heap, region->name, length);
}

static bool is_region(const struct hs_region *region, unsigned number, const char *choice) {
    size_t heap = hs_region_heap(region->name);
    if (!strcmp(choice, region->name) || (region->name[heap] && !strcmp(choice, region->name + heap + 1)))
        return true;
    char *end;
    unsigned long chosen = strtoul(choice, &end, 10);
    return end != choice && !*end && chosen == number;
}

void hs_select_region(struct hs_reader *r, unsigned number) {
    struct hs_region *region = &r->region[number];
    const struct hs_selection *s = &r->selection;
    for (unsigned i = 0; i < r->n_regions && !region->within; i++)
        if (i != number && lies_within(region, &r->region[i]))
            region->within = (uint8_t)(i + 1);
    r->selected[number] = (!s->heap || is_heap(region, s->heap)) && (!s->region || is_region(region, number, s->region)) &&
                          (!s->outermost || !region->within);
}

void hs_reader_select(struct hs_reader *r, const struct hs_selection *selection) {
    r->selection = *selection;
    r->selecting = selection->heap || selection->region || selection->outermost;
}

const struct hs_selection *hs_reader_selection(const struct hs_reader *r) { return &r->selection; }

bool hs_reader_selects(const struct hs_reader *r, unsigned region) {
    return region < r->n_regions && (!r->selecting || r->selected[region]);
}

/* The region that a resized block was in: that of its present place unless it moved. */
static unsigned old_region(struct hs_reader *r, const struct hs_event *e) {
    const struct hs_map_area *a = e->flags & HS_EVENT_MOVED ? hs_heapmap_area(&r->map, e->old) : NULL;
    return a ? a->number : e->region;
}

/* A block that left the selection is free there; one that came into it has no old place that counts. */
static bool keeps_realloc(struct hs_reader *r, struct hs_event *e) {
    bool from = r->selected[old_region(r, e)], to = r->selected[e->region];
    if (from && !to) {
        e->region = (uint8_t)old_region(r, e);
        e->kind = HS_FREE;
        e->flags &= (uint8_t)~HS_EVENT_MOVED;
        e->pos = e->granules = 0;
    }
    return from || to;
}

/* A region that the trace does not name, for its ring has no room for that, may be any. */
static bool may_be_of(const struct hs_reader *r, unsigned region) { return region >= r->n_regions || r->selected[region]; }

/* Failures that name no region are of any, and so are places that are not known. */
static bool keeps(struct hs_reader *r, struct hs_event *e) {
    switch (e->kind) {
    case HS_REALLOC:
        return e->flags & HS_EVENT_UNPLACED || keeps_realloc(r, e);
    case HS_ALLOC: case HS_FREE: case HS_SWEEP:
        return e->flags & HS_EVENT_UNPLACED || r->selected[e->region];
    case HS_FAIL:
        return e->record->cause < HS_FAIL_REGION(0) || r->selected[e->region];
    case HS_REGION: case HS_REGION_END:
        return r->selected[e->region];
    case HS_SUMMARY: case HS_SAMPLE:
        return may_be_of(r, e->region);
    default:
        return true;
    }
}

void hs_select(struct hs_reader *r) {
    unsigned kept = 0;
    for (unsigned i = 0; i < r->n_events; i++)
        if (keeps(r, &r->event[i]))
            r->event[kept++] = r->event[i];
    r->n_events = kept;
}
