/* SPDX-License-Identifier: MIT
 *
 * A pane of characters, as much as a screen shows, filled by presenters and shown by screen.h or printed.
 */
#ifndef HS_DRAW_PANE_H
#define HS_DRAW_PANE_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/draw/chart.h"

struct hs_look {
    enum hs_hue hue;
    bool bold, reverse;
};

/* One place: a character of up to four bytes. Of a wide one the place behind it is empty. */
struct hs_cell {
    char text[5];
    struct hs_look look;
};

struct hs_pane {
    unsigned rows, columns;
    struct hs_cell *place; /* row by row */
    bool unicode;           /* else all but ASCII is shown as ? */
};

/* Makes a pane of that size, all blank; kept memory is used again. It starts zeroed. False when memory is short. */
bool hs_pane_size(struct hs_pane *pane, unsigned rows, unsigned columns);
void hs_pane_free(struct hs_pane *pane);

struct hs_cell_at {
    unsigned row, column;
};

/* Writes text, cut at the pane's edge; control characters are shown as ?. Returns the column behind it. */
unsigned hs_pane_put(struct hs_pane *pane, struct hs_cell_at at, struct hs_look look, const char *text);
unsigned hs_pane_print(struct hs_pane *pane, struct hs_cell_at at, struct hs_look look, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Gives the rest of a row, from `at` on, that look. */
void hs_pane_paint(struct hs_pane *pane, struct hs_cell_at at, struct hs_look look);

/* Prints it as lines, without blanks at their ends and without blank lines at its end. */
void hs_pane_write(const struct hs_pane *pane, const struct hs_terminal *terminal, FILE *out);

#endif
