/* SPDX-License-Identifier: MIT
 *
 * Figures on a console that cannot all be true at one moment.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define SLACK_LEAST 1024u /* bytes by which a heap's size may differ: two calls are two moments */

const char *hs_doctor_contradiction(const struct hs_meminfo *d)
{
    uint64_t longest = d->max_block > 2 ? d->max_block : 0;
    if (d->used + d->free != d->total)
        return "used and free do not make the total";
    if (d->has & HS_MEMINFO_LONGEST && d->max_free * d->granule > d->free)
        return "the longest free run is longer than all that is free";
    if (d->has & HS_MEMINFO_COUNTS && (d->blocks_1 + 2 * d->blocks_2 + longest) * d->granule > d->used)
        return "the blocks counted take more than what is used";
    return NULL;
}

static void contradiction(const struct hs_meminfo *d, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-FIGURES-WRONG", HS_SEVERITY_WARNING,
                                          "the figures of the dump in line %u contradict each other", d->line);
    hs_finding_evidence(f,
                        "total %" PRIu64 ", used %" PRIu64 ", free %" PRIu64 ", blocks of one granule %" PRIu64
                        ", of two %" PRIu64 ", longest block %" PRIu64 ", longest free run %" PRIu64 " granules of %" PRIu32
                        " bytes",
                        d->total, d->used, d->free, d->blocks_1, d->blocks_2, d->max_block, d->max_free, d->granule);
    hs_finding_evidence(f, "%s: no other check uses these figures", hs_doctor_contradiction(d));
    hs_finding_next(f, "copy the whole of what mem_info(1) printed, from one call");
}

static void describe_part(struct hs_finding *f, const struct hs_meminfo *d)
{
    const struct hs_meminfo_part *p = &d->part;
    uint64_t all = d->granule ? d->total / d->granule : 0;
    bool end = all > p->shown && !p->no_begin && !p->gap;
    if (!p->shown)
        return;
    if (p->no_begin || p->gap || end)
        hs_finding_evidence(f, "lines are missing%s%s%s: %" PRIu64 " of %" PRIu64 " granules are shown",
                            p->no_begin ? " at its begin"
                            : end       ? " at its end"
                                        : "",
                            p->no_begin && p->gap ? " and" : "", p->gap ? " in the middle" : "", p->shown,
                            all > p->shown ? all : p->shown);
    hs_finding_evidence(f,
                        "in what is shown %" PRIu64 " granules are in use, by %" PRIu64
                        " blocks; the longest free run has %" PRIu64 " granules, %" PRIu64 " bytes",
                        p->used, p->blocks, p->longest_free, p->longest_free * d->granule);
}

/* A map that was truncated or damaged in transit; the totals above it are still valid. */
static void without_map(const struct hs_meminfo *d, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(
        findings, "HS-MAP-UNUSED", HS_SEVERITY_NOTE,
        "the map of the dump in line %u is not whole: its figures count, and what is shown of the map", d->line);
    hs_finding_evidence(f, "line %u: %s", d->fault_line, d->fault);
    describe_part(f, d);
    hs_finding_next(f, "for the map copy all lines of mem_info(1), from one call");
}

static uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

/* Two calls on one console and the dump nearest to them. */
struct pair {
    struct hs_text_call allocated, free;
    const struct hs_meminfo *dump;
};

/* What gc.mem_free() returns for the areas that exist. Since 1.21, where "max new split" is printed, it includes that
 * figure. */
static uint64_t free_now(const struct hs_meminfo *d, uint64_t free)
{
    return d->has & HS_MEMINFO_SPLIT && free >= d->max_new_split ? free - d->max_new_split : free;
}

/* The heap's size as the sum of the two calls. */
static uint64_t sum_of(const struct pair *c, const struct hs_meminfo *d)
{
    return c->allocated.value + free_now(d, c->free.value);
}

static const struct hs_meminfo *nearest(const struct hs_doctor_input *p, const struct pair *c)
{
    const struct hs_meminfo *best = NULL;
    for (size_t i = 0; i < p->facts.n_sound; i++) {
        const struct hs_meminfo *d = &p->meminfo.dump[i];
        if (!best || distance(sum_of(c, d), d->total) < distance(sum_of(c, best), best->total))
            best = d;
    }
    return best;
}

/* Pairs a call of one name with the nearest call of the other. */
static struct pair pair_of(const struct hs_doctor_input *p, struct hs_text_call allocated)
{
    struct pair c = {.allocated = allocated};
    struct hs_text_call free = hs_doctor_input_call(p, "gc.mem_free()", 0);
    for (; free.line; free = hs_doctor_input_call(p, "gc.mem_free()", (size_t)(free.line - p->line) + 1))
        if (!c.free.line ||
            distance(free.line->number, allocated.line->number) < distance(c.free.line->number, allocated.line->number))
            c.free = free;
    c.dump = c.free.line ? nearest(p, &c) : NULL;
    return c;
}

/* After a collection between the two calls the later figure is larger, so their sum may differ from the heap's size. */
static bool collected(const struct hs_doctor_input *p, const struct pair *c)
{
    unsigned a = c->allocated.line->number, f = c->free.line->number, d = c->dump->line;
    unsigned from = a < f ? a : f, to = a < f ? f : a;
    uint64_t sum = sum_of(c, c->dump);
    return hs_doctor_input_collects(p, from < d ? from : d, to > d ? to : d) || (sum > c->dump->total ? a < f : f < a);
}

static bool contradicts(const struct hs_doctor_input *p, const struct pair *c)
{
    const struct hs_meminfo *d = c->dump;
    uint64_t slack = d->total / 50 > SLACK_LEAST ? d->total / 50 : SLACK_LEAST;
    if (c->allocated.value > d->total + slack || free_now(d, c->free.value) > d->total + slack)
        return true;
    return distance(sum_of(c, d), d->total) > slack && !collected(p, c);
}

static void report_calls(const struct pair *c, struct hs_findings *findings)
{
    const struct hs_meminfo *d = c->dump;
    struct hs_finding *f = hs_finding_new(
        findings, "HS-FIGURES-CONTRADICT", HS_SEVERITY_WARNING,
        "gc.mem_alloc() and gc.mem_free() describe another heap than mem_info() on the same console");
    hs_finding_evidence(f,
                        "gc.mem_alloc() %" PRIu64 " (line %u), gc.mem_free() %" PRIu64
                        " (line %u); mem_info (line %u): total %" PRIu64 ", used %" PRIu64 ", free %" PRIu64,
                        c->allocated.value, c->allocated.line->number, c->free.value, c->free.line->number, d->line, d->total,
                        d->used, d->free);
    if (d->has & HS_MEMINFO_SPLIT && c->free.value >= d->max_new_split)
        hs_finding_evidence(f,
                            "together they make a heap of %" PRIu64 " bytes, or of %" PRIu64 " without max new split, %" PRIu64
                            ", which gc.mem_free() "
                            "includes since MicroPython 1.21: neither is %" PRIu64,
                            c->allocated.value + c->free.value, sum_of(c, d), d->max_new_split, d->total);
    else
        hs_finding_evidence(f, "together they make a heap of %" PRIu64 " bytes, not of %" PRIu64,
                            c->allocated.value + c->free.value, d->total);
    hs_finding_evidence(
        f,
        "so they are of different moments, between which the heap grew or the board was started anew: neither can be used to check the other");
    hs_finding_next(
        f, "call gc.collect(), gc.mem_alloc(), gc.mem_free() and micropython.mem_info() one after the other in one line");
}

static void between_calls(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct hs_text_call allocated = hs_doctor_input_call(p, "gc.mem_alloc()", 0);
    for (; allocated.line; allocated = hs_doctor_input_call(p, "gc.mem_alloc()", (size_t)(allocated.line - p->line) + 1)) {
        struct pair c = pair_of(p, allocated);
        if (!c.dump || !contradicts(p, &c))
            continue;
        report_calls(&c, findings);
        return;
    }
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    for (size_t i = 0; i < p->meminfo.n; i++) {
        if (i >= p->facts.n_sound)
            contradiction(&p->meminfo.dump[i], findings);
        if (p->meminfo.dump[i].fault)
            without_map(&p->meminfo.dump[i], findings);
    }
    between_calls(p, findings);
}

const struct hs_check hs_check_figures = {.name = "figures", .look = look};
