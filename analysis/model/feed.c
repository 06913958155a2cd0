/* SPDX-License-Identifier: MIT
 *
 * The hot loop: it processes tens of millions of events a second. Each costs a block entry, the sums of a site and of a
 * region, and no search. It is compiled twice, with and without an observer.
 */
#include "analysis/model/internal.h"

#define HOT static inline __attribute__((always_inline))
#define rarely(x) __builtin_expect(!!(x), 0)

/* Entries are spread over the whole heap: prefetch them a few events early. Addresses out of range do no harm. */
#define AHEAD 8

HOT void expect(const struct hs_model *m, const struct hs_event *e)
{
    uint32_t alloc = -(uint32_t)(e->kind == HS_ALLOC), pos = (e->pos & alloc) | (e->old & ~alloc);
    /* Integer arithmetic, not a pointer: the entry may not exist. */
    __builtin_prefetch((const void *)((uintptr_t)m->block + (uintptr_t)pos * sizeof *m->block), 1);
}

/* The entry for a head at `pos`. The reader places heads only on free granules. */
HOT struct hs_live_block *vacant_entry(struct hs_model *m, unsigned region, uint32_t pos)
{
    if (rarely(m->block[pos].granules))
        hs_model_drop(m, region, pos);
    return &m->block[pos];
}

/* The block at `pos`, or NULL when the position is unknown or free. HS_POS_IMPLIED, the position of unplaced events, is
 * above every granule number. */
HOT struct hs_live_block *block_at(struct hs_model *m, uint32_t pos)
{
    return !rarely(pos >= m->n_granules) && m->block[pos].granules ? &m->block[pos] : NULL;
}

static __attribute__((noinline, cold)) void count_unplaced(struct hs_model *m)
{
    m->unplaced++;
    m->synced = false;
    hs_model_level_is(m, HS_LEVEL_FULL);
}

HOT struct hs_live_block new_block(const struct hs_model *m, const struct hs_event *e)
{
    return (struct hs_live_block){
        .time = e->time,
        .number = e->number,
        .thread = (uint16_t)e->thread,
        .site = e->site,
        .size = e->size,
        .granules = e->granules,
        .collection = (uint32_t)m->collections.done,
    };
}

HOT void on_alloc(struct hs_model *m, const struct hs_event *e, const bool observed)
{
    struct hs_region_state *region = &m->region[e->region];
    struct hs_site_sum *sum = hs_model_sum(m, e->site);
    sum->allocs++;
    sum->bytes += e->size;
    if (rarely(e->pos >= m->n_granules)) {
        count_unplaced(m);
        return;
    }
    struct hs_live_block *block = vacant_entry(m, e->region, e->pos);
    *block = new_block(m, e);
    sum->taken += (uint64_t)e->granules << region->shift;
    region->allocs++;
    hs_model_charge(m, region, sum, block);
    if (observed)
        hs_model_report_taken(m, e->region, e->pos, e->granules);
}

/* The block that went may be in another region than the event names, in a trace that contradicts itself. */
HOT unsigned region_at(const struct hs_model *m, unsigned guess, uint32_t pos)
{
    const struct hs_region_state *region = &m->region[guess];
    return rarely(pos - region->first >= region->granules) ? hs_model_region_of(m, pos) : guess;
}

HOT void on_free(struct hs_model *m, const struct hs_event *e, const bool observed)
{
    struct hs_live_block *block = block_at(m, e->old);
    if (!block) {
        if (e->flags & HS_EVENT_UNPLACED)
            count_unplaced(m);
        return;
    }
    unsigned index = region_at(m, e->region, e->old);
    struct hs_region_state *region = &m->region[index];
    struct hs_site_sum *sum = hs_model_sum(m, block->site);
    sum->freed++;
    hs_model_charge_lifetime(m, sum, block);
    region->frees++;
    hs_model_discharge(m, region, sum, block);
    if (observed)
        hs_model_report_freed(m, index, e->old, block->granules);
    block->granules = 0;
}

/* In place, only the difference is reported; a move frees the old position and takes the new one. */
static void report_resized(struct hs_model *m, const struct hs_event *e, unsigned old_region, uint32_t old_granules)
{
    if (e->pos != e->old) {
        hs_model_report_freed(m, old_region, e->old, old_granules);
        hs_model_report_taken(m, e->region, e->pos, e->granules);
    } else if (e->granules > old_granules) {
        hs_model_report_taken(m, e->region, e->pos + old_granules, e->granules - old_granules);
    } else {
        hs_model_report_freed(m, e->region, e->pos + e->granules, old_granules - e->granules);
    }
}

HOT void on_realloc(struct hs_model *m, const struct hs_event *e, const bool observed)
{
    struct hs_live_block now = new_block(m, e), *old = block_at(m, e->old);
    uint32_t old_granules = 0;
    unsigned old_region = e->region;
    if (old) {
        struct hs_site_sum *holder = hs_model_sum(m, old->site);
        old_region = region_at(m, e->region, e->old);
        old_granules = old->granules;
        now.time = old->time;
        now.number = old->number;
        now.thread = old->thread;
        now.collection = old->collection;
        holder->resized++;
        hs_model_discharge(m, &m->region[old_region], holder, old);
        old->granules = 0;
    }
    struct hs_site_sum *sum = hs_model_sum(m, e->site);
    sum->reallocs++;
    sum->bytes += e->size;
    if (rarely(e->pos >= m->n_granules)) {
        if (observed)
            hs_model_report_freed(m, old_region, e->old, old_granules);
        count_unplaced(m);
        return;
    }
    struct hs_region_state *region = &m->region[e->region];
    struct hs_live_block *block = vacant_entry(m, e->region, e->pos);
    *block = now;
    sum->taken += (uint64_t)e->granules << region->shift;
    region->reallocs++;
    hs_model_charge(m, region, sum, block);
    if (observed)
        report_resized(m, e, old_region, old_granules);
}

HOT void on_sweep(struct hs_model *m, const struct hs_event *e, const bool observed)
{
    uint64_t before = m->used;
    unsigned index = e->region;
    m->swept += e->n_freed;
    for (uint32_t i = 0; i < e->n_freed; i++) {
        uint32_t pos = e->freed[i];
        if (e->n_freed - i > AHEAD)
            __builtin_prefetch((const char *)m->block + (uint64_t)e->freed[i + AHEAD] * sizeof *m->block, 1);
        struct hs_live_block *block = block_at(m, pos);
        if (rarely(!block))
            continue;
        index = region_at(m, index, pos);
        struct hs_site_sum *sum = hs_model_sum(m, block->site);
        sum->swept++;
        hs_model_charge_lifetime(m, sum, block);
        m->region[index].swept++;
        hs_model_discharge(m, &m->region[index], sum, block);
        if (observed)
            hs_model_report_freed(m, index, pos, block->granules);
        block->granules = 0;
    }
    m->collections.freed += e->n_freed;
    m->collection_freed += before - m->used;
}

static void on_collect(struct hs_model *m, const struct hs_event *e)
{
    struct hs_collections *c = &m->collections;
    c->begun++;
    c->cause[e->record->collect.cause < 4 ? e->record->collect.cause : 0]++;
    m->in_collection = true;
    m->collecting = e->time;
    m->collecting_number = e->number;
    m->collection_freed = 0;
}

static void on_collect_end(struct hs_model *m, const struct hs_event *e)
{
    struct hs_collections *c = &m->collections;
    if (!m->in_collection)
        return;
    uint64_t pause = e->time - m->collecting;
    m->in_collection = false;
    c->done++;
    c->pause += pause;
    c->freed_bytes += m->collection_freed;
    if (m->collection_freed > c->most_freed_bytes)
        c->most_freed_bytes = m->collection_freed;
    if (pause >= c->longest) {
        c->longest = pause;
        c->longest_number = m->collecting_number;
    }
    hs_model_tell_collected(m);
}

/* The heap is empty and its layout is known, unless the reader says otherwise. */
static void on_reset(struct hs_model *m, const struct hs_event *e)
{
    hs_model_reset(m);
    m->synced = !(e->flags & HS_EVENT_UNPLACED);
}

static __attribute__((noinline)) void on_other(struct hs_model *m, const struct hs_event *e)
{
    switch (e->kind) {
    case HS_FAIL: hs_model_failed(m, e); break;
    case HS_COLLECT: on_collect(m, e); break;
    case HS_COLLECT_END: on_collect_end(m, e); break;
    case HS_SNAPSHOT: hs_model_resync(m, e); break;
    case HS_HOLDER: hs_model_held(m, e); break;
    case HS_REGION: hs_model_region_added(m, e); break;
    case HS_REGION_END: hs_model_region_removed(m, e); break;
    case HS_MARK: hs_model_marked(m, e); break;
    case HS_FACT: hs_model_fact(m, e); break;
    case HS_RESET: on_reset(m, e); break;
    case HS_LEVEL: hs_model_level(m, e); break;
    case HS_SAMPLE: hs_model_sampled(m, e); break;
    case HS_SAMPLE_END: hs_model_sample_ended(m, e); break;
    case HS_SAMPLE_SWEEP: hs_model_samples_swept(m, e); break;
    case HS_SUMMARY:
        hs_model_on_summary(m, e);
        hs_model_tell_summed(m, e);
        break;
    case HS_TOP: hs_model_named(m, e); break;
    default: hs_model_tell_other(m, e); break;
    }
    if (m->marked.open)
        hs_model_after_mark(m, e);
}

HOT void feed(struct hs_model *m, const struct hs_event *e, const struct hs_event *end, const bool observed)
{
    for (; e < end; e++) {
        if (end - e > AHEAD)
            expect(m, e + AHEAD);
        if (rarely(e->boot != m->boot))
            hs_model_boot(m, e);
        m->time = e->time;
        m->number = e->number;
        m->kind[e->kind % 64]++;
        switch (e->kind) {
        case HS_ALLOC: on_alloc(m, e, observed); break;
        case HS_FREE: on_free(m, e, observed); break;
        case HS_REALLOC: on_realloc(m, e, observed); break;
        case HS_SWEEP: on_sweep(m, e, observed); break;
        default: on_other(m, e); break;
        }
        if (observed && m->observer.after)
            m->observer.after(m->observer.context, e);
    }
}

_Static_assert(HS_KIND_END <= 64, "model->kind");

int hs_model_feed(struct hs_model *model, const struct hs_event *events, long n)
{
    if (model->error)
        return model->error;
    if (model->observed)
        feed(model, events, events + n, true);
    else
        feed(model, events, events + n, false);
    if (model->levels.open)
        hs_model_levels_now(model);
    return model->error;
}
