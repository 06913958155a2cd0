/* SPDX-License-Identifier: MIT
 *
 * Blame as a picture: the heap when a request had no room, with the blocks in its way and the run that they keep from
 * being; which lines they are of, and which lines leave islands over the run.
 */
#ifndef HS_BLAME_BLAME_SVG_H
#define HS_BLAME_BLAME_SVG_H

#include "analysis/blame/blameview.h"
#include "analysis/draw/sheet.h"

struct hs_blamepicture {
    const struct hs_blameview *view;   /* the last case is drawn */
    const struct hs_heap_snapshot *snapshot;  /* of its moment */
    const char *subject;               /* what it is a picture of */
};

/* Returns HS_OK, HS_ERR_MEMORY or HS_ERR_IO. */
int hs_blamepicture_draw(const struct hs_blamepicture *of, const struct hs_sheet_style *style, FILE *out);

#endif
