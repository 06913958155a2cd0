/* SPDX-License-Identifier: MIT
 *
 * The source files that a trace names, as they lie on this computer.
 */
#ifndef HS_CMD_SOURCE_H
#define HS_CMD_SOURCE_H

#include "analysis/cmd/cmd.h"

/* Where to look. */
struct hs_sources {
    const char *trace;              /* path of the input, "-" for none */
    const struct hs_reader *reader;
    const struct hs_list *given;    /* --source: files and folders; NULL: none */
};

/* Path of the source `file`: where --source says, beside the trace, where the firmware said, or as it is.
 * NULL when it is in none of these places. The caller frees it. */
char *hs_source_find(const struct hs_sources *where, const char *file);

/* The text of a source, cut at 16 MB; NULL when it cannot be read. The caller frees it. */
char *hs_source_load(const char *path);

/* What follows the last slash. */
const char *hs_last_part(const char *path);

#endif
