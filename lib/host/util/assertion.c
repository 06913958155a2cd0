/* SPDX-License-Identifier: MIT */
#include "lib/assertion.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void hs_assert_failed(const char *message);

/* Only with system calls: memory and streams may be damaged. */
_Noreturn void hs_assert_failed(const char *message)
{
    static const char head[] = "heapstrata: a fault in the program: ";
    ssize_t ignored = write(STDERR_FILENO, head, sizeof head - 1);
    ignored = write(STDERR_FILENO, message, strlen(message));
    ignored = write(STDERR_FILENO, "\n", 1);
    (void)ignored;
    abort();
}
