/* SPDX-License-Identifier: MIT
 *
 * Any system with POSIX 2008 (X/Open 7), without what Linux has besides: macOS, the BSDs.
 */
#include "lib/host/util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* The position of the file is the same one on some systems; where macOS says the path, it is opened by that. */
int hs_system_open_again(int fd)
{
    char path[PATH_MAX] = "";
#ifdef F_GETPATH
    fcntl(fd, F_GETPATH, path);
#endif
    if (!*path)
        snprintf(path, sizeof path, "/dev/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* A byte that no file has. */
static struct flock mark(void) { return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = INT_MAX, .l_len = 1}; }

void hs_system_mark_growing(int fd)
{
    struct flock lock = mark();
    fcntl(fd, F_SETLK, &lock);
}

bool hs_system_is_growing(int fd, bool any)
{
    struct flock lock = mark();
    (void)any; /* who has it open is not known */
    return !fcntl(fd, F_GETLK, &lock) && lock.l_type != F_UNLCK;
}

uint32_t hs_system_random(void)
{
    static uint32_t number;
    uint32_t random;
    return hs_system_secret(&random, sizeof random) ? random : (uint32_t)getpid() + ++number;
}

int hs_system_unnamed_file(const char *folder)
{
    (void)folder;
    errno = ENOTSUP;
    return -1;
}

uint64_t hs_system_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
