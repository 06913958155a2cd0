/* SPDX-License-Identifier: MIT
 *
 * The functions that the trace needs from a machine: firmware-hooks/ports/ has one file for each machine.
 * For inline functions, HS_PORT_HEADER names a header that defines hs_lock_t, and hs_port_lock, hs_port_unlock and
 * hs_port_ticks as static inline functions.
 */
#ifndef HS_PORT_H
#define HS_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/hs_config.h"

#ifndef HS_PORT_HEADER
typedef uint32_t hs_lock_t;

/* Excludes all other writers of the trace (interrupts, cores, threads) until hs_port_unlock: for tens of instructions if
 * HS_PENDING is set, else as long as a function of lib/heapstrata.h runs. A context that holds the lock may call it again only
 * if the port documents that. Returns the argument for hs_port_unlock. */
hs_lock_t hs_port_lock(void);
void hs_port_unlock(hs_lock_t lock);

/* A counter that wraps at 2^32. 2^HS_TICK_SHIFT of its ticks make one recorded tick. ISR safe. */
uint32_t hs_port_ticks(void);
#endif

/* Stream mode: sends `len` bytes, all or none. Returns false if there is no room; the caller then counts the loss. Called with
 * the lock held, or with HS_PENDING in a section; so there is one call at a time. */
bool hs_port_write(const void *data, uint32_t len);

/* Makes `len` bytes of retained memory durable (writes back cache lines); may do nothing. Called in hs_init, and when a packet
 * closes, like hs_port_write. */
void hs_port_flush(const void *data, uint32_t len);

#endif
