/* SPDX-License-Identifier: MIT */
#include "analysis/draw/summaryjson.h"

#include <math.h>

void hs_summary_space_json(const struct hs_space *space, struct hs_json *json)
{
    const struct hs_space_stats *end = &space->end;
    const struct hs_knowledge *k = &space->known;
    bool no_end = !space->from_summary && !k->placed;
    hs_json_uint_or_null(json, "allocs", space->allocs, k->split == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "frees", space->frees, k->ends == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "reallocs", space->reallocs, k->split == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "requests", space->allocs + space->reallocs, k->requests == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "swept", space->swept, k->ends == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "total_bytes", space->size, !space->size);
    hs_json_uint_or_null(json, "peak_used_bytes", space->peak, !space->peak && k->peak != HS_EXACT);
    hs_json_bool(json, "peak_at_least", k->peak != HS_EXACT);
    hs_json_uint_or_null(json, "used_bytes", end->used, no_end);
    hs_json_uint_or_null(json, "free_bytes", end->free, no_end);
    hs_json_uint_or_null(json, "largest_free_bytes", end->largest_free, end->no_longest || no_end);
    hs_json_uint_or_null(json, "free_runs", end->free_runs, space->no_counts || no_end);
    hs_json_real(json, "fragmentation", end->no_longest || no_end ? NAN : space->fragmentation);
    hs_json_uint_or_null(json, "blocks", end->blocks, space->no_counts || no_end);
    if (space->from_summary || no_end)
        return; /* summaries have no more figures */
    hs_json_uint_or_null(json, "requested_bytes", end->requested, k->text);
    hs_json_real(json, "internal_waste", k->text ? NAN : space->waste);
    hs_json_uint(json, "blocks_1", end->blocks_1);
    hs_json_uint(json, "blocks_2", end->blocks_2);
    hs_json_uint(json, "largest_block_bytes", end->largest_block);
}

/* Counts that are not exact: "estimated", "at least", "not known". */
static void certainty_json(const struct hs_summary *s, struct hs_json *json)
{
    const struct hs_knowledge *k = &s->heap.known;
    const struct {
        const char *key;
        enum hs_certainty certainty;
    } all[] = {{"requests", k->requests}, {"allocs_or_reallocs", k->split},
               {"lines", k->lines},       {"frees_and_swept", k->ends},
               {"failed", k->failures},   {"live", k->live},
               {"peak", k->peak}};
    hs_json_object(json, "certainty");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        hs_json_text(json, all[i].key, hs_certainty_name(all[i].certainty));
    hs_json_end(json);
}

void hs_summary_json(const struct hs_summary *s, struct hs_json *json)
{
    hs_json_uint_or_null(json, "events", s->events, s->events_known == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "failed", s->failed, s->heap.known.failures == HS_NOT_KNOWN);
    certainty_json(s, json);
    hs_json_uint(json, "lost", s->lost);
    hs_json_uint(json, "emitted", s->emitted);
    hs_json_uint(json, "records", s->records);
    hs_json_uint(json, "packets", s->packets);
    hs_json_uint(json, "bytes", s->bytes);
    hs_json_real(json, "bytes_per_event", s->events_known == HS_NOT_KNOWN ? NAN : s->bytes_per_event);
    hs_json_uint(json, "boots", s->boots);
    hs_json_uint(json, "sites", s->sites);
    hs_json_uint(json, "marks", s->marks);
    hs_json_real(json, "seconds", s->heap.known.clock ? s->seconds : NAN);
    hs_json_uint_or_null(json, "collections", s->collections, s->heap.known.text);
    hs_json_real(json, "pause_seconds", s->pause);
    hs_json_real(json, "longest_pause_seconds", s->longest_pause);
    hs_json_uint(json, "collected_bytes", s->collected);
}
