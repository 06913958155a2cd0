/* SPDX-License-Identifier: MIT
 *
 * Tables as text, CSV or JSON.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/present/table.h"

#define CELL_MAX 512

struct hs_table {
    const struct hs_column *column;
    size_t n_columns, n_rows, room; /* rows */
    struct hs_value *value;         /* n_columns a row; text is owned */
    size_t *width;                  /* of the columns as text, titles not counted */
};

struct hs_table *hs_table_new(const struct hs_column *columns, size_t n_columns)
{
    struct hs_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->column = columns;
    table->n_columns = n_columns;
    table->width = calloc(n_columns, sizeof *table->width);
    if (table->width)
        return table;
    free(table);
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
    free(table);
}

size_t hs_table_rows(const struct hs_table *table)
{
    return table->n_rows;
}

static bool make_room(struct hs_table *table)
{
    if (table->n_rows < table->room)
        return true;
    size_t room = table->room ? 2 * table->room : 16;
    struct hs_value *value = realloc(table->value, room * table->n_columns * sizeof *value);
    if (!value)
        return false;
    table->value = value;
    table->room = room;
    return true;
}

/* Groups of three digits: heap figures are compared byte by byte, so they are never rounded. */
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

/* What has not changed is not worth a number. */
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

/* Text of a trace may hold anything: nothing in it may steer the terminal. */
static void format_text(char *buffer, size_t size, const char *text)
{
    size_t at = 0;
    for (; *text && at + 1 < size; text++) {
        unsigned char c = (unsigned char)*text;
        bool c1 = c == 0xc2 && ((unsigned char)text[1] & 0xe0) == 0x80;
        buffer[at++] = c < 0x20 || c == 0x7f || c1 ? '?' : (char)c;
        text += c1;
    }
    buffer[at] = '\0';
}

char *hs_format(char *buffer, size_t size, enum hs_value_kind kind, struct hs_value value)
{
    if (value.none) {
        snprintf(buffer, size, "-");
        return buffer;
    }
    switch (kind) {
    case HS_VALUE_TEXT:    format_text(buffer, size, value.s ? value.s : ""); break;
    case HS_VALUE_COUNT:
    case HS_VALUE_BYTES:   format_grouped(buffer, size, value.u); break;
    case HS_VALUE_HEX:     snprintf(buffer, size, "0x%" PRIx64, value.u); break;
    case HS_VALUE_REAL:    snprintf(buffer, size, "%.2f", value.d); break;
    case HS_VALUE_SHARE:   snprintf(buffer, size, "%.2f%%", 100 * value.d); break;
    case HS_VALUE_SECONDS: format_seconds(buffer, size, value.d); break;
    case HS_VALUE_CHANGE:  format_change(buffer, size, value.i); break;
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

static bool is_last(const struct hs_table *table, size_t column)
{
    while (++column < table->n_columns)
        if (table->column[column].title)
            return false;
    return true;
}

/* perf's thresholds: a share of 5% and more stands out, below 0.5% it steps back. */
static const char *paint(const struct hs_column *column, const struct hs_value *value)
{
    if (column->kind != HS_VALUE_SHARE || value->none)
        return "";
    return value->d >= 0.05 ? "\033[31m" : value->d >= 0.005 ? "\033[32m" : "";
}

static void print_cell(const struct hs_table *table, size_t column, const char *text, bool bare, FILE *out)
{
    size_t title = bare ? 0 : width_of(table->column[column].title), width = table->width[column];
    int pad = (int)((title > width ? title : width) - width_of(text));
    bool left = table->column[column].kind == HS_VALUE_TEXT;
    if (left)
        fprintf(out, "%s%*s", text, is_last(table, column) ? 0 : pad, "");
    else
        fprintf(out, "%*s%s", pad, "", text);
    if (!is_last(table, column))
        fputs("  ", out);
}

void hs_table_titles(const struct hs_table *table, FILE *out, struct hs_table_style style)
{
    fprintf(out, "%s%s", style.indent ? style.indent : "", style.color ? "\033[1m" : "");
    for (size_t c = 0; c < table->n_columns; c++)
        if (table->column[c].title)
            print_cell(table, c, table->column[c].title, style.bare, out);
    fputs(style.color ? "\033[0m\n" : "\n", out);
}

void hs_table_row(const struct hs_table *table, size_t row, FILE *out, struct hs_table_style style)
{
    char text[CELL_MAX];
    fputs(style.indent ? style.indent : "", out);
    for (size_t c = 0; c < table->n_columns; c++) {
        const struct hs_value *value = cell(table, row, c);
        const char *color = style.color ? paint(&table->column[c], value) : "";
        if (!table->column[c].title)
            continue;
        fputs(color, out);
        print_cell(table, c, hs_format(text, sizeof text, table->column[c].kind, *value), style.bare, out);
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

static void csv_text(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++)
        fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', out);
}

static void csv_value(FILE *out, enum hs_value_kind kind, struct hs_value value)
{
    if (value.none)
        return;
    switch (kind) {
    case HS_VALUE_TEXT:    csv_text(out, value.s); break;
    case HS_VALUE_COUNT:
    case HS_VALUE_BYTES:   fprintf(out, "%" PRIu64, value.u); break;
    case HS_VALUE_HEX:     fprintf(out, "0x%" PRIx64, value.u); break;
    case HS_VALUE_REAL:
    case HS_VALUE_SHARE:
    case HS_VALUE_SECONDS: fprintf(out, "%.9g", value.d); break;
    case HS_VALUE_CHANGE:  fprintf(out, "%" PRId64, value.i); break;
    }
}

/* Calls for every column that has a key; a row of NULL stands for the keys themselves. */
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
            csv_text(out, table->column[c].key);
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
    case HS_VALUE_TEXT:    hs_json_text(json, column->key, value.s); break;
    case HS_VALUE_COUNT:
    case HS_VALUE_BYTES:   hs_json_uint(json, column->key, value.u); break;
    case HS_VALUE_HEX:     hs_json_hex(json, column->key, value.u); break;
    case HS_VALUE_REAL:
    case HS_VALUE_SHARE:
    case HS_VALUE_SECONDS: hs_json_real(json, column->key, value.d); break;
    case HS_VALUE_CHANGE:  hs_json_int(json, column->key, value.i); break;
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
