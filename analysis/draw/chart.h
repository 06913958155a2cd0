/* SPDX-License-Identifier: MIT
 *
 * Charts in the terminal, in block characters or ASCII: stacked bar panels over a common axis, rows of flags, and
 * histograms.
 */
#ifndef HS_DRAW_CHART_H
#define HS_DRAW_CHART_H

#include <stdio.h>

#include "analysis/draw/terminal.h"

enum hs_hue { HS_HUE_NONE, HS_HUE_BLUE, HS_HUE_CYAN, HS_HUE_GREEN, HS_HUE_YELLOW, HS_HUE_RED, HS_HUE_MAGENTA, HS_HUE_DIM };

/* Columns to the left of the plot: labels and the axis. */
#define HS_CHART_MARGIN 10u

/* Switches to a colour; HS_HUE_NONE resets it. Writes nothing when the terminal has no colour. */
void hs_hue(FILE *out, const struct hs_terminal *terminal, enum hs_hue hue);

/* One column of a panel. Shares of its height: solid up to `solid`, light from there to `light`, and hatched from the
 * top down by `hang`. */
struct hs_bar {
    double solid, light, hang;
};

struct hs_panel {
    const char *top, *bottom; /* labels of the ends of the axis */
    unsigned rows, columns;
    const struct hs_bar *bar; /* `columns` */
    enum hs_hue solid, hang;
};
void hs_chart_panel(FILE *out, const struct hs_terminal *terminal, const struct hs_panel *panel);

/* A row of single characters: ' ' none, 'v' collection, 'x' failure, '^' restart; others as they are. */
struct hs_flags {
    const char *label;
    const char *flag;
    unsigned columns;
    enum hs_hue hue;
};
void hs_chart_flags(FILE *out, const struct hs_terminal *terminal, const struct hs_flags *flags);

/* The axis below, with three labels. */
struct hs_axis {
    const char *left, *middle, *right;
    unsigned columns;
};
void hs_chart_axis(FILE *out, const struct hs_terminal *terminal, const struct hs_axis *axis);

/* A horizontal bar of a histogram. */
struct hs_stripe {
    const char *label, *text; /* printed before and after it */
    double share;             /* of `width` */
    unsigned width;
    enum hs_hue hue;
};
void hs_chart_stripe(FILE *out, const struct hs_terminal *terminal, const struct hs_stripe *stripe);

/* The characters that a panel is drawn with, for a legend. */
struct hs_shades {
    const char *solid, *light, *hang;
};
struct hs_shades hs_chart_shades(const struct hs_terminal *terminal);

#endif
