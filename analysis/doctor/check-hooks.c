/* SPDX-License-Identifier: MIT
 *
 * Whether the recorder sees allocations at all, and whether the program lacks the memory that the recorder takes.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "analysis/doctor/doctor.h"

/* The hook allocated at its start, and its own wrapper did not see it. */
static void bypassed(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-HOOKS-LOST", HS_SEVERITY_PROBLEM,
                                          "the firmware's allocations bypass the hooks: some or all of them are not recorded");
    hs_finding_evidence(f, "at its start the hook made an allocation of its own and did not see it; the trace's header says so");
    if (input->facts.framework == HS_FRAMEWORK_IDF)
        hs_finding_next(f, "build without link-time optimisation (-flto), which inlines what --wrap would catch");
    else
        hs_finding_next(
            f, "link-time optimisation (-flto) inlines what --wrap would catch: compile the allocator's own files (MicroPython: "
               "py/gc.c; lwIP: core/memp.c, core/mem.c, core/timeouts.c) with -fno-lto, or build without LTO");
    hs_finding_next(f, "the linker takes a hook in an archive only when something names it: add -u with its name "
                       "(ESP-IDF: -u esp_heap_trace_alloc_hook)");
    hs_finding_next(f, "check that the linker's command has every -Wl,--wrap= of wraps.txt");
}

/* The trace has records, but no allocations. */
static void silent(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    const struct hs_trace_info *info = hs_reader_info(input->reader);
    if (info->lost || info->overwritten || input->model->n_regions == 0 || hs_model_saw_level(input->model, HS_LEVEL_SAMPLED) ||
        hs_model_saw_level(input->model, HS_LEVEL_SUMMARY))
        return;
    const uint64_t *kind = input->model->kind;
    if (kind[HS_ALLOC] || kind[HS_REALLOC] || kind[HS_FREE] || kind[HS_FAIL] || !kind[HS_COLLECT])
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-HOOKS-SILENT", HS_SEVERITY_WARNING,
                                          "collections were recorded, but not one allocation");
    hs_finding_evidence(f, "%" PRIu64 " collections, 0 allocations, 0 frees in %" PRIu64 " records", kind[HS_COLLECT],
                        info->records);
    hs_finding_next(f, "check that the linker's command has --wrap of the allocator's functions, not of the collector's alone");
}

/* The linker or the firmware reported that the wraps are missing. */
static void unlinked(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    if (!input->facts.unlinked)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-HOOKS-UNLINKED", HS_SEVERITY_PROBLEM,
                                          "the hooks are compiled and not linked: nothing of the heap is recorded");
    hs_finding_quote(f, input->facts.unlinked);
    hs_finding_next(
        f, "see that the command which links the firmware has -Wl,--wrap=gc_alloc and the others (make V=1): "
           "micropython.mk adds them to LDFLAGS_USERMOD, and in CircuitPython to what $(BUILD)/firmware.elf is linked with");
    hs_finding_next(f, "where the port links another file than firmware.elf, give its link command $(HEAPSTRATA_LINK), "
                       "the variable of micropython.mk that has these options");
}

/* The number of a fact; 0: there is none. */
static unsigned long fact(const struct hs_doctor_input *input, const char *key)
{
    const char *value = hs_reader_fact(input->reader, key);
    return value ? strtoul(value, NULL, 10) : 0;
}

/* The firmware reports that a failed request would have fitted without the recorder's ring and table. */
static void missing_room(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    unsigned long size = fact(input, "would-fit"), taken = fact(input, "taken");
    const struct hs_model *m = input->model;
    char line[HS_NAME_MAX];
    if (!size || !taken)
        return;
    struct hs_finding *f = hs_finding_new(
        findings, "HS-HOOKS-ROOM", HS_SEVERITY_WARNING,
        "the recorder's ring and table take %lu bytes of the heap: without them the request of %lu bytes would have had room",
        taken, size);
    for (uint64_t i = m->n_failures; input->names && i && m->n_failures - i < HS_FAILURES_KEPT; i--) {
        const struct hs_failure *failed = &m->failure[(i - 1) % HS_FAILURES_KEPT];
        if (failed->size != size)
            continue;
        hs_finding_evidence(f, "%s requested %lu bytes when the longest run had %" PRIu64,
                            hs_name_of_site(input->names, failed->site, HS_KEY_LINE, line), size, failed->largest_free);
        break;
    }
    if (input->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON)
        hs_finding_next(f, "HEAPSTRATA_RING_SIZE = 1024 in settings.toml: ring and table then take 2,304 bytes, and the trace "
                           "reaches back less far; 0: nothing is taken, and nothing recorded");
    else
        hs_finding_next(f, "build with HEAPSTRATA_RING_SIZE=1024 HEAPSTRATA_CFLAGS=-DHS_SITES=32: ring and table then take "
                           "2,304 bytes, and the trace reaches back less far");
}

static void look(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    unlinked(input, findings);
    if (!input->reader)
        return;
    missing_room(input, findings);
    if (hs_reader_info(input->reader)->selftest_failed)
        bypassed(input, findings);
    else
        silent(input, findings);
}

const struct hs_check hs_check_hooks = {.name = "hooks", .look = look};
