/* SPDX-License-Identifier: MIT
 *
 * How much the blocks of each site retain, as text, CSV or JSON. Only prints; measures nothing.
 */
#ifndef HS_WHY_RETAINEDVIEW_H
#define HS_WHY_RETAINEDVIEW_H

#include "analysis/sites/groups.h"
#include "analysis/refs/retained.h"
#include "analysis/draw/head.h"

struct hs_retainedview {
    struct hs_head head;
    const struct hs_groups *groups;
    const struct hs_retained_group *group; /* by index of groups->group */
    const struct hs_retained *retained;
    uint64_t limit; /* rows; UINT64_MAX: all */
    bool color;
};

void hs_retainedview_text(const struct hs_retainedview *view, FILE *out);
void hs_retainedview_csv(const struct hs_retainedview *view, FILE *out);

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_retainedview_json(const struct hs_retainedview *view, FILE *out);

#endif
