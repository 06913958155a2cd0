/* SPDX-License-Identifier: MIT
 *
 * Colours of pictures, on light and on dark pages. Colours also differ in lightness, so that the colour-blind can read
 * a picture, also in a grey print. Hues are those of M. Okabe and K. Ito, "Color Universal Design", 2008, some of them
 * lighter or darker.
 */
#ifndef HS_DRAW_THEME_H
#define HS_DRAW_THEME_H

#include "analysis/draw/canvas.h"

#define HS_THEME_CLASSES 8u
#define HS_THEME_NAMES "light|dark" /* in the order of enum hs_theme_name */

enum hs_theme_name { HS_THEME_LIGHT, HS_THEME_DARK };

struct hs_theme {
    struct hs_ink page, panel, text, dim, grid;
    struct hs_ink used, used_at_times, run, pieces; /* heap over time */
    struct hs_ink fragmentation, pause, unknown;
    struct hs_ink failure, mark, reset, loss; /* flags */
    struct hs_ink class[HS_THEME_CLASSES];    /* kinds of blocks, heaviest first */
    struct hs_ink age[HS_THEME_CLASSES];      /* youngest first: lightness increases or decreases steadily */
    struct hs_ink other, free, outline;
    struct hs_ink kept, added, removed, replaced; /* between two moments */
    struct hs_ink opened;                         /* a run that would become free */
};

const struct hs_theme *hs_theme(enum hs_theme_name name);

#endif
