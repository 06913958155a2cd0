/* SPDX-License-Identifier: MIT
 *
 * Memory for the ring and the table of sites. If the build or the port sets a size, it is an array of the firmware. Otherwise
 * it is allocated from the heap at the first gc_init, with the size that firmware-hooks/ports/sizes.h computes.
 *
 * The ring ends where the heap ends, so its address is the same in each boot of a firmware, and it survives a reset. In
 * CircuitPython it is allocated from the outer heap (firmware-hooks/circuitpython/cp_room.h).
 */
#ifndef HS_MP_ROOM_H
#define HS_MP_ROOM_H

#include "firmware-hooks/ports/room.h"
#include "lib/heapstrata.h"

/* The chosen sizes, for stats() and the trace's facts. */
struct hs_mp_room {
    uint32_t heap;  /* bytes of the heap that the sizes depend on; 0: the build has set both sizes */
    uint16_t sites; /* entries of the table */
};
extern struct hs_mp_room hs_mp_room;

/* Sets `config`'s memory and tables if hs_startup_config left them empty, and shortens `heap`, which the interpreter will then
 * use, by that memory. If there is no room, `config->memory` stays NULL, and hs_init refuses it. Returns the allocated
 * memory, an empty span if none. It is never freed. Call once. */
struct hs_span hs_mp_room_take(struct hs_config *config, struct hs_span *heap);

/* Appends "key=number" and a NUL to the facts in `text`, whose memory must have room for it. `key` ends with "=". */
void hs_mp_room_fact(struct hs_text *text, const char *key, uint32_t number);

/* Appends the facts "sites=" (entries of the table) and "sized-by-heap=" (bytes of the heap); nothing if the build has set both
 * sizes. The ring's size is in the image's header. */
void hs_mp_room_facts(struct hs_text *text);

#endif
