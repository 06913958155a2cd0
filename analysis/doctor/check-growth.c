/* SPDX-License-Identifier: MIT
 *
 * A leak, before an allocation fails, or that none can be seen.
 */
#include <inttypes.h>
#include <stdio.h>

#include "analysis/doctor/doctor.h"

/* Whether a failure was already reported for lack of room: its cause is the answer, whatever grew before. */
static bool already_reported(const struct hs_exam *exam)
{
    for (unsigned i = 0; i < exam->diagnoses.n; i++)
        if (exam->diagnoses.diagnosis[i].cause >= HS_CAUSE_TOO_LARGE)
            return true;
    return false;
}

/* Only a collection shows what of the heap is live. */
static void look_at_uncollected(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct hs_space_stats heap;
    if (!p->model || p->exam->diagnoses.n || p->model->collections.begun || !hs_model_placed(p->model) ||
        !hs_model_has_requests(p->model) || !hs_is_collected(p->reader) || hs_reader_info(p->reader)->overwritten ||
        !hs_model_heap(p->model, &heap) || heap.used < 3 * heap.free)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-UNCOLLECTED", HS_SEVERITY_NOTE,
                                          "%" PRIu64 " of %" PRIu64
                                          " bytes are in use and no collection has run: how much of that "
                                          "is garbage, and whether what is live grows, is not known",
                                          heap.used, heap.used + heap.free);
    hs_finding_next(
        f, "record again with --collect-every 8K, or let the program call gc.collect() in each round of its main loop: then "
           "heapstrata doctor says whether it leaks");
}

/* When there is no room any more, for anything or for what the program requests again and again. */
static void describe_end(struct hs_finding *f, const struct hs_growing *g)
{
    if (g->collections >= 0 && g->usual.bytes)
        hs_finding_evidence(f,
                            "the heap is full after %.0f more collections like these: the longest free run, %" PRIu64
                            " bytes by now, is then too short for the %" PRIu32 " bytes that %.120s requests again and again",
                            g->collections, g->longest, g->usual.bytes, g->requests);
    else if (g->collections >= 0)
        hs_finding_evidence(f, "the heap is full after %.0f more collections like these", g->collections);
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_growing *g = p->exam && p->exam->grows ? &p->exam->growing : NULL;
    char lasts[32] = "", text[160] = "";
    if (!g)
        look_at_uncollected(p, findings);
    if (!g || already_reported(p->exam))
        return;
    if (g->lasts >= 0) {
        hs_duration_words(lasts, sizeof lasts, g->lasts);
        snprintf(text, sizeof text,
                 g->ends ? "; the loops that make it end: if they went on, memory would last for %s"
                         : "; at this rate memory lasts for %s",
                 lasts);
    }
    char kept[HS_NAME_MAX + 32] = "";
    if (g->keeper[0])
        snprintf(kept, sizeof kept, ", possibly kept by %.120s", g->keeper);
    struct hs_finding *f = hs_finding_new(
        findings, "HS-HEAP-GROWING", g->slow || g->ends ? HS_SEVERITY_NOTE : HS_SEVERITY_WARNING,
        "what %.130s allocates %s%.150s%s", g->name,
        g->births ? "stays, from every part of the run" : "grows from collection to collection", kept, text);
    hs_finding_place(f, g->name);
    if (g->births)
        hs_finding_evidence(f,
                            "%" PRIu64 " bytes of it are live after the last collection, %" PRIu64
                            " of them from its first third and the rest from all parts after it",
                            g->to, g->from);
    else
        hs_finding_evidence(
            f, "%s%" PRIu64 " bytes live after a collection, %" PRIu64 " after the last of %u, still rising in the second half",
            g->sampled ? "by samples, about " : "", g->from, g->to, g->moments);
    if (g->ends)
        hs_finding_evidence(f, "it is a leak if these loops go on for ever elsewhere, or if the program does not need all of it");
    describe_end(f, g);
    hs_finding_evidence(f, "%.*f bytes a second of this line; %" PRIu64 " bytes were free after the last collection",
                        g->per_second < 100, g->per_second, g->free);
    if (g->births)
        hs_finding_next(f,
                        "to be sure, record again with --collect-every 8K: few collections do not tell a leak from data that are "
                        "still read in, or from a cache that is not full yet");
    hs_finding_next(
        f,
        "let go of what is no longer needed, or bound its number: a list that only grows, a registry, a closure, a kept exception");
    hs_finding_next_why(f, p, g->name);
}

const struct hs_check hs_check_growth = {.name = "growth", .look = look};
