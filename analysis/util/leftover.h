/* SPDX-License-Identifier: MIT
 *
 * Temporary files and folders that a signal removes before it ends the program: SIGINT, SIGTERM, SIGHUP, SIGQUIT and
 * what else is sent from outside. A signal that is ignored, or that a command handles itself, stays as it is.
 */
#ifndef HS_UTIL_LEFTOVER_H
#define HS_UTIL_LEFTOVER_H

#include <stdbool.h>

/* Makes a file or a folder as mkostemp and mkdtemp do, which a signal removes from that moment on; the latest first. The
 * file is returned open for reading and writing. -1 or false with errno set. */
int hs_leftover_file(char *template);
bool hs_leftover_folder(char *template);

/* The same of a file that there will be. False: out of memory. */
bool hs_leftover_add(const char *path);

/* Removes all of them now with system calls only, as a signal does: folders when they are empty. */
void hs_leftover_drop(void);

/* Removes all of them now, folders with what is in them. */
void hs_leftover_remove_all(void);

/* It is gone, or has become what is to stay. */
void hs_leftover_forget(const char *path);

#endif
