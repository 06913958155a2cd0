/* SPDX-License-Identifier: MIT
 *
 * Matches the source files of two runs: by name; and when each run has exactly one file that the other has not, such as
 * a renamed main script, these two, unless their texts have little in common. Lines are matched by text when both texts are available.
 */
#ifndef HS_SITES_SAMEFILES_H
#define HS_SITES_SAMEFILES_H

#include "analysis/sites/align.h"
#include "lib/host/reader.h"

/* A file of a run, and the same file of the first run. */
struct hs_same_file {
    const char *own, *base;  /* names as in the traces */
    struct hs_line_map line; /* own lines to lines of the first run; empty: identical */
};

struct hs_same_files {
    struct hs_same_file *file; /* `n`: the files whose names or texts differ */
    unsigned n;
};

/* A run, read to its end. `text` returns a source's text, which the caller frees, or NULL when it is not available. */
struct hs_run_files {
    const struct hs_reader *reader;
    char *(*text)(void *context, const char *file);
    void *context;
};

/* Fills *same for `own` against `base`. Returns HS_OK or HS_ERR_MEMORY; free it in both cases. */
int hs_same_files_make(struct hs_same_files *same, const struct hs_run_files *own, const struct hs_run_files *base);
void hs_same_files_free(struct hs_same_files *same);

/* The entry of a file, by its own name; NULL: it is identical in the first run, or exists only in this one. */
const struct hs_same_file *hs_same_file_of(const struct hs_same_file *file, unsigned n, const char *own);

#endif
