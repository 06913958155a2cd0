/* SPDX-License-Identifier: MIT
 *
 * What follows when a trace is written: its sources are noted, and the user reads the diagnosis's first finding.
 */
#ifndef HS_RECORD_CMD_RECORD_LOOK_H
#define HS_RECORD_CMD_RECORD_LOOK_H

#include <stdbool.h>

/* The trace is a file. `script` is the program that ran, NULL if that is not known; with `say` the finding is printed to standard
 * error. */
void hs_record_look(const char *trace, const char *script, bool say);

#endif
