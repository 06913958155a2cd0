/* SPDX-License-Identifier: MIT
 *
 * The hot loop: it processes tens of millions of events a second. Each costs a block entry, the sums of a site and of a
 * region, and no search. It is compiled four times: with and without an observer, with and without sums by site.
 */
#include "analysis/model/internal.h"

#define HOT static inline __attribute__((always_inline))
#define rarely(x) __builtin_expect(!!(x), 0)

/* Entries are spread over the whole heap: prefetch them a few events early. Addresses out of range do no harm. */
#define AHEAD 8

/* Constants of each of the four. */
struct kept {
    bool observed, sites;
};

HOT void expect(const struct hs_model *m, const struct hs_event *e)
{
    uint32_t pos = e->pos | e->old; /* one of them is 0, or the block was resized in its place; for a moved one it does no good */
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

HOT void put_block(const struct hs_model *m, const struct hs_event *e, struct hs_live_block *block, const bool sites)
{
    block->site = sites ? e->site : 0;
    block->size = e->size;
    block->granules = e->granules;
    if (sites) {
        block->time = e->time;
        block->number = e->number;
        block->thread = (uint16_t)e->thread;
        block->collection = (uint32_t)m->collections.done;
    }
}

/* The sums for the requests of a site. */
HOT struct hs_site_sum *sum_of(struct hs_model *m, uint32_t site, const bool sites)
{
    return sites ? hs_model_sum(m, site) : &m->sum[1];
}

/* hs_model_charged for a block. */
HOT struct hs_site_sum *charged(struct hs_model *m, uint32_t site, const bool sites)
{
    if (sites)
        return hs_model_sum(m, site);
    return rarely(site == HS_SITE_UNKNOWN) ? m->sum : NULL;
}

HOT void on_alloc(struct hs_model *m, const struct hs_event *e, const struct kept kept)
{
    struct hs_region_state *region = &m->region[e->region];
    struct hs_site_sum *sum = sum_of(m, e->site, kept.sites);
    sum->allocs++;
    if (kept.sites) {
        sum->bytes += e->size;
        hs_model_note_request(sum, e);
    }
    if (rarely(e->pos >= m->n_granules)) {
        count_unplaced(m);
        return;
    }
    struct hs_live_block *block = vacant_entry(m, e->region, e->pos);
    put_block(m, e, block, kept.sites);
    if (kept.sites)
        sum->taken += (uint64_t)e->granules << region->shift;
    region->allocs++;
    hs_model_charge(m, region, kept.sites ? sum : NULL, block);
    if (kept.observed)
        hs_model_report_taken(m, e->region, e->pos, e->granules);
}

/* The block that went may be in another region than the event names, in a trace that contradicts itself. */
HOT unsigned region_at(const struct hs_model *m, unsigned guess, uint32_t pos)
{
    const struct hs_region_state *region = &m->region[guess];
    return rarely(pos - region->first >= region->granules) ? hs_model_region_of(m, pos) : guess;
}

HOT void on_free(struct hs_model *m, const struct hs_event *e, const struct kept kept)
{
    struct hs_live_block *block = block_at(m, e->old);
    if (!block) {
        if (e->flags & HS_EVENT_UNPLACED)
            count_unplaced(m);
        return;
    }
    unsigned index = region_at(m, e->region, e->old);
    struct hs_region_state *region = &m->region[index];
    struct hs_site_sum *sum = charged(m, block->site, kept.sites);
    if (kept.sites) {
        sum->freed++;
        hs_model_charge_lifetime(m, sum, block);
    }
    region->frees++;
    hs_model_discharge(m, region, sum, block);
    if (kept.observed)
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

HOT void on_realloc(struct hs_model *m, const struct hs_event *e, const struct kept kept)
{
    struct hs_live_block now = {.granules = 0}, *old = block_at(m, e->old);
    put_block(m, e, &now, kept.sites);
    uint32_t old_granules = 0;
    unsigned old_region = e->region;
    if (old) {
        struct hs_site_sum *holder = charged(m, old->site, kept.sites);
        old_region = region_at(m, e->region, e->old);
        old_granules = old->granules;
        if (kept.sites) {
            now.time = old->time;
            now.number = old->number;
            now.thread = old->thread;
            now.collection = old->collection;
            holder->resized++;
        }
        hs_model_discharge(m, &m->region[old_region], holder, old);
        old->granules = 0;
    }
    struct hs_site_sum *sum = sum_of(m, e->site, kept.sites);
    sum->reallocs++;
    if (kept.sites) {
        sum->bytes += e->size;
        hs_model_note_request(sum, e);
    }
    if (rarely(e->pos >= m->n_granules)) {
        if (kept.observed)
            hs_model_report_freed(m, old_region, e->old, old_granules);
        count_unplaced(m);
        return;
    }
    struct hs_region_state *region = &m->region[e->region];
    struct hs_live_block *block = vacant_entry(m, e->region, e->pos);
    *block = now;
    if (kept.sites)
        sum->taken += (uint64_t)e->granules << region->shift;
    region->reallocs++;
    hs_model_charge(m, region, kept.sites ? sum : NULL, block);
    if (kept.observed)
        report_resized(m, e, old_region, old_granules);
}

/* Blocks of one region that a sweep frees. */
struct leaving {
    uint64_t blocks, granules, requested;
};

HOT void leave(struct hs_model *m, unsigned index, struct leaving *l)
{
    struct hs_region_state *region = &m->region[index];
    uint64_t bytes = l->granules << region->shift;
    HS_ASSERT(region->blocks >= l->blocks && region->used >= bytes && m->blocks >= l->blocks && m->used >= bytes);
    region->swept += l->blocks;
    region->blocks -= l->blocks;
    region->requested -= l->requested;
    region->used -= bytes;
    m->blocks -= l->blocks;
    m->requested -= l->requested;
    m->used -= bytes;
    *l = (struct leaving){0};
}

/* A block that counts for its site, or not at all. */
HOT void sweep_block(struct hs_model *m, struct hs_live_block *block, unsigned index, const struct kept kept)
{
    struct hs_region_state *region = &m->region[index];
    struct hs_site_sum *sum = charged(m, block->site, kept.sites);
    if (kept.sites) {
        sum->swept++;
        hs_model_charge_lifetime(m, sum, block);
    }
    region->swept++;
    hs_model_discharge(m, region, sum, block);
}

/* Reports blocks that follow on one another as one extent. */
HOT void gather(struct hs_model *m, unsigned region, struct hs_extent *gap, struct hs_extent block)
{
    if (block.pos == gap->pos + gap->granules) {
        gap->granules += block.granules;
    } else {
        hs_model_report_freed(m, region, gap->pos, gap->granules);
        *gap = block;
    }
}

HOT void on_sweep(struct hs_model *m, const struct hs_event *e, const struct kept kept)
{
    struct leaving leaving = {0};
    struct hs_extent gap = {0};
    uint64_t before = m->used;
    unsigned index = e->region;
    m->swept += e->n_freed;
    for (uint32_t i = 0, n = e->n_freed; i < n; i++) {
        uint32_t pos = e->freed[i];
        if (n - i > AHEAD)
            __builtin_prefetch((const char *)m->block + (uint64_t)e->freed[i + AHEAD] * sizeof *m->block, 1);
        struct hs_live_block *block = block_at(m, pos);
        if (rarely(!block))
            continue;
        unsigned now = region_at(m, index, pos);
        if (rarely(now != index)) {
            if (!kept.sites)
                leave(m, index, &leaving);
            if (kept.observed)
                hs_model_report_freed(m, index, gap.pos, gap.granules);
            gap.granules = 0;
            index = now;
        }
        if (kept.sites || rarely(m->n_own || block->site == HS_SITE_UNKNOWN)) {
            sweep_block(m, block, index, kept);
        } else {
            leaving.blocks++;
            leaving.granules += block->granules;
            leaving.requested += block->size;
        }
        if (kept.observed && kept.sites)
            hs_model_report_freed(m, index, pos, block->granules);
        else if (kept.observed)
            gather(m, index, &gap, (struct hs_extent){pos, block->granules});
        block->granules = 0;
    }
    if (!kept.sites)
        leave(m, index, &leaving);
    if (kept.observed)
        hs_model_report_freed(m, index, gap.pos, gap.granules);
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
    m->known = m->synced || (m->known && e->kind != HS_RESET);
    if (m->marked.open)
        hs_model_after_mark(m, e);
}

HOT void feed(struct hs_model *m, const struct hs_event *e, const struct hs_event *end, const struct kept kept)
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
        case HS_ALLOC: on_alloc(m, e, kept); break;
        case HS_FREE: on_free(m, e, kept); break;
        case HS_REALLOC: on_realloc(m, e, kept); break;
        case HS_SWEEP: on_sweep(m, e, kept); break;
        default: on_other(m, e); break;
        }
        if (kept.observed && m->observer.after)
            m->observer.after(m->observer.context, e);
    }
}

_Static_assert(HS_KIND_END <= 64, "model->kind");

static void feed_observed(struct hs_model *m, const struct hs_event *events, const struct hs_event *end)
{
    if (m->whole)
        feed(m, events, end, (struct kept){true, false});
    else
        feed(m, events, end, (struct kept){true, true});
}

int hs_model_feed(struct hs_model *model, const struct hs_event *events, long n)
{
    if (model->error)
        return model->error;
    const struct hs_event *end = events + n;
    if (model->observed)
        feed_observed(model, events, end);
    else if (model->whole)
        feed(model, events, end, (struct kept){false, false});
    else
        feed(model, events, end, (struct kept){false, true});
    if (model->levels.open)
        hs_model_levels_now(model);
    return model->error;
}
