/* SPDX-License-Identifier: MIT */
#include "analysis/draw/sheet.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draw/table.h"
#include "lib/record.h"

bool hs_sheet_begin(struct hs_sheet *s, const struct hs_sheet_style *style, double height)
{
    *s = (struct hs_sheet){.theme = hs_theme(style->theme)};
    s->canvas = hs_canvas_new(style->format, (struct hs_spot){HS_SHEET_WIDTH, height});
    s->data = s->canvas ? hs_json_new() : NULL;
    if (!s->data)
        return false;
    hs_json_object(s->data, NULL);
    hs_canvas_box(s->canvas, (struct hs_box){0, 0, HS_SHEET_WIDTH, height}, s->theme->page);
    return true;
}

static int write_page(struct hs_sheet *s, FILE *out)
{
    char *data = NULL;
    size_t size;
    FILE *memory = open_memstream(&data, &size);
    if (!memory)
        return HS_ERR_MEMORY;
    hs_json_end(s->data);
    int error = hs_json_print(s->data, memory, false);
    if (fclose(memory))
        error = HS_ERR_MEMORY;
    if (!error)
        error = hs_canvas_write(s->canvas, &(struct hs_caption){s->title, s->description, data}, out);
    free(data);
    return error;
}

int hs_sheet_end(struct hs_sheet *s, int error, FILE *out)
{
    if (!error)
        error = s->data ? write_page(s, out) : HS_ERR_MEMORY;
    hs_json_free(s->data);
    hs_canvas_free(s->canvas);
    return error;
}

void hs_sheet_put(struct hs_sheet *s, double x, double y, enum hs_align align, enum hs_face face, struct hs_ink ink,
                  const char *text)
{
    hs_canvas_text(s->canvas, &(struct hs_lettering){.at = {x, y}, .align = align, .face = face, .ink = ink, .text = text});
}

void hs_sheet_title(struct hs_sheet *s, const char *title, const char *subject)
{
    char fitted[HS_FITTED];
    double room = HS_SHEET_RIGHT - 24 - 24 - hs_canvas_width(s->canvas, HS_FACE_TITLE, title);
    s->title = title;
    hs_sheet_put(s, 24, 34, HS_ALIGN_LEFT, HS_FACE_TITLE, s->theme->text, title);
    hs_canvas_fit(s->canvas, &(struct hs_fit){HS_FACE_TEXT, room, true}, subject, fitted);
    hs_sheet_put(s, HS_SHEET_RIGHT, 34, HS_ALIGN_RIGHT, HS_FACE_TEXT, s->theme->dim, fitted);
    snprintf(s->description, sizeof s->description, "%s.", subject);
}

void hs_sheet_line(struct hs_sheet *s, unsigned line, struct hs_ink ink, const char *text)
{
    char fitted[HS_FITTED];
    size_t said = strlen(s->description);
    hs_canvas_fit(s->canvas, &(struct hs_fit){HS_FACE_TEXT, HS_SHEET_RIGHT - 24, false}, text, fitted);
    hs_sheet_put(s, 24, 57 + line * HS_SHEET_LINE, HS_ALIGN_LEFT, HS_FACE_TEXT, ink, fitted);
    snprintf(s->description + said, sizeof s->description - said, " %s.", text);
}

void hs_sheet_legend(struct hs_sheet *s, double y, const struct hs_swatch *swatch, unsigned n)
{
    double x = HS_SHEET_RIGHT;
    for (unsigned i = n; i--;) {
        x -= hs_canvas_width(s->canvas, HS_FACE_TEXT, swatch[i].text);
        hs_sheet_put(s, x, y, HS_ALIGN_LEFT, HS_FACE_TEXT, s->theme->dim, swatch[i].text);
        x -= 16;
        hs_canvas_round_box(s->canvas, (struct hs_box){x, y - 9, 11, 11}, 2, swatch[i].ink);
        x -= 14;
    }
}

static void entry_data(struct hs_sheet *s, const struct hs_entry *e)
{
    hs_json_object(s->data, NULL);
    hs_json_text(s->data, "name", e->name);
    hs_sheet_ink(s, "colour", e->ink);
    hs_json_uint(s->data, "bytes", e->bytes);
    hs_json_uint(s->data, "blocks", e->blocks);
    hs_json_end(s->data);
}

void hs_sheet_entry(struct hs_sheet *s, double y, unsigned i, const struct hs_entry *e)
{
    double width = (HS_SHEET_RIGHT - HS_SHEET_LEFT - 56) / 2, left = HS_SHEET_LEFT + (i % 2) * (width + 24);
    char fitted[HS_FITTED], amount[120], number[2][40];
    hs_format(number[0], 40, HS_VALUE_BYTES, (struct hs_value){.u = e->bytes});
    hs_format(number[1], 40, HS_VALUE_COUNT, (struct hs_value){.u = e->blocks});
    snprintf(amount, sizeof amount, e->blocks ? "%s bytes, %s block%s" : "%s bytes", number[0], number[1],
             e->blocks == 1 ? "" : "s");
    const char *said = e->amount ? e->amount : amount;
    double room = width - 18 - 12 - hs_canvas_width(s->canvas, HS_FACE_TEXT, said);
    y += i / 2 * HS_SHEET_LINE;
    hs_canvas_round_box(s->canvas, (struct hs_box){left, y - 10, 12, 12}, 2, e->ink);
    hs_canvas_fit(s->canvas, &(struct hs_fit){HS_FACE_TEXT, room, true}, e->name, fitted);
    hs_sheet_put(s, left + 18, y, HS_ALIGN_LEFT, HS_FACE_TEXT, s->theme->text, fitted);
    hs_sheet_put(s, left + width, y, HS_ALIGN_RIGHT, HS_FACE_TEXT, s->theme->dim, said);
    entry_data(s, e);
}

static void describe(struct hs_sheet *s, const struct hs_plot *p)
{
    const struct {
        const char *key;
        double value;
    } members[] = {
        {"left", p->x.from}, {"right", p->x.to},    {"bottom", p->y.from}, {"top", p->y.to},
        {"x_low", p->x.low}, {"x_high", p->x.high}, {"y_low", p->y.low},   {"y_high", p->y.high},
    };
    hs_json_object(s->data, p->name);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        hs_json_real(s->data, members[i].key, members[i].value);
    hs_json_end(s->data);
}

static void ticks_y(struct hs_sheet *s, const struct hs_plot *p)
{
    double step = hs_scale_step(&p->y, p->ticks_y), value;
    struct hs_pen pen = {.ink = s->theme->grid, .width = 1};
    char text[40];
    for (unsigned i = 0; (value = hs_scale_tick(&p->y, step, i)) <= p->y.high * (1 + 1e-9); i++) {
        double y = (int)hs_scale_at(&p->y, value) + 0.5;
        hs_canvas_rule(s->canvas, (struct hs_spot){p->x.from, y}, (struct hs_spot){p->x.to, y}, &pen);
        hs_scale_label(&p->y, step, value, text, sizeof text);
        hs_sheet_put(s, p->x.from - 8, y + 3.5, HS_ALIGN_RIGHT, HS_FACE_TEXT, s->theme->dim, text);
    }
}

static void ticks_x(struct hs_sheet *s, const struct hs_plot *p)
{
    double step = hs_scale_step(&p->x, p->ticks_x), value;
    struct hs_pen pen = {.ink = s->theme->dim, .width = 1};
    char text[40];
    for (unsigned i = 0; (value = hs_scale_tick(&p->x, step, i)) <= p->x.high * (1 + 1e-9); i++) {
        double x = (int)hs_scale_at(&p->x, value) + 0.5;
        hs_canvas_rule(s->canvas, (struct hs_spot){x, p->y.from}, (struct hs_spot){x, p->y.from + 5}, &pen);
        hs_scale_label(&p->x, step, value, text, sizeof text);
        double half = hs_canvas_width(s->canvas, HS_FACE_TEXT, text) / 2;
        hs_sheet_put(s, x + half > HS_SHEET_RIGHT ? HS_SHEET_RIGHT - half : x, p->y.from + 18, HS_ALIGN_MIDDLE, HS_FACE_TEXT,
                     s->theme->dim, text);
    }
}

void hs_sheet_panel(struct hs_sheet *s, const struct hs_plot *p)
{
    struct hs_pen pen = {.ink = s->theme->dim, .width = 1};
    double y = (int)p->y.from + 0.5;
    if (p->ticks_y)
        ticks_y(s, p);
    hs_canvas_rule(s->canvas, (struct hs_spot){p->x.from, y}, (struct hs_spot){p->x.to, y}, &pen);
    if (p->ticks_x)
        ticks_x(s, p);
    describe(s, p);
}

void hs_sheet_ink(struct hs_sheet *s, const char *key, struct hs_ink ink)
{
    char text[16];
    snprintf(text, sizeof text, "#%06" PRIx32, ink.rgb);
    hs_json_text(s->data, key, text);
}
