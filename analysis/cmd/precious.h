/* SPDX-License-Identifier: MIT
 *
 * Files that no command replaces: an option with the wrong name must not destroy a user's work.
 */
#ifndef HS_CMD_PRECIOUS_H
#define HS_CMD_PRECIOUS_H

#include <stdbool.h>

/* What the existing file `target` is that forbids replacing it: "a source, a document or a firmware". NULL: it may be written. With
 * `trace` a trace is written. Files that are empty, devices and pipes may always be written, and a trace by another trace. */
const char *hs_precious(const char *target, bool trace);

#endif
