/* SPDX-License-Identifier: MIT
 *
 * The clock of a port without an operating system. Its header includes this file after its own choice of HS_TICKS(). If it
 * chose none, the time is the clock of the firmware's MicroPython or CircuitPython port.
 */
#ifndef HS_PORT_TICKS_H
#define HS_PORT_TICKS_H

#include <stdint.h>

#ifndef HS_TICKS
#define HS_TICKS_OF_PORT 1
#define HS_TICKS() hs_bare_ticks()
uint32_t hs_bare_ticks(void);
#else
#define HS_TICKS_OF_PORT 0
#ifndef HS_TICKS_HZ
#error "HS_TICKS without HS_TICKS_HZ: how many ticks a second are there?"
#endif
#endif

#if !defined(HS_EMULATED_TIMER) && !(defined(HS_CLOCK_CYCLES) && HS_CLOCK_CYCLES)
static inline void hs_start_ticks(void) {}
#endif

#endif
