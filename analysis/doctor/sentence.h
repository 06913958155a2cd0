/* SPDX-License-Identifier: MIT
 *
 * The doctor's first finding about a finished trace, for a command that has just written it.
 */
#ifndef HS_DOCTOR_SENTENCE_H
#define HS_DOCTOR_SENTENCE_H

/* Prints one line on standard error, or nothing where nothing is found. Traces that would take more than a moment are left out. */
void hs_cmd_sentence(const char *path);

#endif
