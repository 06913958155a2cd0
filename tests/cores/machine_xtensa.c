/* SPDX-License-Identifier: MIT
 *
 * Xtensa: QEMU's sim, by its simulator calls.
 */
#include "tests/cores/machine.h"

#include <string.h>

enum { CALL_EXIT = 1, CALL_WRITE = 4 };

static long call(long operation, long first, const void *second, long third)
{
    register long a2 __asm__("a2") = operation;
    register long a3 __asm__("a3") = first;
    register const void *a4 __asm__("a4") = second;
    register long a5 __asm__("a5") = third;
    __asm__ volatile("simcall" : "+r"(a2), "+r"(a3) : "r"(a4), "r"(a5) : "memory");
    return a2;
}

void machine_print(const char *text) { call(CALL_WRITE, 1, text, (long)strlen(text)); }

_Noreturn void machine_exit(int status)
{
    for (;;)
        call(CALL_EXIT, status, NULL, 0);
}

/* The compiler's library for this core has no division: the chip has it in its ROM. */
unsigned __udivsi3(unsigned dividend, unsigned divisor);
unsigned __umodsi3(unsigned dividend, unsigned divisor);
unsigned __umodsi3(unsigned dividend, unsigned divisor)
{
    for (int bit = __builtin_clz(divisor); bit >= 0; bit--)
        if (dividend >> bit >= divisor)
            dividend -= divisor << bit;
    return dividend;
}
unsigned __udivsi3(unsigned dividend, unsigned divisor)
{
    unsigned quotient = 0;
    for (int bit = __builtin_clz(divisor); bit >= 0; bit--)
        if (dividend >> bit >= divisor) {
            dividend -= divisor << bit;
            quotient |= 1u << bit;
        }
    return quotient;
}

void enter(void);
void fault(void);
__attribute__((used)) void enter(void) { machine_exit(main()); }
__attribute__((used)) void fault(void) { machine_exit(MACHINE_FAULT); }

/* Where the core begins (literals lie in front of the code that uses them), and where its vectors lie: kernel
 * exceptions at 0x30, user's at 0x50, double ones at 0x70. Setting PS leaves the level of exceptions. */
__asm__(".section .start, \"ax\"\n"
        ".global start\n"
        "start:  j first\n"
        ".align 4\n"
        ".literal_position\n"
        "first:  movi a1, stack_top\n"
        "        movi a2, 0x20\n"
        "        wsr a2, ps\n"
        "        rsync\n"
        "        call0 enter\n"
        ".section .vectors, \"ax\"\n"
        ".literal_position\n"
        ".org 0x30\n"
        "        j broken\n"
        ".org 0x50\n"
        "        j broken\n"
        ".org 0x70\n"
        "broken: movi a1, stack_top\n"
        "        call0 fault\n");
