/* SPDX-License-Identifier: MIT
 *
 * Common parts of all pictures: a page with a heading, panels with their axes, legends, and the data embedded in an
 * SVG.
 */
#ifndef HS_DRAW_SHEET_H
#define HS_DRAW_SHEET_H

#include "analysis/draw/json.h"
#include "analysis/draw/scale.h"
#include "analysis/draw/theme.h"

#define HS_SHEET_WIDTH 960.0
#define HS_SHEET_LEFT 72.0 /* left edge of panels */
#define HS_SHEET_RIGHT (HS_SHEET_WIDTH - 24.0)
#define HS_SHEET_TOP 78.0 /* the first line below a heading of two lines; each further line adds HS_SHEET_LINE */
#define HS_SHEET_LINE 18.0

/* Options of a picture. */
struct hs_sheet_style {
    enum hs_canvas_format format;
    enum hs_theme_name theme;
};

struct hs_sheet {
    struct hs_canvas *canvas;
    const struct hs_theme *theme;
    struct hs_json *data; /* an open JSON object */
    const char *title;
    char description[2048]; /* extended by hs_sheet_says */
};

/* Starts a page of that height. Returns false when out of memory; call hs_sheet_end in any case. */
bool hs_sheet_begin(struct hs_sheet *sheet, const struct hs_sheet_style *style, double height);

/* Writes the page, unless `error` is set. Returns the first error. */
int hs_sheet_end(struct hs_sheet *sheet, int error, FILE *out);

/* Draws the title, and at the right the subject of the picture. */
void hs_sheet_title(struct hs_sheet *sheet, const char *title, const char *subject);

/* Draws a line below the title, number `line` from 0; also added to the description. */
void hs_sheet_line(struct hs_sheet *sheet, unsigned line, struct hs_ink ink, const char *text);

/* Draws a text. */
void hs_sheet_put(struct hs_sheet *sheet, double x, double y, enum hs_align align, enum hs_face face, struct hs_ink ink,
                  const char *text);

/* One entry of a legend: a colour box and its meaning. */
struct hs_swatch {
    struct hs_ink ink;
    const char *text;
};

/* Draws entries in a row that ends at the right, on line `y`. */
void hs_sheet_legend(struct hs_sheet *sheet, double y, const struct hs_swatch *swatch, unsigned n);

/* Draws entry `i` of a two-column legend from line `y` down: a colour box, its name and its amount. Adds bytes, and
 * blocks if nonzero, to the data, which must be inside an array. */
struct hs_entry {
    struct hs_ink ink;
    const char *name;
    const char *amount; /* NULL: bytes and blocks */
    uint64_t bytes, blocks;
};
void hs_sheet_entry(struct hs_sheet *sheet, double y, unsigned i, const struct hs_entry *entry);

/* Draws a panel with the ticks of both axes and a grid; its position and axes are added to the data. `ticks`:
 * approximate number; 0: none. */
struct hs_plot {
    const char *name;
    struct hs_scale x, y;
    unsigned ticks_x, ticks_y;
};
void hs_sheet_panel(struct hs_sheet *sheet, const struct hs_plot *plot);

/* Adds a colour to the data, which must be inside an object: "#0072b2". */
void hs_sheet_ink(struct hs_sheet *sheet, const char *key, struct hs_ink ink);

#endif
