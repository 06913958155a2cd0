/* SPDX-License-Identifier: MIT
 *
 * WebAssembly under WASI, as web/wasi.mjs provides it: files and standard streams, the current folder in the variable PWD. Of
 * Linux's file system it has /dev/fd/N (the same open file) and /proc/self/fd/N (the same file, opened once more). A link /proc/real/PATH leads to PATH
 * without symbolic links.
 */
#include "lib/host/util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wasi/api.h>

__attribute__((constructor)) static void begin(void)
{
    const char *folder = getenv("PWD");
    if (folder && chdir(folder))
        fprintf(stderr, "heapstrata: cannot use the folder %s\n", folder);
}

/* The C library declares it without having it: there are no threads. */
void call_once(once_flag *flag, void (*once)(void))
{
    if (!*flag)
        once();
    *flag = 1;
}

/* ---- open files ---- */

static int open_by_number(const char *folder, int fd, int flags)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%d", folder, fd);
    return open(path, flags);
}

int hs_system_duplicate(int fd, int least)
{
    (void)least; /* numbers below are in use: standard streams and the root folder */
    return open_by_number("/dev/fd", fd, O_RDWR);
}

void hs_system_hold_standard(void) {}

int hs_system_replace_input(int fd) { return __wasi_fd_renumber(fd, STDIN_FILENO) ? -1 : STDIN_FILENO; }

int hs_system_open_again(int fd) { return open_by_number("/proc/self/fd", fd, O_RDONLY); }

char *hs_system_real_path(const char *path)
{
    char question[PATH_MAX + 16], folder[PATH_MAX] = "", answer[PATH_MAX];
    if (*path != '/' && !getcwd(folder, sizeof folder))
        return NULL;
    snprintf(question, sizeof question, "/proc/real/%s/%s", folder, path);
    ssize_t n = readlink(question, answer, sizeof answer - 1);
    if (n < 0)
        return NULL;
    answer[n] = '\0';
    return strdup(answer);
}

void hs_system_mark_growing(int fd) { (void)fd; }

bool hs_system_is_growing(int fd, bool any)
{
    (void)fd;
    (void)any;
    return false;
}

void hs_system_set_mode(int fd, const struct stat *old)
{
    (void)fd;
    (void)old;
}

/* ---- temporary files ---- */

const char *hs_system_temporary_folder(void)
{
    const char *set = getenv("TMPDIR");
    return set && *set ? set : "/tmp";
}

uint32_t hs_system_random(void)
{
    static uint32_t number;
    uint32_t random;
    return hs_system_secret(&random, sizeof random) ? random : ++number;
}

int hs_system_unnamed_file(const char *folder)
{
    (void)folder;
    errno = ENOTSUP;
    return -1;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)place;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

void hs_system_remove_tree(const char *path) { nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS); }
bool hs_system_add_name(const char *path, const char *name) { return (void)path, (void)name, false; }

/* There are no signals. */
void hs_system_on_end(void (*drop)(void)) { (void)drop; }
void hs_system_hold_signals(void) {}
void hs_system_release_signals(void) {}
void hs_system_survive_large_files(void) {}

/* ---- the user ---- */

char *hs_system_state_folder(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *folder = NULL;
    if (state && *state == '/')
        return strdup(state);
    return home && *home == '/' && asprintf(&folder, "%s/.local/state", home) >= 0 ? folder : NULL;
}

bool hs_system_is_mine(const struct stat *status, bool alone)
{
    (void)status;
    (void)alone;
    return true;
}

bool hs_system_secret(void *bytes, size_t n) { return !__wasi_random_get(bytes, n); }

/* ---- terminal and time ---- */

bool hs_system_reader_has_ended(int why) { return why == EPIPE; }

unsigned hs_system_columns(void) { return 0; } /* the variable COLUMNS says it */

int hs_system_width(const char *character, size_t length)
{
    wchar_t wide;
    return mbrtowc(&wide, character, length, &(mbstate_t){0}) == length ? wcwidth(wide) : -1;
}

bool hs_system_has_utf8(void)
{
    const char *set = getenv("LC_ALL");
    set = set && *set ? set : getenv("LC_CTYPE");
    set = set && *set ? set : getenv("LANG");
    return set && (strstr(set, "UTF-8") || strstr(set, "utf8") || strstr(set, "UTF8"));
}

uint64_t hs_system_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
