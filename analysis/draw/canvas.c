/* SPDX-License-Identifier: MIT
 *
 * The only file that uses cairo.
 */
#include "analysis/draw/canvas.h"

#if defined HS_WITHOUT_CAIRO || !__has_include(<cairo/cairo.h>)

#include <string.h>

/* In this build hs_canvas_new fails, so the drawing functions are never called. */
const char *hs_canvas_missing(void) { return "cairo (Debian: libcairo2-dev)"; }
struct hs_canvas *hs_canvas_new(enum hs_canvas_format format, struct hs_spot size)
{
    (void)format;
    (void)size;
    return NULL;
}
void hs_canvas_free(struct hs_canvas *canvas) { (void)canvas; }
void hs_canvas_box(struct hs_canvas *canvas, struct hs_box box, struct hs_ink ink)
{
    (void)canvas;
    (void)box;
    (void)ink;
}
void hs_canvas_round_box(struct hs_canvas *canvas, struct hs_box box, double radius, struct hs_ink ink)
{
    (void)canvas;
    (void)box;
    (void)radius;
    (void)ink;
}
void hs_canvas_move(struct hs_canvas *canvas, struct hs_spot to)
{
    (void)canvas;
    (void)to;
}
void hs_canvas_line(struct hs_canvas *canvas, struct hs_spot to)
{
    (void)canvas;
    (void)to;
}
void hs_canvas_fill(struct hs_canvas *canvas, struct hs_ink ink)
{
    (void)canvas;
    (void)ink;
}
void hs_canvas_stroke(struct hs_canvas *canvas, const struct hs_pen *pen)
{
    (void)canvas;
    (void)pen;
}
void hs_canvas_rule(struct hs_canvas *canvas, struct hs_spot from, struct hs_spot to, const struct hs_pen *pen)
{
    (void)canvas;
    (void)from;
    (void)to;
    (void)pen;
}
void hs_canvas_text(struct hs_canvas *canvas, const struct hs_lettering *lettering)
{
    (void)canvas;
    (void)lettering;
}
double hs_canvas_width(struct hs_canvas *canvas, enum hs_face face, const char *text)
{
    (void)canvas;
    (void)face;
    (void)text;
    return 0;
}
char *hs_canvas_fit(struct hs_canvas *canvas, const struct hs_fit *fit, const char *text, char fitted[HS_FITTED])
{
    (void)canvas;
    (void)fit;
    (void)text;
    return strcpy(fitted, "");
}
int hs_canvas_write(struct hs_canvas *canvas, const struct hs_caption *caption, FILE *out)
{
    (void)canvas;
    (void)caption;
    (void)out;
    return -1;
}

#else

#include <cairo/cairo-svg.h>
#include <cairo/cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"
#include "lib/host/util/clean_text.h"
#include "lib/record.h"

#define PNG_SCALE 2.0

struct hs_canvas {
    enum hs_canvas_format format;
    cairo_surface_t *surface;
    cairo_t *cairo;
    char *svg; /* the output of cairo */
    size_t svg_len, svg_room;
};

static cairo_status_t keep(void *context, const unsigned char *bytes, unsigned n)
{
    struct hs_canvas *c = context;
    if (!hs_array_reserve(c->svg, c->svg_room, c->svg_len + n))
        return CAIRO_STATUS_NO_MEMORY;
    memcpy(c->svg + c->svg_len, bytes, n);
    c->svg_len += n;
    return CAIRO_STATUS_SUCCESS;
}

const char *hs_canvas_missing(void) { return NULL; }

static void open_surface(struct hs_canvas *c, struct hs_spot size)
{
    if (c->format == HS_CANVAS_SVG) {
        c->surface = cairo_svg_surface_create_for_stream(keep, c, size.x, size.y);
        cairo_svg_surface_set_document_unit(c->surface, CAIRO_SVG_UNIT_PX);
        cairo_svg_surface_restrict_to_version(c->surface, CAIRO_SVG_VERSION_1_1);
    } else {
        c->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(size.x * PNG_SCALE), (int)ceil(size.y * PNG_SCALE));
    }
    c->cairo = cairo_create(c->surface);
    if (c->format == HS_CANVAS_PNG)
        cairo_scale(c->cairo, PNG_SCALE, PNG_SCALE);
}

struct hs_canvas *hs_canvas_new(enum hs_canvas_format format, struct hs_spot size)
{
    struct hs_canvas *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->format = format;
    open_surface(c, size);
    if (cairo_status(c->cairo) == CAIRO_STATUS_SUCCESS)
        return c;
    hs_canvas_free(c);
    return NULL;
}

void hs_canvas_free(struct hs_canvas *c)
{
    if (!c)
        return;
    cairo_destroy(c->cairo);
    cairo_surface_destroy(c->surface);
    free(c->svg);
    free(c);
}

/* ---- drawing ---- */

static void set_ink(struct hs_canvas *c, struct hs_ink ink)
{
    double r = (ink.rgb >> 16 & 0xff) / 255.0, g = (ink.rgb >> 8 & 0xff) / 255.0, b = (ink.rgb & 0xff) / 255.0;
    cairo_set_source_rgba(c->cairo, r, g, b, ink.opacity > 0 ? ink.opacity : 1);
}

void hs_canvas_box(struct hs_canvas *c, struct hs_box box, struct hs_ink ink)
{
    cairo_rectangle(c->cairo, box.x, box.y, box.width, box.height);
    hs_canvas_fill(c, ink);
}

void hs_canvas_round_box(struct hs_canvas *c, struct hs_box box, double r, struct hs_ink ink)
{
    double right = box.x + box.width, bottom = box.y + box.height;
    cairo_new_sub_path(c->cairo);
    cairo_arc(c->cairo, right - r, box.y + r, r, -M_PI_2, 0);
    cairo_arc(c->cairo, right - r, bottom - r, r, 0, M_PI_2);
    cairo_arc(c->cairo, box.x + r, bottom - r, r, M_PI_2, M_PI);
    cairo_arc(c->cairo, box.x + r, box.y + r, r, M_PI, 3 * M_PI_2);
    cairo_close_path(c->cairo);
    hs_canvas_fill(c, ink);
}

void hs_canvas_move(struct hs_canvas *c, struct hs_spot to) { cairo_move_to(c->cairo, to.x, to.y); }
void hs_canvas_line(struct hs_canvas *c, struct hs_spot to) { cairo_line_to(c->cairo, to.x, to.y); }

void hs_canvas_fill(struct hs_canvas *c, struct hs_ink ink)
{
    set_ink(c, ink);
    cairo_fill(c->cairo);
}

void hs_canvas_stroke(struct hs_canvas *c, const struct hs_pen *pen)
{
    set_ink(c, pen->ink);
    cairo_set_line_width(c->cairo, pen->width);
    cairo_set_line_join(c->cairo, CAIRO_LINE_JOIN_MITER);
    cairo_set_dash(c->cairo, &pen->dash, pen->dash > 0, 0);
    cairo_stroke(c->cairo);
}

void hs_canvas_rule(struct hs_canvas *c, struct hs_spot from, struct hs_spot to, const struct hs_pen *pen)
{
    hs_canvas_move(c, from);
    hs_canvas_line(c, to);
    hs_canvas_stroke(c, pen);
}

/* ---- text ---- */

/* One invalid byte would stop all drawing, so characters that cairo or XML reject are replaced. */
static void clean(char *to, size_t size, const char *text) { hs_text_copy(to, size, text, strlen(text), HS_TEXT_XML); }

static void choose(struct hs_canvas *c, enum hs_face face)
{
    static const struct {
        double size;
        cairo_font_weight_t weight;
    } faces[HS_FACES] = {
        [HS_FACE_TITLE] = {17, CAIRO_FONT_WEIGHT_BOLD},
        [HS_FACE_BOLD] = {12, CAIRO_FONT_WEIGHT_BOLD},
        [HS_FACE_TEXT] = {12, CAIRO_FONT_WEIGHT_NORMAL},
    };
    cairo_select_font_face(c->cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, faces[face].weight);
    cairo_set_font_size(c->cairo, faces[face].size);
}

static double width_of(struct hs_canvas *c, const char *cleaned)
{
    cairo_text_extents_t extents;
    cairo_text_extents(c->cairo, cleaned, &extents);
    return extents.x_advance;
}

double hs_canvas_width(struct hs_canvas *c, enum hs_face face, const char *text)
{
    char cleaned[HS_FITTED];
    clean(cleaned, sizeof cleaned, text);
    choose(c, face);
    return width_of(c, cleaned);
}

/* The start of the next character. */
static const char *next_character(const char *text)
{
    do
        text++;
    while ((*text & 0xc0) == 0x80);
    return text;
}

static void drop_last(char *text)
{
    size_t n = strlen(text);
    while (n && (text[--n] & 0xc0) == 0x80)
        continue;
    text[n] = '\0';
}

char *hs_canvas_fit(struct hs_canvas *c, const struct hs_fit *fit, const char *text, char fitted[HS_FITTED])
{
    static const char dots[] = "\xe2\x80\xa6";
    char cleaned[HS_FITTED - sizeof dots];
    const char *from = cleaned;
    clean(cleaned, sizeof cleaned, text);
    choose(c, fit->face);
    strcpy(fitted, cleaned);
    while (*from && width_of(c, fitted) > fit->width) {
        if (fit->keep_end)
            from = next_character(from);
        else
            drop_last(cleaned);
        sprintf(fitted, fit->keep_end ? "%2$s%1$s" : "%s%s", from, dots);
    }
    return fitted;
}

void hs_canvas_text(struct hs_canvas *c, const struct hs_lettering *l)
{
    char cleaned[HS_FITTED];
    clean(cleaned, sizeof cleaned, l->text);
    choose(c, l->face);
    double shift = l->align == HS_ALIGN_LEFT ? 0 : width_of(c, cleaned) / (l->align == HS_ALIGN_MIDDLE ? 2 : 1);
    set_ink(c, l->ink);
    cairo_move_to(c->cairo, round(l->at.x - shift), l->at.y);
    cairo_show_text(c->cairo, cleaned);
    cairo_new_path(c->cairo);
}

/* ---- writing ---- */

static void put_escaped(FILE *out, const char *text)
{
    char one[8];
    for (size_t n = strlen(text), length; n; text += length, n -= length) {
        length = hs_character_of(text, n).length;
        hs_text_copy(one, sizeof one, text, length, HS_TEXT_XML);
        if (*text == '\n')
            putc('\n', out);
        else if (strchr("&<>", *one))
            fputs(*one == '&' ? "&amp;" : *one == '<' ? "&lt;" : "&gt;", out);
        else
            fputs(one, out);
    }
}

static void put_element(FILE *out, const char *name, const char *text)
{
    if (!text)
        return;
    fprintf(out, "<%s>", name);
    put_escaped(out, text);
    fprintf(out, "</%s>\n", name);
}

/* SVG requires the caption directly after the root's start tag. */
static int write_svg(struct hs_canvas *c, const struct hs_caption *caption, FILE *out)
{
    cairo_surface_finish(c->surface);
    if (cairo_surface_status(c->surface) != CAIRO_STATUS_SUCCESS || keep(c, (const unsigned char *)"", 1) != CAIRO_STATUS_SUCCESS)
        return HS_ERR_MEMORY;
    char *root = strstr(c->svg, "<svg"), *body = root ? strchr(root, '>') : NULL;
    if (!body)
        return HS_ERR_MEMORY;
    fwrite(c->svg, 1, (size_t)(body + 1 - c->svg), out);
    fputc('\n', out);
    put_element(out, "title", caption->title);
    put_element(out, "desc", caption->description);
    put_element(out, "metadata", caption->data);
    fputs(body[1] == '\n' ? body + 2 : body + 1, out);
    return ferror(out) ? HS_ERR_IO : HS_OK;
}

static cairo_status_t put(void *context, const unsigned char *bytes, unsigned n)
{
    return fwrite(bytes, 1, n, context) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

int hs_canvas_write(struct hs_canvas *c, const struct hs_caption *caption, FILE *out)
{
    if (cairo_status(c->cairo) != CAIRO_STATUS_SUCCESS)
        return HS_ERR_MEMORY;
    if (c->format == HS_CANVAS_SVG)
        return write_svg(c, caption, out);
    cairo_status_t status = cairo_surface_write_to_png_stream(c->surface, put, out);
    return status == CAIRO_STATUS_SUCCESS ? HS_OK : status == CAIRO_STATUS_WRITE_ERROR ? HS_ERR_IO : HS_ERR_MEMORY;
}

#endif
