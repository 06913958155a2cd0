/* SPDX-License-Identifier: MIT
 *
 * The tensor arena of TensorFlow Lite Micro: an array of the program from which the interpreter takes all its memory.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

/* Messages of the interpreter, the number of bytes that are missing after `missing`, or the difference of the two others. */
static const struct {
    const char *message, *missing, *needed, *available;
} messages[] = {
    {"Failed to allocate tail memory. Requested: ", "missing: ", NULL, NULL},
    {"Failed to allocate memory. Requested: ", "missing: ", NULL, NULL},
    {"Failed to allocate temp memory. Requested: ", "missing: ", NULL, NULL},
    {"Failed to resize buffer. Requested: ", "missing: ", NULL, NULL},
    {"Arena size is too small for ", NULL, "Needed ", "only "},
    {"AllocateTensors() failed", NULL, NULL, NULL},
};

/* The number of bytes that are missing; 0: the line does not say it. */
static uint64_t missing_in(const char *line, size_t k)
{
    uint64_t missing = 0, needed = 0, available = 0;
    if (messages[k].missing && hs_number_after(line, messages[k].missing, &missing))
        return missing;
    if (messages[k].needed && hs_number_after(line, messages[k].needed, &needed) &&
        hs_number_after(line, messages[k].available, &available) && needed > available)
        return needed - available;
    return 0;
}

/* The message begins the line, or an error in the log of a system. */
static bool prints(const char *line, const char *message)
{
    const char *logged = hs_logged_error_in(line);
    return hs_message_in(line, message) || (logged && !strncmp(logged, message, strlen(message)));
}

static void report(const struct hs_doctor_line *line, uint64_t missing, struct hs_findings *findings)
{
    struct hs_finding *f = missing
                               ? hs_finding_new(findings, "HS-ARENA-SMALL", HS_SEVERITY_PROBLEM,
                                                "the tensor arena of TensorFlow Lite Micro is too small: %" PRIu64
                                                " bytes are missing",
                                                missing)
                               : hs_finding_new(findings, "HS-ARENA-SMALL", HS_SEVERITY_PROBLEM,
                                                "TensorFlow Lite Micro could not set up its tensors: its arena may be too small");
    hs_finding_quote(f, line);
    hs_finding_evidence(
        f, "the arena is an array that the program gives to the interpreter: what the heap has free is no part of it");
    if (missing)
        hs_finding_next(f, "make the arena (kTensorArenaSize) larger by more than that: a later request may fail next");
    else
        hs_finding_next(f, "see what the interpreter printed before: an operator that is missing fails in this place too");
    hs_finding_next(f, "once AllocateTensors() works, arena_used_bytes() says how much of it is needed");
}

/* A missing operator is another fault. */
static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    if (hs_doctor_input_line(p, "Didn't find op for builtin opcode", 0) ||
        hs_doctor_input_line(p, "Failed to get registration", 0))
        return;
    for (size_t k = 0; k < sizeof messages / sizeof *messages; k++)
        for (size_t i = 0; i < p->n_lines; i++)
            if (prints(p->line[i].text, messages[k].message)) {
                report(&p->line[i], missing_in(p->line[i].text, k), findings);
                return;
            }
}

const struct hs_check hs_check_arena = {.name = "arena", .look = look};
