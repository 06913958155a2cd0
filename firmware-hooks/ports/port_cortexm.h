/* SPDX-License-Identifier: MIT
 *
 * Port for one core of an ARM Cortex-M. Interrupts are masked while a record is written.
 *
 * Time is the firmware's own microsecond clock (mp_hal_ticks_us). It is correct on every Cortex-M, in sleep, and after
 * machine.freq() changes the core's clock. To use another clock, define:
 *
 * HS_CLOCK_CYCLES=1  the cycle counter of the DWT, from Cortex-M3 on: about thirty instructions less per event. Its
 *                    frequency is HS_TICKS_HZ, by default CMSIS's SystemCoreClock at start. It stops in sleep, and
 *                    machine.bitstream() sets it to 0.
 * HS_TICKS()         any other counter that wraps at 2^32, with
 * HS_TICKS_HZ        its frequency in Hz
 * HS_TICK_SHIFT      one recorded tick is 2^HS_TICK_SHIFT ticks of the counter: choose about a microsecond
 */
#ifndef HS_PORT_CORTEXM_H
#define HS_PORT_CORTEXM_H

#include <stdint.h>

#include "firmware-hooks/ports/emulated_timers.h"

#ifndef HS_CLOCK_CYCLES
#define HS_CLOCK_CYCLES 0
#endif

#if HS_CLOCK_CYCLES
#if __ARM_ARCH == 6 || defined(__ARM_ARCH_8M_BASE__)
#error "HS_CLOCK_CYCLES: this core has no cycle counter"
#endif
#define HS_TICKS() (*(volatile uint32_t *)0xE0001004u)
#ifndef HS_TICK_SHIFT
#define HS_TICK_SHIFT 7
#endif
#ifndef HS_TICKS_HZ
extern uint32_t SystemCoreClock;
#define HS_TICKS_HZ SystemCoreClock
#endif
/* On a Cortex-M7 the counter must be unlocked (DWT_LAR). */
static inline void hs_start_ticks(void)
{
    *(volatile uint32_t *)0xE000EDFCu |= 1u << 24;   /* DEMCR: TRCENA */
    *(volatile uint32_t *)0xE0001FB0u = 0xC5ACCE55u; /* DWT_LAR */
    *(volatile uint32_t *)0xE0001000u |= 1;          /* DWT_CTRL: CYCCNTENA */
}

/* The samd port's mp_hal_ticks_us enables interrupts, so its counters are read directly: 2 MHz and 16 MHz. */
#elif defined(MCU_SAMD21) && !defined(HS_TICKS)
#define HS_TICKS() (*(volatile uint32_t *)0x42003010u) /* TC4 */
#define HS_TICKS_HZ 2000000u
#define HS_TICK_SHIFT 1
#elif defined(MCU_SAMD51) && !defined(HS_TICKS)
static inline uint32_t hs_samd51_ticks(void)
{
    *(volatile uint8_t *)0x40003805u = 0x80; /* TC0, CTRLBSET: READSYNC */
    while (*(volatile uint8_t *)0x40003805u)
        ;
    return *(volatile uint32_t *)0x40003814u;
}
#define HS_TICKS() hs_samd51_ticks()
#define HS_TICKS_HZ 16000000u
#define HS_TICK_SHIFT 4
#endif

#include "firmware-hooks/ports/ticks.h"

#ifndef HS_STREAM
#define HS_STREAM 0
#endif
#ifndef HS_PENDING
#define HS_PENDING 512
#endif
#ifndef HS_CRC_TABLE
#define HS_CRC_TABLE 16
#endif

typedef uint32_t hs_lock_t;

static inline hs_lock_t hs_port_lock(void)
{
    uint32_t primask;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask) : : "memory");
    return primask;
}

static inline void hs_port_unlock(hs_lock_t lock) { __asm__ volatile("msr primask, %0" : : "r"(lock) : "memory"); }

static inline uint32_t hs_port_ticks(void) { return HS_TICKS(); }

#endif
