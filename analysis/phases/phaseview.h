/* SPDX-License-Identifier: MIT
 *
 * The cost of imports, as a tree in text, or as JSON. Only prints; measures nothing.
 */
#ifndef HS_PHASES_PHASEVIEW_H
#define HS_PHASES_PHASEVIEW_H

#include "analysis/sites/phases.h"
#include "analysis/draw/head.h"

struct hs_phaseview {
    struct hs_head head;
    const struct hs_phases *phases; /* finished */
    uint64_t limit;                 /* rows of the tree; UINT64_MAX: all */
    bool color;
};

void hs_phaseview_text(const struct hs_phaseview *view, FILE *out);

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_phaseview_json(const struct hs_phaseview *view, FILE *out);

#endif
