/* SPDX-License-Identifier: MIT
 *
 * Text of a trace may hold anything. What steers a terminal or reorders what is shown is no character to show: control
 * characters (C0, DEL and C1, also a lone byte such as 0x9b), marks that change the direction of text, line and paragraph
 * separators, and bytes that are no UTF-8.
 */
#ifndef HS_UTIL_CLEAN_TEXT_H
#define HS_UTIL_CLEAN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct hs_character {
    unsigned char length; /* bytes, at least 1 */
    bool valid;           /* UTF-8; else one byte that begins none */
    bool shown;           /* false: put something else in its place */
    bool cut;             /* the `n` bytes end in the midst of it */
    unsigned code;        /* Unicode, or the byte where it is no UTF-8 */
};

/* The character that `n` bytes, at least one, begin with. */
struct hs_character hs_character_of(const char *bytes, size_t n);

/* What may pass to whom, and what stands for the rest. */
enum hs_text_rule {
    HS_TEXT_TERMINAL, /* what is shown; '?' for the rest */
    HS_TEXT_XML,      /* what XML and cairo take: no control characters, U+FFFE and U+FFFF; U+FFFD */
    HS_TEXT_UTF8,     /* all that is UTF-8; U+FFFD */
};

#define HS_TEXT_GROWTH 3u /* bytes that one byte becomes at most */

/* Copies `n` bytes, cleaned, and cut to `size` bytes with the NUL, not within a character. `size` is at least 1. Returns the
 * length without the NUL. */
size_t hs_text_copy(char *to, size_t size, const char *text, size_t n, enum hs_text_rule rule);

/* The same of a text, for a terminal. Returns `to`. */
char *hs_text_clean(char *to, size_t size, const char *text);

/* How many of `n` bytes fit `room`, a character not being cut. */
size_t hs_text_fit(size_t n, const char *text, size_t room);

/* Where the last bytes of a text begin that fit `room`, a character not being cut. */
const char *hs_text_tail(const char *text, size_t room);

/* A cell of a CSV file. A spreadsheet takes a text that begins like a formula for one: it gets an apostrophe in front. */
void hs_text_csv(const char *text, FILE *out);

/* `to` gets what is written to the stream returned, cleaned; only line feeds, tabs and, with `colors`, the sequences that
 * set colours pass. Closing it leaves `to` open. NULL: out of memory. */
FILE *hs_text_stream(FILE *to, bool colors);

#endif
