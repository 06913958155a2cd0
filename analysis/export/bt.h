/* SPDX-License-Identifier: MIT
 *
 * Stories handed to libbabeltrace2: written as a CTF trace, or read by any program that takes babeltrace2's
 * plugins (source.heapstrata.trace). The one file that knows that library.
 */
#ifndef HS_EXPORT_BT_H
#define HS_EXPORT_BT_H

#include "analysis/export/story.h"

/* NULL, or what has to be installed before this program is built, so that it can write CTF. */
extern const char *const hs_bt_missing;

struct hs_bt_job {
    const char *input;  /* trace to read */
    const char *folder; /* to be made; nothing may be there */
    unsigned sets;      /* enum hs_story_set */
    struct hs_symbols *symbols;
    struct hs_selection selection;
};

/* Writes a CTF 1.8 trace. Returns HS_OK or a negative enum hs_err, with *error filled; damage in the input that
 * was skipped is there too, with HS_OK returned. */
int hs_bt_write_ctf(const struct hs_bt_job *job, struct hs_error *error);

#endif
