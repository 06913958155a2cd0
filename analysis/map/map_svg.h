/* SPDX-License-Identifier: MIT
 *
 * The heap at a moment, or the changes between two moments, as a picture: a cell per granule, or per several granules of a
 * large heap.
 */
#ifndef HS_MAP_MAP_SVG_H
#define HS_MAP_MAP_SVG_H

#include "analysis/map/mapview.h"
#include "analysis/draw/sheet.h"

struct hs_mappicture {
    const struct hs_mapview *view;
    const struct hs_map_classes *classes;
    const struct hs_comparison *comparison; /* NULL: one moment */
    const char *subject;                    /* name of the trace or traces */
};

/* Returns HS_OK, HS_ERR_MEMORY or HS_ERR_IO. */
int hs_mappicture_draw(const struct hs_mappicture *of, const struct hs_sheet_style *style, FILE *out);

#endif
