/* SPDX-License-Identifier: MIT
 *
 * Whether the code runs in an interrupt, for hooks of functions that interrupts call too. ISR safe.
 */
#ifndef HS_HOOKS_INTERRUPT_H
#define HS_HOOKS_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

#if defined(HS_IN_INTERRUPT) /* the name of a function that knows it */
bool HS_IN_INTERRUPT(void);
static inline bool hs_in_interrupt(void) { return HS_IN_INTERRUPT(); }
#elif defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
static inline bool hs_in_interrupt(void)
{
    uint32_t number;
    __asm__ volatile("mrs %0, ipsr" : "=r"(number));
    return number != 0;
}
#else
static inline bool hs_in_interrupt(void) { return false; }
#endif

#endif
