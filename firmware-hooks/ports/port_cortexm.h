/* SPDX-License-Identifier: MIT
 *
 * Port for ARM Cortex-M: interrupts are masked for the length of a record, time is a free-running counter.
 *
 * HS_TICKS()      the counter; default: the DWT cycle counter, which runs at the core's clock
 * HS_TICKS_HZ     its frequency
 * HS_TICK_SHIFT   recorded ticks are 2^HS_TICK_SHIFT of its ticks: choose about a microsecond
 */
#ifndef HS_PORT_CORTEXM_H
#define HS_PORT_CORTEXM_H

#include <stdint.h>

#if defined(QEMU_SOC_MPS2) && !defined(HS_TICKS)
/* QEMU models no cycle counter; CMSDK timer 0 counts down at the system clock. */
#define HS_TICKS_CMSDK 1
#define HS_TICKS() (~*(volatile uint32_t *)0x40000004u)
#define HS_TICKS_HZ 25000000u
#define HS_TICK_SHIFT 4
#endif

#ifndef HS_STREAM
#define HS_STREAM 0
#endif
#ifndef HS_CRC_TABLE
#define HS_CRC_TABLE 16
#endif

#ifndef HS_TICKS
#define HS_TICKS() (*(volatile uint32_t *)0xE0001004u)
#endif
#ifndef HS_TICKS_HZ
#define HS_TICKS_HZ 125000000u
#endif

typedef uint32_t hs_lock_t;

static inline hs_lock_t hs_port_lock(void) {
    uint32_t primask;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask) : : "memory");
    return primask;
}

static inline void hs_port_unlock(hs_lock_t lock) { __asm__ volatile("msr primask, %0" : : "r"(lock) : "memory"); }

static inline uint32_t hs_port_ticks(void) { return HS_TICKS(); }

#endif
