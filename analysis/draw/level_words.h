/* SPDX-License-Identifier: MIT
 *
 * At which levels a trace was recorded, and what that means for its figures.
 */
#ifndef HS_DRAW_LEVEL_WORDS_H
#define HS_DRAW_LEVEL_WORDS_H

#include "analysis/draw/head.h"

/* A line for each level seen, each behind `prefix`; nothing when there is only "full". */
void hs_levels_text(const struct hs_head *head, FILE *out, const char *prefix);

/* The array "levels" of the object at hand: one object for each time at a level. */
void hs_levels_json(const struct hs_head *head, struct hs_json *json);

#endif
