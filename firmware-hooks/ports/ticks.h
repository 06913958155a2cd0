/* SPDX-License-Identifier: MIT
 *
 * For a port's header, behind its own choice: where it made none, the time is that of the port of MicroPython or
 * CircuitPython that the firmware is of.
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
