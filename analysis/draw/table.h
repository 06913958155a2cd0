/* SPDX-License-Identifier: MIT
 *
 * A table with one definition of its columns, shown as text, CSV or JSON. In text, values are formatted for reading
 * (48,192 and 1.25 ms); in CSV and JSON they are plain numbers in base units.
 */
#ifndef HS_DRAW_TABLE_H
#define HS_DRAW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/draw/json.h"

enum hs_value_kind {
    HS_VALUE_TEXT,    /* left-aligned; all others are right-aligned */
    HS_VALUE_COUNT,   /* u: 1,234,567 */
    HS_VALUE_BYTES,   /* u: 48,192, never rounded */
    HS_VALUE_HEX,     /* u: 0x2000 */
    HS_VALUE_REAL,    /* d: 1.25 */
    HS_VALUE_SHARE,   /* d: 0.125 shows as 12.50% */
    HS_VALUE_SECONDS, /* d: 1.25 ms */
    HS_VALUE_CHANGE,  /* i: +1,234, -64, and "." for 0 */
};

struct hs_value {
    union {
        uint64_t u;
        int64_t i;
        double d;
        const char *s; /* copied when the row is added */
    };
    bool none; /* no value: "-" in text, empty in CSV, null in JSON */
};

struct hs_column {
    const char *title; /* in text output; NULL: column not shown */
    const char *key;   /* in CSV and JSON; NULL: only in text */
    enum hs_value_kind kind;
};

struct hs_table;

/* `columns` must outlive the table. NULL when out of memory. */
struct hs_table *hs_table_new(const struct hs_column *columns, size_t n_columns);

/* Adds a row of n_columns values. */
void hs_table_add(struct hs_table *table, const struct hs_value *values);
size_t hs_table_rows(const struct hs_table *table);

struct hs_table_style {
    bool color;
    bool bare;          /* without the title line */
    const char *indent; /* NULL: none */
};
/* On a terminal, or with $COLUMNS, the width is limited: texts are shortened, then the last figure columns are left
 * out, with a note above the table. */
void hs_table_text(const struct hs_table *table, FILE *out, struct hs_table_style style);

/* The same in parts, for callers that print lines between rows. Columns stay aligned. */
void hs_table_titles(const struct hs_table *table, FILE *out, struct hs_table_style style);
void hs_table_row(const struct hs_table *table, size_t row, FILE *out, struct hs_table_style style);

void hs_table_csv(const struct hs_table *table, FILE *out);
void hs_table_json(const struct hs_table *table, struct hs_json *json, const char *key); /* array of objects */

void hs_table_free(struct hs_table *table);

/* Shortens a text of hs_format for printing after `before` characters, when standard output has a width. Returns the
 * text; its buffer has at least HS_FIT_MAX bytes. */
#define HS_FIT_MAX 520u
char *hs_fit_after(char *text, size_t before);

/* The same formats for single values, into the caller's buffer. Returns `buffer`. */
char *hs_format(char *buffer, size_t size, enum hs_value_kind kind, struct hs_value value);

#endif
