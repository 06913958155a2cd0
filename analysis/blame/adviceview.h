/* SPDX-License-Identifier: MIT
 *
 * Advice as sentences, each with the figures that support it.
 */
#ifndef HS_BLAME_ADVICEVIEW_H
#define HS_BLAME_ADVICEVIEW_H

#include "analysis/blame/blameview.h"

void hs_advice_text(const struct hs_blameview *view, FILE *out);

/* Adds the array "advice" to the innermost object. */
void hs_advice_json(const struct hs_blameview *view, struct hs_json *json);

#endif
