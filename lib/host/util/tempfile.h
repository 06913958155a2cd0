/* SPDX-License-Identifier: MIT
 *
 * Temporary files and folders, in $TMPDIR where none is named. Two kinds:
 *
 *   - With a name: a signal that ends the program removes them first (SIGINT, SIGTERM, SIGHUP, SIGQUIT and what else is
 *     sent from outside). A signal that is ignored, or that a command handles itself, stays as it is.
 *   - Without a name: the system removes them with their last user.
 *
 * What is written under a target's name is for output.h. All of these return -1 or false with errno set on an error.
 */
#ifndef HS_UTIL_TEMPFILE_H
#define HS_UTIL_TEMPFILE_H

#include <stdbool.h>
#include <stddef.h>

/* ---- with a name ---- */

#define HS_TEMP_NAME_MAX 4096u /* bytes, with the NUL */

/* A name for a file or folder in $TMPDIR, ending in the X that mkostemp replaces. False: it is too long. */
bool hs_temp_name(char name[HS_TEMP_NAME_MAX]);

/* Makes a file or a folder as mkostemp and mkdtemp do. The file is returned open for reading and writing. */
int hs_temp_file(char *template);
bool hs_temp_folder(char *template);

/* A file that will be made later, by somebody else. */
bool hs_temp_add(const char *path);

/* It is gone, or has become what is to stay. */
void hs_temp_forget(const char *path);

/* Removes all of them now, the latest first, with system calls only, as a signal does: folders when they are empty. */
void hs_temp_drop(void);

/* Removes all of them now, folders with what is in them. */
void hs_temp_remove_all(void);

/* ---- a folder with one file in it ---- */

/* For a pipe or file that another program or a library wants by name, which nobody else can put there. */
struct hs_scratch {
    char folder[HS_TEMP_NAME_MAX];
    char file[HS_TEMP_NAME_MAX + 44];
};

/* Makes the folder and names the file, which is not made. */
bool hs_scratch_make(struct hs_scratch *scratch, const char *name);

/* Removes both. */
void hs_scratch_remove(struct hs_scratch *scratch);

/* ---- without a name ---- */

/* Makes a file for reading and writing. */
int hs_unnamed_file(void);

/* Opens the same file once more, at its beginning, for reading. */
int hs_unnamed_again(int fd);

#endif
