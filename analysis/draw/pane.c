/* SPDX-License-Identifier: MIT */
#include "analysis/draw/pane.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"
#include "lib/host/util/clean_text.h"
#include "lib/host/util/system.h"

#define LINE_MAX_BYTES 2048u

static const struct hs_pane_cell blank = {.text = " "};

bool hs_pane_size(struct hs_pane *f, unsigned rows, unsigned columns)
{
    size_t n = (size_t)rows * columns;
    if (!hs_array_reserve(f->place, f->room, n + 1))
        return false;
    f->rows = rows;
    f->columns = columns;
    for (size_t i = 0; i < n; i++)
        f->place[i] = blank;
    return true;
}

void hs_pane_free(struct hs_pane *pane)
{
    free(pane->place);
    *pane = (struct hs_pane){0};
}

/* Converts the next character of a text for display. Returns its bytes in the text; *columns is its width. */
static size_t next(const struct hs_pane *f, const char *text, struct hs_pane_cell *place, unsigned *columns)
{
    struct hs_character c = hs_character_of(text, strlen(text));
    int width = c.shown && c.length == 1 ? 1 : -1;
    if (c.shown && c.length > 1 && f->unicode)
        width = hs_system_width(text, c.length);
    bool shown = width == 1 || width == 2;
    memset(place->text, 0, sizeof place->text);
    memcpy(place->text, shown ? text : "?", shown ? c.length : 1);
    *columns = shown ? (unsigned)width : 1;
    return c.length;
}

unsigned hs_pane_put(struct hs_pane *pane, struct hs_cell_at at, struct hs_look look, const char *text)
{
    while (*text && at.row < pane->rows) {
        struct hs_pane_cell place = {.look = look};
        unsigned columns;
        text += next(pane, text, &place, &columns);
        if (at.column + columns > pane->columns)
            break;
        struct hs_pane_cell *to = &pane->place[(size_t)at.row * pane->columns + at.column];
        to[0] = place;
        if (columns == 2)
            to[1] = (struct hs_pane_cell){.look = look};
        at.column += columns;
    }
    return at.column;
}

unsigned hs_pane_print(struct hs_pane *pane, struct hs_cell_at at, struct hs_look look, const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return hs_pane_put(pane, at, look, text);
}

void hs_pane_paint(struct hs_pane *pane, struct hs_cell_at at, struct hs_look look)
{
    for (; at.row < pane->rows && at.column < pane->columns; at.column++)
        pane->place[(size_t)at.row * pane->columns + at.column].look = look;
}

static unsigned length_of(const struct hs_pane *f, unsigned row)
{
    unsigned n = f->columns;
    while (n && !strcmp(f->place[(size_t)row * f->columns + n - 1].text, " "))
        n--;
    return n;
}

void hs_pane_write(const struct hs_pane *pane, const struct hs_terminal *terminal, FILE *out)
{
    unsigned rows = pane->rows;
    while (rows && !length_of(pane, rows - 1))
        rows--;
    for (unsigned row = 0; row < rows; row++) {
        enum hs_hue hue = HS_HUE_NONE;
        for (unsigned i = 0, n = length_of(pane, row); i < n; i++) {
            const struct hs_pane_cell *place = &pane->place[(size_t)row * pane->columns + i];
            if (place->look.hue != hue) {
                if (hue != HS_HUE_NONE)
                    hs_hue(out, terminal, HS_HUE_NONE);
                hue = place->look.hue;
                if (hue != HS_HUE_NONE)
                    hs_hue(out, terminal, hue);
            }
            fputs(place->text, out);
        }
        if (hue != HS_HUE_NONE)
            hs_hue(out, terminal, HS_HUE_NONE);
        fputc('\n', out);
    }
}
