/* SPDX-License-Identifier: MIT
 *
 * The levels at which a trace was recorded, and what they mean for its figures.
 */
#ifndef HS_DRAW_LEVEL_WORDS_H
#define HS_DRAW_LEVEL_WORDS_H

#include "analysis/draw/head.h"

/* One line for each level, each starting with `prefix`; nothing when all was recorded at "full". */
void hs_levels_text(const struct hs_head *head, FILE *out, const char *prefix);

/* Adds the array "levels" to the innermost object: one object for each span. */
void hs_levels_json(const struct hs_head *head, struct hs_json *json);

#endif
