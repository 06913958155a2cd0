/* SPDX-License-Identifier: MIT
 *
 * Memory for the ring and the table of sites. What the build or the port has set is an array of the firmware; all else is
 * taken out of the heap at the first gc_init, as large as firmware-hooks/ports/sizes.h says for a heap of that size.
 *
 * The ring ends where the heap ends, so it lies at the same address in each boot of a firmware and outlives a reset. In
 * CircuitPython it comes out of the outer heap (firmware-hooks/circuitpython/cp_room.h).
 */
#ifndef HS_MP_ROOM_H
#define HS_MP_ROOM_H

#include "firmware-hooks/ports/room.h"
#include "lib/heapstrata.h"

/* What was chosen, for stats() and the trace's facts. */
struct hs_mp_room {
    uint32_t heap;  /* bytes of the heap that the sizes were chosen by; 0: the build has set them all */
    uint16_t sites; /* entries of the table */
};
extern struct hs_mp_room hs_mp_room;

/* Fills in `config`'s memory and tables where hs_port_image left them empty. `heap`, which the interpreter is about to take,
 * is made shorter by what comes out of it. Without room `config->memory` stays NULL, and hs_init refuses.
 * Returns what was taken, empty where nothing was. Called once. */
struct hs_span hs_mp_room_take(struct hs_config *config, struct hs_span *heap);

/* Puts "key=number" and a NUL behind the facts in `text`, whose memory has room for it. `key` ends with "=". */
void hs_mp_room_fact(struct hs_text *text, const char *key, uint32_t number);

/* What was chosen by the heap: "sites=" entries of the table, "sized-by-heap=" its bytes. The ring's size is in the image's header.
 * Nothing where the build has set all. */
void hs_mp_room_facts(struct hs_text *text);

#endif
