/* SPDX-License-Identifier: MIT
 *
 * Text as consoles, tools and people make it: lines, whatever they end with.
 */
#ifndef HS_LINES_H
#define HS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lines of a text; blanks at the end of each are left out. Starts with `at` and `end` set. */
struct hs_line_reader {
    const uint8_t *at, *end;
    const char *line; /* not terminated */
    size_t len;
    unsigned number; /* of the line, from 1 */
};
bool hs_next_line(struct hs_line_reader *lines);

/* Value of a hexadecimal digit, or -1. */
int hs_hex_digit(uint8_t c);

/* Windows writes what a program prints into a file with two bytes a character: makes it one, where the text
 * begins with the mark of that. Returns the length, which is never more than it was. */
size_t hs_text_narrow(uint8_t *bytes, size_t len);

/* Whether the first bytes of an input are text. */
bool hs_text_begins(const uint8_t *bytes, size_t len);

#endif
