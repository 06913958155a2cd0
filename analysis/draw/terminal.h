/* SPDX-License-Identifier: MIT
 *
 * What the terminal, or whatever output goes to, can show.
 */
#ifndef HS_DRAW_TERMINAL_H
#define HS_DRAW_TERMINAL_H

#include <stdbool.h>

struct hs_terminal {
    unsigned width; /* columns, 40 to 400 */
    bool unicode;   /* block characters, else ASCII */
    bool color;
};

/* Width of standard output: of the terminal, of $COLUMNS, or 80. Unicode when the locale is UTF-8. */
struct hs_terminal hs_terminal_probe(bool color);

/* What standard output must not be wider than: the terminal, or $COLUMNS; 0: anything, as for a program that reads it. */
unsigned hs_terminal_limit(void);

#endif
