/* SPDX-License-Identifier: MIT
 *
 * What differs between systems, once for all. One file implements it per system: system_linux.c, lib/host/windows/system_windows.c,
 * lib/host/posix/system_posix.c (macOS and others) and system_wasi.c (WebAssembly, where there are no processes, signals or terminals).
 * Makefiles choose it: a source whose name ends in _linux.c, _windows.c, _posix.c or _wasi.c is for that system only, one whose name
 * ends in _unix.c for Linux and others with POSIX, in _portable.c for all but Linux, and one in _bare.c for those whose C library
 * has POSIX alone or less (bare.h). Functions that return int return -1 and set errno on an error.
 */
#ifndef HS_UTIL_SYSTEM_H
#define HS_UTIL_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- open files ---- */

/* A second descriptor, at least `least`, with the same file position. Programs that are started do not inherit it. */
int hs_system_duplicate(int fd, int least);

/* Occupies standard input, output and error where they are closed, so that no file that is opened later gets their numbers, and
 * with them what is printed. Reading and writing them still fails. */
void hs_system_hold_standard(void);

/* Makes `fd` standard input. */
int hs_system_replace_input(int fd);

/* Opens the same file once more, for reading from its start. */
int hs_system_open_again(int fd);

/* Shows other HeapStrata programs that the file is being written, until it is closed. */
void hs_system_mark_growing(int fd);

/* Whether another program marked the file so; with `any`, also whether any other program has it open for writing. False
 * where the system cannot say. */
bool hs_system_is_growing(int fd, bool any);

/* Gives a file that only its owner can read the mode that a new file has, or that of the file it will replace. */
struct stat;
void hs_system_set_mode(int fd, const struct stat *old);

/* The path without symbolic links. The caller frees it; NULL with errno set. */
char *hs_system_real_path(const char *path);

/* ---- temporary files ---- */

/* The folder for them. Valid until the program ends. */
const char *hs_system_temporary_folder(void);

/* 32 bits that nothing predicts. Not on Linux, which makes names itself. */
uint32_t hs_system_random(void);

/* mkostemp with O_CLOEXEC, and mkdtemp. */
int hs_system_make_file(char *template);
bool hs_system_make_folder(char *template);

/* A file without a name in a folder, open for reading and writing. -1 where the system or the file system has none. */
int hs_system_unnamed_file(const char *folder);

/* Removes a folder and what is in it, or a file. */
void hs_system_remove_tree(const char *path);

/* Gives the file `path` the name `name` too, which no file has yet. False if that failed, or where files have one name. */
bool hs_system_add_name(const char *path, const char *name);

/* Calls `drop` from a signal handler when a signal from outside ends the program. Signals that are ignored or handled already
 * are left as they are. */
void hs_system_on_end(void (*drop)(void));

/* Between the two calls no signal handler runs. They do not nest; errno is kept. */
void hs_system_hold_signals(void);
void hs_system_release_signals(void);

/* Writes to a file that is too large then fail with EFBIG instead of ending the program. */
void hs_system_survive_large_files(void);

/* ---- the user ---- */

/* Where programs keep what they know from run to run: $XDG_STATE_HOME, else ~/.local/state; on Windows %LOCALAPPDATA%. It may have to
 * be made. The caller frees it; NULL: there is none. */
char *hs_system_state_folder(void);

/* Whether the file or folder is the user's; with `alone`, also whether no other user can access it. True where users are not known:
 * Windows, whose folders of users are closed to others, and WebAssembly, where web/cli.mjs looks before. */
bool hs_system_is_mine(const struct stat *status, bool alone);

/* Bytes that nothing predicts. False: the system has none. */
bool hs_system_secret(void *bytes, size_t n);

/* ---- terminal and time ---- */

/* Whether output failed, with errno `why`, because the program that read it has ended, as `more` does. Always false where the system
 * sends SIGPIPE for that: a program that still runs was started with the signal ignored, and reports the error. */
bool hs_system_reader_has_ended(int why);

/* Columns of the terminal that standard output is; 0: it is none. */
unsigned hs_system_columns(void);

/* Columns of one character in UTF-8 of so many bytes: 1 or 2; else what a terminal makes of it is not known. */
int hs_system_width(const char *character, size_t length);

/* Whether terminals here expect UTF-8. Sets the locale's character type as a side effect. */
bool hs_system_has_utf8(void);

/* Time that only goes forward, in milliseconds. */
uint64_t hs_system_milliseconds(void);

#endif
