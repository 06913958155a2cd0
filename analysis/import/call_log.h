/* SPDX-License-Identifier: MIT
 *
 * A file of calls, about 12 bytes each, until all of them are known: written once, then read once.
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

/* Opens an empty log. Returns 0, or HS_ERR_IO with errno set. */
int hs_call_log_open(struct hs_call_log *spool);
void hs_call_log_close(struct hs_call_log *spool);

/* Adds a call. If its time is before that of the last call, it gets the last call's time. hs_call_log_rewind reports errors. */
void hs_call_log_put(struct hs_call_log *spool, const struct hs_import_call *call);

/* Returns to the first call, for reading. Returns 0, or HS_ERR_IO with errno set when a call could not be written. */
int hs_call_log_rewind(struct hs_call_log *spool);

/* Reads the next call. Returns 1, 0 after the last call, or HS_ERR_IO. */
int hs_call_log_get(struct hs_call_log *spool, struct hs_import_call *call);

#endif
