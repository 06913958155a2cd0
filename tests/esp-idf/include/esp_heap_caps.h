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
#include "esp_idf_version.h"

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0) /* later: where no memory protection is configured */
#define MALLOC_CAP_EXEC (1u << 0)
#endif
#define MALLOC_CAP_32BIT (1u << 1)
#define MALLOC_CAP_8BIT (1u << 2)
#define MALLOC_CAP_DMA (1u << 3)
#define MALLOC_CAP_SPIRAM (1u << 10)
#define MALLOC_CAP_INTERNAL (1u << 11)
#define MALLOC_CAP_DEFAULT (1u << 12)
#define MALLOC_CAP_RTCRAM (1u << 15)
#define MALLOC_CAP_DMA_DESC_AHB (1u << 17)
#define MALLOC_CAP_CACHE_ALIGNED (1u << 19)
#define MALLOC_CAP_SIMD (1u << 20)
#define MALLOC_CAP_INVALID (1u << 31)

void *heap_caps_malloc(size_t size, uint32_t caps);
void *heap_caps_malloc_default(size_t size);
void *heap_caps_calloc(size_t n, size_t size, uint32_t caps);
void *heap_caps_realloc(void *old, size_t size, uint32_t caps);
void *heap_caps_realloc_default(void *old, size_t size);
void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps);
void *heap_caps_aligned_alloc_default(size_t alignment, size_t size);
void *heap_caps_aligned_calloc(size_t alignment, size_t n, size_t size, uint32_t caps);
void *heap_caps_malloc_prefer(size_t size, size_t n, ...);
void *heap_caps_calloc_prefer(size_t count, size_t size, size_t n, ...);
void *heap_caps_realloc_prefer(void *old, size_t size, size_t n, ...);
void heap_caps_free(void *block);
void heap_caps_aligned_free(void *block);
size_t heap_caps_get_free_size(uint32_t caps);

typedef void (*esp_alloc_failed_hook_t)(size_t size, uint32_t caps, const char *function);
esp_err_t heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback);

/* One set of capabilities for each priority, three in all. */
esp_err_t heap_caps_add_region_with_caps(const uint32_t caps[], intptr_t start, intptr_t end);
esp_err_t heap_caps_add_region(intptr_t start, intptr_t end);

/* The stacks of start-up become heaps. */
void heap_caps_enable_nonos_stack_heaps(void);

/* Defined by the component where hooks are its method. */
__attribute__((weak)) void esp_heap_trace_alloc_hook(void *block, size_t size, uint32_t caps);
__attribute__((weak)) void esp_heap_trace_free_hook(void *block);

typedef struct multi_heap_info *multi_heap_handle_t;
void *multi_heap_malloc(multi_heap_handle_t heap, size_t size);
void multi_heap_free(multi_heap_handle_t heap, void *block);

/* From 5.3 on. */
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
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

#endif
