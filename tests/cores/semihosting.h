/* SPDX-License-Identifier: MIT
 *
 * machine.h by ARM's semihosting calls, which RISC-V has taken over. To be included by the one file of a
 * machine, behind its
 *
 *   static long semihosting(long operation, const void *arguments);
 */
#include <stdint.h>

enum { SYS_WRITE0 = 4, SYS_EXIT_EXTENDED = 0x20, EXIT_APPLICATION = 0x20026 };

void machine_print(const char *text) { semihosting(SYS_WRITE0, text); }

_Noreturn void machine_exit(int status)
{
    const uintptr_t why[] = {EXIT_APPLICATION, (uintptr_t)status};
    for (;;)
        semihosting(SYS_EXIT_EXTENDED, why);
}
