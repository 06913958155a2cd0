/* SPDX-License-Identifier: MIT
 *
 * A timeline as a picture: panels for the heap's bytes, fragmentation and pauses of collections, one below the other.
 * Failures, marks, resets and losses are lines through all panels.
 */
#ifndef HS_TIMELINE_TIMELINE_SVG_H
#define HS_TIMELINE_TIMELINE_SVG_H

#include "analysis/draw/sheet.h"
#include "analysis/timeline/timeview.h"

/* Number of points in the picture. */
#define HS_TIMEPICTURE_POINTS 432u

struct hs_timepicture {
    const struct hs_timeview *view;
    const char *subject; /* name of the trace */
};

/* Returns HS_OK, HS_ERR_MEMORY or HS_ERR_IO. */
int hs_timepicture_draw(const struct hs_timepicture *picture, const struct hs_sheet_style *style, FILE *out);

#endif
