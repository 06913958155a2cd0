/* SPDX-License-Identifier: MIT
 *
 * What the trace needs from the machine it runs on: one file in firmware-hooks/ports/ for each.
 * A port that wants its functions inlined names its header in HS_PORT_HEADER and defines there
 * hs_lock_t, hs_port_lock, hs_port_unlock and hs_port_ticks as static inline functions.
 */
#ifndef HS_PORT_H
#define HS_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/hs_config.h"

#ifndef HS_PORT_HEADER
typedef uint32_t hs_lock_t;

/* Enters a section that no other writer of the trace (interrupt, core, thread) can enter, for some
 * tens of instructions. May be called with the lock held by the same context only where the port
 * documents it. Returns what hs_port_unlock needs. */
hs_lock_t hs_port_lock(void);
void hs_port_unlock(hs_lock_t lock);

/* A counter that wraps at 2^32, at least 2^HS_TICK_SHIFT ticks a recorded tick. ISR safe. */
uint32_t hs_port_ticks(void);
#endif

/* Stream mode: takes `len` bytes, all or none. Returns false when there is no room: the caller counts
 * the loss. Called with the lock held. */
bool hs_port_write(const void *data, uint32_t len);

/* Makes `len` bytes of retained memory durable (a cache line write-back); may do nothing. Called with
 * the lock held, when a packet closes. */
void hs_port_flush(const void *data, uint32_t len);

#endif
