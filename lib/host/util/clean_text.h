/* SPDX-License-Identifier: MIT
 *
 * Text from a trace can contain any bytes. Characters that control a terminal or reorder the output are not shown: control
 * characters (C0, DEL and C1, also a single byte such as 0x9b), marks that change the direction of text, line and paragraph
 * separators, and bytes that are not UTF-8.
 */
#ifndef HS_UTIL_CLEAN_TEXT_H
#define HS_UTIL_CLEAN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct hs_character {
    unsigned char length; /* bytes, at least 1 */
    bool valid;           /* UTF-8; else one byte that is not UTF-8 */
    bool shown;           /* false: replace it */
    bool cut;             /* the `n` bytes end before its last byte */
    unsigned code;        /* Unicode, or the byte if it is not UTF-8 */
};

/* The first character of `n` bytes, at least one. */
struct hs_character hs_character_of(const char *bytes, size_t n);

/* Which characters are kept, and what replaces the others. */
enum hs_text_rule {
    HS_TEXT_TERMINAL, /* keeps what is shown; '?' */
    HS_TEXT_XML,      /* keeps what XML and cairo accept: no control characters, U+FFFE or U+FFFF; U+FFFD */
    HS_TEXT_UTF8,     /* keeps all UTF-8; U+FFFD */
};

#define HS_TEXT_GROWTH 3u /* most bytes that replace one byte */

/* Copies `n` bytes, cleaned, and cut to `size` bytes with the NUL but not inside a character. `size` is at least 1. Returns
 * the length without the NUL. */
size_t hs_text_copy(char *to, size_t size, const char *text, size_t n, enum hs_text_rule rule);

/* The same for a string, with HS_TEXT_TERMINAL. Returns `to`. */
char *hs_text_clean(char *to, size_t size, const char *text);

/* How many of `n` bytes fit in `room` bytes without cutting a character. */
size_t hs_text_fit(size_t n, const char *text, size_t room);

/* The longest end of a text that fits in `room` bytes without cutting a character. */
const char *hs_text_tail(const char *text, size_t room);

/* Writes a cell of a CSV file. A text that begins like a formula gets an apostrophe in front, so that no spreadsheet runs it. */
void hs_text_csv(const char *text, FILE *out);

/* Returns a stream that writes cleaned text to `to`. It keeps line feeds, tabs and, with `colors`, the sequences that set
 * colours. Closing it leaves `to` open. NULL: out of memory. */
FILE *hs_text_stream(FILE *to, bool colors);

#endif
