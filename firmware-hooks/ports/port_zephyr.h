/* SPDX-License-Identifier: MIT
 *
 * Port for Zephyr on one core: interrupts are masked for the length of a record, and time is k_cycle_get_32(). HS_TICK_SHIFT: recorded
 * ticks are 2^HS_TICK_SHIFT cycles; choose about a microsecond.
 */
#ifndef HS_PORT_ZEPHYR_H
#define HS_PORT_ZEPHYR_H

#include <stdint.h>
#include <zephyr/kernel.h>

#ifdef CONFIG_SMP
#error "port_zephyr.h: one core only; irq_lock is not for CONFIG_SMP"
#endif

#ifndef HS_TICK_SHIFT
#define HS_TICK_SHIFT 6
#endif
#ifndef HS_STREAM
#define HS_STREAM 0
#endif
#ifndef HS_CRC_TABLE
#define HS_CRC_TABLE 16
#endif

typedef uint32_t hs_lock_t;

static inline hs_lock_t hs_port_lock(void) { return irq_lock(); }
static inline void hs_port_unlock(hs_lock_t lock) { irq_unlock(lock); }
static inline uint32_t hs_port_ticks(void) { return k_cycle_get_32(); }

#endif
