/* SPDX-License-Identifier: MIT
 *
 * Cortex-M: mps2-an385 and microbit.
 */
#include "tests/cores/machine.h"

static long semihosting(long operation, const void *arguments)
{
    register long call __asm__("r0") = operation;
    register const void *at __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xab" : "+r"(call) : "r"(at) : "memory");
    return call;
}
#include "tests/cores/semihosting.h"

void reset(void);
void reset(void) { machine_exit(main()); }

static void fault(void) { machine_exit(MACHINE_FAULT); }

extern char stack_top[];
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault};
