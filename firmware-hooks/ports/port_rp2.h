/* SPDX-License-Identifier: MIT
 *
 * Port for RP2040 and RP2350 (MicroPython's rp2). They have two cores: while a record is written, interrupts are masked and
 * a hardware spin lock is held. Time is the microsecond timer.
 */
#ifndef HS_PORT_RP2_H
#define HS_PORT_RP2_H

#include <stdint.h>

#include "hardware/structs/sio.h"
#include "hardware/structs/timer.h"
#include "hardware/sync.h"
#include "hardware/timer.h"

/* State that other ports keep per thread is kept per core: rp2 runs one thread on each core. */
#define HS_PORT_CORES 2
#define HS_PORT_CORE() (sio_hw->cpuid)

/* The SDK reserves this lock for an operating system; rp2 has none. */
#ifndef HS_RP2_SPINLOCK
#define HS_RP2_SPINLOCK PICO_SPINLOCK_ID_OS2
#endif

#ifndef HS_STREAM
#define HS_STREAM 0
#endif
#ifndef HS_PENDING
#define HS_PENDING 1024
#endif
#ifndef HS_CRC_TABLE
#define HS_CRC_TABLE 16
#endif

/* An RP2350 has two timers; an older SDK knows only one. */
#ifdef PICO_DEFAULT_TIMER_INSTANCE
#define HS_RP2_TIMER PICO_DEFAULT_TIMER_INSTANCE()
#else
#define HS_RP2_TIMER timer_hw
#endif

typedef uint32_t hs_lock_t;

static inline hs_lock_t hs_port_lock(void) { return spin_lock_blocking(spin_lock_instance(HS_RP2_SPINLOCK)); }
static inline void hs_port_unlock(hs_lock_t lock) { spin_unlock(spin_lock_instance(HS_RP2_SPINLOCK), lock); }
static inline uint32_t hs_port_ticks(void) { return HS_RP2_TIMER->timerawl; }

/* Call after the other core was stopped at an unknown point: releases the lock, which it may hold. */
static inline void hs_port_cores_stopped(void) { spin_unlock_unsafe(spin_lock_instance(HS_RP2_SPINLOCK)); }

#endif
