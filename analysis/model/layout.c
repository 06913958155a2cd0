/* SPDX-License-Identifier: MIT
 *
 * Records that change the layout as a whole: added and removed regions, restarts, snapshots; and the lists of failures
 * and marks. None of it is hot: each costs at most a walk over the heap.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/model/internal.h"
#include "lib/assertion.h"
#include "lib/host/util/array.h"
#include "lib/varint.h"

void hs_model_drop(struct hs_model *m, unsigned region, uint32_t pos)
{
    struct hs_live_block *block = &m->block[pos];
    struct hs_site_sum *sum = hs_model_sum(m, block->site);
    sum->dropped++;
    m->dropped++;
    hs_model_discharge(m, &m->region[region], hs_model_charged(m, block->site), block);
    hs_model_report_freed(m, region, pos, block->granules);
    block->granules = 0;
}

static uint32_t region_end(const struct hs_region_state *region) { return region->first + region->granules; }

static void empty_region(struct hs_model *m, unsigned index)
{
    uint32_t end = region_end(&m->region[index]);
    for (uint32_t pos = m->region[index].first; (pos = hs_model_next(m, pos, end)) < end; pos++)
        hs_model_drop(m, index, pos);
}

static void report_region(struct hs_model *m, unsigned index)
{
    if (m->observer.region)
        m->observer.region(m->observer.context, index);
}

static void remove_region(struct hs_model *m, unsigned index)
{
    if (!m->region[index].present)
        return;
    empty_region(m, index);
    m->region[index].present = false;
    report_region(m, index);
}

void hs_model_reset(struct hs_model *m)
{
    for (unsigned i = 0; i < m->n_regions; i++)
        remove_region(m, i);
    m->n_own = 0;
    m->in_collection = false;
}

void hs_model_boot(struct hs_model *m, const struct hs_event *e)
{
    if (m->boot != HS_NO_BOOT) {
        hs_model_levels_end(m);
        if (hs_model_peak(m).number >= m->first_number)
            m->peak_heap = hs_model_heap_bytes(m);
        m->elapsed += m->time - m->first_time;
        m->number = e->number; /* blocks dropped below end with this record, not with the last one */
        hs_model_reset(m);
    }
    m->boot = e->boot;
    m->first_time = m->time = e->time;
    m->number = m->first_number = e->number;
    hs_model_levels_begin(m, e);
}

static bool grow_granules(struct hs_model *m, uint64_t n)
{
    if (n > HS_GRANULE_LIMIT)
        n = HS_GRANULE_LIMIT;
    if (n <= m->n_granules)
        return true;
    struct hs_live_block *block = calloc(n, sizeof *block);
    if (!block) {
        m->error = HS_ERR_MEMORY;
        return false;
    }
    for (uint32_t i = 0; i < m->n_granules; i++) /* untouched pages take no memory, and stay untouched */
        if (m->block[i].granules)
            block[i] = m->block[i];
    free(m->block);
    m->block = block;
    m->n_granules = (uint32_t)n;
    return true;
}

static bool same_region(const struct hs_region_state *a, const struct hs_record_region *r)
{
    return a->present && a->first == r->first && a->granules == r->granules && a->shift == r->shift;
}

/* A keyframe also lists existing regions. A region that is already known keeps its blocks until the snapshot. */
void hs_model_region_added(struct hs_model *m, const struct hs_event *e)
{
    const struct hs_record_region *r = &e->record->region;
    unsigned index = e->region;
    struct hs_region_state *region = &m->region[index];
    bool existing = r->placement & HS_REGION_EXISTING;
    if (existing && same_region(region, r))
        return;
    remove_region(m, index);
    if (e->flags & HS_EVENT_DIVERGED)
        return;
    if (r->shift > 31 || !grow_granules(m, (uint64_t)r->first + r->granules) || r->first >= m->n_granules)
        return;
    *region = (struct hs_region_state){
        .first = r->first,
        .base = r->base,
        .shift = r->shift,
        .memory = r->memory,
        .present = true,
        .granules = r->granules < m->n_granules - r->first ? r->granules : m->n_granules - r->first,
        .placement = r->placement & (uint8_t)~HS_REGION_EXISTING,
        .least = r->least,
        .header = r->header,
        .caps = r->caps,
    };
    size_t length = r->name.len < sizeof region->name - 1 ? r->name.len : sizeof region->name - 1;
    if (length)
        memcpy(region->name, r->name.data, length);
    if (index >= m->n_regions)
        m->n_regions = index + 1;
    HS_ASSERT(m->n_regions <= HS_REGION_LIMIT);
    if (existing)
        m->synced = false;
    report_region(m, index);
}

void hs_model_region_removed(struct hs_model *m, const struct hs_event *e) { remove_region(m, e->region); }

/* A collector whose mark stack overflowed is recorded by a snapshot instead of a sweep: the collection freed the blocks
 * that the snapshot does not contain. */
static bool is_sweep(const struct hs_model *m, const struct hs_event *e)
{
    return m->in_collection && m->synced && !(e->flags & HS_EVENT_DIVERGED);
}

static void sweep(struct hs_model *m, unsigned region, uint32_t pos)
{
    struct hs_live_block *block = &m->block[pos];
    struct hs_site_sum *sum = hs_model_sum(m, block->site);
    uint64_t bytes = (uint64_t)block->granules << m->region[region].shift;
    sum->swept++;
    m->swept++;
    m->region[region].swept++;
    m->collections.freed++;
    m->collection_freed += bytes;
    hs_model_charge_lifetime(m, sum, block);
    hs_model_discharge(m, &m->region[region], hs_model_charged(m, block->site), block);
    hs_model_report_freed(m, region, pos, block->granules);
    block->granules = 0;
}

/* Removes blocks that the snapshot does not contain, or contains with another length. */
static void remove_absent(struct hs_model *m, const struct hs_event *e)
{
    void (*take)(struct hs_model *, unsigned, uint32_t) = is_sweep(m, e) ? sweep : hs_model_drop;
    uint32_t i = 0;
    for (uint32_t pos = 0; (pos = hs_model_next(m, pos, m->n_granules)) < m->n_granules; pos++) {
        while (i < e->n_blocks && e->block[i].pos < pos)
            i++;
        bool kept = i < e->n_blocks && e->block[i].pos == pos && e->block[i].granules == m->block[pos].granules;
        unsigned region = hs_model_region_of(m, pos);
        if (!kept && region < m->n_regions)
            take(m, region, pos);
    }
}

static void add_unannounced(struct hs_model *m, struct hs_extent extent)
{
    unsigned index = hs_model_region_of(m, extent.pos);
    if (index >= m->n_regions || m->block[extent.pos].granules || !extent.granules)
        return;
    struct hs_live_block *block = &m->block[extent.pos];
    *block = (struct hs_live_block){
        .time = m->time,
        .number = m->number,
        .site = HS_SITE_UNKNOWN,
        .granules = extent.granules,
        .size = extent.granules << m->region[index].shift,
        .collection = (uint32_t)m->collections.done,
    };
    m->appeared++;
    hs_model_charge(m, &m->region[index], hs_model_sum(m, HS_SITE_UNKNOWN), block);
    hs_model_report_taken(m, index, extent.pos, extent.granules);
}

/* Blocks whose position and length match keep their identity; the others start without one. */
void hs_model_resync(struct hs_model *m, const struct hs_event *e)
{
    if (!(e->flags & HS_EVENT_RESYNC))
        return;
    remove_absent(m, e);
    for (uint32_t i = 0; i < e->n_blocks; i++)
        add_unannounced(m, e->block[i]);
    m->synced = true;
    hs_model_forget_summaries(m);
    hs_model_level_is(m, HS_LEVEL_FULL);
}

/* Charges the block to the site that holds it. It existed before, so no allocation is counted. */
static void set_holder(struct hs_model *m, uint32_t site, uint32_t pos)
{
    unsigned index = hs_model_region_of(m, pos);
    if (index >= m->n_regions || !m->block[pos].granules || m->block[pos].site == site)
        return;
    struct hs_live_block *block = &m->block[pos];
    m->appeared -= block->site == HS_SITE_UNKNOWN && m->appeared;
    hs_model_discharge(m, &m->region[index], hs_model_charged(m, block->site), block);
    block->site = site;
    hs_model_charge(m, &m->region[index], hs_model_charged(m, site), block);
}

void hs_model_held(struct hs_model *m, const struct hs_event *e)
{
    struct hs_data further = e->record->holder.further;
    uint64_t pos = e->record->holder.pos, distance = 0;
    do {
        pos += distance;
        set_holder(m, e->site, (uint32_t)pos);
    } while (hs_next_number(&further, &distance) && pos + distance < UINT32_MAX);
}

/* Bytes of a region. A ring without room for snapshots, and a summary of another heap, do not describe the region. */
static uint64_t region_bytes(const struct hs_model *m, unsigned i)
{
    const struct hs_region_state *region = &m->region[i];
    const struct hs_region_summary *summary = &m->levels.summary[i];
    if (i < m->n_regions && region->present)
        return (uint64_t)region->granules << region->shift;
    return i < m->levels.n_summaries && summary->known ? summary->used + summary->free : 0;
}

static unsigned regions_of(const struct hs_model *m)
{
    return m->levels.n_summaries > m->n_regions ? m->levels.n_summaries : m->n_regions;
}

uint64_t hs_model_heap_bytes(const struct hs_model *m)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < regions_of(m); i++)
        bytes += region_bytes(m, i);
    return bytes;
}

/* Whether the region counts for a failure: if the failure names a region, only one that could have served it. */
static bool counts(const struct hs_model *m, const struct hs_failure *failure, unsigned i)
{
    return failure->region >= m->n_regions || hs_region_serves(&m->region[i], &m->region[failure->region], failure->caps);
}

static uint64_t total_of(const struct hs_model *m, const struct hs_failure *failure)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < regions_of(m); i++)
        if (counts(m, failure, i) && (failure->region < m->n_regions || m->region[i].memory != HS_MEMORY_POOL))
            bytes += region_bytes(m, i);
    return bytes;
}

/* Figures of all regions; for a failure that names a region, only of the regions that could have served it. */
static bool space_of(const struct hs_model *m, const struct hs_failure *failure, struct hs_space_stats *layout)
{
    struct hs_region_summary summary = {.known = false};
    bool summary_only = hs_model_summary_only(m), any = false;
    *layout = (struct hs_space_stats){.used = 0};
    for (unsigned i = 0; i < regions_of(m); i++) {
        if (!counts(m, failure, i))
            continue;
        if (summary_only)
            hs_region_summary_add(&summary, &m->levels.summary[i]);
        else if (m->region[i].present) {
            any = true;
            hs_space_stats_add(layout, m, &m->region[i]);
        }
    }
    if (!summary_only)
        return any && m->synced;
    *layout = (struct hs_space_stats){
        .used = summary.used,
        .free = summary.free,
        .largest_free = summary.longest,
        .no_longest = summary.no_longest,
    };
    return summary.known;
}

bool hs_model_heap(const struct hs_model *m, struct hs_space_stats *layout)
{
    return space_of(m, &(struct hs_failure){.region = HS_ALL_REGIONS}, layout);
}

static enum hs_verdict judge(const struct hs_event *e, const struct hs_space_stats *layout, bool known)
{
    static const enum hs_verdict by_cause[] = {
        [1] = HS_VERDICT_LOCKED,
        [2] = HS_VERDICT_UNCOLLECTED,
        [3] = HS_VERDICT_REFUSED,
    };
    unsigned cause = HS_FAIL_CAUSE(e->record->fail.cause);
    if (cause > 0 && cause < sizeof by_cause / sizeof *by_cause)
        return by_cause[cause];
    if (!known || layout->largest_free >= e->size || (layout->no_longest && layout->free >= e->size))
        return HS_VERDICT_UNKNOWN;
    return layout->free >= e->size ? HS_VERDICT_FRAGMENTED : HS_VERDICT_FULL;
}

void hs_model_failed(struct hs_model *m, const struct hs_event *e)
{
    struct hs_site_sum *sum = hs_model_sum(m, e->site);
    struct hs_space_stats layout;
    struct hs_failure *failure = &m->failure[m->n_failures++ % HS_FAILURES_KEPT];
    sum->failed++;
    sum->failed_bytes += e->size;
    *failure = (struct hs_failure){
        .time = e->time,
        .number = e->number,
        .site = e->site,
        .size = e->size,
        .thread = e->thread,
        .boot = e->boot,
        .elapsed = hs_model_elapsed(m),
        .caps = e->old,
        .region = e->record->fail.cause < HS_FAIL_REGION(0) ? HS_ALL_REGIONS : e->region,
    };
    failure->synced = space_of(m, failure, &layout);
    failure->used = layout.used;
    failure->free = layout.free;
    failure->largest_free = layout.largest_free;
    failure->total = total_of(m, failure);
    failure->placed = failure->synced && !hs_model_summary_only(m);
    failure->level = m->levels.last;
    failure->verdict = judge(e, &layout, failure->synced);
    hs_model_tell_failed(m, failure);
}

/* "helper=1472 bytes of the heap; its blocks: 6 8 17": granules, ascending. A list that comes when blocks are known is of no
 * use: they have been counted. */
void hs_model_fact(struct hs_model *m, const struct hs_event *e)
{
    static const char key[] = "helper=", list[] = "blocks:";
    struct hs_text fact = e->record->fact.fact;
    if (m->blocks || m->n_own || fact.len < sizeof key || memcmp(fact.data, key, sizeof key - 1) != 0)
        return;
    const char *at = memmem(fact.data, fact.len, list, sizeof list - 1), *end = fact.data + fact.len;
    for (at = at ? at + sizeof list - 1 : end; at < end && *at == ' ';) {
        uint32_t pos = 0;
        for (at++; at < end && *at >= '0' && *at <= '9' && pos < HS_GRANULE_LIMIT; at++)
            pos = pos * 10 + (uint32_t)(*at - '0');
        uint32_t *own = !m->n_own || pos > m->own[m->n_own - 1] ? hs_array_add(m->own, m->n_own, m->own_room) : NULL;
        if (!own)
            return;
        *own = pos;
    }
}

static struct hs_mark *new_mark(struct hs_model *m)
{
    if (m->n_marks_kept == HS_MARKS_KEPT)
        return NULL;
    if (!hs_array_more(m->mark, m->n_marks_kept, m->marks_room)) {
        m->error = HS_ERR_MEMORY;
        return NULL;
    }
    return &m->mark[m->n_marks_kept];
}

void hs_model_marked(struct hs_model *m, const struct hs_event *e)
{
    struct hs_mark *mark = new_mark(m);
    m->marked = (struct hs_marked){.open = hs_model_summary_only(m)};
    m->marked.known = hs_model_heap(m, &m->marked.heap);
    m->n_marks++;
    if (!mark)
        return;
    *mark = (struct hs_mark){
        .time = e->time,
        .number = e->number,
        .boot = e->boot,
        .blocks = m->blocks,
        .used = m->marked.open && m->marked.known ? m->marked.heap.used : m->used,
        .label = strndup(e->record->mark.label.data, e->record->mark.label.len),
    };
    if (mark->label)
        m->n_marks_kept++;
    else
        m->error = HS_ERR_MEMORY;
}

#define SUMMARY_ASKED 2u /* cause of a SUMMARY in records.def: the program asked for it, as a mark does */

/* The summaries of a mark are the next ones that the program asked for. What other threads record may come before them. */
void hs_model_after_mark(struct hs_model *m, const struct hs_event *e)
{
    struct hs_marked *marked = &m->marked;
    if (e->kind == HS_SUMMARY && e->record->summary.cause == SUMMARY_ASKED) {
        marked->known = hs_model_heap(m, &marked->heap);
        marked->summed = true;
        if (m->n_marks == m->n_marks_kept)
            m->mark[m->n_marks - 1].used = marked->heap.used;
    } else if (marked->summed || e->kind == HS_LEVEL || e->kind == HS_RESET) {
        marked->open = false;
    }
}
