/* SPDX-License-Identifier: MIT
 *
 * The registered heaps, as the heap component's own files see them.
 */
#ifndef TESTS_ESP_IDF_HEAP_PRIVATE_H
#define TESTS_ESP_IDF_HEAP_PRIVATE_H

#include <stdint.h>

#include "esp_heap_caps.h"

/* As there: the type of a heap's lock depends on it. */
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 3, 0) && !defined(MULTI_HEAP_FREERTOS) && !defined(TESTS_ESP_IDF_STANDIN_H)
#error "the heap component's headers are to be read as it reads them"
#endif

typedef struct heap_t_ {
    uint32_t caps[3];
    intptr_t start, end;
    multi_heap_handle_t heap; /* NULL: not registered yet */
    struct {
        struct heap_t_ *next;
    } next;
} heap_t;

extern struct registered_heap_ll {
    heap_t *first;
} registered_heaps;
#define SLIST_FOREACH(at, list, link) for ((at) = (list)->first; (at); (at) = (at)->link.next)

static inline uint32_t get_all_caps(const heap_t *heap) { return heap->caps[0] | heap->caps[1] | heap->caps[2]; }

#endif
