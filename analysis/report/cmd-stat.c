/* SPDX-License-Identifier: MIT
 *
 * heapstrata stat: the figures of a trace at a glance.
 */
#include <stdarg.h>
#include <stdio.h>

#include "analysis/cmd/cmd.h"
#include "analysis/sites/estimates.h"
#include "analysis/time/summary.h"
#include "analysis/draw/head.h"
#include "analysis/draw/summaryjson.h"
#include "analysis/draw/table.h"

struct args {
    struct hs_common common;
};

struct report {
    const struct args *args;
    const struct hs_reader *reader;
    const struct hs_model *model;
    struct hs_summary sum;
};

/* ---- text ---- */

/* One line: a number, its name and a remark. */
static void line(enum hs_value_kind kind, struct hs_value value, const char *name, const char *format, ...)
    __attribute__((format(__printf__, 4, 5)));

static void line(enum hs_value_kind kind, struct hs_value value, const char *name, const char *format, ...)
{
    char number[64], note[256];
    va_list args;
    va_start(args, format);
    vsnprintf(note, sizeof note, format, args);
    va_end(args);
    hs_format(number, sizeof number, kind, value);
    printf("%16s  %*s%s%s\n", number, note[0] ? -22 : 0, name, note[0] ? " # " : "", note);
}

static void count(uint64_t value, const char *name, const char *note)
{
    line(HS_VALUE_COUNT, (struct hs_value){.u = value}, name, "%s", note);
}

/* A count that is not exact says so. */
static void known(enum hs_certainty certainty, uint64_t value, const char *name, const char *note)
{
    struct hs_value shown = {.u = value, .none = certainty == HS_NOT_KNOWN};
    if (certainty == HS_EXACT)
        count(value, name, note);
    else
        line(HS_VALUE_COUNT, shown, name, "%s%s%s", note, note[0] ? "; " : "", hs_certainty_name(certainty));
}

static double share(uint64_t part, uint64_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

static void events_text(const struct hs_summary *s)
{
    const struct hs_knowledge *k = &s->heap.known;
    char seconds[32], time[48];
    hs_format(seconds, sizeof seconds, HS_VALUE_SECONDS, (struct hs_value){.d = s->seconds});
    snprintf(time, sizeof time, "%s%s", k->clock ? "in " : "", k->clock ? seconds : "");
    known(s->events_known, s->events, "events", time);
    if (k->split == HS_NOT_KNOWN)
        known(k->requests, s->heap.allocs + s->heap.reallocs, "allocs and reallocs", "");
    known(k->split, s->heap.allocs, "allocations", "");
    known(k->split, s->heap.reallocs, "reallocs", "");
    known(k->ends, s->heap.frees, "frees", "by the program");
    known(k->ends, s->heap.swept, "swept", "freed by collections");
    known(k->failures, s->failed, "failed allocations", s->failed ? "heapstrata report says why" : "");
    count(s->lost, "lost events", "");
    putchar('\n');
}

/* The error of the sums above, if a part of them is estimated. */
static void estimate_text(const struct hs_summary *s)
{
    const struct hs_estimate *e = &s->sampled;
    if (!e->samples)
        return;
    const struct hs_site_sum all = {
        .allocs = s->heap.allocs - hs_rounded(e->allocs),
        .reallocs = s->heap.reallocs - hs_rounded(e->reallocs),
        .sampled = *e,
    };
    const struct hs_site_sum only = {.sampled = *e};
    struct hs_interval requests = hs_interval_of_requests(&all), bytes = hs_interval_of_bytes(&only);
    char low[32], high[32];
    count(e->samples, "samples", "");
    hs_format(low, sizeof low, HS_VALUE_COUNT, (struct hs_value){.u = hs_rounded(requests.low)});
    hs_format(high, sizeof high, HS_VALUE_COUNT, (struct hs_value){.u = hs_rounded(requests.high)});
    line(HS_VALUE_COUNT, (struct hs_value){.u = hs_all_requests(&all)}, "allocs and reallocs", "estimated, 95%%: %s to %s", low,
         high);
    hs_format(low, sizeof low, HS_VALUE_COUNT, (struct hs_value){.u = hs_rounded(bytes.low)});
    hs_format(high, sizeof high, HS_VALUE_COUNT, (struct hs_value){.u = hs_rounded(bytes.high)});
    line(HS_VALUE_BYTES, (struct hs_value){.u = hs_rounded(e->bytes)}, "bytes requested", "while sampled; 95%%: %s to %s", low,
         high);
    putchar('\n');
}

static void collections_text(const struct hs_summary *s)
{
    char longest[32];
    hs_format(longest, sizeof longest, HS_VALUE_SECONDS, (struct hs_value){.d = s->longest_pause});
    count(s->collections, s->collections == 1 ? "collection" : "collections", "");
    line(HS_VALUE_SECONDS, (struct hs_value){.d = s->pause}, "paused", "longest %s, %.2f%% of the time", longest,
         s->seconds > 0 ? 100 * s->pause / s->seconds : 0);
    putchar('\n');
}

/* The figures of the last summary. */
static void told_text(const struct hs_space *space)
{
    const struct hs_space_stats *end = &space->end;
    line(HS_VALUE_BYTES, (struct hs_value){.u = end->used}, "used bytes", "%.1f%% of the heap, by the last summary",
         share(end->used, space->size));
    if (space->no_counts)
        line(HS_VALUE_BYTES, (struct hs_value){.u = end->free}, "free bytes", "%s", "");
    else
        line(HS_VALUE_BYTES, (struct hs_value){.u = end->free}, "free bytes", "in %llu runs", (unsigned long long)end->free_runs);
    if (end->no_longest)
        line(HS_VALUE_BYTES, (struct hs_value){.none = true}, "largest free run", "%s", "not known");
    else
        line(HS_VALUE_BYTES, (struct hs_value){.u = end->largest_free}, "largest free run", "fragmentation %.1f%%",
             100 * space->fragmentation);
    line(HS_VALUE_COUNT, (struct hs_value){.u = end->blocks, .none = space->no_counts}, "blocks", "%s",
         space->no_counts ? "not known" : "");
    putchar('\n');
}

/* The heap of the boot in which the peak was. */
static void peak_text(const struct hs_space *space)
{
    const char *least = space->known.peak != HS_EXACT ? "at least, " : "";
    if (!space->peak_size)
        line(HS_VALUE_BYTES, (struct hs_value){.u = space->peak, .none = !space->peak}, "peak used bytes", "%s",
             space->known.peak != HS_EXACT ? "at least" : "");
    else
        line(HS_VALUE_BYTES, (struct hs_value){.u = space->peak}, "peak used bytes", "%s%.1f%% of %s", least,
             share(space->peak, space->peak_size), space->peak_size == space->size ? "the heap" : "its boot's heap");
}

static void space_text(const struct hs_space *space)
{
    const struct hs_space_stats *end = &space->end;
    line(HS_VALUE_BYTES, (struct hs_value){.u = space->size, .none = !space->size}, "heap bytes", "%s",
         space->size ? "" : "not known");
    peak_text(space);
    if (space->from_summary) {
        told_text(space);
        return;
    }
    if (!space->known.placed) {
        line(HS_VALUE_BYTES, (struct hs_value){.none = true}, "used and free bytes", "%s", "not known");
        putchar('\n');
        return;
    }
    if (space->known.text) /* blocks are known, and not what was requested */
        line(HS_VALUE_BYTES, (struct hs_value){.u = end->used}, "used bytes at the end", "%.1f%% of the heap",
             share(end->used, space->size));
    else
        line(HS_VALUE_BYTES, (struct hs_value){.u = end->used}, "used bytes at the end",
             "%.1f%% of the heap; %.1f%% of it is internal fragmentation", share(end->used, space->size), 100 * space->waste);
    line(HS_VALUE_BYTES, (struct hs_value){.u = end->free}, "free bytes at the end", "in %llu runs",
         (unsigned long long)end->free_runs);
    line(HS_VALUE_BYTES, (struct hs_value){.u = end->largest_free}, "largest free run", "fragmentation %.1f%%",
         100 * space->fragmentation);
    line(HS_VALUE_COUNT, (struct hs_value){.u = end->blocks}, "blocks at the end", "%llu of 1 granule, %llu of 2",
         (unsigned long long)end->blocks_1, (unsigned long long)end->blocks_2);
    putchar('\n');
}

static void trace_text(const struct hs_summary *s)
{
    line(HS_VALUE_BYTES, (struct hs_value){.u = s->bytes}, "trace bytes", "%.2f an event", s->bytes_per_event);
    line(HS_VALUE_COUNT, (struct hs_value){.u = s->records}, "records", "in %llu packets", (unsigned long long)s->packets);
    count(s->sites, "sites", "");
}

static void region_title(const struct report *r, unsigned i)
{
    const struct hs_region_state *region = &r->model->region[i];
    char name[64];
    hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){.s = region->name[0] ? region->name : "unnamed"});
    printf(" Region %u '%s' at 0x%llx, granules of %u bytes:\n\n", i, name, (unsigned long long)region->base, 1u << region->shift);
}

/* Not a number that no region has, nor what the head of the report has a line about. */
static bool is_shown(const struct report *r, unsigned i)
{
    return r->model->region[i].granules && !hs_reader_around(r->reader, i);
}

static void print_text(const struct report *r)
{
    struct hs_head head = {r->args->common.input, r->reader, r->model};
    printf(" Heap statistics of '%s':\n\n", r->args->common.input);
    hs_head_text(&head, stdout, " ");
    putchar('\n');
    events_text(&r->sum);
    estimate_text(&r->sum);
    if (r->sum.collections)
        collections_text(&r->sum);
    space_text(&r->sum.heap);
    for (unsigned i = 0; r->model->n_regions > 1 && i < r->model->n_regions; i++) {
        if (!is_shown(r, i))
            continue;
        struct hs_space space = hs_space_of_region(r->model, r->reader, i);
        region_title(r, i);
        space_text(&space);
    }
    trace_text(&r->sum);
}

/* ---- JSON ---- */

static void interval_json(struct hs_json *json, const char *low, const char *high, struct hs_interval interval)
{
    hs_json_real(json, low, interval.low);
    hs_json_real(json, high, interval.high);
}

/* The estimated part of the sums. */
static void estimate_json(const struct hs_summary *s, struct hs_json *json)
{
    const struct hs_estimate *e = &s->sampled;
    const struct hs_site_sum only = {.sampled = *e};
    if (!e->samples)
        return;
    hs_json_object(json, "estimated");
    hs_json_uint(json, "samples", e->samples);
    hs_json_real(json, "requests", e->allocs + e->reallocs);
    interval_json(json, "requests_low", "requests_high", hs_interval_of_requests(&only));
    hs_json_real(json, "bytes", e->bytes);
    interval_json(json, "bytes_low", "bytes_high", hs_interval_of_bytes(&only));
    hs_json_real(json, "live_bytes", e->live);
    interval_json(json, "live_low", "live_high", hs_interval_of_live(&only));
    hs_json_real(json, "frees", e->freed);
    hs_json_real(json, "swept", e->swept);
    hs_json_end(json);
}

static void level_seconds_json(const struct report *r, struct hs_json *json)
{
    hs_json_object(json, "level_seconds");
    for (unsigned level = HS_LEVEL_FULL; level <= HS_LEVEL_SUMMARY; level++)
        hs_json_real(json, hs_level_name(level), hs_seconds(r->reader, hs_model_at_level(r->model, level)));
    hs_json_end(json);
}

static void region_json(const struct report *r, unsigned i, struct hs_json *json)
{
    const struct hs_region_state *region = &r->model->region[i];
    struct hs_space space = hs_space_of_region(r->model, r->reader, i);
    hs_json_object(json, NULL);
    hs_json_uint(json, "region", i);
    hs_json_text(json, "name", region->name);
    hs_json_hex(json, "base", region->base);
    hs_json_uint(json, "granule_bytes", 1u << region->shift);
    hs_json_bool(json, "present", region->present);
    hs_json_uint(json, "events", space.allocs + space.frees + space.reallocs + space.swept);
    hs_summary_space_json(&space, json);
    hs_json_end(json);
}

static int print_json(const struct report *r)
{
    struct hs_json *json = hs_json_new();
    if (!json)
        return hs_complain("out of memory");
    struct hs_head head = {r->args->common.input, r->reader, r->model};
    hs_json_object(json, NULL);
    hs_head_json(&head, json);
    hs_summary_json(&r->sum, json);
    level_seconds_json(r, json);
    estimate_json(&r->sum, json);
    hs_summary_space_json(&r->sum.heap, json);
    hs_json_array(json, "regions");
    for (unsigned i = 0; i < r->model->n_regions; i++)
        region_json(r, i, json);
    hs_json_end(json);
    hs_json_end(json);
    int error = hs_json_print(json, stdout, true);
    hs_json_free(json);
    return error ? hs_complain("%s", hs_strerror(error)) : HS_EXIT_OK;
}

/* ---- command ---- */

static int show(const struct args *args, struct hs_reader *reader, struct hs_model *model)
{
    int status;
    if (!hs_cmd_replay_model(reader, model, &status))
        return status;
    struct report report = {args, reader, model, hs_summarize(model, reader)};
    if (args->common.json)
        return print_json(&report) ? HS_EXIT_BAD : status;
    print_text(&report);
    return status;
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct hs_reader *reader = hs_cmd_open_selected(&args->common, args->common.input);
    if (!reader)
        return HS_EXIT_BAD;
    struct hs_model *model = hs_model_new(NULL);
    if (model)
        hs_model_skip_sites(model);
    int status = model ? show(args, reader, model) : hs_complain("out of memory");
    hs_model_free(model);
    hs_reader_close(reader);
    return status;
}

const struct hs_cmd hs_cmd_stat = {
    .name = "stat",
    .summary = "print counts and heap figures: size, peak, end",
    .usage = "[FILE]",
    .about = "Figures cover the whole trace; used and free bytes, runs and blocks are those at its end. "
             "Fragmentation is 1 - largest free run / free bytes.",
    .examples = "  heapstrata stat run.hst\n"
                "  heapstrata stat --json run.hst | jq .fragmentation\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_JSON,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .run = run,
};
