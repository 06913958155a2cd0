/* SPDX-License-Identifier: MIT
 *
 * Interpreters of other languages than Python: Lua of NodeMCU, Berry of Tasmota.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

bool hs_script_failure_in(const char *line)
{
    const char *lua = hs_message_in(line, "lua: "), *words = strstr(line, ": not enough memory");
    if (hs_message_in(line, "BRY: *** MEMORY ALLOCATION FAILED ***"))
        return true;
    if (lua && !strcmp(lua, "lua: not enough memory"))
        return true;
    return words && !words[strlen(": not enough memory")] && (lua || hs_message_in(line, "PANIC: ")) && !strchr(line, '"');
}

static void advise_lua(struct hs_finding *f)
{
    hs_finding_next(
        f, "node.heap() shows what is free; call collectgarbage() before large steps, and set what is not needed any more to nil "
           "(package.loaded[name] = nil for a module)");
    hs_finding_next(f, "the source of a file is compiled in RAM: keep files short, or compile them before (node.compile(), LFS)");
    hs_finding_next(f, "take a firmware with only the modules that are used, built for integers where no fractions are needed");
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *line = p->facts.computer ? NULL : hs_doctor_input_that(p, hs_script_failure_in);
    uint64_t usage;
    if (!line)
        return;
    bool berry = strstr(line->text, "BRY: ");
    struct hs_finding *f = hs_finding_new(findings, "HS-SCRIPT-MEMORY", HS_SEVERITY_PROBLEM, "%s",
                                          berry ? "the scripts in Berry had no memory left"
                                                : "the program in Lua had no memory left");
    hs_finding_quote(f, line);
    if (!berry) {
        hs_finding_figures(f, p, line);
        advise_lua(f);
        return;
    }
    if (hs_number_after(line->text, "usage ", &usage))
        hs_finding_evidence(f, "Berry held %" PRIu64 " bytes then", usage);
    hs_finding_next(f, "load fewer and smaller scripts, let go of large lists and strings (name = nil), and call tasmota.gc()");
    hs_finding_next(f, "Berry takes PSRAM where the board has it: a board with PSRAM holds larger scripts");
}

const struct hs_check hs_check_scripts = {.name = "scripts", .look = look};
