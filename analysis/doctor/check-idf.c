/* SPDX-License-Identifier: MIT
 *
 * What ESP-IDF says of its own heaps on the console.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"
#include "analysis/measure/caps.h"

#define PIECES 0.75 /* external fragmentation that is worth a word */
#define ROOM   8192 /* free bytes below which it is not */

static void failed(const struct hs_patient *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *line = hs_patient_line(p, "failed to allocate", 0);
    uint64_t size;
    const char *caps = line ? strstr(line->text, "with 0x") : NULL;
    if (!line || !hs_number_behind(line->text, "failed to allocate", &size))
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-IDF-FAILED", HS_SEVERITY_PROBLEM, "ESP-IDF's heap could not give %" PRIu64 " bytes", size);
    hs_finding_quote(f, line);
    if (caps) {
        char names[HS_CAPS_NAME];
        unsigned long bits = strtoul(caps + 5, NULL, 16);
        hs_finding_evidence(f, "capabilities asked for: %s", hs_caps_name(names, (uint32_t)bits));
        if (bits & (HS_CAP_DMA | HS_CAP_INTERNAL))
            hs_finding_next(f, "this is internal memory: CONFIG_SPIRAM_MALLOC_RESERVE_INTERNAL keeps some for it, "
                               "CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL lower sends more of malloc() to PSRAM");
    }
    hs_finding_next(f, "heap_caps_print_heap_info() tells what each region has");
}

static void corrupt(const struct hs_patient *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *line = hs_patient_line(p, "CORRUPT HEAP", 0);
    if (!line)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-IDF-CORRUPT", HS_SEVERITY_PROBLEM, "something wrote beyond a block of ESP-IDF's heap");
    hs_finding_quote(f, line);
    hs_finding_next(f, "CONFIG_HEAP_POISONING_COMPREHENSIVE finds the block sooner; the allocation before that address is the suspect");
}

/* "    free 1 allocated 2 min_free 3 largest_free_block 4": the totals of heap_caps_print_heap_info(). */
static void summary(const struct hs_patient *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *line = hs_patient_line(p, "largest_free_block", 0), *totals = NULL;
    uint64_t free, largest, least;
    for (size_t i = 0; i < p->n_lines; i++)
        if (strstr(p->line[i].text, "min_free") && strstr(p->line[i].text, "largest_free_block"))
            totals = &p->line[i];
    if (!line || !totals || !hs_number_behind(totals->text, "free", &free) || !hs_number_behind(totals->text, "largest_free_block", &largest) ||
        !hs_number_behind(totals->text, "min_free", &least))
        return;
    if (free < ROOM || (double)largest > (1 - PIECES) * (double)free)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-IDF-PIECES", HS_SEVERITY_WARNING, "the free space of ESP-IDF's heaps is in pieces: %" PRIu64 " bytes at most at once", largest);
    hs_finding_quote(f, totals);
    hs_finding_evidence(f, "%" PRIu64 " bytes are free over all regions, %" PRIu64 " were when it was least; regions count as pieces too", free, least);
    hs_finding_next(f, "firmware-hooks/esp-idf records who holds what lies in between");
}

static void look(const struct hs_patient *p, struct hs_findings *findings)
{
    failed(p, findings);
    corrupt(p, findings);
    summary(p, findings);
}

const struct hs_check hs_check_idf = {.name = "idf", .look = look};
