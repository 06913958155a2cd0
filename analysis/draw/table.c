/* SPDX-License-Identifier: MIT
 *
 * Tables as text, CSV or JSON.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draw/table.h"
#include "analysis/draw/terminal.h"
#include "lib/host/util/array.h"
#include "lib/host/util/clean_text.h"

#define CELL_MAX 512

struct hs_table {
    const struct hs_column *column;
    size_t n_columns, n_rows;
    size_t room;            /* allocated values */
    struct hs_value *value; /* n_columns per row; the table owns texts */
    size_t *width;          /* of the columns as text, without titles */
    struct fit *fit;        /* [n_columns], for `fitted` rows */
    size_t fitted;
    bool is_fitted;
};

/* How a column is shown in limited width. */
struct fit {
    size_t width;
    bool hidden;
};

struct hs_table *hs_table_new(const struct hs_column *columns, size_t n_columns)
{
    struct hs_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->column = columns;
    table->n_columns = n_columns;
    table->width = calloc(n_columns, sizeof *table->width);
    table->fit = calloc(n_columns, sizeof *table->fit);
    if (table->width && table->fit)
        return table;
    hs_table_free(table);
    return NULL;
}

void hs_table_free(struct hs_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->n_rows * table->n_columns; i++)
        if (table->column[i % table->n_columns].kind == HS_VALUE_TEXT && !table->value[i].none)
            free((char *)(uintptr_t)table->value[i].s);
    free(table->value);
    free(table->width);
    free(table->fit);
    free(table);
}

size_t hs_table_rows(const struct hs_table *table) { return table->n_rows; }

static bool make_room(struct hs_table *table)
{
    return hs_array_reserve(table->value, table->room, (table->n_rows + 1) * table->n_columns);
}

/* Digits in groups of three. Heap figures are compared byte by byte, so they are never rounded. */
static void format_grouped(char *buffer, size_t size, uint64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t at = 0;
    for (int i = 0; i < n && at + 2 < size; i++) {
        if (i && (n - i) % 3 == 0)
            buffer[at++] = ',';
        buffer[at++] = digits[i];
    }
    buffer[at] = '\0';
}

/* An unchanged figure is shown as a dot. */
static void format_change(char *buffer, size_t size, int64_t value)
{
    snprintf(buffer, size, "%s", value ? value > 0 ? "+" : "-" : ".");
    if (value)
        format_grouped(buffer + 1, size - 1, value > 0 ? (uint64_t)value : -(uint64_t)value);
}

static void format_seconds(char *buffer, size_t size, double value)
{
    static const struct {
        double scale;
        const char *unit;
    } step[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
    size_t i = 0;
    while (i < 3 && fabs(value) < step[i].scale * 0.9995)
        i++;
    double scaled = value / step[i].scale;
    int decimals = fabs(scaled) < 9.995 ? 2 : fabs(scaled) < 99.95 ? 1 : 0;
    if (value == 0)
        snprintf(buffer, size, "0 s");
    else
        snprintf(buffer, size, "%.*f %s", decimals, scaled, step[i].unit);
}

char *hs_format(char *buffer, size_t size, enum hs_value_kind kind, struct hs_value value)
{
    if (value.none) {
        snprintf(buffer, size, "-");
        return buffer;
    }
    switch (kind) {
    case HS_VALUE_TEXT: hs_text_clean(buffer, size, value.s ? value.s : ""); break;
    case HS_VALUE_COUNT:
    case HS_VALUE_BYTES: format_grouped(buffer, size, value.u); break;
    case HS_VALUE_HEX: snprintf(buffer, size, "0x%" PRIx64, value.u); break;
    case HS_VALUE_REAL: snprintf(buffer, size, "%.2f", value.d); break;
    case HS_VALUE_SHARE: snprintf(buffer, size, "%.2f%%", 100 * value.d); break;
    case HS_VALUE_SECONDS: format_seconds(buffer, size, value.d); break;
    case HS_VALUE_CHANGE: format_change(buffer, size, value.i); break;
    }
    return buffer;
}

/* ---- text ---- */

static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static const struct hs_value *cell(const struct hs_table *table, size_t row, size_t column)
{
    return &table->value[row * table->n_columns + column];
}

static void widen(struct hs_table *table, const struct hs_value *row)
{
    char text[CELL_MAX];
    for (size_t c = 0; c < table->n_columns; c++) {
        size_t width = width_of(hs_format(text, sizeof text, table->column[c].kind, row[c]));
        table->width[c] = width > table->width[c] ? width : table->width[c];
    }
}

void hs_table_add(struct hs_table *table, const struct hs_value *values)
{
    if (!make_room(table))
        return;
    struct hs_value *row = &table->value[table->n_rows++ * table->n_columns];
    memcpy(row, values, table->n_columns * sizeof *row);
    for (size_t i = 0; i < table->n_columns; i++) {
        if (table->column[i].kind != HS_VALUE_TEXT || row[i].none)
            continue;
        row[i].s = row[i].s ? strdup(row[i].s) : NULL;
        row[i].none = !row[i].s;
    }
    widen(table, row);
}

/* ---- limited width ---- */

#define TEXT_LEAST 10u /* minimum width of a text column, characters */
#define TEXT_GOOD 24u  /* below this width of text, figures are left out */
#define GAP 2u

static bool is_shown(const struct hs_table *table, size_t column)
{
    return table->column[column].title && !table->fit[column].hidden;
}

static size_t natural_width(const struct hs_table *table, size_t column, bool bare)
{
    size_t title = bare ? 0 : width_of(table->column[column].title);
    return title > table->width[column] ? title : table->width[column];
}

/* Width of the visible columns when text columns have at most `text` characters. */
static size_t width_with(const struct hs_table *table, size_t text, bool bare)
{
    size_t sum = 0, n = 0;
    for (size_t c = 0; c < table->n_columns; c++) {
        if (!is_shown(table, c))
            continue;
        size_t width = natural_width(table, c, bare);
        bool shrinks = table->column[c].kind == HS_VALUE_TEXT && width > text;
        sum += shrinks ? text : width;
        n++;
    }
    return sum + (n ? (n - 1) * GAP : 0);
}

/* Hides the last figure column, but keeps one. Returns false when none is left to hide. */
static bool hide_one(struct hs_table *table)
{
    size_t last = table->n_columns, figures = 0;
    for (size_t c = 0; c < table->n_columns; c++)
        if (is_shown(table, c) && table->column[c].kind != HS_VALUE_TEXT) {
            figures++;
            last = c;
        }
    if (figures > 1)
        table->fit[last].hidden = true;
    return figures > 1;
}

/* Computes the column widths for `room` characters; 0: unlimited. */
static void fit_into(struct hs_table *table, size_t room, bool bare)
{
    size_t text = CELL_MAX;
    for (size_t c = 0; c < table->n_columns; c++)
        table->fit[c].hidden = false;
    if (room) {
        while (width_with(table, TEXT_GOOD, bare) > room && hide_one(table))
            continue;
        while (text > TEXT_LEAST && width_with(table, text, bare) > room)
            text--;
    }
    for (size_t c = 0; c < table->n_columns; c++) {
        size_t width = is_shown(table, c) ? natural_width(table, c, bare) : 0;
        table->fit[c].width = table->column[c].kind == HS_VALUE_TEXT && width > text ? text : width;
    }
}

/* Computes the layout when the table is first shown, and again after it has grown. */
static void lay_out(const struct hs_table *const_table, FILE *out, struct hs_table_style style)
{
    struct hs_table *table = (struct hs_table *)(uintptr_t)const_table; /* the change is not visible to the caller */
    unsigned limit = out == stdout ? hs_terminal_limit() : 0;
    size_t indent = style.indent ? width_of(style.indent) : 0;
    if (table->is_fitted && table->fitted == table->n_rows)
        return;
    fit_into(table, limit > indent ? limit - indent : limit, style.bare);
    table->is_fitted = true;
    table->fitted = table->n_rows;
}

static void note_hidden(const struct hs_table *table, FILE *out, struct hs_table_style style)
{
    const char *before = "# left out, for want of width: ";
    for (size_t c = 0; c < table->n_columns; c++) {
        if (!table->fit[c].hidden)
            continue;
        if (*before == '#')
            fputs(style.indent ? style.indent : "", out);
        fprintf(out, "%s%s", before, table->column[c].title);
        before = ", ";
    }
    if (*before != '#')
        fprintf(out, "\n%s# (for all: a wider terminal or --json)\n", style.indent ? style.indent : "");
}

static const char *ellipsis(void) { return hs_terminal_probe(false).unicode ? "\xe2\x80\xa6" : ".."; }

/* The byte at which character `n` starts. */
static char *character(char *text, size_t n)
{
    while (*text && n) {
        text++;
        while (((unsigned char)*text & 0xc0) == 0x80)
            text++;
        n--;
    }
    return text;
}

/* Shortens a text to `width` characters: a path loses its front, other text its end. */
static void shorten(char text[CELL_MAX], size_t width)
{
    size_t length = width_of(text);
    char whole[CELL_MAX];
    if (length <= width)
        return;
    const char *sign = ellipsis();
    size_t kept = width > width_of(sign) ? width - width_of(sign) : 0, bytes = strlen(sign);
    strcpy(whole, text);
    if (strchr(text, '/')) {
        snprintf(text, CELL_MAX, "%s%.500s", sign, character(whole, length - kept));
    } else {
        char *end = character(text, kept);
        if ((size_t)(end - text) + bytes < CELL_MAX)
            strcpy(end, sign);
    }
}

char *hs_fit_after(char *text, size_t before)
{
    unsigned limit = hs_terminal_limit();
    char shown[CELL_MAX];
    size_t room = limit > before + TEXT_LEAST ? limit - before : TEXT_LEAST;
    if (!limit || width_of(text) <= room)
        return text;
    snprintf(shown, sizeof shown, "%s", text);
    shorten(shown, room);
    return strcpy(text, shown);
}

static bool is_last(const struct hs_table *table, size_t column)
{
    while (++column < table->n_columns)
        if (is_shown(table, column))
            return false;
    return true;
}

/* Thresholds as in perf: a share of 5% or more is highlighted, below 0.5% dimmed. */
static const char *paint(const struct hs_column *column, const struct hs_value *value)
{
    if (column->kind != HS_VALUE_SHARE || value->none)
        return "";
    return value->d >= 0.05 ? "\033[31m" : value->d >= 0.005 ? "\033[32m" : "";
}

static void print_cell(const struct hs_table *table, size_t column, const char *text, FILE *out)
{
    char shown[CELL_MAX];
    snprintf(shown, sizeof shown, "%s", text);
    shorten(shown, table->fit[column].width);
    size_t width = width_of(shown);
    int pad = width < table->fit[column].width ? (int)(table->fit[column].width - width) : 0;
    if (table->column[column].kind == HS_VALUE_TEXT)
        fprintf(out, "%s%*s", shown, is_last(table, column) ? 0 : pad, "");
    else
        fprintf(out, "%*s%s", pad, "", shown);
    if (!is_last(table, column))
        fputs("  ", out);
}

void hs_table_titles(const struct hs_table *table, FILE *out, struct hs_table_style style)
{
    lay_out(table, out, style);
    note_hidden(table, out, style);
    fprintf(out, "%s%s", style.indent ? style.indent : "", style.color ? "\033[1m" : "");
    for (size_t c = 0; c < table->n_columns; c++)
        if (is_shown(table, c))
            print_cell(table, c, table->column[c].title, out);
    fputs(style.color ? "\033[0m\n" : "\n", out);
}

void hs_table_row(const struct hs_table *table, size_t row, FILE *out, struct hs_table_style style)
{
    char text[CELL_MAX];
    lay_out(table, out, style);
    fputs(style.indent ? style.indent : "", out);
    for (size_t c = 0; c < table->n_columns; c++) {
        const struct hs_value *value = cell(table, row, c);
        const char *color = style.color ? paint(&table->column[c], value) : "";
        if (!is_shown(table, c))
            continue;
        fputs(color, out);
        print_cell(table, c, hs_format(text, sizeof text, table->column[c].kind, *value), out);
        fputs(*color ? "\033[0m" : "", out);
    }
    fputc('\n', out);
}

void hs_table_text(const struct hs_table *table, FILE *out, struct hs_table_style style)
{
    if (!style.bare)
        hs_table_titles(table, out, style);
    for (size_t r = 0; r < table->n_rows; r++)
        hs_table_row(table, r, out, style);
}

/* ---- CSV ---- */

static void csv_value(FILE *out, enum hs_value_kind kind, struct hs_value value)
{
    if (value.none)
        return;
    switch (kind) {
    case HS_VALUE_TEXT: hs_text_csv(value.s, out); break;
    case HS_VALUE_COUNT:
    case HS_VALUE_BYTES: fprintf(out, "%" PRIu64, value.u); break;
    case HS_VALUE_HEX: fprintf(out, "0x%" PRIx64, value.u); break;
    case HS_VALUE_REAL:
    case HS_VALUE_SHARE:
    case HS_VALUE_SECONDS: fprintf(out, "%.9g", value.d); break;
    case HS_VALUE_CHANGE: fprintf(out, "%" PRId64, value.i); break;
    }
}

/* Writes every column that has a key; a NULL row writes the keys. */
static void csv_line(const struct hs_table *table, const struct hs_value *row, FILE *out)
{
    const char *separator = "";
    for (size_t c = 0; c < table->n_columns; c++) {
        if (!table->column[c].key)
            continue;
        fputs(separator, out);
        if (row)
            csv_value(out, table->column[c].kind, row[c]);
        else
            hs_text_csv(table->column[c].key, out);
        separator = ",";
    }
    fputc('\n', out);
}

void hs_table_csv(const struct hs_table *table, FILE *out)
{
    csv_line(table, NULL, out);
    for (size_t r = 0; r < table->n_rows; r++)
        csv_line(table, cell(table, r, 0), out);
}

/* ---- JSON ---- */

static void json_value(struct hs_json *json, const struct hs_column *column, struct hs_value value)
{
    if (value.none) {
        hs_json_null(json, column->key);
        return;
    }
    switch (column->kind) {
    case HS_VALUE_TEXT: hs_json_text(json, column->key, value.s); break;
    case HS_VALUE_COUNT:
    case HS_VALUE_BYTES: hs_json_uint(json, column->key, value.u); break;
    case HS_VALUE_HEX: hs_json_hex(json, column->key, value.u); break;
    case HS_VALUE_REAL:
    case HS_VALUE_SHARE:
    case HS_VALUE_SECONDS: hs_json_real(json, column->key, value.d); break;
    case HS_VALUE_CHANGE: hs_json_int(json, column->key, value.i); break;
    }
}

void hs_table_json(const struct hs_table *table, struct hs_json *json, const char *key)
{
    hs_json_array(json, key);
    for (size_t r = 0; r < table->n_rows; r++) {
        hs_json_object(json, NULL);
        for (size_t c = 0; c < table->n_columns; c++)
            if (table->column[c].key)
                json_value(json, &table->column[c], *cell(table, r, c));
        hs_json_end(json);
    }
    hs_json_end(json);
}
