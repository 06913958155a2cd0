/* SPDX-License-Identifier: MIT
 *
 * Fields of a record, shown from the description of its kind. This code does not depend on any kind.
 */
#ifndef HS_DRAW_RECORDVIEW_H
#define HS_DRAW_RECORDVIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/draw/json.h"
#include "lib/record.h"

/* " name=value" for each field. Bytes that are not text are in hexadecimal. An unknown position is ?, a position given
 * by rank is #k. */
void hs_record_text(const struct hs_record *record, FILE *out);

/* Adds the fields to the innermost object. */
void hs_record_json(const struct hs_record *record, struct hs_json *json);

/* Whether a field's bytes are text; other bytes are packed data. */
bool hs_field_is_text(const struct hs_field *field);

#endif
