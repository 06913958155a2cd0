/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/circuitpython/cp_room.h"

#include <stddef.h>

#include "lib/tlsf/tlsf.h"
#include "supervisor/port.h"
#include "supervisor/port_heap.h"

/* TLSF writes the address of a free block into its last word. */
#define BEHIND sizeof(uint64_t)

uint32_t hs_cp_room_size(void) { return (uint32_t)((uintptr_t)port_heap_get_top() - (uintptr_t)port_heap_get_bottom()); }

static struct hs_span given;

/* For a walk: sets the span of the last block if it is free; otherwise an empty span. */
static bool into_last_free(void *block, size_t size, int used, void *context)
{
    struct hs_span *last = context;
    last->start = used ? 0 : (uintptr_t)block;
    last->end = used ? 0 : (uintptr_t)block + size;
    return true;
}

struct hs_span hs_cp_room_take(uint32_t bytes)
{
    tlsf_t heap = port_heap_get_bottom();
    struct hs_span last = {0, 0}, nothing = {0, 0};
    uintptr_t whole = bytes + BEHIND;
    tlsf_walk_pool(tlsf_get_pool(heap), into_last_free, &last);
    if ((last.end - last.start) / 2 < whole)
        return nothing;
    uintptr_t at = (last.end - whole) & ~(uintptr_t)7;
    if (tlsf_malloc_addr(heap, last.end - at, (void *)at) != (void *)at)
        return nothing;
    given = (struct hs_span){at, at + bytes};
    return given;
}

/* For a walk: sets the size of the block before the given memory if it is free. A block's header is one word. */
static bool into_free_before(void *block, size_t size, int used, void *context)
{
    if (!used && (uintptr_t)block + size + sizeof(size_t) == given.start)
        *(uint32_t *)context = (uint32_t)size;
    return true;
}

uint32_t hs_cp_room_free_before(void)
{
    uint32_t bytes = 0;
    tlsf_walk_pool(tlsf_get_pool(port_heap_get_bottom()), into_free_before, &bytes);
    return bytes;
}

bool hs_cp_room_gave(const struct hs_span *memory)
{
    return memory->start >= given.start && memory->end <= given.end && given.start;
}

static uint32_t refused;
uint32_t hs_cp_room_refused(void) { return refused; }

void hs_cp_room_fit(struct hs_span *heap)
{
    uintptr_t end = heap->start + tlsf_block_size((void *)heap->start);
    refused = heap->end > end ? (uint32_t)(heap->end - heap->start) : 0;
    if (refused)
        heap->end = end;
}
