/* SPDX-License-Identifier: MIT
 *
 * Whether the free space is fragmented, before an allocation fails because of it.
 */
#include <inttypes.h>

#include "analysis/doctor/doctor.h"
#include "analysis/space/fragmentation.h"

#define MUCH 0.75 /* external fragmentation that is reported before an allocation fails */
#define ROOM 4096 /* minimum free bytes to report it */

/* Pools have their own check. Where a collector runs, the heap after its last run counts: what is garbage since then is in the way of
 * no request, which would have it collected. Returns false when the figures are unknown. */
static bool heap_of(const struct hs_doctor_input *input, struct hs_space_stats *heap, bool *collected)
{
    const struct hs_model *m = input->model;
    *collected = input->exam->collected.known && input->exam->collected.boot == m->boot;
    if (!m->synced || hs_model_summary_only(m))
        return hs_model_heap(m, heap);
    *heap = *collected ? input->exam->collected.heap : hs_model_layout_but_pools(m);
    return true;
}

/* The heap of a pasted mem_info() may also grow, by the size that the same line gives. */
static void grow_by_split(const struct hs_doctor_input *input, struct hs_space_stats *heap)
{
    const struct hs_meminfo *d = input->facts.n_sound ? &input->meminfo.dump[input->facts.n_sound - 1] : NULL;
    if (d && d->has & HS_MEMINFO_SPLIT && d->max_new_split > heap->largest_free)
        heap->largest_free = d->max_new_split;
}

static void report_fragmented(const struct hs_space_stats *heap, bool collected, struct hs_findings *findings)
{
    double fragmentation = hs_external_fragmentation((struct hs_free_figures){heap->free, heap->largest_free});
    if (heap->no_longest || heap->largest_free > heap->free || fragmentation < MUCH || heap->free < ROOM)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-FRAG-HIGH", HS_SEVERITY_WARNING,
                                          "the free space is in pieces: at most %" PRIu64 " bytes can be allocated at once",
                                          heap->largest_free);
    hs_finding_evidence(f, "%" PRIu64 " bytes are free %s, the longest run has %" PRIu64 ": fragmentation %.1f%%", heap->free,
                        collected ? "after the last collection" : "at the end", heap->largest_free, 100 * fragmentation);
    hs_finding_next(f, "heapstrata map shows where the pieces are, heapstrata timeline when they appeared");
}

/* The model's end is the last dump of a text. */
static bool ends_soundly(const struct hs_doctor_input *input)
{
    const struct hs_meminfo *dump = input->meminfo.dump;
    size_t n = input->meminfo.n, sound = input->facts.n_sound;
    return n == sound || (sound && dump[sound - 1].line > dump[n - 1].line);
}

static void look(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    struct hs_space_stats heap;
    bool collected;
    if (input->model && input->exam->diagnoses.n == 0 && ends_soundly(input) && heap_of(input, &heap, &collected)) {
        grow_by_split(input, &heap);
        report_fragmented(&heap, collected, findings);
    }
}

const struct hs_check hs_check_fragmentation = {.name = "fragmentation", .look = look};
