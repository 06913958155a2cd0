/* SPDX-License-Identifier: MIT
 *
 * The sources of a traced program as one text: a name in one file may be used in another one.
 */
#ifndef HS_DIAGNOSIS_PROGRAM_TEXT_H
#define HS_DIAGNOSIS_PROGRAM_TEXT_H

#include "analysis/diagnosis/python_text.h"
#include "analysis/refs/frames.h"
#include "analysis/sites/names.h"

#define HS_PROGRAM_FILES 64u /* further files are not read */

/* Where sources are found. `text` returns the text of a source file that the trace names, which the caller frees; NULL: not at
 * hand. It may be NULL. */
struct hs_sources_at {
    const char *trace;
    char *(*text)(const char *trace, const struct hs_reader *reader, const char *file);
};

/* The text of a source, or NULL; the caller frees it. */
char *hs_sources_text(const struct hs_sources_at *sources, const struct hs_reader *reader, const char *file);

/* A file within the text of all. */
struct hs_source_file {
    char name[HS_NAME_MAX];
    uint32_t line, end; /* its first line, and the one after its last */
};

struct hs_program_text {
    struct hs_source_file file[HS_PROGRAM_FILES]; /* `n_files` */
    uint32_t n_files;
    char *text;
    size_t length;
    struct hs_python python; /* of all; its lines are those of `text` */
};

/* Reads every file of which a line has allocated anything. Free *sources with hs_program_text_free in any case. Returns HS_OK,
 * HS_ERR_KIND when no source is at hand or they are too long, or HS_ERR_MEMORY. */
int hs_program_text_read(struct hs_program_text *sources, const struct hs_sources_at *at, const struct hs_names *names);
void hs_program_text_free(struct hs_program_text *sources);

/* The row with a line of a file, whose name has `length` bytes; UINT32_MAX: there is none. */
uint32_t hs_program_text_row(const struct hs_program_text *sources, const char *file, size_t length, uint32_t line);

/* The row after the last one of the row's file. */
uint32_t hs_program_text_end(const struct hs_program_text *sources, uint32_t row);

/* As hs_program_text_row, for the name of a line: "main.py:5 work". */
uint32_t hs_program_text_row_named(const struct hs_program_text *sources, const char *name);

/* The same for a running call: the row that it is at. */
uint32_t hs_program_text_row_of_call(const struct hs_program_text *sources, const struct hs_call_frame *call);

/* The line of a row in its file; writes "main.py:5" into `text` of HS_NAME_MAX bytes, unless it is NULL. */
uint32_t hs_program_text_line(const struct hs_program_text *sources, uint32_t row, char *text);

#endif
