/* SPDX-License-Identifier: MIT
 *
 * Figures on a console that cannot all be true of one moment.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define SLACK_LEAST 1024u /* bytes by which a heap's size may seem to differ: two calls are two moments */

static void contradiction(const struct hs_meminfo *d, struct hs_findings *findings, const char *what)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-FIGURES-WRONG", HS_SEVERITY_WARNING, "the figures of the dump in line %u contradict each other", d->line);
    hs_finding_evidence(f, "total %" PRIu64 ", used %" PRIu64 ", free %" PRIu64 ", blocks of one granule %" PRIu64 ", of two %" PRIu64
                        ", longest block %" PRIu64 ", longest free run %" PRIu64 " granules of %" PRIu32 " bytes", d->total, d->used, d->free,
                        d->blocks_1, d->blocks_2, d->max_block, d->max_free, d->granule);
    hs_finding_evidence(f, "%s", what);
    hs_finding_next(f, "copy the whole of what mem_info(1) printed, from one call");
}

static void within_dump(const struct hs_meminfo *d, struct hs_findings *findings)
{
    uint64_t longest = d->max_block > 2 ? d->max_block : 0;
    if (d->used + d->free != d->total)
        contradiction(d, findings, "used and free do not make the total");
    else if (d->has & HS_MEMINFO_LONGEST && d->max_free * d->granule > d->free)
        contradiction(d, findings, "the longest free run is longer than all that is free");
    else if (d->has & HS_MEMINFO_COUNTS && (d->blocks_1 + 2 * d->blocks_2 + longest) * d->granule > d->used)
        contradiction(d, findings, "the blocks counted take more than what is used");
    else if (d->fault)
        contradiction(d, findings, d->fault);
}

/* A call on the console and what it returned: behind it in its line, or alone in the next one. */
struct call {
    uint64_t value;
    const struct hs_doctor_line *line; /* NULL: there is none */
};

static struct call find_call(const struct hs_patient *p, const char *name, size_t from)
{
    for (size_t i = from; i < p->n_lines; i++) {
        struct call call = {.line = &p->line[i]};
        const char *at = strstr(call.line->text, name);
        if (!at)
            continue;
        if (hs_number_behind(at, name, &call.value))
            return call;
        const char *next = i + 1 < p->n_lines ? p->line[i + 1].text : "";
        if (next[0] && strspn(next, "0123456789 ") == strlen(next) && hs_number_behind(next, "", &call.value))
            return call;
    }
    return (struct call){.line = NULL};
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* How far the heap's size is off that the two calls make, in the reading that is nearer: since 1.21 mem_free() includes what
 * the heap may grow by. */
static uint64_t apart(const struct hs_meminfo *d, uint64_t allocated, uint64_t free)
{
    uint64_t plain = distance(allocated + free, d->total);
    if (!(d->has & HS_MEMINFO_SPLIT) || free < d->max_new_split)
        return plain;
    uint64_t less = distance(allocated + free - d->max_new_split, d->total);
    return less < plain ? less : plain;
}

static const struct hs_meminfo *nearest(const struct hs_patient *p, uint64_t allocated, uint64_t free)
{
    const struct hs_meminfo *best = NULL;
    for (size_t i = 0; i < p->meminfo.n; i++)
        if (!best || apart(&p->meminfo.dump[i], allocated, free) < apart(best, allocated, free))
            best = &p->meminfo.dump[i];
    return best;
}

static void between_calls(const struct hs_patient *p, struct hs_findings *findings)
{
    struct call allocated = find_call(p, "mem_alloc()", 0), free = find_call(p, "mem_free()", 0);
    const struct hs_meminfo *d = allocated.line && free.line ? nearest(p, allocated.value, free.value) : NULL;
    if (!d)
        return;
    uint64_t slack = d->total / 50 > SLACK_LEAST ? d->total / 50 : SLACK_LEAST;
    if (apart(d, allocated.value, free.value) <= slack)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-FIGURES-CONTRADICT", HS_SEVERITY_WARNING,
                                          "gc.mem_alloc() and gc.mem_free() speak of another heap than mem_info() on the same console");
    hs_finding_evidence(f, "gc.mem_alloc() %" PRIu64 " (line %u), gc.mem_free() %" PRIu64 " (line %u); mem_info (line %u): total %" PRIu64 ", used %" PRIu64
                        ", free %" PRIu64, allocated.value, allocated.line->number, free.value, free.line->number, d->line, d->total, d->used, d->free);
    if (d->has & HS_MEMINFO_SPLIT && free.value >= d->max_new_split)
        hs_finding_evidence(f, "together they make a heap of %" PRIu64 " bytes, or of %" PRIu64 " without max new split, %" PRIu64 ", which gc.mem_free() "
                               "includes since MicroPython 1.21: neither is %" PRIu64, allocated.value + free.value,
                            allocated.value + free.value - d->max_new_split, d->max_new_split, d->total);
    else
        hs_finding_evidence(f, "together they make a heap of %" PRIu64 " bytes, not of %" PRIu64, allocated.value + free.value, d->total);
    hs_finding_evidence(f, "so they are of different moments, between which the heap grew or the board was started anew: neither can be used to check the other");
    hs_finding_next(f, "call gc.collect(), gc.mem_alloc(), gc.mem_free() and micropython.mem_info() behind each other in one line");
}

static void look(const struct hs_patient *p, struct hs_findings *findings)
{
    for (size_t i = 0; i < p->meminfo.n; i++)
        within_dump(&p->meminfo.dump[i], findings);
    between_calls(p, findings);
}

const struct hs_check hs_check_figures = {.name = "figures", .look = look};
