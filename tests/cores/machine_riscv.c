/* SPDX-License-Identifier: MIT
 *
 * RISC-V: QEMU's virt.
 */
#include "tests/cores/machine.h"

/* The three instructions that are a semihosting call must be of four bytes each, and in one page. */
static long semihosting(long operation, const void *arguments)
{
    register long call __asm__("a0") = operation;
    register const void *at __asm__("a1") = arguments;
    __asm__ volatile(".balign 16\n.option push\n.option norvc\n"
                     "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n"
                     ".option pop"
                     : "+r"(call)
                     : "r"(at)
                     : "memory");
    return call;
}
#include "tests/cores/semihosting.h"

void start(void);
void enter(void);
static __attribute__((used, aligned(4))) void fault(void) { machine_exit(MACHINE_FAULT); }

__attribute__((used)) void enter(void) { machine_exit(main()); }

__attribute__((naked, used, section(".start"))) void start(void)
{
    __asm__ volatile(".option arch, +zicsr\n"
                     "la sp, stack_top\n"
                     "la t0, fault\n"
                     "csrw mtvec, t0\n"
                     "j enter");
}
