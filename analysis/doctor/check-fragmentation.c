/* SPDX-License-Identifier: MIT
 *
 * Whether the free space is too fragmented for what the program requests, before an allocation fails because of it.
 */
#include <inttypes.h>

#include "analysis/doctor/doctor.h"
#include "analysis/space/fragmentation.h"

#define MUCH 0.75  /* external fragmentation that is reported where no request is known */
#define ROOM 4096  /* minimum free bytes to report it */
#define USUAL 4096 /* bytes of a request that programs make: a buffer of a socket or file, a part of a screen */

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

/* Data that grow are the first to be changed: then this is a note. */
static enum hs_severity severity_of(const struct hs_doctor_input *input)
{
    return input->exam->grows && !input->exam->growing.ends ? HS_SEVERITY_NOTE : HS_SEVERITY_WARNING;
}

static void describe(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_space_stats *heap, bool collected)
{
    double fragmentation = hs_external_fragmentation((struct hs_free_figures){heap->free, heap->largest_free});
    hs_finding_evidence(f, "%" PRIu64 " bytes are free %s, the longest run has %" PRIu64 ": fragmentation %.1f%%", heap->free,
                        collected ? "after the last collection" : "at the end", heap->largest_free, 100 * fragmentation);
    if (hs_model_summary_only(input->model))
        hs_finding_next(f, "heapstrata timeline shows when the pieces appeared");
    else
        hs_finding_next(f, "heapstrata map shows where the pieces are, heapstrata timeline when they appeared");
}

/* No request is known: of text, and at level summary. */
static void look_at_figures(const struct hs_doctor_input *input, const struct hs_space_stats *heap, bool collected,
                            struct hs_findings *findings)
{
    double fragmentation = hs_external_fragmentation((struct hs_free_figures){heap->free, heap->largest_free});
    if (fragmentation < MUCH || heap->free < ROOM || heap->largest_free >= USUAL)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-FRAG-HIGH", severity_of(input),
                                          "the free space is in pieces: at most %" PRIu64
                                          " bytes can be allocated at once, less than a buffer of %u bytes for a socket or file",
                                          heap->largest_free, USUAL);
    describe(f, input, heap, collected);
}

/* What is requested again and again has no room after the last collection. If it was requested since, it had room. */
static void look_at_requests(const struct hs_doctor_input *input, const struct hs_space_stats *heap, bool collected,
                             struct hs_findings *findings)
{
    const struct hs_usual *usual = &input->exam->usual;
    const struct hs_failure request = {.size = usual->bytes, .free = heap->free};
    char line[HS_NAME_MAX];
    if (usual->bytes <= heap->largest_free || !hs_is_in_pieces(&request, heap->used + heap->free) || heap->free < ROOM ||
        !collected || usual->number > input->exam->collected.number)
        return;
    hs_name_of_site(input->names, usual->site, HS_KEY_LINE, line);
    struct hs_finding *f = hs_finding_new(findings, "HS-FRAG-HIGH", severity_of(input),
                                          "the free space is in pieces: what %.120s requests again and again, %" PRIu32
                                          " bytes, would find no room, since at most %" PRIu64 " can be allocated at once",
                                          line, usual->bytes, heap->largest_free);
    hs_finding_place(f, line);
    describe(f, input, heap, collected);
    hs_finding_next(f, "allocate what %.120s requests once, at the program's start, and reuse it", line);
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
    if (!input->model || input->exam->diagnoses.n || !ends_soundly(input) || !heap_of(input, &heap, &collected))
        return;
    grow_by_split(input, &heap);
    if (heap.no_longest || heap.largest_free > heap.free)
        return;
    if (input->exam->usual.bytes)
        look_at_requests(input, &heap, collected, findings);
    else
        look_at_figures(input, &heap, collected, findings);
}

const struct hs_check hs_check_fragmentation = {.name = "fragmentation", .look = look};
