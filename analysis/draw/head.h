/* SPDX-License-Identifier: MIT
 *
 * The head of every report: the firmware, and everything that is missing from the trace. A report that hides a loss is
 * wrong, so each view calls one of these functions.
 */
#ifndef HS_DRAW_HEAD_H
#define HS_DRAW_HEAD_H

#include <stdio.h>

#include "analysis/model/model.h"
#include "analysis/draw/json.h"

struct hs_head {
    const char *path;               /* of the input */
    const struct hs_reader *reader; /* read to its end */
    const struct hs_model *model;   /* NULL when the report needs no model */
};

/* Lines on the firmware, the recording levels if other than "full", the heap around the interpreter's, and warnings.
 * Each line starts with `prefix` ("# "). */
void hs_head_text(const struct hs_head *head, FILE *out, const char *prefix);

/* Only the warnings, for reports whose output is data; write them to standard error. Returns their number. */
unsigned hs_head_warnings(const struct hs_head *head, FILE *out, const char *prefix);

/* Adds the members "file", "firmware", "build_id", "pointer_bytes", "levels" (with a model) and the arrays "around" and
 * "warnings" to the innermost JSON object. */
void hs_head_json(const struct hs_head *head, struct hs_json *json);

#endif
