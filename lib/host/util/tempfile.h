/* SPDX-License-Identifier: MIT
 *
 * Temporary files and folders, in $TMPDIR unless the caller names another folder. Two kinds:
 *
 *   - With a name: they are removed when a signal ends the program (SIGINT, SIGTERM, SIGHUP, SIGQUIT and others that are
 *     sent from outside). Signals that are ignored, or that a command handles, are left unchanged.
 *   - Without a name: the system removes them when the last descriptor is closed.
 *
 * For files that get a target's name, use output.h. On an error, these functions return -1 or false and set errno.
 */
#ifndef HS_UTIL_TEMPFILE_H
#define HS_UTIL_TEMPFILE_H

#include <stdbool.h>
#include <stddef.h>

/* ---- with a name ---- */

#define HS_TEMP_NAME_MAX 4096u /* bytes, with the NUL */

/* Makes a template for a file or folder in $TMPDIR, ending in the X characters that mkostemp replaces. False: too long. */
bool hs_temp_name(char name[HS_TEMP_NAME_MAX]);

/* Makes a file or a folder as mkostemp and mkdtemp do. Returns the file open for reading and writing. */
int hs_temp_file(char *template);
bool hs_temp_folder(char *template);

/* Registers a file that another function or program creates later. */
bool hs_temp_add(const char *path);

/* Unregisters a path that was removed, or that is to be kept. */
void hs_temp_forget(const char *path);

/* Removes all of them, the latest first, and folders only if they are empty. Uses only system calls: a signal handler may
 * call it. */
void hs_temp_drop(void);

/* Removes all of them, and folders with their contents. */
void hs_temp_remove_all(void);

/* ---- a folder with one file in it ---- */

/* For a pipe or file that another program or a library opens by name. Other users cannot create a file there. */
struct hs_scratch {
    char folder[HS_TEMP_NAME_MAX];
    char file[HS_TEMP_NAME_MAX + 44];
};

/* Makes the folder and sets the file's name; does not create the file. */
bool hs_scratch_make(struct hs_scratch *scratch, const char *name);

/* Removes both. */
void hs_scratch_remove(struct hs_scratch *scratch);

/* ---- without a name ---- */

/* Makes a file, open for reading and writing. */
int hs_unnamed_file(void);

/* Opens the same file again, for reading from its start. */
int hs_unnamed_again(int fd);

#endif
