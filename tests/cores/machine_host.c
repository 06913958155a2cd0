/* SPDX-License-Identifier: MIT
 *
 * The host itself, whose images those of the cores are compared with.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/cores/machine.h"

void machine_print(const char *text)
{
    fputs(text, stdout);
    fflush(stdout);
}

_Noreturn void machine_exit(int status) { exit(status); }
