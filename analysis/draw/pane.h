/* SPDX-License-Identifier: MIT
 *
 * A screenful of characters. Views fill it; screen.h shows it, or it is printed.
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

/* One position: a character of up to four bytes. After a wide character the next position is empty. */
struct hs_pane_cell {
    char text[5];
    struct hs_look look;
};

struct hs_pane {
    unsigned rows, columns;
    struct hs_pane_cell *place; /* row by row */
    size_t room;                /* allocated cells */
    bool unicode;               /* else non-ASCII characters are shown as ? */
};

/* Sets the size and clears the pane. It starts zeroed; memory is reused. Returns false when out of memory. */
bool hs_pane_size(struct hs_pane *pane, unsigned rows, unsigned columns);
void hs_pane_free(struct hs_pane *pane);

struct hs_cell_at {
    unsigned row, column;
};

/* Writes text, cut at the pane's edge; control characters are shown as ?. Returns the column after it. */
unsigned hs_pane_put(struct hs_pane *pane, struct hs_cell_at at, struct hs_look look, const char *text);
unsigned hs_pane_print(struct hs_pane *pane, struct hs_cell_at at, struct hs_look look, const char *format, ...)
    __attribute__((format(__printf__, 4, 5)));

/* Sets the look of the rest of a row, from `at` on. */
void hs_pane_paint(struct hs_pane *pane, struct hs_cell_at at, struct hs_look look);

/* Prints the pane as lines, without trailing blanks and trailing blank lines. */
void hs_pane_write(const struct hs_pane *pane, const struct hs_terminal *terminal, FILE *out);

#endif
