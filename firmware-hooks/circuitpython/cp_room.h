/* SPDX-License-Identifier: MIT
 *
 * Memory for the recorder out of CircuitPython's outer heap, whether that heap is recorded or not.
 */
#ifndef HS_CP_ROOM_H
#define HS_CP_ROOM_H

#include "firmware-hooks/ports/room.h"

/* Bytes of the outer heap in all. */
uint32_t hs_cp_room_size(void);

/* Takes `bytes` (a multiple of 8) from the end of the heap, for good. The same address in each boot: TLSF writes in front of
 * it and behind it only, so what was there before a reset still is. 8-aligned; {0, 0} when less than twice as much is free
 * there. Called once, before interrupts allocate. */
struct hs_span hs_cp_room_take(uint32_t bytes);

/* Whether memory is what was taken, or lies in it. */
#if defined(HS_CP_ROOM) && HS_CP_ROOM
bool hs_cp_room_gave(const struct hs_span *memory);
#else
static inline bool hs_cp_room_gave(const struct hs_span *memory) { return (void)memory, false; }
#endif

#endif
