/* SPDX-License-Identifier: MIT
 *
 * Port of the benchmark: time from a variable, no lock.
 */
#ifndef HS_PORT_BENCH_H
#define HS_PORT_BENCH_H

#include <stdint.h>

extern uint32_t bench_ticks;
typedef uint32_t hs_lock_t;
static inline hs_lock_t hs_port_lock(void) { return 0; }
static inline void hs_port_unlock(hs_lock_t lock) { (void)lock; }
static inline uint32_t hs_port_ticks(void) { return bench_ticks; }

#endif
