/* SPDX-License-Identifier: MIT
 *
 * Keeps the ring and the heap apart. Several ports (stm32, nrf, samd) begin the collector's heap at the end of .bss. A
 * linker puts our section .noinit there too if its script does not name it. Start-up code clears memory up to the end of
 * .bss only. So the heap is made to begin after the ring, and the ring survives a reset.
 */
#ifndef HS_HOOKS_ROOM_H
#define HS_HOOKS_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/heap.h"

/* The most bytes of a heap that are lost next to the ring. If there were more, the ring is there by mistake. */
#define HS_ROOM_GIVEN_UP 256u

/* Whether the two have a byte in common. */
static inline bool hs_room_overlap(const struct hs_span *heap, struct hs_span ring)
{
    return ring.start < heap->end && heap->start < ring.end;
}

/* Makes the heap end before the ring or begin after it. Returns false, and does not change the heap, if the ring covers the
 * whole heap or is in its middle. */
static inline bool hs_room_make(struct hs_span *heap, struct hs_span ring)
{
    if (!hs_room_overlap(heap, ring))
        return true;
    uintptr_t before = ring.start > heap->start ? ring.start - heap->start : 0;
    uintptr_t behind = heap->end > ring.end ? heap->end - ring.end : 0;
    if (before <= HS_ROOM_GIVEN_UP && behind > HS_ROOM_GIVEN_UP)
        heap->start = ring.end;
    else if (behind <= HS_ROOM_GIVEN_UP && before > HS_ROOM_GIVEN_UP)
        heap->end = ring.start;
    else
        return false;
    return true;
}

#endif
