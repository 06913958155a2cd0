/* SPDX-License-Identifier: MIT
 *
 * Blame as a picture: the heap when a request did not fit, the blocks that prevented it and the run without them; the
 * lines of these blocks, and the lines whose blocks form islands during the run.
 */
#ifndef HS_BLAME_BLAME_SVG_H
#define HS_BLAME_BLAME_SVG_H

#include "analysis/blame/blameview.h"
#include "analysis/draw/sheet.h"

struct hs_blamepicture {
    const struct hs_blameview *view;         /* its last case is drawn */
    const struct hs_heap_snapshot *snapshot; /* at that moment */
    const char *subject;                     /* subject shown in the title */
};

/* Returns HS_OK, HS_ERR_MEMORY or HS_ERR_IO. */
int hs_blamepicture_draw(const struct hs_blamepicture *of, const struct hs_sheet_style *style, FILE *out);

#endif
