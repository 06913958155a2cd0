/* SPDX-License-Identifier: MIT
 *
 * Fields of a record, shown as its kind's description says. Nothing here knows one kind from another.
 */
#ifndef HS_DRAW_RECORDVIEW_H
#define HS_DRAW_RECORDVIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/draw/json.h"
#include "lib/record.h"

/* " name=value" for each field. Bytes that are no text are in hexadecimal; a place that is not known is ?,
 * one named by rank is #k. */
void hs_record_text(const struct hs_record *record, FILE *out);

/* The fields as members of the innermost object. */
void hs_record_json(const struct hs_record *record, struct hs_json *json);

/* Whether a field's bytes are text for people; other bytes are packed. */
bool hs_field_is_text(const struct hs_field *field);

#endif
