/* SPDX-License-Identifier: MIT
 *
 * A timeline as a picture: the heap's bytes, fragmentation and the collections' pauses one above the other, with
 * failures, marks, resets and losses as lines through all of them.
 */
#ifndef HS_TIMELINE_TIMELINE_SVG_H
#define HS_TIMELINE_TIMELINE_SVG_H

#include "analysis/draw/sheet.h"
#include "analysis/timeline/timeview.h"

/* Points that the picture has room for. */
#define HS_TIMEPICTURE_POINTS 432u

struct hs_timepicture {
    const struct hs_timeview *view;
    const char *subject; /* what it is a picture of */
};

/* Returns HS_OK, HS_ERR_MEMORY or HS_ERR_IO. */
int hs_timepicture_draw(const struct hs_timepicture *picture, const struct hs_sheet_style *style, FILE *out);

#endif
