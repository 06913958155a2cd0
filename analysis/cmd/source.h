/* SPDX-License-Identifier: MIT
 *
 * Finds the source files that a trace names on this computer.
 */
#ifndef HS_CMD_SOURCE_H
#define HS_CMD_SOURCE_H

#include "analysis/cmd/cmd.h"

/* Where to look. */
struct hs_sources {
    const char *trace; /* path of the input; "-": none */
    const struct hs_reader *reader;
    const struct hs_list *given; /* --source: files and folders; NULL: none */
    bool unseen;                 /* the text is not shown, so any file is allowed */
};

/* Path of the source `file`. It is searched where --source says (symbolic links must not lead out of there), or beside
 * a file given there. For a trace that was recorded on this computer (known.h), unchanged sources are also found beside
 * the trace, in the folder that the firmware recorded, under the name itself, or beside the script that imported them.
 * Among several files the one whose path matches the longest end of the name wins; ".." never matches. NULL when not
 * found. The caller frees it. */
char *hs_source_find(const struct hs_sources *where, const char *file);

/* Notes a newly recorded trace with its sources: those below the current folder and below that of `script`, which may
 * be NULL. */
void hs_source_note(const char *trace, const char *script);

struct hs_source_text {
    const char *path, *text;
};

/* A warning if the file was changed after the trace was written, and is not as it was noted with the trace; NULL: none. The caller
 * frees it. */
char *hs_source_newer(const struct hs_sources *where, const char *path);

/* Why a source does not seem to be the one that ran: "it has no function work". NULL when there is no contradiction.
 * The caller frees it. */
char *hs_source_doubt(const struct hs_reader *reader, const char *file, const struct hs_source_text *source);

/* The text of a source, cut at 16 MB; NULL when it cannot be read. The caller frees it. */
char *hs_source_load(const char *path);

/* The text of a source that the trace at path `trace` names, unless it seems to be another one than ran; NULL: not at hand. The
 * caller frees it. */
char *hs_source_text(const char *trace, const struct hs_reader *reader, const char *file);

/* The part after the last slash. */
const char *hs_last_part(const char *path);

#endif
