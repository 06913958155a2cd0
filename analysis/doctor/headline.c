/* SPDX-License-Identifier: MIT
 *
 * The first finding about a trace's failures, for commands with another subject.
 */
#include <stdio.h>

#include "analysis/doctor/doctor.h"

extern const struct hs_check hs_check_failure, hs_check_growth;

bool hs_doctor_first(const struct hs_exam *exam, struct hs_findings *findings)
{
    static const struct hs_check *const checks[] = {&hs_check_failure, &hs_check_growth};
    struct hs_doctor_input input = {.exam = exam, .reader = exam->reader};
    *findings = (struct hs_findings){.n = 0};
    for (size_t i = 0; i < sizeof checks / sizeof *checks && !findings->n; i++)
        checks[i]->look(&input, findings);
    return findings->n;
}

bool hs_doctor_headline(const struct hs_exam *exam, char *text)
{
    struct hs_findings findings;
    bool any = hs_doctor_first(exam, &findings);
    if (any)
        snprintf(text, HS_HEADLINE_LEN, "%s %s: %s", hs_severity_name(findings.finding[0]->severity), findings.finding[0]->code,
                 findings.finding[0]->verdict);
    hs_findings_free(&findings);
    return any;
}
