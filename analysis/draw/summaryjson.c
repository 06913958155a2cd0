/* SPDX-License-Identifier: MIT */
#include "analysis/draw/summaryjson.h"

#include <math.h>

/* Unknown values are null. */
static void put_count(struct hs_json *json, const char *key, uint64_t value, bool none)
{
    if (none)
        hs_json_null(json, key);
    else
        hs_json_uint(json, key, value);
}

void hs_summary_space_json(const struct hs_space *space, struct hs_json *json)
{
    const struct hs_space_stats *end = &space->end;
    hs_json_uint(json, "allocs", space->allocs);
    hs_json_uint(json, "frees", space->frees);
    hs_json_uint(json, "reallocs", space->reallocs);
    hs_json_uint(json, "swept", space->swept);
    hs_json_uint(json, "total_bytes", space->size);
    hs_json_uint(json, "peak_used_bytes", space->peak);
    hs_json_uint(json, "used_bytes", end->used);
    hs_json_uint(json, "free_bytes", end->free);
    put_count(json, "largest_free_bytes", end->largest_free, end->no_longest);
    put_count(json, "free_runs", end->free_runs, space->no_counts);
    hs_json_real(json, "fragmentation", end->no_longest ? NAN : space->fragmentation);
    put_count(json, "blocks", end->blocks, space->no_counts);
    if (space->from_summary)
        return; /* summaries have no more figures */
    hs_json_uint(json, "requested_bytes", end->requested);
    hs_json_real(json, "internal_waste", space->waste);
    hs_json_uint(json, "blocks_1", end->blocks_1);
    hs_json_uint(json, "blocks_2", end->blocks_2);
    hs_json_uint(json, "largest_block_bytes", end->largest_block);
}

void hs_summary_json(const struct hs_summary *s, struct hs_json *json)
{
    hs_json_uint(json, "events", s->events);
    hs_json_uint(json, "failed", s->failed);
    hs_json_uint(json, "lost", s->lost);
    hs_json_uint(json, "emitted", s->emitted);
    hs_json_uint(json, "records", s->records);
    hs_json_uint(json, "packets", s->packets);
    hs_json_uint(json, "bytes", s->bytes);
    hs_json_real(json, "bytes_per_event", s->bytes_per_event);
    hs_json_uint(json, "boots", s->boots);
    hs_json_uint(json, "sites", s->sites);
    hs_json_uint(json, "marks", s->marks);
    hs_json_real(json, "seconds", s->seconds);
    hs_json_uint(json, "collections", s->collections);
    hs_json_real(json, "pause_seconds", s->pause);
    hs_json_real(json, "longest_pause_seconds", s->longest_pause);
    hs_json_uint(json, "collected_bytes", s->collected);
}
