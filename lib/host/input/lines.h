/* SPDX-License-Identifier: MIT
 *
 * Lines of a text, with any line end.
 */
#ifndef HS_LINES_H
#define HS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lines of a text, without trailing blanks, and without color sequences at either end. The caller sets `at` and `end` first. */
struct hs_line_reader {
    const uint8_t *at, *end;
    const char *line; /* not terminated */
    size_t len;
    unsigned number; /* of the line, from 1 */
};
bool hs_next_line(struct hs_line_reader *lines);

/* Value of a hexadecimal digit, or -1. */
int hs_hex_digit(uint8_t c);

/* Converts UTF-16 text, as Windows writes redirected output, to one byte per character, in place. Only if it begins with a
 * byte order mark. Returns the new length, which is at most `len`. */
size_t hs_text_narrow(uint8_t *bytes, size_t len);

/* Whether the first bytes of an input are text. */
bool hs_text_begins(const uint8_t *bytes, size_t len);

#endif
