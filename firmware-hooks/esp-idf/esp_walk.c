/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/esp-idf/esp_walk.h"

#ifdef HS_ESP_OWN_WALK
/* The heap component is compiled with this; without it, its lock has another type, and heap_t another size. */
#ifndef MULTI_HEAP_FREERTOS
#define MULTI_HEAP_FREERTOS
#endif
#include "heap_private.h"
#include "multi_heap_internal.h"

typedef bool (*walker_t)(hs_esp_heap_t heap, hs_esp_block_t block, void *context);

/* A TLSF block: the address of the block before it (valid if that is free), then its own size with two flags. */
struct tlsf_block {
    uint32_t before, size, data[];
};

static void walk_one(const heap_t *heap, walker_t walker, void *context)
{
    bool go_on = true;
    multi_heap_internal_lock(heap->heap);
    multi_heap_block_handle_t at = multi_heap_get_first_block(heap->heap);
    while (at && go_on) {
        struct tlsf_block *block = (void *)at;
        go_on = walker((hs_esp_heap_t){heap->start, heap->end},
                       (hs_esp_block_t){block->data, block->size & ~3u, !multi_heap_is_free(at)}, context);
        at = go_on ? multi_heap_get_next_block(heap->heap, at) : NULL;
    }
    multi_heap_internal_unlock(heap->heap);
}

void hs_esp_walk(uint32_t caps, walker_t walker, void *context)
{
    heap_t *heap;
    SLIST_FOREACH(heap, &registered_heaps, next)
    if (heap->heap && (get_all_caps(heap) & caps) == caps)
        walk_one(heap, walker, context);
}
#endif
