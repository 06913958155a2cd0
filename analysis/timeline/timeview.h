/* SPDX-License-Identifier: MIT
 *
 * A timeline as a chart in the terminal, as CSV or as JSON.
 */
#ifndef HS_TIMELINE_TIMEVIEW_H
#define HS_TIMELINE_TIMEVIEW_H

#include <stdio.h>

#include "analysis/sites/names.h"
#include "analysis/time/timeline.h"
#include "analysis/draw/terminal.h"

struct hs_timeview {
    const struct hs_timeline *timeline;
    const struct hs_names *names;
    uint32_t hz; /* ticks per second */
};

/* Number of points in a chart. */
uint32_t hs_timeview_columns(const struct hs_terminal *terminal);

void hs_timeview_chart(const struct hs_timeview *view, const struct hs_terminal *terminal, FILE *out);

/* One line per point. On the axis shown (time or event) it has the position where it begins; on the other, that
 * of its last sample. Figures without suffix are of the last sample; min and max are over all samples. Returns
 * HS_OK or HS_ERR_MEMORY; so does the JSON. */
int hs_timeview_csv(const struct hs_timeview *view, FILE *out);
int hs_timeview_json(const struct hs_timeview *view, FILE *out);

#endif
