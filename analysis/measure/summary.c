/* SPDX-License-Identifier: MIT
 *
 * Figures of a whole trace.
 */
#include "analysis/measure/fragmentation.h"
#include "analysis/measure/summary.h"

double hs_seconds(const struct hs_reader *reader, uint64_t ticks)
{
    uint32_t hz = hs_reader_info(reader)->hz;
    return hz ? (double)ticks / hz : 0;
}

static void add_ratios(struct hs_space *space)
{
    const struct hs_layout *end = &space->end;
    space->fragmentation = hs_external_fragmentation((struct hs_free_figures){end->free, end->largest_free});
    space->waste = hs_internal_fragmentation((struct hs_used_figures){end->requested, end->used});
}

struct hs_space hs_space_of_region(const struct hs_model *m, unsigned index)
{
    const struct hs_region_state *region = &m->region[index];
    struct hs_space space = {
        .size = region->present ? (uint64_t)region->granules << region->shift : 0, .peak = region->peak,
        .end = hs_model_layout(m, index),
        .allocs = region->allocs, .frees = region->frees, .reallocs = region->reallocs, .swept = region->swept,
    };
    add_ratios(&space);
    return space;
}

static struct hs_space space_of_heap(const struct hs_model *m)
{
    struct hs_space space = {
        .peak = m->peak, .end = hs_model_layout(m, HS_ALL_REGIONS), .allocs = m->kind[HS_ALLOC],
        .frees = m->kind[HS_FREE], .reallocs = m->kind[HS_REALLOC], .swept = m->swept,
    };
    for (unsigned i = 0; i < m->n_regions; i++)
        if (m->region[i].present)
            space.size += (uint64_t)m->region[i].granules << m->region[i].shift;
    add_ratios(&space);
    return space;
}

struct hs_summary hs_summarize(const struct hs_model *m, const struct hs_reader *reader)
{
    const struct hs_trace_info *info = hs_reader_info(reader);
    struct hs_summary s = {
        .heap = space_of_heap(m), .failed = m->kind[HS_FAIL], .lost = info->lost, .emitted = info->emitted,
        .records = info->records, .packets = info->packets, .bytes = info->packet_bytes + info->dict_bytes,
        .seconds = hs_seconds(reader, hs_model_elapsed(m)), .peak_seconds = hs_seconds(reader, m->peak_time),
        .collections = m->collections.begun, .marks = m->n_marks, .boots = info->boots,
        .sites = hs_reader_sites(reader), .pause = hs_seconds(reader, m->collections.pause),
        .longest_pause = hs_seconds(reader, m->collections.longest), .collected = m->collections.freed_bytes,
    };
    s.events = s.heap.allocs + s.heap.frees + s.heap.reallocs + s.heap.swept + s.failed;
    s.bytes_per_event = s.events ? (double)s.bytes / (double)s.events : 0;
    return s;
}
