/* SPDX-License-Identifier: MIT
 *
 * Full-screen use of the terminal: shows panes, reads keys. There is one screen, and it is restored however the program
 * ends.
 */
#ifndef HS_DRAW_SCREEN_H
#define HS_DRAW_SCREEN_H

#include "analysis/draw/pane.h"

/* Keys that are not characters; -1: no key. */
enum hs_press {
    HS_PRESS_NONE = -1,
    HS_PRESS_ENTER = '\n',
    HS_PRESS_ESCAPE = 27,
    HS_PRESS_BACKSPACE = 127,
    HS_PRESS_UP = 0x110000,
    HS_PRESS_DOWN,
    HS_PRESS_PAGE_UP,
    HS_PRESS_PAGE_DOWN,
    HS_PRESS_HOME,
    HS_PRESS_END,
    HS_PRESS_RESIZE,
    HS_PRESS_OTHER,
};

/* Restores the terminal by system calls only, for an immediate exit. */
void hs_screen_rescue(void);

/* The library that this build lacks, with the package to install; NULL: none. */
const char *hs_screen_missing(void);

/* Takes over the terminal. Keys are read from it even when standard input is redirected; *keys is a descriptor to poll.
 * Returns NULL, or the reason of failure. */
const char *hs_screen_open(bool color, int *keys);

/* Restores the terminal. May be called at any time, and repeatedly. */
void hs_screen_close(void);

/* Current size, which changes when the terminal is resized. */
struct hs_cell_at hs_screen_size(void);

void hs_screen_show(const struct hs_pane *pane);

/* The next key: a byte or an enum hs_press. Does not block. */
int hs_screen_key(void);

#endif
