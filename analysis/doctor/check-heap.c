/* SPDX-License-Identifier: MIT
 *
 * Whether the heap is at its end, and whether it could be larger on this chip.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define NEARLY 0.95 /* share of the heap in use */

static void limits(struct hs_finding *f, const struct hs_patient *p)
{
    const struct hs_chip *chip = p->facts.chip;
    if (chip)
        hs_finding_evidence(f, "%s: %" PRIu32 " KB inside; MicroPython's heap is %s (%s)", chip->name, chip->internal / 1024, chip->heap, chip->heap_source);
}

static void nearly_full(const struct hs_patient *p, struct hs_findings *findings)
{
    const struct hs_meminfo *d = &p->meminfo.dump[p->meminfo.n - 1];
    if (!d->total || (double)d->used < NEARLY * (double)d->total)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-NEARLY-FULL", HS_SEVERITY_WARNING, "%.1f%% of the heap is in use or garbage",
                                          100 * (double)d->used / (double)d->total);
    hs_finding_evidence(f, "line %u: %" PRIu64 " of %" PRIu64 " bytes; the longest free run has %" PRIu64, d->line, d->used, d->total, d->max_free * d->granule);
    if (d->has & HS_MEMINFO_SPLIT)
        hs_finding_evidence(f, "it may still grow by a piece of %" PRIu64 " bytes, when a collection does not free enough", d->max_new_split);
    limits(f, p);
    hs_finding_next(f, "call gc.collect() in front of mem_info(): what goes then was garbage, and no lack of memory");
}

/* What the dump nearest in front of a failure, or else behind it, says. */
static const struct hs_meminfo *dump_near(const struct hs_patient *p, unsigned line)
{
    const struct hs_meminfo *best = p->meminfo.n ? &p->meminfo.dump[0] : NULL;
    for (size_t i = 0; i < p->meminfo.n && p->meminfo.dump[i].line < line; i++)
        best = &p->meminfo.dump[i];
    return best;
}

static void judge(struct hs_finding *f, const struct hs_meminfo *d, uint64_t size)
{
    uint64_t longest = d->max_free * d->granule;
    const char *verdict = size > d->free ? "not so many bytes were free" : longest < size ? "enough was free, but in pieces" : "a free run was long enough then: more was in use when it failed";
    if (d->has & HS_MEMINFO_LONGEST)
        hs_finding_evidence(f, "mem_info in line %u: %" PRIu64 " bytes free, the longest run %" PRIu64 ": %s", d->line, d->free, longest, verdict);
}

static void failed(const struct hs_patient *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *line = hs_patient_line(p, "memory allocation failed", 0);
    uint64_t size;
    if (!line)
        return;
    bool locked = strstr(line->text, "heap is locked");
    struct hs_finding *f = hs_finding_new(findings, locked ? "HS-HEAP-LOCKED" : "HS-HEAP-FAILED", HS_SEVERITY_PROBLEM,
                                          locked ? "memory was asked for while the heap was locked" : "an allocation failed");
    hs_finding_quote(f, line);
    const struct hs_meminfo *d = dump_near(p, line->number);
    if (!locked && d && hs_number_behind(line->text, "allocating", &size))
        judge(f, d, size);
    limits(f, p);
    if (locked)
        hs_finding_next(f, "an interrupt handler must not allocate: allocate before, or use micropython.schedule()");
    else
        hs_finding_next(f, "record it: heapstrata tells which lines hold the memory and what lies between the free runs");
}

static void look(const struct hs_patient *p, struct hs_findings *findings)
{
    failed(p, findings);
    if (p->meminfo.n)
        nearly_full(p, findings);
}

const struct hs_check hs_check_heap = {.name = "heap", .look = look};
