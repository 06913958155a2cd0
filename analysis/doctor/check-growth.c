/* SPDX-License-Identifier: MIT
 *
 * A leak, before an allocation fails.
 */
#include <inttypes.h>
#include <stdio.h>

#include "analysis/doctor/doctor.h"

/* "3 min", "2.5 h": the time until memory runs out. */
static void duration(char *text, size_t size, double seconds)
{
    static const struct {
        double seconds;
        const char *unit;
    } units[] = {{86400, "days"}, {3600, "h"}, {60, "min"}, {1, "s"}, {1e-3, "ms"}, {0, "us"}};
    size_t i = 0;
    while (units[i].seconds > 0 && seconds < units[i].seconds)
        i++;
    snprintf(text, size, "%.3g %s", seconds / (units[i].seconds > 0 ? units[i].seconds : 1e-6), units[i].unit);
}

/* Whether a failure was already reported for lack of room: its cause is the answer, whatever grew before. */
static bool already_reported(const struct hs_exam *exam)
{
    for (unsigned i = 0; i < exam->diagnoses.n; i++)
        if (exam->diagnoses.diagnosis[i].cause >= HS_CAUSE_TOO_LARGE)
            return true;
    return false;
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_growing *g = p->exam && p->exam->grows ? &p->exam->growing : NULL;
    char lasts[32] = "", text[48] = "";
    if (!g || already_reported(p->exam))
        return;
    if (g->lasts >= 0) {
        duration(lasts, sizeof lasts, g->lasts);
        snprintf(text, sizeof text, "; at this rate memory lasts for %s", lasts);
    }
    char kept[HS_NAME_MAX + 32] = "";
    if (g->keeper[0])
        snprintf(kept, sizeof kept, ", possibly kept by %.120s", g->keeper);
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-GROWING", g->slow ? HS_SEVERITY_NOTE : HS_SEVERITY_WARNING,
                                          "what %.130s allocates grows from collection to collection%.150s%s", g->name, kept,
                                          text);
    hs_finding_place(f, g->name);
    hs_finding_evidence(
        f, "%s%" PRIu64 " bytes live after a collection, %" PRIu64 " after the last of %u, still rising in the second half",
        g->sampled ? "by samples, about " : "", g->from, g->to, g->moments);
    if (g->collections >= 0)
        hs_finding_evidence(f, "the heap is full after %.0f more collections like these", g->collections);
    hs_finding_evidence(f, "%.4g bytes a second of this line; %" PRIu64 " bytes were free after the last collection",
                        g->per_second, g->free);
    hs_finding_next(
        f,
        "let go of what is no longer needed, or bound its number: a list that only grows, a registry, a closure, a kept exception");
    hs_finding_next(f, "heapstrata why TRACE '%.160s' names what holds one of its blocks, where references were recorded",
                    g->name);
}

const struct hs_check hs_check_growth = {.name = "growth", .look = look};
