/* SPDX-License-Identifier: MIT
 *
 * Evidence and advice that findings about failed allocations have in common. Texts are copied into the finding.
 */
#ifndef HS_DOCTOR_FAILURE_ADVICE_H
#define HS_DOCTOR_FAILURE_ADVICE_H

#include "analysis/doctor/trial.h"

#define HS_HOLDERS_NAMED 3u
#define HS_ADVICE_MAX 3u /* pieces of advice that are weighed against each other */

/* ---- evidence ---- */

/* "1200 of 8000", or "1200 bytes" of a heap whose size the trace does not tell. */
const char *hs_failure_room(const struct hs_diagnosis *d, char *text, size_t size);

/* What was requested, and how much was free. */
void hs_failure_describe(struct hs_finding *f, const struct hs_diagnosis *d);

/* Before figures that are estimates from samples. */
const char *hs_failure_about(const struct hs_diagnosis *d);

/* The lines that hold most of the heap, without `but`, which may be NULL. */
void hs_failure_name_holders(struct hs_finding *f, const struct hs_diagnosis *d, const struct hs_live_line *but);

/* `line` is the line to change. */
struct hs_finding *hs_failure_problem(struct hs_findings *findings, const char *code, const char *verdict, const char *line);

/* ---- advice ---- */

/* Texts for Python and for C programs; NULL: no such advice. */
struct hs_advice {
    const char *python, *c;
};

void hs_failure_advise(struct hs_finding *f, bool python, struct hs_advice advice);

/* A trace whose firmware is not known speaks Python if any of its lines is one. */
bool hs_failure_speaks_python(const struct hs_doctor_input *input);

/* Advice about a line: texts before and after its name. */
struct hs_line_advice {
    enum hs_edit_kind kind;
    const char *line, *before, *after;
    const struct hs_block_set *set; /* what is tried instead of the line's blocks, unless it is NULL or empty */
    const char *named;              /* what the advice names instead of the line; NULL: the line */
};

/* `n` pieces of advice, at most HS_ADVICE_MAX, with what a trial on the trace showed, best first. Advice that was tried and does not help
 * is not given. Returns how many were given. */
size_t hs_failure_advise_lines(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d,
                               const struct hs_line_advice *advice, size_t n);

/* A larger heap. Not for what still grows, is only half made, or is one copy of several: how much it needs in the end is not known. The trace ends at the
 * failure, so what it requests is the least that the program needs. */
void hs_failure_advise_heap(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d);

/* ---- of check-failure.c ---- */

/* The finding of HS_CAUSE_HELD. */
void hs_failure_held(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings);

#endif
