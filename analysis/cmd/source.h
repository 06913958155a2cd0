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
    bool unseen;                    /* nothing of the text is shown: any file will do, whoever made the trace */
};

/* Path of the source `file`: where --source says, in the end too, when all links are followed; or beside a file that it
 * says. A trace that was recorded here (known.h) also has its sources beside it, where the firmware said, as they are, or
 * beside the script that imported them, unless they were changed since. Of several files the one counts whose path has the
 * longest end in common with the name, in which steps upwards mean nothing. NULL when it is in none of these places. The
 * caller frees it. */
char *hs_source_find(const struct hs_sources *where, const char *file);

/* Notes a trace that was just recorded, with its sources: those below the present folder and that of the script, which may
 * be NULL. */
void hs_source_note(const char *trace, const char *script);

struct hs_source_text {
    const char *path, *text;
};

/* Why a source that was found does not seem to be the one that ran: "it has no function work". NULL when nothing speaks
 * against it. The caller frees it. */
char *hs_source_doubt(const struct hs_reader *reader, const char *file, const struct hs_source_text *source);

/* The text of a source, cut at 16 MB; NULL when it cannot be read. The caller frees it. */
char *hs_source_load(const char *path);

/* What follows the last slash. */
const char *hs_last_part(const char *path);

#endif
