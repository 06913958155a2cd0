/* SPDX-License-Identifier: MIT
 *
 * Whether it is pieces, not bytes, that allocations lack.
 */
#include <inttypes.h>

#include "analysis/doctor/doctor.h"
#include "analysis/measure/fragmentation.h"

#define MUCH  0.75 /* external fragmentation that is worth a word before anything has failed */
#define ROOM  4096 /* free bytes below which it is not */

/* Pools have a check of their own. */
static bool is_pool(const struct hs_model *m, unsigned region)
{
    return region < m->n_regions && m->region[region].memory == HS_MEMORY_POOL;
}

/* Figures of all that is not a pool. False when they are not known. */
static bool heap_of(const struct hs_model *m, struct hs_layout *heap)
{
    if (!m->synced || hs_model_is_told(m))
        return hs_model_heap(m, heap);
    *heap = (struct hs_layout){.used = 0};
    for (unsigned i = 0; i < m->n_regions; i++) {
        if (!m->region[i].present || is_pool(m, i))
            continue;
        struct hs_layout region = hs_model_layout(m, i);
        heap->used += region.used;
        heap->free += region.free;
        heap->largest_free = region.largest_free > heap->largest_free ? region.largest_free : heap->largest_free;
    }
    return true;
}

static const struct hs_failure *last_failure(const struct hs_model *m, enum hs_verdict verdict, uint64_t *n)
{
    const struct hs_failure *last = NULL;
    uint64_t first = m->n_failures > HS_FAILURES_KEPT ? m->n_failures - HS_FAILURES_KEPT : 0;
    *n = 0;
    for (uint64_t i = first; i < m->n_failures; i++) {
        const struct hs_failure *f = &m->failure[i % HS_FAILURES_KEPT];
        if (f->verdict != verdict || is_pool(m, f->region))
            continue;
        last = f;
        ++*n;
    }
    return last;
}

static void failed(const struct hs_failure *last, uint64_t n, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-FRAG-FAILED", HS_SEVERITY_PROBLEM,
                                          "%" PRIu64 " allocation%s failed although enough was free: the free space is in pieces",
                                          n, n == 1 ? "" : "s");
    hs_finding_evidence(f, "the last one asked for %" PRIu32 " bytes when %" PRIu64 " were free, the longest run of which had %" PRIu64,
                        last->size, last->free, last->largest_free);
    hs_finding_next(f, "heapstrata report names the lines whose blocks sit between the free runs");
    hs_finding_next(f, "allocate large buffers once, at the program's start, and reuse them");
    hs_finding_next(f, "gc.collect() before long-lived small objects are made keeps them out of the holes");
}

static void full(const struct hs_failure *last, uint64_t n, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-FULL", HS_SEVERITY_PROBLEM,
                                          "%" PRIu64 " allocation%s failed because the heap was full", n, n == 1 ? "" : "s");
    hs_finding_evidence(f, "the last one asked for %" PRIu32 " bytes when %" PRIu64 " were free and %" PRIu64 " in use",
                        last->size, last->free, last->used);
    hs_finding_next(f, "heapstrata report --peak names the lines that held most when the heap was fullest");
}

/* The heap of a pasted mem_info() may also grow, by a piece that the same line tells. */
static void grow_by_split(const struct hs_patient *patient, struct hs_layout *heap)
{
    const struct hs_meminfo *d = patient->meminfo.n ? &patient->meminfo.dump[patient->meminfo.n - 1] : NULL;
    if (d && d->has & HS_MEMINFO_SPLIT && d->max_new_split > heap->largest_free)
        heap->largest_free = d->max_new_split;
}

static void in_pieces(const struct hs_layout *heap, struct hs_findings *findings)
{
    double fragmentation = hs_external_fragmentation((struct hs_free_figures){heap->free, heap->largest_free});
    if (heap->largest_free > heap->free || fragmentation < MUCH || heap->free < ROOM)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-FRAG-HIGH", HS_SEVERITY_WARNING,
                                          "the free space is in pieces: no more than %" PRIu64 " bytes can be had at once", heap->largest_free);
    hs_finding_evidence(f, "%" PRIu64 " bytes are free at the end, the longest run has %" PRIu64 ": fragmentation %.1f%%",
                        heap->free, heap->largest_free, 100 * fragmentation);
    hs_finding_next(f, "heapstrata map shows where the pieces are, heapstrata timeline when they came");
}

static void look(const struct hs_patient *patient, struct hs_findings *findings)
{
    uint64_t n;
    struct hs_layout heap;
    if (!patient->model)
        return;
    const struct hs_failure *fragmented = last_failure(patient->model, HS_VERDICT_FRAGMENTED, &n);
    if (fragmented)
        failed(fragmented, n, findings);
    const struct hs_failure *last = last_failure(patient->model, HS_VERDICT_FULL, &n);
    if (last)
        full(last, n, findings);
    if (!fragmented && heap_of(patient->model, &heap)) {
        grow_by_split(patient, &heap);
        in_pieces(&heap, findings);
    }
}

const struct hs_check hs_check_fragmentation = {.name = "fragmentation", .look = look};
