/* SPDX-License-Identifier: MIT
 *
 * Linux, with any C library.
 */
#include "lib/host/util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

int hs_system_open_again(int fd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

void hs_system_mark_growing(int fd) { flock(fd, LOCK_EX | LOCK_NB); }

/* Whether any process has the file open for writing: if so, the kernel refuses a read lease. If another process opens it
 * while we have the lease, we get a signal: SIGURG, which is ignored by default. */
static bool is_written(int fd)
{
    fcntl(fd, F_SETSIG, SIGURG);
    if (!fcntl(fd, F_SETLEASE, F_RDLCK)) {
        fcntl(fd, F_SETLEASE, F_UNLCK);
        return false;
    }
    return errno == EAGAIN;
}

bool hs_system_is_growing(int fd, bool any)
{
    if (!flock(fd, LOCK_SH | LOCK_NB))
        flock(fd, LOCK_UN);
    else if (errno == EWOULDBLOCK)
        return true;
    return any && is_written(fd);
}

int hs_system_make_file(char *template) { return mkostemp(template, O_CLOEXEC); }

bool hs_system_make_folder(char *template) { return mkdtemp(template) != NULL; }

int hs_system_unnamed_file(const char *folder) { return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); }

uint64_t hs_system_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
