/* SPDX-License-Identifier: MIT
 *
 * What cmd-record_portable.c needs to know of its system: serial_windows.c, serial_posix.c, serial_wasi.c.
 */
#ifndef HS_RECORD_PORTABLE_H
#define HS_RECORD_PORTABLE_H

#include <stdbool.h>

extern const char hs_record_usage[], hs_record_about[]; /* of the command */
extern const char hs_record_only[];                     /* the message when no port is named */
extern const bool hs_record_keeps_port;                 /* it stays open while its board restarts: it is not opened again */

/* Counts in *count, from now on, how often the user asks the program to end, which then does not end it. */
void hs_record_count_interrupts(volatile int *count);

#endif
