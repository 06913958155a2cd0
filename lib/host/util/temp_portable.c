/* SPDX-License-Identifier: MIT
 *
 * Temporary files for systems without mkostemp.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/host/util/system.h"

/* Replaces the X characters at the end. */
static void fill(char *template)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
    uint32_t random = hs_system_random();
    for (char *c = template + strlen(template) - 6; *c; c++, random >>= 5)
        *c = letters[random % 32];
}

#define ATTEMPTS 100

int hs_system_make_file(char *template)
{
    int fd = -1;
    for (int i = 0; fd < 0 && i < ATTEMPTS && (!i || errno == EEXIST); i++) {
        fill(template);
        fd = open(template, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    return fd;
}

bool hs_system_make_folder(char *template)
{
    int failed = -1;
    for (int i = 0; failed && i < ATTEMPTS && (!i || errno == EEXIST); i++) {
        fill(template);
        failed = mkdir(template, 0700);
    }
    return !failed;
}
