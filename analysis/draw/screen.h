/* SPDX-License-Identifier: MIT
 *
 * The terminal as a screen: panes are shown on it, keys are read from it. There is one, and whatever ends the program,
 * the terminal is as it was before.
 */
#ifndef HS_DRAW_SCREEN_H
#define HS_DRAW_SCREEN_H

#include "analysis/draw/pane.h"

/* Keys that are no characters; -1: none was pressed. */
enum hs_press {
    HS_PRESS_NONE = -1,
    HS_PRESS_ENTER = '\n', HS_PRESS_ESCAPE = 27, HS_PRESS_BACKSPACE = 127,
    HS_PRESS_UP = 0x110000, HS_PRESS_DOWN, HS_PRESS_PAGE_UP, HS_PRESS_PAGE_DOWN, HS_PRESS_HOME, HS_PRESS_END,
    HS_PRESS_RESIZE, HS_PRESS_OTHER,
};

/* Sets the terminal back by system calls only, for when the program ends at once. */
void hs_screen_rescue(void);

/* What a program of this build lacks for it, with the package to install; NULL: nothing. */
const char *hs_screen_missing(void);

/* Takes the terminal over. Keys come from it even when standard input is something else; *keys can be waited on. Returns
 * NULL, or why it cannot be. */
const char *hs_screen_open(bool color, int *keys);

/* Gives it back. May be called at any time, and again. */
void hs_screen_close(void);

/* Its present size, which a resize changes. */
struct hs_cell_at hs_screen_size(void);

void hs_screen_show(const struct hs_pane *pane);

/* The next key: a byte or an enum hs_press. Does not wait. */
int hs_screen_key(void);

#endif
