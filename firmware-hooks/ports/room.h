/* SPDX-License-Identifier: MIT
 *
 * The ring must not lie in a heap. Several ports (stm32, nrf, samd) begin the collector's heap at the end of .bss, which
 * is where a linker puts a section that its script does not name: our .noinit. Start-up code clears memory up to that end
 * only. So the heap begins behind the ring, and the ring still outlives a reset.
 */
#ifndef HS_HOOKS_ROOM_H
#define HS_HOOKS_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/heap.h"

/* Most bytes of a heap that are given up beside the ring. More of them means that the ring was put there by mistake. */
#define HS_ROOM_GIVEN_UP 256u

/* Whether the two have a byte in common. */
static inline bool hs_room_overlap(const struct hs_span *heap, struct hs_span ring)
{
    return ring.start < heap->end && heap->start < ring.end;
}

/* Makes the heap end before the ring or begin behind it. False, and the heap is as it was, when the ring covers all of it,
 * or lies in its midst. */
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
