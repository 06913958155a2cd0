/* SPDX-License-Identifier: MIT
 *
 * Calls kept on disk, some 12 bytes each, until all of them are known: written once, then read once.
 */
#ifndef HS_IMPORT_CALL_LOG_H
#define HS_IMPORT_CALL_LOG_H

#include <stdio.h>

#include "analysis/import/calls.h"

struct hs_call_log {
    FILE *file;
    struct hs_import_call last;
    uint64_t calls;
};

/* Begins an empty one. Returns 0, or HS_ERR_IO with errno set. */
int hs_call_log_open(struct hs_call_log *spool);
void hs_call_log_close(struct hs_call_log *spool);

/* Adds a call; a time before that of the call before is made that. Errors show in hs_call_log_rewind. */
void hs_call_log_put(struct hs_call_log *spool, const struct hs_import_call *call);

/* Back to the first call, for reading. Returns 0, or HS_ERR_IO with errno set when not all could be written. */
int hs_call_log_rewind(struct hs_call_log *spool);

/* The next call. Returns 1, 0 behind the last one, HS_ERR_IO. */
int hs_call_log_get(struct hs_call_log *spool, struct hs_import_call *call);

#endif
