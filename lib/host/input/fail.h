/* SPDX-License-Identifier: MIT
 *
 * How the reader reports an error. Not part of the public API.
 */
#ifndef HS_HOST_FAIL_H
#define HS_HOST_FAIL_H

#include "lib/host/reader.h"

/* Formats `text` into *error, unless *error already has an error: the first one is kept. */
void hs_fail_with(struct hs_error *error, int code, uint64_t offset, const char *text, ...)
    __attribute__((format(__printf__, 4, 5)));

#endif
