/* SPDX-License-Identifier: MIT
 *
 * What programs call of the stand-in: it goes through the functions of standin_base.c. Before ESP-IDF 5.3 (STANDIN_OLD)
 * both are one file, so that the linker sees no call in between.
 */
#include "tests/esp-idf/standin.h"

#ifndef STANDIN_OLD
void *heap_caps_malloc_base(size_t size, uint32_t caps);
void *heap_caps_calloc_base(size_t n, size_t size, uint32_t caps);
void *heap_caps_aligned_alloc_base(size_t alignment, size_t size, uint32_t caps);
void *heap_caps_realloc_base(void *old, size_t size, uint32_t caps);
#endif

static size_t always_internal = SIZE_MAX;
static esp_alloc_failed_hook_t failed_hook;

void standin_always_internal(size_t limit) { always_internal = limit; }

esp_err_t heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback) {
    failed_hook = callback;
    return ESP_OK;
}

static void *checked(void *block, size_t size, uint32_t caps, const char *function) {
    if (!block && size && failed_hook)
        failed_hook(size, caps, function);
    return block;
}

void *heap_caps_malloc(size_t size, uint32_t caps) {
    return checked(heap_caps_malloc_base(size, caps), size, caps, __func__);
}

void *heap_caps_calloc(size_t n, size_t size, uint32_t caps) {
    return checked(heap_caps_calloc_base(n, size, caps), n * size, caps, __func__);
}

void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps) {
    return checked(heap_caps_aligned_alloc_base(alignment, size, caps), size, caps, __func__);
}

void *heap_caps_realloc(void *old, size_t size, uint32_t caps) {
    return checked(heap_caps_realloc_base(old, size, caps), size, caps, __func__);
}

static uint32_t first_choice(size_t size) {
    return MALLOC_CAP_DEFAULT | (size <= always_internal ? MALLOC_CAP_INTERNAL : MALLOC_CAP_SPIRAM);
}

void *heap_caps_malloc_default(size_t size) {
    void *block = heap_caps_malloc_base(size, first_choice(size));
    if (!block)
        block = heap_caps_malloc_base(size, MALLOC_CAP_DEFAULT);
    return checked(block, size, MALLOC_CAP_DEFAULT, __func__);
}

void *heap_caps_realloc_default(void *old, size_t size) {
    void *block = heap_caps_realloc_base(old, size, first_choice(size));
    if (!block && size)
        block = heap_caps_realloc_base(old, size, MALLOC_CAP_DEFAULT);
    return checked(block, size, MALLOC_CAP_DEFAULT, __func__);
}
