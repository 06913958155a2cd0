/* SPDX-License-Identifier: MIT
 *
 * Whether the trace is complete, and how to make it complete.
 */
#include <inttypes.h>

#include "analysis/doctor/doctor.h"

static double share(uint64_t part, uint64_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

static void lost(const struct hs_trace_info *info, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-TRACE-LOST", HS_SEVERITY_WARNING,
                                          "%" PRIu64 " of %" PRIu64 " records are missing in the middle of the trace", info->lost,
                                          info->emitted);
    hs_finding_evidence(f, "%.2f%% of what the firmware recorded; %" PRIu64 " packets missing, %" PRIu64 " damaged",
                        share(info->lost, info->emitted), info->missing_packets, info->damaged_packets);
    if (info->missing_packets)
        hs_finding_next(f, "the line was slower than the records came: a larger ring (HS_RING_SIZE), a faster line, or "
                           "heapstrata.start(level=\"sampled\")");
    if (info->damaged_packets)
        hs_finding_next(f, "the line lost or changed bytes: use one with flow control, and let nothing else print on it");
    hs_finding_next(f, "after the gap, figures are right again from the next snapshot on");
}

/* A ring whose beginning was overwritten: whether the rest can be replayed. */
static void overwritten(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    const struct hs_trace_info *info = hs_reader_info(input->reader);
    const struct hs_model *m = input->model;
    const struct hs_failure *failure = m->n_failures ? &m->failure[(m->n_failures - 1) % HS_FAILURES_KEPT] : NULL;
    uint64_t size = info->packet_bytes + info->dict_bytes;
    if ((hs_model_placed(m) && (!failure || failure->placed)) || m->levels.last > HS_LEVEL_FULL)
        return; /* this is the purpose of a ring */
    struct hs_finding *f = hs_finding_new(findings, "HS-RING-SMALL", HS_SEVERITY_WARNING,
                                          "the ring is too small to rebuild the heap from what is left in it");
    hs_finding_evidence(
        f, "it holds the last %" PRIu64 " of %" PRIu64 " records, %" PRIu64 " bytes; %" PRIu64 " packets were overwritten",
        info->records, info->emitted, size, info->overwritten);
    hs_finding_evidence(f, "%" PRIu64 " events came while the layout was not known", input->model->unplaced);
    hs_finding_next(
        f,
        "make the ring about four times as large (HS_RING_SIZE, record --ring): a snapshot of the heap must fit a quarter of it");
    hs_finding_next(f, "or record less: heapstrata.start(level=\"sampled\") or \"summary\" cover a longer time in the same ring");
}

static void diverged(const struct hs_trace_info *info, enum hs_framework framework, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-TRACE-DIVERGED", HS_SEVERITY_WARNING,
                                          "the trace contradicts the heap that it describes, %" PRIu64 " times", info->diverged);
    hs_finding_evidence(f, "a snapshot, a sweep or a check word did not match the layout followed until then");
    hs_finding_next(
        f, "threads or cores that allocate at once need the port's lock held across the allocator's call and its record");
    if (framework == HS_FRAMEWORK_IDF)
        hs_finding_next(
            f, "check that the component was built with this ESP-IDF, and heap poisoning and task tracking as the heap was");
    else
        hs_finding_next(f, "check that firmware and hooks are of one MicroPython version");
}

static void look(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    if (!input->reader)
        return;
    const struct hs_trace_info *info = hs_reader_info(input->reader);
    if (info->lost)
        lost(info, findings);
    if (info->overwritten)
        overwritten(input, findings);
    if (info->diverged)
        diverged(info, input->facts.framework, findings);
}

const struct hs_check hs_check_losses = {.name = "losses", .look = look};
