/* SPDX-License-Identifier: MIT
 *
 * What hooks need of a port beyond lib/port.h.
 */
#ifndef HS_HOOK_PORT_H
#define HS_HOOK_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/heapstrata.h"

/* In a port's file: a ring that is too small for anything does not compile. */
#define HS_PORT_RING_CHECK(size) \
    _Static_assert((size) >= HS_IMAGE_MIN, "HS_RING_SIZE: the least is 1024 bytes (HS_IMAGE_MIN)"); \
    _Static_assert((size) % 8 == 0, "HS_RING_SIZE: a multiple of 8 bytes")

/* Fills in the memory of the image, its sizes, flags, hz and reset cause. Without memory (NULL, 0 bytes) the hooks take
 * it out of the heap. Returns whether to record from boot. Called once, first of all. */
bool hs_port_image(struct hs_config *config);

/* The facts for hs_config, which begin with `base`; that itself where the port knows nothing else. */
struct hs_text hs_port_facts(struct hs_text base);

/* A second thread is about to start: from now on hs_port_lock has to keep threads apart. */
void hs_port_threads(void);

/* Kind of memory at an address: enum hs_memory. */
uint8_t hs_port_memory_kind(const void *address);

/* What the user sets outside of the firmware, by a name such as HEAPSTRATA_REFS; NULL when there is nothing. */
#ifdef HS_PORT_SETTINGS
const char *hs_port_setting(const char *name);
#else
#define hs_port_setting(name) ((const char *)0)
#endif

#endif
