/* SPDX-License-Identifier: MIT */
#include "analysis/model/knowledge.h"

#include <string.h>

const char *hs_certainty_name(enum hs_certainty certainty)
{
    static const char *const names[] = {"exact", "estimated", "at least", "not known"};
    return names[certainty];
}

static enum hs_certainty worse(enum hs_certainty a, enum hs_certainty b) { return a > b ? a : b; }

/* Records are missing, or there are periods without recording, between the program's first record and the last. */
static bool has_gaps(const struct hs_model *m, const struct hs_trace_info *info)
{
    return info->overwritten || info->lost || info->damaged_packets || info->damaged_bytes || m->unplaced || m->levels.stops;
}

bool hs_is_text_of_meminfo(const struct hs_reader *reader)
{
    const char *port = hs_reader_fact(reader, "port");
    return port && !strcmp(port, "mem_info text");
}

/* Text without times of its own has numbers in their place. */
static bool has_clock(const struct hs_reader *reader)
{
    const char *clock = hs_reader_fact(reader, "clock");
    return !clock || strcmp(clock, "none") != 0;
}

static bool has_heap(const struct hs_model *m) { return m->n_regions || m->levels.n_summaries; }

/* Of blocks that only a snapshot has, the line is not known. If every event before it was recorded, they existed before. */
static enum hs_certainty of_live(const struct hs_model *m, bool gaps)
{
    if (m->levels.last == HS_LEVEL_SAMPLED)
        return HS_ESTIMATED;
    if (!has_heap(m) || !hs_model_placed(m))
        return HS_NOT_KNOWN;
    return gaps && hs_model_site(m, HS_SITE_UNKNOWN)->live_blocks ? HS_AT_LEAST : HS_EXACT;
}

static enum hs_certainty of_at_peak(const struct hs_model *m, enum hs_certainty peak)
{
    if (m->levels.peak <= m->peak)
        return has_heap(m) ? peak : HS_NOT_KNOWN;
    return hs_model_saw_level(m, HS_LEVEL_SAMPLED) ? HS_ESTIMATED : HS_NOT_KNOWN;
}

static struct hs_knowledge of_text(const struct hs_model *m, const struct hs_reader *reader)
{
    return (struct hs_knowledge){
        .requests = HS_NOT_KNOWN,
        .split = HS_NOT_KNOWN,
        .lines = HS_NOT_KNOWN,
        .ends = HS_NOT_KNOWN,
        .failures = m->n_failures ? HS_AT_LEAST : HS_NOT_KNOWN,
        .live = hs_model_placed(m) ? HS_EXACT : HS_NOT_KNOWN,
        .peak = HS_AT_LEAST,
        .at_peak = m->levels.peak <= m->peak ? HS_AT_LEAST : HS_NOT_KNOWN,
        .placed = hs_model_placed(m),
        .clock = has_clock(reader),
        .text = true,
    };
}

struct hs_knowledge hs_knowledge_of(const struct hs_model *m, const struct hs_reader *reader)
{
    bool sampled = hs_model_saw_level(m, HS_LEVEL_SAMPLED), summary = hs_model_saw_level(m, HS_LEVEL_SUMMARY);
    bool gaps = has_gaps(m, hs_reader_info(reader));
    enum hs_certainty missed = gaps ? HS_AT_LEAST : HS_EXACT;
    if (hs_is_text_of_meminfo(reader))
        return of_text(m, reader);
    struct hs_knowledge k = {
        .requests = worse(missed, summary   ? HS_AT_LEAST
                                  : sampled ? HS_ESTIMATED
                                            : HS_EXACT),
        .ends = worse(missed, summary   ? HS_NOT_KNOWN
                              : sampled ? HS_ESTIMATED
                                        : HS_EXACT),
        .failures = missed,
        .live = of_live(m, gaps || sampled || summary),
        .peak = sampled || summary || hs_model_summary_only(m) ? HS_AT_LEAST : missed,
        .placed = has_heap(m) && hs_model_placed(m),
        .clock = true,
    };
    k.lines = k.requests;
    k.split = summary ? HS_NOT_KNOWN : k.requests;
    k.at_peak = of_at_peak(m, k.peak);
    return k;
}

const char *hs_knowledge_why(const struct hs_model *m, const struct hs_reader *reader)
{
    if (hs_is_text_of_meminfo(reader))
        return "text of mem_info() does not tell which line allocated what";
    if (m->levels.last == HS_LEVEL_SAMPLED)
        return "level sampled records only some of the blocks";
    if (m->levels.last == HS_LEVEL_SUMMARY)
        return "level summary does not record single blocks";
    if (!has_heap(m))
        return "the trace has no heap";
    return m->synced ? NULL
                     : "the heap's layout is not known at the end: no snapshot since the trace begins, or since records were "
                       "lost";
}

const char *hs_knowledge_lost(const struct hs_reader *reader)
{
    const struct hs_trace_info *info = hs_reader_info(reader);
    if (info->overwritten)
        return "the ring has overwritten the packets before these; a larger ring keeps more";
    if (info->damaged_packets || info->damaged_bytes)
        return "parts of it are damaged";
    return info->lost || info->missing_packets ? "records of it were lost" : NULL;
}
