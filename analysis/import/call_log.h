/* SPDX-License-Identifier: MIT
 *
 * Calls kept on disk, some 12 bytes each, until all of them are known: written once, then read once.
 */
#ifndef HS_IMPORT_CALL_LOG_H
#define HS_IMPORT_CALL_LOG_H

#include <stdio.h>

#include "analysis/import/calls.h"

struct hs_spool {
    FILE *file;
    struct hs_call last;
    uint64_t calls;
};

/* Begins an empty one. Returns 0, or HS_ERR_IO with errno set. */
int hs_spool_open(struct hs_spool *spool);
void hs_spool_close(struct hs_spool *spool);

/* Adds a call; a time before that of the call before is made that. Errors show in hs_spool_rewind. */
void hs_spool_put(struct hs_spool *spool, const struct hs_call *call);

/* Back to the first call, for reading. Returns 0, or HS_ERR_IO with errno set when not all could be written. */
int hs_spool_rewind(struct hs_spool *spool);

/* The next call. Returns 1, 0 behind the last one, HS_ERR_IO. */
int hs_spool_get(struct hs_spool *spool, struct hs_call *call);

#endif
