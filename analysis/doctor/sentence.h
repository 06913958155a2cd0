/* SPDX-License-Identifier: MIT
 *
 * The doctor's first finding about a new trace, for the command that has just written it.
 */
#ifndef HS_DOCTOR_SENTENCE_H
#define HS_DOCTOR_SENTENCE_H

/* Prints one line to standard error, or nothing if there is no finding. Skips traces that would take more than a moment. */
void hs_cmd_sentence(const char *path);

#endif
