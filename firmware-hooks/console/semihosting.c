/* SPDX-License-Identifier: MIT
 *
 * ARM's semihosting calls, which RISC-V has taken over.
 */
#include <stdint.h>
#include <string.h>

#include "firmware-hooks/console/console.h"
#include "lib/heapstrata.h"

enum { SYS_OPEN = 1, SYS_CLOSE = 2, SYS_WRITE0 = 4, SYS_WRITE = 5, SYS_EXIT_EXTENDED = 0x20, EXIT_APPLICATION = 0x20026 };
enum { MODE_WB = 5 };

#ifdef __arm__
static intptr_t call(intptr_t operation, const void *arguments)
{
    register intptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
#else
/* The three instructions must be of four bytes each, and in one page. */
static intptr_t call(intptr_t operation, const void *arguments)
{
    register intptr_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = arguments;
    __asm__ volatile(".balign 16\n.option push\n.option norvc\n"
                     "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}
#endif

void hs_semihosting_print(const char *text) { call(SYS_WRITE0, text); }

bool hs_semihosting_save(const char *path)
{
    hs_stop();
    const uintptr_t open[] = {(uintptr_t)path, MODE_WB, strlen(path)};
    intptr_t file = call(SYS_OPEN, open);
    if (file == -1)
        return false;
    const uintptr_t write[] = {(uintptr_t)file, (uintptr_t)hs_image(), hs_image()->total_size};
    intptr_t left = call(SYS_WRITE, write);
    const uintptr_t close[] = {(uintptr_t)file};
    return call(SYS_CLOSE, close) == 0 && left == 0;
}

_Noreturn void hs_semihosting_exit(int status)
{
    const uintptr_t why[] = {EXIT_APPLICATION, (uintptr_t)status};
    for (;;)
        call(SYS_EXIT_EXTENDED, why);
}
