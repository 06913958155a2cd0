/* SPDX-License-Identifier: MIT
 *
 * A page to draw on, written as SVG or PNG. Coordinates are pixels from the upper left corner; a PNG has two dots per
 * pixel, for dense screens. In an SVG, text becomes outlines, so it looks the same everywhere; the text itself is in
 * the title, the description and the data, for screen readers and programs.
 */
#ifndef HS_DRAW_CANVAS_H
#define HS_DRAW_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum hs_canvas_format { HS_CANVAS_SVG, HS_CANVAS_PNG };

struct hs_ink {
    uint32_t rgb;   /* 0xrrggbb */
    double opacity; /* 0: opaque as well */
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

/* The library that this build lacks for drawing, with the package to install; NULL: none. */
const char *hs_canvas_missing(void);

/* An empty page. NULL when out of memory, or when the build cannot draw. */
struct hs_canvas *hs_canvas_new(enum hs_canvas_format format, struct hs_spot size);
void hs_canvas_free(struct hs_canvas *canvas);

void hs_canvas_box(struct hs_canvas *canvas, struct hs_box box, struct hs_ink ink);
void hs_canvas_round_box(struct hs_canvas *canvas, struct hs_box box, double radius, struct hs_ink ink);

/* Paths: consecutive points form a path; filling or stroking it clears it. */
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

/* A line of text with its baseline at `at`. Control characters and invalid UTF-8 are shown as replacements. */
struct hs_lettering {
    struct hs_spot at;
    enum hs_align align;
    enum hs_face face;
    struct hs_ink ink;
    const char *text;
};
void hs_canvas_text(struct hs_canvas *canvas, const struct hs_lettering *lettering);
double hs_canvas_width(struct hs_canvas *canvas, enum hs_face face, const char *text);

/* Shortens a text to that width; either its beginning or its end is kept. */
struct hs_fit {
    enum hs_face face;
    double width;
    bool keep_end;
};
#define HS_FITTED 512u /* bytes of `fitted` */
char *hs_canvas_fit(struct hs_canvas *canvas, const struct hs_fit *fit, const char *text, char fitted[HS_FITTED]);

/* The content of a picture in words. `data` is for programs, by convention JSON. Any of them may be NULL. */
struct hs_caption {
    const char *title, *description, *data;
};

/* Writes the page. Returns HS_OK, HS_ERR_MEMORY or HS_ERR_IO with errno set. */
int hs_canvas_write(struct hs_canvas *canvas, const struct hs_caption *caption, FILE *out);

#endif
