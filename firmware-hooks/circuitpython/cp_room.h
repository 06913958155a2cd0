/* SPDX-License-Identifier: MIT
 *
 * Allocates the recorder's memory from CircuitPython's outer heap, whether that heap is recorded or not.
 */
#ifndef HS_CP_ROOM_H
#define HS_CP_ROOM_H

#include "firmware-hooks/ports/room.h"

/* The size of the outer heap in bytes. */
uint32_t hs_cp_room_size(void);

/* Allocates `bytes` (a multiple of 8) at the end of the heap and never frees them. The memory is 8-aligned and has the same
 * address in each boot. TLSF writes only before and after it, so its content survives a reset. Returns {0, 0} if less than
 * twice as much is free there. Not ISR safe. Call once, before interrupts allocate. */
struct hs_span hs_cp_room_take(uint32_t bytes);

/* Bytes of the free run directly before the memory that hs_cp_room_take allocated; 0: it is used. Not ISR safe. */
uint32_t hs_cp_room_free_before(void);

/* Shortens a heap of the interpreter to the block that it is in. If there is no room for CIRCUITPY_HEAP_START_SIZE of
 * settings.toml, CircuitPython allocates a block of its default size, and calls gc_init with the other size all the same. */
void hs_cp_room_fit(struct hs_span *heap);

#if defined(HS_CP_ROOM) && HS_CP_ROOM
/* Whether `memory` is inside the memory that hs_cp_room_take allocated. */
bool hs_cp_room_gave(const struct hs_span *memory);

/* The size that had no room, of the last heap that hs_cp_room_fit shortened; 0 if it did not shorten the last one. */
uint32_t hs_cp_room_refused(void);
#else
static inline bool hs_cp_room_gave(const struct hs_span *memory) { return (void)memory, false; }
static inline uint32_t hs_cp_room_refused(void) { return 0; }
#endif

#endif
