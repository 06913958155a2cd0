/* SPDX-License-Identifier: MIT
 *
 * What programs call of the stand-in: it passes the functions of standin_base.c, which is another file, so that the linker sees
 * each call in between.
 */
#include <stdarg.h>
#include <string.h>

#include "tests/esp-idf/standin.h"

void *heap_caps_malloc_base(size_t size, uint32_t caps);
void *heap_caps_calloc_base(size_t n, size_t size, uint32_t caps);
void *heap_caps_aligned_alloc_base(size_t alignment, size_t size, uint32_t caps);
void *heap_caps_realloc_base(void *old, size_t size, uint32_t caps);

static size_t always_internal = SIZE_MAX;
static esp_alloc_failed_hook_t failed_hook;

void standin_always_internal(size_t limit) { always_internal = limit; }

esp_err_t heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback)
{
    failed_hook = callback;
    return ESP_OK;
}

static void *checked(void *block, size_t size, uint32_t caps, const char *function)
{
    if (!block && size && failed_hook)
        failed_hook(size, caps, function);
    return block;
}

void *heap_caps_malloc(size_t size, uint32_t caps) { return checked(heap_caps_malloc_base(size, caps), size, caps, __func__); }

void *heap_caps_calloc(size_t n, size_t size, uint32_t caps)
{
    return checked(heap_caps_calloc_base(n, size, caps), n * size, caps, __func__);
}

void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps)
{
    return checked(heap_caps_aligned_alloc_base(alignment, size, caps), size, caps, __func__);
}

void *heap_caps_aligned_calloc(size_t alignment, size_t n, size_t size, uint32_t caps)
{
    void *block = heap_caps_aligned_alloc_base(alignment, n * size, caps);
    return checked(block ? memset(block, 0, n * size) : NULL, n * size, caps, __func__);
}

void heap_caps_aligned_free(void *block) { heap_caps_free(block); }

void *heap_caps_realloc(void *old, size_t size, uint32_t caps)
{
    return checked(heap_caps_realloc_base(old, size, caps), size, caps, __func__);
}

static uint32_t first_choice(size_t size)
{
    return MALLOC_CAP_DEFAULT | (size <= always_internal ? MALLOC_CAP_INTERNAL : MALLOC_CAP_SPIRAM);
}

void *heap_caps_malloc_default(size_t size)
{
    void *block = heap_caps_malloc_base(size, first_choice(size));
    if (!block)
        block = heap_caps_malloc_base(size, MALLOC_CAP_DEFAULT);
    return checked(block, size, MALLOC_CAP_DEFAULT, __func__);
}

void *heap_caps_aligned_alloc_default(size_t alignment, size_t size)
{
    void *block = heap_caps_aligned_alloc_base(alignment, size, first_choice(size));
    if (!block)
        block = heap_caps_aligned_alloc_base(alignment, size, MALLOC_CAP_DEFAULT);
    return checked(block, size, MALLOC_CAP_DEFAULT, __func__);
}

void *heap_caps_realloc_default(void *old, size_t size)
{
    void *block = heap_caps_realloc_base(old, size, first_choice(size));
    if (!block && size)
        block = heap_caps_realloc_base(old, size, MALLOC_CAP_DEFAULT);
    return checked(block, size, MALLOC_CAP_DEFAULT, __func__);
}

/* --- with preferences ---------------------------------------------------------------------------------------- */

void *heap_caps_malloc_prefer(size_t size, size_t n, ...)
{
    void *block = NULL;
    uint32_t caps = 0;
    va_list list;
    va_start(list, n);
    while (n-- && !block) {
        caps = va_arg(list, uint32_t);
        block = heap_caps_malloc_base(size, caps);
    }
    va_end(list);
    return checked(block, size, caps, __func__);
}

void *heap_caps_calloc_prefer(size_t count, size_t size, size_t n, ...)
{
    void *block = NULL;
    uint32_t caps = 0;
    va_list list;
    va_start(list, n);
    while (n-- && !block) {
        caps = va_arg(list, uint32_t);
        block = heap_caps_calloc_base(count, size, caps);
    }
    va_end(list);
    return checked(block, count * size, caps, __func__);
}

void *heap_caps_realloc_prefer(void *old, size_t size, size_t n, ...)
{
    void *block = NULL;
    uint32_t caps = 0;
    va_list list;
    va_start(list, n);
    while (n-- && !block) {
        caps = va_arg(list, uint32_t);
        block = heap_caps_realloc_base(old, size, caps);
    }
    va_end(list);
    return checked(block, size, caps, __func__);
}
