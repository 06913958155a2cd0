/* SPDX-License-Identifier: MIT
 *
 * Advice in sentences, each with the figures that it rests on.
 */
#ifndef HS_BLAME_ADVICEVIEW_H
#define HS_BLAME_ADVICEVIEW_H

#include "analysis/blame/blameview.h"

void hs_advice_text(const struct hs_blameview *view, FILE *out);

/* The array "advice" of the object at hand. */
void hs_advice_json(const struct hs_blameview *view, struct hs_json *json);

#endif
