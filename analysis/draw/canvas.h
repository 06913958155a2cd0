/* SPDX-License-Identifier: MIT
 *
 * A page to draw on, written as SVG or PNG. Coordinates are pixels from the upper left corner; a PNG has two dots to a
 * pixel, for dense screens. Text becomes outlines in an SVG, so it looks alike everywhere; what it says stands in the
 * title, the description and the data, for those who cannot see it and for programs.
 */
#ifndef HS_DRAW_CANVAS_H
#define HS_DRAW_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum hs_canvas_format { HS_CANVAS_SVG, HS_CANVAS_PNG };

struct hs_ink {
    uint32_t rgb;  /* 0xrrggbb */
    double opacity; /* 0: opaque too */
};

struct hs_spot {
    double x, y;
};

struct hs_box {
    double x, y, width, height;
};

enum hs_face { HS_FACE_TITLE, HS_FACE_BOLD, HS_FACE_TEXT, HS_FACES };
enum hs_align { HS_ALIGN_LEFT, HS_ALIGN_MIDDLE, HS_ALIGN_RIGHT };

struct hs_canvas;

/* What a program of this build lacks for drawing, with the package to install; NULL: nothing. */
const char *hs_canvas_missing(void);

/* An empty page. NULL when memory is short, or drawing is missing. */
struct hs_canvas *hs_canvas_new(enum hs_canvas_format format, struct hs_spot size);
void hs_canvas_free(struct hs_canvas *canvas);

void hs_canvas_box(struct hs_canvas *canvas, struct hs_box box, struct hs_ink ink);
void hs_canvas_round_box(struct hs_canvas *canvas, struct hs_box box, double radius, struct hs_ink ink);

/* Lines: spots one after the other make a path, which is filled or drawn with a pen and is gone then. */
void hs_canvas_move(struct hs_canvas *canvas, struct hs_spot to);
void hs_canvas_line(struct hs_canvas *canvas, struct hs_spot to);
void hs_canvas_fill(struct hs_canvas *canvas, struct hs_ink ink);

struct hs_pen {
    struct hs_ink ink;
    double width;
    double dash; /* 0: none */
};
void hs_canvas_stroke(struct hs_canvas *canvas, const struct hs_pen *pen);

/* A single line. */
void hs_canvas_rule(struct hs_canvas *canvas, struct hs_spot from, struct hs_spot to, const struct hs_pen *pen);

/* A line of text, its base line at `at`. Control characters and what is not UTF-8 are shown as such. */
struct hs_lettering {
    struct hs_spot at;
    enum hs_align align;
    enum hs_face face;
    struct hs_ink ink;
    const char *text;
};
void hs_canvas_text(struct hs_canvas *canvas, const struct hs_lettering *lettering);
double hs_canvas_width(struct hs_canvas *canvas, enum hs_face face, const char *text);

/* Shortens a text until it is no wider than that; what is kept is its beginning, or its end. */
struct hs_fit {
    enum hs_face face;
    double width;
    bool keep_end;
};
#define HS_FITTED 512u /* bytes of `fitted` */
char *hs_canvas_fit(struct hs_canvas *canvas, const struct hs_fit *fit, const char *text, char fitted[HS_FITTED]);

/* What a picture says, in words. `data` is for programs: any text, JSON by custom. All may be NULL. */
struct hs_caption {
    const char *title, *description, *data;
};

/* Writes the page. Returns HS_OK, HS_ERR_MEMORY or HS_ERR_IO with errno set. */
int hs_canvas_write(struct hs_canvas *canvas, const struct hs_caption *caption, FILE *out);

#endif
