/* SPDX-License-Identifier: MIT
 *
 * Creating and freeing the model, and queries.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/model/internal.h"
#include "lib/host/util/array.h"

struct hs_model *hs_model_new(const struct hs_model_observer *observer)
{
    struct hs_model *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->n_sums = 64;
    m->sum = calloc(m->n_sums, sizeof *m->sum);
    m->failure = calloc(HS_FAILURES_KEPT, sizeof *m->failure);
    m->boot = HS_NO_BOOT;
    m->synced = true;
    m->observed = observer && (observer->taken || observer->freed || observer->after);
    if (observer)
        m->observer = *observer;
    if (m->sum && m->failure)
        return m;
    hs_model_free(m);
    return NULL;
}

void hs_model_skip_sites(struct hs_model *m) { m->whole = true; }

void hs_model_watch(struct hs_model *m, struct hs_model_watcher *watcher)
{
    watcher->next = m->watcher;
    m->watcher = watcher;
}

void hs_model_tell_failed(struct hs_model *m, const struct hs_failure *failure)
{
    for (const struct hs_model_watcher *w = m->watcher; w; w = w->next)
        if (w->failed)
            w->failed(w->context, failure);
}

void hs_model_tell_collected(struct hs_model *m)
{
    for (const struct hs_model_watcher *w = m->watcher; w; w = w->next)
        if (w->collected)
            w->collected(w->context);
}

void hs_model_tell_summed(struct hs_model *m, const struct hs_event *event)
{
    for (const struct hs_model_watcher *w = m->watcher; w; w = w->next)
        if (w->summed)
            w->summed(w->context, event);
}

void hs_model_tell_other(struct hs_model *m, const struct hs_event *event)
{
    for (const struct hs_model_watcher *w = m->watcher; w; w = w->next)
        if (w->other)
            w->other(w->context, event);
}

void hs_model_free(struct hs_model *m)
{
    if (!m)
        return;
    for (uint64_t i = 0; i < m->n_marks_kept; i++)
        free(m->mark[i].label);
    free(m->mark);
    hs_model_levels_free(&m->levels);
    free(m->failure);
    free(m->sum);
    free(m->block);
    free(m->own);
    free(m);
}

struct hs_site_sum *hs_model_grow_sums(struct hs_model *m, uint32_t site)
{
    if (site >= HS_SITE_LIMIT)
        return &m->sum[1];
    if (!hs_array_fill(m->sum, m->n_sums, site + 2, 0)) {
        m->error = HS_ERR_MEMORY;
        return m->sum;
    }
    return &m->sum[site + 1];
}

const struct hs_site_sum *hs_model_site(const struct hs_model *m, uint32_t site)
{
    static const struct hs_site_sum nothing;
    uint32_t index = site + 1;
    return index < m->n_sums ? &m->sum[index] : &nothing;
}

uint64_t hs_model_at_peak(const struct hs_model *m, const struct hs_site_sum *sum)
{
    return sum->changed <= m->peak_number ? sum->live : sum->at_peak;
}

struct hs_peak_moment hs_model_peak(const struct hs_model *m)
{
    const struct hs_levels *l = &m->levels;
    struct hs_peak_moment peak = {m->peak, m->peak_time, m->peak_number, 0};
    if (l->peak > m->peak)
        peak = (struct hs_peak_moment){l->peak, l->peak_time, l->peak_number, 0};
    peak.heap = peak.number >= m->first_number ? hs_model_heap_bytes(m) : m->peak_heap;
    return peak;
}

uint32_t hs_model_next(const struct hs_model *m, uint32_t pos, uint32_t end)
{
    uint32_t stop = end < m->n_granules ? end : m->n_granules;
    while (pos < stop && !m->block[pos].granules)
        pos++;
    return pos < stop ? pos : end;
}

unsigned hs_model_region_of(const struct hs_model *m, uint32_t pos)
{
    for (unsigned i = 0; i < m->n_regions; i++)
        if (m->region[i].present && pos - m->region[i].first < m->region[i].granules)
            return i;
    return m->n_regions;
}

const struct hs_live_block *hs_model_block_at(const struct hs_model *m, uint32_t pos, uint32_t *head)
{
    unsigned region = hs_model_region_of(m, pos);
    if (region == m->n_regions)
        return NULL;
    uint32_t at = pos;
    while (at > m->region[region].first && !m->block[at].granules)
        at--;
    *head = at;
    return pos - at < m->block[at].granules ? &m->block[at] : NULL;
}

bool hs_model_owns(const struct hs_model *m, uint32_t pos)
{
    uint32_t from = 0, to = m->n_own;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (m->own[middle] == pos)
            return true;
        from = m->own[middle] < pos ? middle + 1 : from;
        to = m->own[middle] < pos ? to : middle;
    }
    return false;
}

static void add_gap(struct hs_space_stats *layout, uint32_t pos, uint64_t bytes)
{
    if (!bytes)
        return;
    layout->free += bytes;
    layout->free_runs++;
    if (bytes > layout->largest_free) {
        layout->largest_free = bytes;
        layout->largest_free_pos = pos;
    }
}

static void add_block(struct hs_space_stats *layout, const struct hs_live_block *block, unsigned shift)
{
    uint64_t bytes = (uint64_t)block->granules << shift;
    layout->used += bytes;
    layout->requested += block->size;
    layout->blocks++;
    layout->blocks_1 += block->granules == 1;
    layout->blocks_2 += block->granules == 2;
    if (bytes > layout->largest_block)
        layout->largest_block = bytes;
}

void hs_space_stats_add(struct hs_space_stats *layout, const struct hs_model *m, const struct hs_region_state *region)
{
    uint32_t pos = region->first, end = region->first + region->granules;
    while (pos < end) {
        uint32_t head = hs_model_next(m, pos, end);
        add_gap(layout, pos, (uint64_t)(head - pos) << region->shift);
        if (head == end)
            return;
        if (!hs_model_is_own(m, &m->block[head]))
            add_block(layout, &m->block[head], region->shift);
        uint32_t granules = m->block[head].granules;
        pos = granules < end - head ? head + granules : end;
    }
}

struct hs_space_stats hs_model_layout(const struct hs_model *m, unsigned region)
{
    struct hs_space_stats layout = {0};
    for (unsigned i = 0; i < m->n_regions; i++)
        if (m->region[i].present && (region == i || region == HS_ALL_REGIONS))
            hs_space_stats_add(&layout, m, &m->region[i]);
    return layout;
}

struct hs_space_stats hs_model_layout_but_pools(const struct hs_model *m)
{
    struct hs_space_stats layout = {0};
    for (unsigned i = 0; i < m->n_regions; i++)
        if (m->region[i].present && m->region[i].memory != HS_MEMORY_POOL)
            hs_space_stats_add(&layout, m, &m->region[i]);
    return layout;
}

/* ESP-IDF turns some capabilities into an alignment. Memory for DMA descriptors is DMA memory; for external memory it
 * ignores both (esp_heap_adjust_alignment_to_hw). */
#define CAP_DMA (1u << 3)
#define CAP_SPIRAM (1u << 10)
#define CAP_DESCRIPTORS (1u << 17 | 1u << 18)
#define CAP_CACHE_ALIGNED (1u << 19)
static uint32_t asked_of_regions(uint32_t caps)
{
    if (caps & CAP_DESCRIPTORS)
        caps |= CAP_DMA;
    if (caps & CAP_SPIRAM)
        caps &= ~CAP_DMA;
    return caps & ~(CAP_DESCRIPTORS | CAP_CACHE_ALIGNED);
}

bool hs_region_serves(const struct hs_region_state *region, const struct hs_region_state *asked, uint32_t caps)
{
    if (asked->memory == HS_MEMORY_POOL || region->memory == HS_MEMORY_POOL)
        return region == asked;
    return hs_same_heap(region->name, asked->name) && !(asked_of_regions(caps) & ~region->caps);
}

static const struct {
    const char *name, *text;
} verdicts[] = {
    [HS_VERDICT_FULL] = {"full", "the heap was full: not so many bytes were free"},
    [HS_VERDICT_FRAGMENTED] = {"fragmented", "enough was free, but in pieces: no free run was long enough"},
    [HS_VERDICT_LOCKED] = {"locked", "the heap was locked: an interrupt handler or a finaliser requested memory"},
    [HS_VERDICT_UNCOLLECTED] = {"uncollected", "automatic collection was off: garbage that no collection freed may fill the heap"},
    [HS_VERDICT_REFUSED] = {"refused", "no region has the capability that was requested"},
    [HS_VERDICT_UNKNOWN] = {"unknown", "the trace does not tell why"},
};

const char *hs_verdict_name(enum hs_verdict verdict) { return verdicts[verdict].name; }

const char *hs_verdict_text(enum hs_verdict verdict) { return verdicts[verdict].text; }
