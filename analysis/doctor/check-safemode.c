/* SPDX-License-Identifier: MIT
 *
 * CircuitPython's safe mode, and its stack of frames (pystack): messages in which memory is the reason.
 */
#include "analysis/doctor/doctor.h"

static const char outside[] =
    "most often an exception that is raised outside a program, for instance by a display that is set up with wrong "
    "parameters and stays in use after a reset: check these, call displayio.release_displays() first, switch the power off and on";

/* Each by its beginning. */
static const struct {
    const char *words, *code, *verdict, *next;
} messages[] = {
    {"The CircuitPython heap was corrupted because the stack was too small", "HS-SAFE-STACK",
     "the stack grew into the heap and overwrote it",
     "fewer nested calls and no recursion: nested calls, also those that drivers make, need the stack; newer versions of "
     "CircuitPython reserve more for it"},
    {"Stack clobbered heap", "HS-SAFE-STACK", "the stack grew into the heap and overwrote it",
     "fewer nested calls and no recursion: nested calls, also those that drivers make, need the stack; newer versions of "
     "CircuitPython reserve more for it"},
    {"Heap allocation when VM not running", "HS-SAFE-HEAP",
     "the firmware asked for memory of the Python heap while no program was running", outside},
    {"Attempted heap allocation when VM not running", "HS-SAFE-HEAP",
     "the firmware asked for memory of the Python heap while no program was running", outside},
    {"Unable to allocate the heap", "HS-SAFE-HEAP", "the firmware found no room for the Python heap",
     "something else took the memory before: look at CIRCUITPY_ settings in settings.toml, and at the board's PSRAM"},
    {"Hard fault: memory access or instruction error", "HS-SAFE-CRASH",
     "CircuitPython's own code crashed: it used a wrong address. This is no MemoryError, and more free memory need not help",
     "update CircuitPython and its libraries (circup update); if it stays, find the statement by leaving parts of code.py out, and report it "
     "with that part"},
    {"pystack exhausted", "HS-SAFE-PYSTACK",
     "the frames of nested calls had no room: CircuitPython keeps them apart from the heap",
     "set CIRCUITPY_PYSTACK_SIZE in settings.toml (1536 bytes if it is not set), or nest fewer calls"},
};

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        const struct hs_doctor_line *line = hs_doctor_input_message(p, (const char *const[]){messages[i].words, NULL});
        if (!line)
            continue;
        struct hs_finding *f = hs_finding_new(findings, messages[i].code, HS_SEVERITY_PROBLEM, "%s", messages[i].verdict);
        hs_finding_quote(f, line);
        hs_finding_next(f, "%s", messages[i].next);
        return;
    }
}

const struct hs_check hs_check_safemode = {.name = "safe", .look = look};
