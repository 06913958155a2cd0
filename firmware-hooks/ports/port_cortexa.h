/* SPDX-License-Identifier: MIT
 *
 * Port for one core of an ARM Cortex-A without an operating system (MicroPython's qemu port on SABRELITE). Interrupts are
 * masked while a record is written. Time: as in port_cortexm.h, without HS_CLOCK_CYCLES.
 */
#ifndef HS_PORT_CORTEXA_H
#define HS_PORT_CORTEXA_H

#include <stdint.h>

#include "firmware-hooks/ports/emulated_timers.h"
#include "firmware-hooks/ports/ticks.h"

#ifndef HS_PENDING
#define HS_PENDING 512
#endif
#ifndef HS_STREAM
#define HS_STREAM 0
#endif

typedef uint32_t hs_lock_t;

static inline hs_lock_t hs_port_lock(void)
{
    uint32_t cpsr;
    __asm__ volatile("mrs %0, cpsr\n\tcpsid i" : "=r"(cpsr) : : "memory");
    return cpsr;
}

static inline void hs_port_unlock(hs_lock_t lock) { __asm__ volatile("msr cpsr_c, %0" : : "r"(lock) : "memory"); }

static inline uint32_t hs_port_ticks(void) { return HS_TICKS(); }

#endif
