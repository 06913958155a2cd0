/* SPDX-License-Identifier: MIT
 *
 * Traces that were recorded on this computer, with their sources. A trace may name any file. Only files that existed,
 * with the same contents, when `heapstrata record` made this trace are shown. The data to recognise them is in the
 * user's state folder (hs_system_state_folder, there heapstrata): a random key and, for each trace,
 * hashes under that key (HMAC-SHA256), which are useless without the key.
 */
#ifndef HS_CMD_KNOWN_H
#define HS_CMD_KNOWN_H

#include <stdbool.h>

struct hs_known; /* one trace */

/* Notes a newly recorded trace with these files as its sources; paths contain no symbolic links. Notes nothing without
 * a state folder. */
struct hs_known_files {
    char **path;
    unsigned n;
};
void hs_known_note(const char *trace, const struct hs_known_files *files);

/* The trace, when it was noted and has not changed; else NULL. */
struct hs_known *hs_known_open(const char *trace);

/* Whether the file was noted with the trace and has not changed; `path` contains no symbolic links. */
bool hs_known_has(const struct hs_known *known, const char *path);

void hs_known_close(struct hs_known *known);

#endif
