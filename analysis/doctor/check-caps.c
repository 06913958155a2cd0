/* SPDX-License-Identifier: MIT
 *
 * Requests for one kind of memory that another kind served, and the threshold that would have avoided it.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define PLACES_NAMED 3u

static void name_places(const struct hs_doctor_input *input, bool outward, struct hs_finding *f)
{
    const struct hs_caps_flow *flow = input->flow;
    unsigned named = 0;
    for (size_t i = 0; i < flow->n_spills && named < PLACES_NAMED; i++) {
        const struct hs_caps_spill *s = &flow->spill[i];
        char name[HS_NAME_MAX];
        if (s->outward != outward)
            continue;
        hs_finding_evidence(f, "%" PRIu64 " requests, %" PRIu64 " bytes, %" PRIu64 " of them there at the end: %s", s->allocs,
                            s->bytes, s->live, hs_name_of_site(input->names, s->site, HS_KEY_LINE, name));
        named++;
    }
}

/* The largest limit at which all internal blocks would have fitted; 0: none. */
static uint64_t fitting_limit(const struct hs_caps_flow *flow)
{
    uint64_t limit = 0;
    for (unsigned i = 0; i < HS_CAPS_THRESHOLDS; i++)
        limit = flow->threshold[i].fits ? flow->threshold[i].limit : limit;
    return limit;
}

static void outward(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    const struct hs_caps_flow *flow = input->flow;
    uint64_t limit = fitting_limit(flow);
    struct hs_finding *f = hs_finding_new(findings, "HS-CAPS-SPILLED", HS_SEVERITY_WARNING,
                                          "%" PRIu64 " requests for internal memory got PSRAM, "
                                          "because no internal memory was left",
                                          flow->spilled);
    hs_finding_evidence(f, "%" PRIu64 " bytes in all; %" PRIu64 " bytes of internal memory are for malloc()", flow->spilled_bytes,
                        flow->internal);
    name_places(input, true, f);
    if (limit)
        hs_finding_next(f,
                        "CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL=%" PRIu64
                        ": larger requests are served from PSRAM first, and the others would have fit into internal memory",
                        limit);
    hs_finding_next(f, "ask for MALLOC_CAP_SPIRAM where a large block need not be fast: heapstrata regions lists the places");
}

/* A request that prefers PSRAM and takes internal memory otherwise is right on a board without PSRAM, unless the firmware is
 * built for PSRAM. */
static bool expects_psram(const struct hs_doctor_input *input)
{
    const char *mode = hs_reader_fact(input->reader, "psram_mode");
    return input->flow->external || (mode && strcmp(mode, "none") != 0);
}

static void inward(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    const struct hs_caps_flow *flow = input->flow;
    struct hs_finding *f = hs_finding_new(findings, "HS-CAPS-INSIDE", HS_SEVERITY_WARNING,
                                          "%" PRIu64 " requests for PSRAM took internal memory", flow->inward);
    hs_finding_evidence(f, "%" PRIu64 " bytes in all", flow->inward_bytes);
    name_places(input, false, f);
    hs_finding_next(f, "PSRAM was full or is missing: see its region in heapstrata regions");
}

static void look(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    if (input->flow && input->flow->spilled)
        outward(input, findings);
    if (input->flow && input->flow->inward && expects_psram(input))
        inward(input, findings);
}

const struct hs_check hs_check_caps = {.name = "caps", .look = look};
