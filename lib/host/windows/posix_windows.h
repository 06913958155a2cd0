/* SPDX-License-Identifier: MIT
 *
 * What the sources use of POSIX, and by bare.h of glibc, for Windows: the compiler includes this file before each source. Names of files are
 * UTF-8 with '/' or '\' between their parts; a file that is open can be renamed and removed, as elsewhere. All else is as POSIX
 * says, but for what a comment names.
 */
#ifndef HS_WINDOWS_POSIX_WINDOWS_H
#define HS_WINDOWS_POSIX_WINDOWS_H

#define _CRT_RAND_S /* stdlib.h has rand_s then */

#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <malloc.h>
#include <process.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* ---- the program ---- */

/* main() gets its arguments in UTF-8. A path with '\' in an argument gets '/' instead. */
#define main hs_main
int hs_main(int argc, char **argv);

/* ---- errors ---- */

#ifndef EDQUOT
#define EDQUOT ENOSPC
#endif

/* ---- files ---- */

#undef stat
#undef lstat
#undef fstat
struct hs_stat {
    uint64_t st_dev, st_ino;
    unsigned short st_mode;
    int64_t st_size;
    struct timespec st_mtim; /* to 100 ns */
};
int hs_stat(const char *path, struct hs_stat *status);
int hs_fstat(int fd, struct hs_stat *status);
#define stat hs_stat
#define lstat hs_stat /* links are followed */
#define fstat hs_fstat

#define S_ISLNK(mode) 0
#define O_CLOEXEC _O_NOINHERIT
#define O_NONBLOCK 0
#define O_NOCTTY 0
#define O_NOFOLLOW 0

int hs_open(const char *path, int flags, ...);
int hs_access(const char *path, int mode);
int hs_rename(const char *from, const char *to);
int hs_unlink(const char *path);
int hs_rmdir(const char *path);
int hs_mkdir(const char *path, int mode);
int hs_isatty(int fd);
ssize_t hs_write(int fd, const void *bytes, size_t n);
int64_t hs_lseek(int fd, int64_t offset, int from);
ssize_t hs_pread(int fd, void *bytes, size_t n, int64_t at);
ssize_t hs_readlink(const char *path, char *text, size_t size);
int hs_ftruncate(int fd, int64_t size);
int hs_posix_fallocate(int fd, int64_t at, int64_t n);
#define open hs_open
#define access hs_access
#define rename hs_rename
#define unlink hs_unlink
#define rmdir hs_rmdir
#define mkdir hs_mkdir
#define isatty hs_isatty
#define write(fd, bytes, n) hs_write(fd, bytes, n)
#define tell hs_tell /* of io.h, and not used */
#undef lseek
#define lseek hs_lseek
#define pread hs_pread
#define readlink hs_readlink
#undef ftruncate
#define ftruncate hs_ftruncate
#define posix_fallocate hs_posix_fallocate

/* ---- strings and memory ---- */

char *hs_strndup(const char *text, size_t n);
char *hs_stpcpy(char *to, const char *from);
#define strndup hs_strndup
#define stpcpy hs_stpcpy

/* Memory that free() frees. The alignment is at most malloc's, 16 bytes. */
void *hs_aligned_alloc(size_t alignment, size_t n);
#define aligned_alloc hs_aligned_alloc

/* ---- streams ---- */

/* The format that attributes name: that of the functions in bare.h, not that of Windows' own. */
#define __printf__ gnu_printf
#define HS_FORMAT gnu_printf
#include "lib/host/bare/bare.h"

FILE *hs_fopen(const char *path, const char *mode);
#undef fopen
#define fopen hs_fopen
#define getc_unlocked getc

#endif
