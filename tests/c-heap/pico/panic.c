/* SPDX-License-Identifier: MIT
 *
 * A variant of work.c above the Pico SDK's malloc.c: the last request is too large, and the SDK panics.
 */
#include <stdlib.h>

#include "firmware-hooks/console/console.h"
#include "pico.h"
#include "tests/c-heap/walk.h"

_Noreturn void panic(const char *text, ...)
{
    hs_semihosting_print(text);
    hs_semihosting_exit(hs_semihosting_save(SAVE_AS) ? 5 : 2);
}

void variant_stop(void)
{
    void *volatile block = malloc(0x400000 + 33);
    (void)block;
}
