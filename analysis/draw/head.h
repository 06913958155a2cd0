/* SPDX-License-Identifier: MIT
 *
 * What every report says first: which firmware, and all that the trace lacks. A report that hides a loss
 * is wrong, so each presenter calls one of these.
 */
#ifndef HS_DRAW_HEAD_H
#define HS_DRAW_HEAD_H

#include <stdio.h>

#include "analysis/model/model.h"
#include "analysis/draw/json.h"

struct hs_head {
    const char *path;               /* of the input */
    const struct hs_reader *reader; /* at its end */
    const struct hs_model *model;   /* NULL when the report needs none */
};

/* Lines on the firmware, the levels it was recorded at, where there were others than "full", the heap around the
 * interpreter's, and warnings, each behind `prefix` ("# "). */
void hs_head_text(const struct hs_head *head, FILE *out, const char *prefix);

/* Only the warnings, for reports whose output is data: standard error is a good place. Returns how many. */
unsigned hs_head_warnings(const struct hs_head *head, FILE *out, const char *prefix);

/* Members "file", "firmware", "build_id", "pointer_bytes", "levels" (with a model) and the arrays "around" and "warnings" of the
 * object at hand. */
void hs_head_json(const struct hs_head *head, struct hs_json *json);

#endif
