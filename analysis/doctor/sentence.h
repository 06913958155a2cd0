/* SPDX-License-Identifier: MIT
 *
 * The doctor's first finding about a new trace, for the command that has just written it.
 */
#ifndef HS_DOCTOR_SENTENCE_H
#define HS_DOCTOR_SENTENCE_H

#include "analysis/diagnosis/diagnosis.h"

/* Diagnoses the trace at path `sources->trace`. Prints one line to standard error, or nothing if there is no finding. Skips traces that would take more than a moment.
 * `open_symbols` gives the symbols of the traced program, or NULL when it is not at hand; it is called after the trace was read. */
void hs_cmd_sentence(const struct hs_sources_at *sources, struct hs_symbols *(*open_symbols)(const struct hs_reader *reader));

#endif
