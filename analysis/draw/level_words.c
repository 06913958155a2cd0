/* SPDX-License-Identifier: MIT */
#include "analysis/draw/level_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/time/summary.h"
#include "analysis/draw/table.h"

static double seconds(const struct hs_head *head, uint64_t ticks) { return hs_seconds(head->reader, ticks); }

/* The sum over all spans of one level. */
struct at_level {
    unsigned spans;
    uint64_t ticks, samples, summaries;
    uint32_t interval, widest; /* minimum and maximum */
};

static struct at_level sum_up(const struct hs_head *head, unsigned level)
{
    const struct hs_level_span *span;
    struct at_level sum = {.interval = UINT32_MAX};
    for (uint32_t n = hs_model_spans(head->model, &span); n--; span++) {
        if (span->level != level)
            continue;
        sum.spans++;
        sum.ticks += span->to - span->from;
        sum.samples += span->samples;
        sum.summaries += span->summaries;
        sum.interval = span->interval < sum.interval ? span->interval : sum.interval;
        sum.widest = span->interval > sum.widest ? span->interval : sum.widest;
    }
    return sum;
}

static const char *const meanings[] = {
    [HS_LEVEL_FULL] = "every event",
    [HS_LEVEL_SAMPLED] = "estimates; used and free as of the last collection",
    [HS_LEVEL_SUMMARY] = "only the largest lines named; used and free as of the last collection",
};

static void level_text(const struct hs_head *head, unsigned level, FILE *out)
{
    struct at_level sum = sum_up(head, level);
    char time[32];
    hs_format(time, sizeof time, HS_VALUE_SECONDS, (struct hs_value){.d = seconds(head, sum.ticks)});
    fprintf(out, "level %s for %s", hs_level_name(level), time);
    if (sum.spans > 1)
        fprintf(out, " in %u spans", sum.spans);
    if (level == HS_LEVEL_SAMPLED) {
        fprintf(out, ", a sample every %" PRIu32, sum.interval);
        if (sum.widest != sum.interval)
            fprintf(out, " to %" PRIu32, sum.widest);
        fprintf(out, " bytes, %" PRIu64 " samples", sum.samples);
    }
    if (level > HS_LEVEL_FULL)
        fprintf(out, ", %" PRIu64 " summaries", sum.summaries);
    fprintf(out, ": %s\n", meanings[level]);
}

static bool only_full(const struct hs_head *head)
{
    return !hs_model_saw_level(head->model, HS_LEVEL_SAMPLED) && !hs_model_saw_level(head->model, HS_LEVEL_SUMMARY);
}

/* The interval of samples by a timer: fact "every". 0: none by a timer; -1: not known. */
static long long every_ms(const struct hs_head *head)
{
    const char *every = hs_reader_fact(head->reader, "every");
    return every ? strtoll(every, NULL, 10) : -1;
}

/* What a trace of snapshots cannot say, and what HeapStrata's helper takes of the heap. */
static void snapshots_text(const struct hs_head *head, FILE *out, const char *prefix)
{
    const char *helper = hs_reader_fact(head->reader, "helper");
    char when[80] = "";
    if (every_ms(head) > 0)
        snprintf(when, sizeof when, ", every %lld ms at most and at marks", every_ms(head));
    else if (!every_ms(head))
        snprintf(when, sizeof when, " at marks, and not at intervals");
    fprintf(out,
            "%slevel snapshots: the heap as mem_info() printed it%s; which line allocated what, and when it was freed, is not "
            "known\n",
            prefix, when);
    if (helper)
        fprintf(out, "%sHeapStrata's helper has %.*s; they are in the map and in no figure\n", prefix, (int)strcspn(helper, ";"),
                helper);
}

void hs_levels_text(const struct hs_head *head, FILE *out, const char *prefix)
{
    bool text = head->model && hs_is_text_of_meminfo(head->reader);
    if (text || (head->model && hs_model_snapshots_only(head->model)))
        snapshots_text(head, out, prefix);
    if (!head->model || text || only_full(head))
        return;
    for (unsigned level = HS_LEVEL_FULL; level <= HS_LEVEL_SUMMARY; level++)
        if (hs_model_saw_level(head->model, level)) {
            fputs(prefix, out);
            level_text(head, level, out);
        }
}

static const char *name_of(const struct hs_model *model, unsigned level)
{
    return level == HS_LEVEL_FULL && hs_model_snapshots_only(model) ? "snapshots" : hs_level_name(level);
}

void hs_levels_json(const struct hs_head *head, struct hs_json *json)
{
    const struct hs_level_span *span;
    if (!head->model)
        return;
    hs_json_array(json, "levels");
    for (uint32_t n = hs_model_spans(head->model, &span); n--; span++) {
        hs_json_object(json, NULL);
        hs_json_text(json, "level", name_of(head->model, span->level));
        if (span->level == HS_LEVEL_SAMPLED)
            hs_json_uint(json, "interval_bytes", span->interval);
        hs_json_uint(json, "boot", span->boot);
        hs_json_real(json, "from_s", seconds(head, span->from));
        hs_json_real(json, "seconds", seconds(head, span->to - span->from));
        hs_json_uint(json, "first_record", span->first);
        hs_json_uint(json, "last_record", span->last);
        hs_json_uint(json, "events", span->events);
        hs_json_uint(json, "samples", span->samples);
        hs_json_uint(json, "summaries", span->summaries);
        hs_json_end(json);
    }
    hs_json_end(json);
    if (every_ms(head) >= 0)
        hs_json_uint(json, "every_ms", (uint64_t)every_ms(head));
}
