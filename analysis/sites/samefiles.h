/* SPDX-License-Identifier: MIT
 *
 * Source files of a run that are those of another one: by their names; and when each run has just one file that the other
 * has not, such as a main script that was renamed, these two. Lines are matched by the texts where both are at hand.
 */
#ifndef HS_SITES_SAMEFILES_H
#define HS_SITES_SAMEFILES_H

#include "analysis/sites/align.h"
#include "lib/host/reader.h"

/* A file of a run, and what it is in the first. */
struct hs_same_file {
    const char *own, *base;  /* names as the traces have them */
    struct hs_line_map line; /* own lines to those of the first; no lines: as they are */
};

struct hs_same_files {
    struct hs_same_file *file; /* `n`: those whose names or texts differ */
    unsigned n;
};

/* A run, read to its end. `text` returns a source's text, which the caller frees, or NULL when it is not at hand. */
struct hs_run_files {
    const struct hs_reader *reader;
    char *(*text)(void *context, const char *file);
    void *context;
};

/* Fills *same for `own` against `base`. Returns HS_OK or HS_ERR_MEMORY; free it in both cases. */
int hs_same_files_make(struct hs_same_files *same, const struct hs_run_files *own, const struct hs_run_files *base);
void hs_same_files_free(struct hs_same_files *same);

/* The entry of a file, by its own name; NULL: it is as it is in the first, or only in this run. */
const struct hs_same_file *hs_same_file_of(const struct hs_same_file *file, unsigned n, const char *own);

#endif
