/* SPDX-License-Identifier: MIT
 *
 * Text of a trace may hold anything. What steers a terminal or reorders what is shown is no character to show: control
 * characters (C0, DEL and C1, also a lone byte such as 0x9b), marks that change the direction of text, line and paragraph
 * separators, and bytes that are no UTF-8.
 */
#ifndef HS_UTIL_TEXT_H
#define HS_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct hs_character {
    unsigned char length; /* bytes, at least 1 */
    bool shown;           /* false: put something else in its place */
    bool cut;             /* the `n` bytes end in the midst of it */
    unsigned code;        /* Unicode, or the byte where it is no UTF-8 */
};

/* The character that `n` bytes, at least one, begin with. */
struct hs_character hs_character_of(const char *bytes, size_t n);

/* `text` with '?' for each character that is not to be shown, cut to `size` bytes with the NUL. Returns `to`. */
char *hs_text_clean(char *to, size_t size, const char *text);

/* A cell of a CSV file. A spreadsheet takes a text that begins like a formula for one: it gets an apostrophe in front. */
void hs_text_csv(const char *text, FILE *out);

/* `to` gets what is written to the stream returned, cleaned; only line feeds, tabs and, with `colors`, the sequences that
 * set colours pass. Closing it leaves `to` open. NULL: out of memory. */
FILE *hs_text_stream(FILE *to, bool colors);

#endif
