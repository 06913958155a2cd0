/* SPDX-License-Identifier: MIT
 *
 * What all pictures share: a page with a heading, panels with their axes, legends, and the data that goes with an SVG.
 */
#ifndef HS_DRAW_SHEET_H
#define HS_DRAW_SHEET_H

#include "analysis/draw/json.h"
#include "analysis/draw/scale.h"
#include "analysis/draw/theme.h"

#define HS_SHEET_WIDTH  960.0
#define HS_SHEET_LEFT   72.0  /* where panels begin */
#define HS_SHEET_RIGHT  (HS_SHEET_WIDTH - 24.0)
#define HS_SHEET_TOP    78.0  /* the first line below a heading of two lines; each more takes HS_SHEET_LINE */
#define HS_SHEET_LINE   18.0

/* How a picture is wanted. */
struct hs_sheet_style {
    enum hs_canvas_format format;
    enum hs_theme_name theme;
};

struct hs_sheet {
    struct hs_canvas *canvas;
    const struct hs_theme *theme;
    struct hs_json *data;     /* an open object */
    const char *title;
    char description[2048];   /* grows by hs_sheet_says */
};

/* Begins a page that high. False when memory is short; hs_sheet_end is to be called in any case. */
bool hs_sheet_begin(struct hs_sheet *sheet, const struct hs_sheet_style *style, double height);

/* Writes the page, unless `error` says that it is not worth it. Returns the first error. */
int hs_sheet_end(struct hs_sheet *sheet, int error, FILE *out);

/* Title, and at the right what it is a picture of. */
void hs_sheet_title(struct hs_sheet *sheet, const char *title, const char *subject);

/* A line below the title, number `line` from 0; it is said in the description as well. */
void hs_sheet_line(struct hs_sheet *sheet, unsigned line, struct hs_ink ink, const char *text);

/* A piece of text at its place. */
void hs_sheet_put(struct hs_sheet *sheet, double x, double y, enum hs_align align, enum hs_face face, struct hs_ink ink,
                  const char *text);

/* One entry of a legend: a box of its colour and what it stands for. */
struct hs_swatch {
    struct hs_ink ink;
    const char *text;
};

/* Entries in a row that ends at the right, on the line `y`. */
void hs_sheet_legend(struct hs_sheet *sheet, double y, const struct hs_swatch *swatch, unsigned n);

/* Entry `i` of a legend in two columns, from the line `y` on: a box, what it stands for, how much of it there is. It
 * becomes part of the data, which is inside an array: bytes, and blocks when there are any. */
struct hs_entry {
    struct hs_ink ink;
    const char *name;
    const char *amount; /* NULL: bytes and blocks */
    uint64_t bytes, blocks;
};
void hs_sheet_entry(struct hs_sheet *sheet, double y, unsigned i, const struct hs_entry *entry);

/* A panel, with ticks of its vertical axis and their grid, and of the horizontal one; its place and its axes become part
 * of the data. `ticks`: about how many, 0 for none. */
struct hs_plot {
    const char *name;
    struct hs_scale x, y;
    unsigned ticks_x, ticks_y;
};
void hs_sheet_panel(struct hs_sheet *sheet, const struct hs_plot *plot);

/* Adds a colour to the data, which is inside an object: "#0072b2". */
void hs_sheet_ink(struct hs_sheet *sheet, const char *key, struct hs_ink ink);

#endif
