/* SPDX-License-Identifier: MIT
 *
 * heap_caps, as far as the component calls it.
 */
#ifndef TESTS_ESP_IDF_ESP_HEAP_CAPS_H
#define TESTS_ESP_IDF_ESP_HEAP_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

#define MALLOC_CAP_EXEC     (1u << 0)
#define MALLOC_CAP_32BIT    (1u << 1)
#define MALLOC_CAP_8BIT     (1u << 2)
#define MALLOC_CAP_DMA      (1u << 3)
#define MALLOC_CAP_SPIRAM   (1u << 10)
#define MALLOC_CAP_INTERNAL (1u << 11)
#define MALLOC_CAP_DEFAULT  (1u << 12)

void *heap_caps_malloc(size_t size, uint32_t caps);
void *heap_caps_malloc_default(size_t size);
void *heap_caps_calloc(size_t n, size_t size, uint32_t caps);
void *heap_caps_realloc(void *old, size_t size, uint32_t caps);
void *heap_caps_realloc_default(void *old, size_t size);
void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps);
void heap_caps_free(void *block);

typedef void (*esp_alloc_failed_hook_t)(size_t size, uint32_t caps, const char *function);
esp_err_t heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback);

/* One set of capabilities for each priority, three in all. */
esp_err_t heap_caps_add_region_with_caps(const uint32_t caps[], intptr_t start, intptr_t end);

/* Defined by the component where hooks are its method. */
__attribute__((weak)) void esp_heap_trace_alloc_hook(void *block, size_t size, uint32_t caps);
__attribute__((weak)) void esp_heap_trace_free_hook(void *block);

typedef struct {
    intptr_t start, end;
} walker_heap_into_t;

typedef struct {
    void *ptr;
    size_t size;
    bool used;
} walker_block_info_t;

/* Walks the heaps with these capabilities, or all. A walker that returns false goes on with the next heap. */
typedef bool (*heap_caps_walker_cb_t)(walker_heap_into_t heap, walker_block_info_t block, void *context);
void heap_caps_walk(uint32_t caps, heap_caps_walker_cb_t walker, void *context);
void heap_caps_walk_all(heap_caps_walker_cb_t walker, void *context);

#endif
