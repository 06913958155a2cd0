/* SPDX-License-Identifier: MIT
 *
 * A diagnosis as text or JSON.
 */
#ifndef HS_DOCTOR_DOCTORVIEW_H
#define HS_DOCTOR_DOCTORVIEW_H

#include "analysis/doctor/doctor.h"
#include "analysis/draw/json.h"
#include "analysis/draw/terminal.h"

/* `verbose`: with the addresses of the chip's memory. */
void hs_doctor_text(const struct hs_doctor_input *input, const struct hs_findings *findings, struct hs_terminal terminal,
                    bool verbose);

/* Prints one object and a newline. Returns HS_OK or HS_ERR_MEMORY. */
int hs_doctor_json(const struct hs_doctor_input *input, const struct hs_findings *findings);

/* A log in SARIF 2.1.0 (OASIS), which editors and code hosts show beside the source. Returns HS_OK or HS_ERR_MEMORY. */
int hs_doctor_sarif(const struct hs_doctor_input *input, const struct hs_findings *findings);

#endif
