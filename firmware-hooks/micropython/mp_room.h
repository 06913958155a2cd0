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

#include "firmware-hooks/circuitpython/cp_room.h"
#include "firmware-hooks/ports/room.h"
#include "lib/heapstrata.h"

/* The chosen sizes, for stats() and the trace's facts. */
struct hs_mp_room {
    uint32_t heap;   /* bytes of the heap that the sizes depend on; 0: the build has set both sizes */
    uint32_t taken;  /* bytes allocated from it */
    uintptr_t start; /* their address */
    uint16_t sites;  /* entries of the table */
    bool set; /* CircuitPython: settings.toml has HEAPSTRATA_RING_SIZE, and the ring's size is that; 0: nothing is recorded */
};
extern struct hs_mp_room hs_mp_room;

/* Sets `config`'s memory and tables if hs_startup_config left them empty, and shortens `heap`, which the interpreter will then
 * use, by that memory. If there is no room, `config->memory` stays NULL, and hs_init refuses it. Returns the allocated
 * memory, an empty span if none. It is never freed. Call once. */
struct hs_span hs_mp_room_take(struct hs_config *config, struct hs_span *heap);

/* Shortens a heap that the interpreter begins with to the memory that was allocated for it. Only CircuitPython needs it. */
#if defined(HS_CP_ROOM) && HS_CP_ROOM
#define hs_mp_room_fit(heap) hs_cp_room_fit(heap)
#else
#define hs_mp_room_fit(heap) (void)(heap)
#endif

/* Appends "key=number" and a NUL to the facts in `text`, whose memory must have room for it. `key` ends with "=". */
void hs_mp_room_fact(struct hs_text *text, const char *key, uint32_t number);

/* Appends the facts "sites=" (entries of the table), "taken=" (bytes of ring and table in the heap) and "sized-by-heap=" (bytes
 * of the heap; "set-in-heap=" if a setting has the ring's size), at most HS_MP_ROOM_FACTS bytes; nothing if the build has set
 * both sizes. The ring's size is in the image's header. */
void hs_mp_room_facts(struct hs_text *text);
#define HS_MP_ROOM_FACTS 64u

/* Call after a request of `size` bytes has failed for want of room, in the interpreter's heap. If ring and table together with
 * the free memory before them would have had room for it, records the fact "would-fit=" with that size, once for each larger
 * one. Not ISR safe. */
void hs_mp_room_failed(uint32_t size);

#endif
