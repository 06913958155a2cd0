/* SPDX-License-Identifier: MIT
 *
 * Why blocks are still live, as text or JSON. Only prints; measures nothing.
 */
#ifndef HS_WHY_WHYVIEW_H
#define HS_WHY_WHYVIEW_H

#include "analysis/sites/names.h"
#include "analysis/refs/retained.h"
#include "analysis/draw/head.h"

struct hs_whyview {
    struct hs_head head;
    const struct hs_names *names;
    const struct hs_retained *retained;
    const char *what;      /* the user's argument */
    const uint32_t *block; /* found for it, heaviest first */
    uint32_t n_blocks;
    const struct hs_global *const *immediate; /* global names found whose value is no block */
    uint32_t n_immediate;
    uint64_t limit;   /* blocks shown */
    uint64_t dropped; /* graphs of the trace that were not usable */
    bool color;
};

void hs_whyview_text(const struct hs_whyview *view, FILE *out);

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_whyview_json(const struct hs_whyview *view, FILE *out);

#endif
