/* SPDX-License-Identifier: MIT
 *
 * The traces that were recorded here, and the sources that they name. A trace may name any file: shown are only files of this
 * computer that were there, with these contents, when `heapstrata record` made that very trace. What it takes to know them
 * again is in the user's state folder ($XDG_STATE_HOME/heapstrata, else ~/.local/state/heapstrata): a random key and, for each
 * trace, hashes under that key (HMAC-SHA256), which say nothing to anyone without the key.
 */
#ifndef HS_CMD_KNOWN_H
#define HS_CMD_KNOWN_H

#include <stdbool.h>

struct hs_known; /* one trace */

/* Notes a trace that was just recorded, and these files as its sources; paths without links. Without a state folder, or in
 * a build without a library for the hash (nettle), nothing is noted. */
struct hs_known_files {
    char **path;
    unsigned n;
};
void hs_known_note(const char *trace, const struct hs_known_files *files);

/* The trace, when it is one that was noted, unchanged; else NULL. */
struct hs_known *hs_known_open(const char *trace);

/* Whether the file, by its path without links, was noted with the trace, and is as it was. */
bool hs_known_has(const struct hs_known *known, const char *path);

void hs_known_close(struct hs_known *known);

#endif
