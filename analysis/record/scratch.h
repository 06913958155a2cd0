/* SPDX-License-Identifier: MIT
 *
 * A folder of our own for a pipe or file that another program or a library wants by name.
 */
#ifndef HS_RECORD_SCRATCH_H
#define HS_RECORD_SCRATCH_H

#include <stdbool.h>

struct hs_scratch {
    char folder[256];
    char file[300]; /* the one file in it */
};

/* Makes the folder under $TMPDIR and names the file, which is not made. False with errno set. */
bool hs_scratch_make(struct hs_scratch *scratch, const char *name);

/* Removes both. */
void hs_scratch_remove(struct hs_scratch *scratch);

#endif
