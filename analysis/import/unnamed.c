/* SPDX-License-Identifier: MIT */
#include "analysis/import/unnamed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Where the file system knows no files without a name. */
static int make_and_unlink(const char *folder)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/heapstrata-XXXXXX", folder);
    int fd = n > 0 && (size_t)n < sizeof path ? mkostemp(path, O_CLOEXEC) : -1;
    if (fd >= 0)
        unlink(path);
    return fd;
}

int hs_unnamed_file(void)
{
    const char *told = getenv("TMPDIR"), *folder = told && *told ? told : P_tmpdir;
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : make_and_unlink(folder);
}

int hs_unnamed_again(int fd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}
