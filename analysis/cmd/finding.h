/* SPDX-License-Identifier: MIT
 *
 * The doctor's first finding, for commands whose own measures the doctor builds on. The doctor defines these functions.
 *
 *     struct hs_exam *exam = hs_cmd_finding_watch(model, reader);
 *     ... feed the model ...
 *     if (hs_cmd_finding(exam, path, &names, text))
 *         puts(text);
 *     hs_cmd_finding_free(exam);
 */
#ifndef HS_CMD_FINDING_H
#define HS_CMD_FINDING_H

#include "analysis/sites/names.h"

#define HS_CMD_FINDING_LEN 512u /* bytes of the sentence, terminator included */

struct hs_exam;

/* Watches `model`, which is fed from `reader`, until the exam is freed. NULL when out of memory; the other functions accept NULL. */
struct hs_exam *hs_cmd_finding_watch(struct hs_model *model, const struct hs_reader *reader);
void hs_cmd_finding_free(struct hs_exam *exam);

/* Writes "problem HS-HEAP-FULL: ..." into `text` of HS_CMD_FINDING_LEN bytes, by what was read so far of the trace at path `trace`;
 * names from the trace are not sanitised. Returns false when there is no finding, and when out of memory. */
bool hs_cmd_finding(struct hs_exam *exam, const char *trace, const struct hs_names *names, char *text);

#endif
