/* SPDX-License-Identifier: MIT
 *
 * The functions that hooks need from a port, in addition to lib/port.h.
 */
#ifndef HS_HOOK_PORT_H
#define HS_HOOK_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/heapstrata.h"

/* In a port's file: a ring size that the recorder would refuse does not compile. */
#define HS_PORT_RING_CHECK(size) \
    _Static_assert((size) >= HS_IMAGE_MIN, "HS_RING_SIZE: the least is 1024 bytes (HS_IMAGE_MIN)"); \
    _Static_assert((size) % 8 == 0, "HS_RING_SIZE: a multiple of 8 bytes")

/* Sets the image's memory, sizes, flags, hz and reset cause in `config`. Memory NULL with size 0: the hooks allocate it from
 * the heap. The memory belongs to the port and is never freed. Returns whether to record from boot. Call once, before
 * every other function of the port. */
bool hs_port_image(struct hs_config *config);

/* The facts for hs_config: `base`, followed by the port's own facts, if it has any. */
struct hs_text hs_port_facts(struct hs_text base);

/* Call before a second thread starts: from then on hs_port_lock excludes other threads. */
void hs_port_threads(void);

/* The kind of memory at an address (enum hs_memory). */
uint8_t hs_port_memory_kind(const void *address);

/* The value of a setting from outside the firmware, such as the environment variable HEAPSTRATA_REFS; NULL if not set. */
#ifdef HS_PORT_SETTINGS
const char *hs_port_setting(const char *name);
#else
#define hs_port_setting(name) ((const char *)0)
#endif

#endif
