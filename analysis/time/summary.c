/* SPDX-License-Identifier: MIT
 *
 * Figures of a whole trace.
 */
#include "analysis/sites/estimates.h"
#include "analysis/space/fragmentation.h"
#include "analysis/time/summary.h"

double hs_seconds(const struct hs_reader *reader, uint64_t ticks)
{
    uint32_t hz = hs_reader_info(reader)->hz;
    return hz ? (double)ticks / hz : 0;
}

static void add_ratios(struct hs_space *space)
{
    const struct hs_space_stats *end = &space->end;
    space->fragmentation = hs_external_fragmentation((struct hs_free_figures){end->free, end->largest_free});
    space->waste = hs_internal_fragmentation((struct hs_used_figures){end->requested, end->used});
}

/* Levels above "full" have no layout, but summaries. */
static void end_of(struct hs_space *space, const struct hs_model *m, unsigned region)
{
    struct hs_region_summary summary = hs_model_summary(m, region);
    space->from_summary = hs_model_summary_only(m) && summary.known;
    if (!space->from_summary) {
        space->end = hs_model_layout(m, region);
        return;
    }
    space->end = (struct hs_space_stats){
        .used = summary.used,
        .free = summary.free,
        .requested = summary.used,
        .largest_free = summary.longest,
        .blocks = summary.blocks,
        .no_longest = summary.no_longest,
    };
    space->no_counts = summary.no_counts;
    for (unsigned i = 0; i < 32; i++)
        space->end.free_runs += summary.runs[i];
    space->size = space->size ? space->size : summary.used + summary.free;
}

/* Samples and summaries are not counted by region. */
static struct hs_knowledge known_of_region(const struct hs_model *m, const struct hs_reader *reader)
{
    struct hs_knowledge k = hs_knowledge_of(m, reader);
    if (hs_model_saw_level(m, HS_LEVEL_SAMPLED) || hs_model_saw_level(m, HS_LEVEL_SUMMARY))
        k.requests = k.split = k.ends = HS_NOT_KNOWN;
    return k;
}

struct hs_space hs_space_of_region(const struct hs_model *m, const struct hs_reader *reader, unsigned index)
{
    const struct hs_region_state *region = &m->region[index];
    struct hs_space space = {
        .size = region->present ? (uint64_t)region->granules << region->shift : 0,
        .peak = region->peak,
        .allocs = region->allocs,
        .frees = region->frees,
        .reallocs = region->reallocs,
        .swept = region->swept,
    };
    end_of(&space, m, index);
    add_ratios(&space);
    space.peak = space.end.used > space.peak ? space.end.used : space.peak;
    space.peak_size = space.size;
    space.known = known_of_region(m, reader);
    return space;
}

static struct hs_site_sum sum_of_all(const struct hs_model *m)
{
    struct hs_site_sum all = {.allocs = 0};
    for (uint32_t i = 0; i < m->n_sums; i++) {
        all.allocs += m->sum[i].allocs;
        all.reallocs += m->sum[i].reallocs;
        hs_estimate_add(&all.sampled, &m->sum[i].sampled);
    }
    return all;
}

static struct hs_space space_of_heap(const struct hs_model *m, const struct hs_reader *reader, const struct hs_site_sum *all)
{
    struct hs_space space = {
        .peak = hs_model_peak(m).bytes,
        .allocs = hs_all_allocs(all),
        .reallocs = hs_all_reallocs(all),
        .frees = m->kind[HS_FREE] + hs_rounded(all->sampled.freed),
        .swept = m->swept + hs_rounded(all->sampled.swept),
    };
    for (unsigned i = 0; i < m->n_regions; i++)
        if (m->region[i].present)
            space.size += (uint64_t)m->region[i].granules << m->region[i].shift;
    end_of(&space, m, HS_ALL_REGIONS);
    add_ratios(&space);
    space.peak_size = hs_model_peak(m).heap;
    space.known = hs_knowledge_of(m, reader);
    return space;
}

/* Of the sum of all events. */
static enum hs_certainty of_events(const struct hs_knowledge *k)
{
    if (k->text)
        return HS_NOT_KNOWN;
    return k->ends == HS_NOT_KNOWN || k->requests == HS_AT_LEAST ? HS_AT_LEAST : k->requests;
}

struct hs_summary hs_summarize(const struct hs_model *m, const struct hs_reader *reader)
{
    const struct hs_trace_info *info = hs_reader_info(reader);
    const struct hs_site_sum all = sum_of_all(m);
    struct hs_summary s = {
        .heap = space_of_heap(m, reader, &all),
        .sampled = all.sampled,
        .failed = m->kind[HS_FAIL],
        .lost = info->lost,
        .emitted = info->emitted,
        .records = info->records,
        .packets = info->packets,
        .bytes = info->packet_bytes + info->dict_bytes,
        .seconds = hs_seconds(reader, hs_model_elapsed(m)),
        .peak_seconds = hs_seconds(reader, hs_model_peak(m).time),
        .collections = m->collections.begun,
        .marks = m->n_marks,
        .boots = info->boots,
        .sites = hs_reader_sites(reader),
        .pause = hs_seconds(reader, m->collections.pause),
        .longest_pause = hs_seconds(reader, m->collections.longest),
        .collected = m->collections.freed_bytes,
    };
    s.events = s.heap.allocs + s.heap.frees + s.heap.reallocs + s.heap.swept + s.failed;
    s.events_known = of_events(&s.heap.known);
    s.bytes_per_event = s.events ? (double)s.bytes / (double)s.events : 0;
    return s;
}
