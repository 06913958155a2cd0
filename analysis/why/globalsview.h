/* SPDX-License-Identifier: MIT
 *
 * The cost of global names, as text or JSON. Only prints; measures nothing.
 */
#ifndef HS_WHY_GLOBALSVIEW_H
#define HS_WHY_GLOBALSVIEW_H

#include "analysis/refs/globals.h"
#include "analysis/sites/names.h"
#include "analysis/draw/head.h"

struct hs_globalsview {
    struct hs_head head;
    const struct hs_names *names;
    const struct hs_retained *retained;
    const struct hs_global_costs *costs;
    const char *module; /* show only this one; NULL: all */
    bool color;
};

void hs_globalsview_text(const struct hs_globalsview *view, FILE *out);

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_globalsview_json(const struct hs_globalsview *view, FILE *out);

#endif
