/* SPDX-License-Identifier: MIT
 *
 * Periods in which not every event was recorded: their spans, estimates from samples, and figures from the firmware's
 * summaries.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/model/internal.h"
#include "lib/assertion.h"
#include "lib/host/util/array.h"
#include "lib/host/util/map.h"
#include "lib/varint.h"

/* ---- table of sampled blocks ---- */

static bool find(const struct hs_levels *l, uint32_t place, struct hs_map_search *search)
{
    *search = hs_map_search(&l->by_place, place);
    while (hs_map_next(&l->by_place, search))
        if (l->block[search->number].place == place)
            return true;
    return false;
}

static struct hs_sampled_block *known(const struct hs_levels *l, uint32_t place)
{
    struct hs_map_search search;
    return place && find(l, place, &search) ? &l->block[search.number] : NULL;
}

/* Removes an entry; the last block moves into its place. */
static void remove_block(struct hs_levels *l, struct hs_sampled_block *block)
{
    struct hs_map_search search;
    const struct hs_sampled_block *last = &l->block[l->n_blocks - 1];
    if (find(l, block->place, &search))
        hs_map_remove(&l->by_place, &search);
    if (last != block && find(l, last->place, &search))
        hs_map_renumber(&l->by_place, &search, (uint32_t)(block - l->block));
    *block = *last;
    l->n_blocks--;
    HS_ASSERT(l->by_place.n == l->n_blocks);
}

/* ---- estimates ---- */

/* The block is no longer live. Rounding may leave a tiny remainder, which is cleared. */
static void discharge(struct hs_estimate *e, const struct hs_sampled_block *b)
{
    double bytes = (double)b->bytes;
    e->live_blocks -= b->weight;
    e->live -= b->weight * bytes;
    e->var_live -= b->variance * bytes * bytes;
    if (e->live_blocks < 0.5) /* each block weighs at least 1 */
        e->live_blocks = e->live = e->var_live = 0;
}

enum end { FREED, RESIZED, SWEPT, DROPPED };

static void end_sample(struct hs_model *m, uint32_t place, enum end end)
{
    struct hs_sampled_block *b = known(&m->levels, place);
    if (!b)
        return;
    struct hs_estimate *e = &hs_model_sum(m, b->site)->sampled;
    discharge(e, b);
    e->freed += end == FREED ? b->weight : 0;
    e->swept += end == SWEPT ? b->weight : 0;
    e->resized += end == RESIZED ? b->weight : 0;
    if (end == FREED || end == SWEPT) {
        e->lifetime += b->weight * (double)(m->time - b->time);
        e->survived += b->weight * (double)((uint32_t)m->collections.done - b->collection);
    }
    remove_block(&m->levels, b);
}

/* Blocks still live when a span ends are not tracked further. */
static void drop_samples(struct hs_model *m)
{
    struct hs_levels *l = &m->levels;
    l->dropped += l->n_blocks;
    for (uint32_t i = 0; i < l->n_blocks; i++)
        discharge(&hs_model_sum(m, l->block[i].site)->sampled, &l->block[i]);
    hs_map_clear(&l->by_place);
    l->n_blocks = 0;
}

static unsigned shift_of(const struct hs_model *m, const struct hs_event *e)
{
    const struct hs_region_state *region = &m->region[e->region];
    return region->present ? region->shift : m->levels.summary[e->region].known ? m->levels.summary[e->region].shift : 4;
}

static struct hs_sampled_block weighted(const struct hs_model *m, const struct hs_event *e)
{
    double p = m->levels.interval ? -expm1(-(double)e->size / m->levels.interval) : 1;
    p = p > 0 ? p : 1;
    return (struct hs_sampled_block){
        .place = e->pos + 1,
        .site = e->site,
        .size = e->size,
        .number = e->number,
        .weight = 1 / p,
        .variance = (1 - p) / (p * p),
        .bytes = (uint64_t)e->granules << shift_of(m, e),
        .time = e->time,
        .collection = (uint32_t)m->collections.done,
    };
}

static void charge(struct hs_estimate *to, const struct hs_event *e, const struct hs_sampled_block *b, bool resized)
{
    double size = e->size, bytes = (double)b->bytes;
    to->samples++;
    *(resized ? &to->reallocs : &to->allocs) += b->weight;
    to->bytes += b->weight * size;
    to->taken += b->weight * bytes;
    to->var_blocks += b->variance;
    to->var_bytes += b->variance * size * size;
    if (!b->place)
        return;
    to->live_blocks += b->weight;
    to->live += b->weight * bytes;
    to->var_live += b->variance * bytes * bytes;
}

static void add_sample(struct hs_model *m, const struct hs_sampled_block *b)
{
    struct hs_levels *l = &m->levels;
    if (!hs_array_more(l->block, l->n_blocks, l->room) || !hs_map_add(&l->by_place, b->place, l->n_blocks)) {
        m->error = HS_ERR_MEMORY;
        return;
    }
    l->block[l->n_blocks++] = *b;
}

void hs_model_sampled(struct hs_model *m, const struct hs_event *e)
{
    hs_model_level_is(m, HS_LEVEL_SAMPLED);
    struct hs_sampled_block block = weighted(m, e);
    end_sample(m, block.place, DROPPED); /* its end was lost */
    charge(&hs_model_sum(m, e->site)->sampled, e, &block, e->op == HS_REALLOC);
    hs_model_note_request(hs_model_sum(m, e->site), e);
    if (block.place)
        add_sample(m, &block);
    else
        m->levels.untracked++;
}

void hs_model_sample_ended(struct hs_model *m, const struct hs_event *e)
{
    end_sample(m, e->old + 1, e->record->sample_end.cause ? RESIZED : FREED);
}

void hs_model_samples_swept(struct hs_model *m, const struct hs_event *e)
{
    struct hs_data places = e->record->sample_sweep.places;
    uint64_t pos;
    while (hs_next_number(&places, &pos) && pos < UINT32_MAX)
        end_sample(m, (uint32_t)pos + 1, SWEPT);
}

/* ---- summaries ---- */

void hs_model_on_summary(struct hs_model *m, const struct hs_event *e)
{
    const struct hs_record_summary *r = &e->record->summary;
    struct hs_data classes = r->runs;
    unsigned shift = r->shift & 31;
    struct hs_region_summary *summary = &m->levels.summary[e->region];
    *summary = (struct hs_region_summary){
        .known = true,
        .shift = (uint8_t)shift,
        .used = (uint64_t)r->used << shift,
        .free = (uint64_t)r->free << shift,
        .longest = (uint64_t)r->longest << shift,
        .blocks = r->blocks,
        .no_longest = r->free && !r->longest,
        .no_counts = (r->used && !r->blocks) || (r->free && !r->runs.len),
    };
    uint64_t runs;
    for (unsigned i = 0; i < 32 && hs_next_number(&classes, &runs); i++)
        summary->runs[i] = (uint32_t)runs;
    m->levels.n_summaries = e->region >= m->levels.n_summaries ? e->region + 1u : m->levels.n_summaries;
    uint64_t used = hs_model_summary(m, HS_ALL_REGIONS).used;
    if (used > m->levels.peak) {
        m->levels.peak = used;
        m->levels.peak_time = m->time;
        m->levels.peak_number = m->number;
        for (uint32_t i = 0; i < m->n_sums; i++)
            m->sum[i].sampled.at_peak = m->sum[i].sampled.live;
    }
}

void hs_region_summary_add(struct hs_region_summary *sum, const struct hs_region_summary *summary)
{
    if (!summary->known)
        return;
    sum->known = true;
    sum->shift = summary->shift;
    sum->used += summary->used;
    sum->free += summary->free;
    sum->blocks += summary->blocks;
    sum->longest = summary->longest > sum->longest ? summary->longest : sum->longest;
    sum->no_longest |= summary->no_longest;
    sum->no_counts |= summary->no_counts;
    for (unsigned c = 0; c < 32; c++)
        sum->runs[c] += summary->runs[c];
}

struct hs_region_summary hs_model_summary(const struct hs_model *m, unsigned region)
{
    struct hs_region_summary sum = {.known = false};
    for (unsigned i = 0; i < m->levels.n_summaries; i++)
        if (region == i || region == HS_ALL_REGIONS)
            hs_region_summary_add(&sum, &m->levels.summary[i]);
    return sum;
}

/* Exact counts: nothing to estimate. */
void hs_model_named(struct hs_model *m, const struct hs_event *e)
{
    struct hs_site_sum *sum = hs_model_sum(m, e->site);
    *(e->op == HS_REALLOC ? &sum->reallocs : &sum->allocs) += e->record->top.times;
    sum->bytes += e->size;
}

/* ---- spans ---- */

static uint64_t events_so_far(const struct hs_model *m)
{
    const uint64_t *kind = m->kind;
    return kind[HS_ALLOC] + kind[HS_FREE] + kind[HS_REALLOC] + kind[HS_FAIL] + m->swept + kind[HS_SAMPLE] + kind[HS_SUMMARY];
}

void hs_model_levels_now(struct hs_model *m)
{
    struct hs_levels *l = &m->levels;
    struct hs_level_span *span = &l->span[l->n_spans - 1];
    span->to = hs_model_elapsed(m);
    span->last = m->number;
    span->events = events_so_far(m) - l->events_before;
    span->samples = m->kind[HS_SAMPLE] - l->samples_before;
    span->summaries = m->kind[HS_SUMMARY] - l->summaries_before;
}

static void close_span(struct hs_model *m)
{
    struct hs_levels *l = &m->levels;
    if (!l->open)
        return;
    hs_model_levels_now(m);
    const struct hs_level_span *span = &l->span[l->n_spans - 1];
    l->n_spans -= !span->events && span->from == span->to; /* it is empty */
    l->open = false;
}

/* A new span. NULL: out of memory. */
static struct hs_level_span *new_span(struct hs_levels *l) { return hs_array_add(l->span, l->n_spans, l->spans_room); }

static void open_span(struct hs_model *m)
{
    struct hs_levels *l = &m->levels;
    if (l->level == HS_LEVEL_STOPPED)
        return;
    l->ran = true;
    if (l->n_spans >= HS_SPANS_KEPT) { /* the last span continues */
        l->open = true;
        return;
    }
    struct hs_level_span *span = new_span(l);
    if (!span) {
        m->error = HS_ERR_MEMORY;
        return;
    }
    *span = (struct hs_level_span){
        .level = l->level,
        .interval = l->interval,
        .boot = m->boot,
        .from = hs_model_elapsed(m),
        .first = m->number,
    };
    l->events_before = events_so_far(m);
    l->samples_before = m->kind[HS_SAMPLE];
    l->summaries_before = m->kind[HS_SUMMARY];
    l->open = true;
}

void hs_model_forget_summaries(struct hs_model *m)
{
    memset(m->levels.summary, 0, sizeof m->levels.summary);
    m->levels.n_summaries = 0;
}

static void change_level(struct hs_model *m, uint8_t level, uint32_t interval)
{
    struct hs_levels *l = &m->levels;
    close_span(m);
    if (level != HS_LEVEL_STOPPED)
        drop_samples(m);
    if (level != HS_LEVEL_STOPPED)
        hs_model_forget_summaries(m); /* new summaries follow immediately */
    l->stops += l->ran && l->level == HS_LEVEL_STOPPED && level != HS_LEVEL_STOPPED;
    l->level = level;
    l->last = level ? level : l->last;
    l->interval = interval;
    open_span(m);
}

/* Every packet repeats the LEVEL record. */
void hs_model_level(struct hs_model *m, const struct hs_event *e)
{
    const struct hs_levels *l = &m->levels;
    const struct hs_record_level *said = &e->record->level;
    if (l->level != said->level || l->interval != said->interval || (!l->open && l->level))
        change_level(m, said->level, said->interval);
}

void hs_model_level_is(struct hs_model *m, uint8_t level)
{
    if (m->levels.level != level)
        change_level(m, level, 0);
}

void hs_model_levels_end(struct hs_model *m)
{
    close_span(m);
    drop_samples(m);
}

/* A RESET is followed by a LEVEL record. Without a RESET, recording started in the middle of the boot. */
void hs_model_levels_begin(struct hs_model *m, const struct hs_event *e)
{
    struct hs_levels *l = &m->levels;
    l->level = e->kind == HS_RESET ? HS_LEVEL_STOPPED : HS_LEVEL_FULL;
    l->last = HS_LEVEL_FULL;
    l->ran = false;
    memset(l->summary, 0, sizeof l->summary);
    l->n_summaries = 0;
    l->interval = 0;
    open_span(m);
}

uint32_t hs_model_spans(const struct hs_model *m, const struct hs_level_span **span)
{
    *span = m->levels.span;
    return m->levels.n_spans;
}

uint64_t hs_model_at_level(const struct hs_model *m, enum hs_level level)
{
    const struct hs_level_span *span;
    uint64_t ticks = 0;
    for (uint32_t n = hs_model_spans(m, &span); n--; span++)
        ticks += span->level == level ? span->to - span->from : 0;
    return ticks;
}

bool hs_model_saw_level(const struct hs_model *m, enum hs_level level)
{
    const struct hs_level_span *span;
    for (uint32_t n = hs_model_spans(m, &span); n--; span++)
        if (span->level == level)
            return true;
    return false;
}

const char *hs_level_name(unsigned level)
{
    const char *name = hs_word(hs_words_of(HS_LEVEL, "level"), level);
    return name ? name : "unknown";
}

void hs_model_levels_free(struct hs_levels *l)
{
    hs_map_free(&l->by_place);
    free(l->block);
    free(l->span);
}
