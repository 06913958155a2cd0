/* SPDX-License-Identifier: MIT
 *
 * Timers of the boards of MicroPython's qemu port. QEMU models no cycle counter, and the port has no clock up to version
 * 1.25. Each timer counts up from hs_start_ticks(); 2^HS_TICK_SHIFT of its ticks are about a microsecond.
 */
#ifndef HS_EMULATED_TIMERS_H
#define HS_EMULATED_TIMERS_H

#include <stdint.h>

#define HS_EMULATED_AT(address) (*(volatile uint32_t *)(address))

#ifndef HS_TICKS

#if defined(QEMU_SOC_MPS2) /* CMSDK timer 0 counts down at the system clock */
#define HS_EMULATED_TIMER 1
#define HS_TICKS() (~HS_EMULATED_AT(0x40000004u))
#define HS_TICKS_HZ 25000000u
#define HS_TICK_SHIFT 4
static inline void hs_start_ticks(void)
{
    HS_EMULATED_AT(0x40000008u) = 0xffffffffu; /* RELOAD */
    HS_EMULATED_AT(0x40000000u) = 1;           /* CTRL: enable */
}

#elif defined(QEMU_SOC_STM32) /* TIM2; QEMU's counts at 1 GHz, divided */
#define HS_EMULATED_TIMER 1
#define HS_TICKS() HS_EMULATED_AT(0x40000024u)
#define HS_TICKS_HZ 1000000u
static inline void hs_start_ticks(void)
{
    HS_EMULATED_AT(0x40000028u) = 999;         /* PSC */
    HS_EMULATED_AT(0x4000002cu) = 0xffffffffu; /* ARR */
    HS_EMULATED_AT(0x40000000u) = 1;           /* CR1: enable */
}

#elif defined(QEMU_SOC_NRF51) /* TIMER0: a read needs a capture first */
#define HS_EMULATED_TIMER 1
static inline uint32_t hs_nrf51_ticks(void)
{
    HS_EMULATED_AT(0x40008040u) = 1; /* TASKS_CAPTURE[0] */
    return HS_EMULATED_AT(0x40008540u);
}
#define HS_TICKS() hs_nrf51_ticks()
#define HS_TICKS_HZ 1000000u
static inline void hs_start_ticks(void)
{
    HS_EMULATED_AT(0x40008508u) = 3; /* BITMODE: 32 */
    HS_EMULATED_AT(0x40008510u) = 4; /* PRESCALER: 16 MHz / 2^4 */
    HS_EMULATED_AT(0x40008000u) = 1; /* TASKS_START */
}

#elif defined(QEMU_SOC_IMX6) /* the Cortex-A9's global timer */
#define HS_EMULATED_TIMER 1
#define HS_TICKS() HS_EMULATED_AT(0x00a00200u)
#define HS_TICKS_HZ 1000000u
static inline void hs_start_ticks(void) { HS_EMULATED_AT(0x00a00208u) = 99u << 8 | 1; /* prescaler of 100 MHz, enable */ }

#elif defined(QEMU_SOC_VIRT) /* RISC-V's time */
#define HS_EMULATED_TIMER 1
static inline uint32_t hs_virt_ticks(void)
{
    uintptr_t ticks;
    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return (uint32_t)ticks;
}
#define HS_TICKS() hs_virt_ticks()
#define HS_TICKS_HZ 10000000u
#define HS_TICK_SHIFT 3
static inline void hs_start_ticks(void) {}
#endif

#endif
#endif
