/* SPDX-License-Identifier: MIT
 *
 * LVGL, a graphics library: its log says when its own heap, or that of the firmware, has no room.
 */
#include <inttypes.h>
#include <stdio.h>

#include "analysis/doctor/doctor.h"

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    char bytes[32] = "what was requested";
    for (size_t i = 0; i < p->n_lines; i++) {
        uint64_t size;
        if (!hs_lvgl_failure_in(p->line[i].text, &size))
            continue;
        if (size)
            snprintf(bytes, sizeof bytes, "%" PRIu64 " bytes", size);
        struct hs_finding *f = hs_finding_new(findings, "HS-LVGL-HEAP", HS_SEVERITY_PROBLEM, "LVGL's heap could not give %s",
                                              bytes);
        hs_finding_quote(f, &p->line[i]);
        hs_finding_evidence(
            f, "with its own allocator (LV_USE_STDLIB_MALLOC is LV_STDLIB_BUILTIN) all its objects and buffers are in one "
               "array of LV_MEM_SIZE bytes, 64 KB by default, whatever else is free");
        hs_finding_next(f,
                        "make LV_MEM_SIZE larger, or let LVGL use the firmware's malloc(): LV_USE_STDLIB_MALLOC LV_STDLIB_CLIB");
        hs_finding_next(f, "a layer (opacity, rotation, scaling, shadows of a whole object) needs a buffer of its own: "
                           "LV_DRAW_LAYER_SIMPLE_BUF_SIZE bounds it, a plain style does without");
        return;
    }
}

const struct hs_check hs_check_lvgl = {.name = "lvgl", .look = look};
