/* SPDX-License-Identifier: MIT
 *
 * Capabilities of the terminal, or of the output in its place.
 */
#ifndef HS_DRAW_TERMINAL_H
#define HS_DRAW_TERMINAL_H

#include <stdbool.h>

struct hs_terminal {
    unsigned width; /* columns, 40 to 400 */
    bool unicode;   /* block characters; else ASCII */
    bool color;
};

/* Width of standard output: of the terminal, of $COLUMNS, or 80. Unicode when the locale is UTF-8. */
struct hs_terminal hs_terminal_probe(bool color);

/* Maximum width of standard output: the terminal's, or $COLUMNS; 0: unlimited, as when a program reads it. */
unsigned hs_terminal_limit(void);

#endif
