/* SPDX-License-Identifier: MIT
 *
 * The C library's functions over the stand-in, under names of their own: a test program needs its C library's too.
 */
#include <string.h>

#include "tests/esp-idf/standin.h"

void *idf_malloc(size_t size) { return heap_caps_malloc_default(size); }
void *idf_realloc(void *old, size_t size) { return heap_caps_realloc_default(old, size); }
void idf_free(void *block) { heap_caps_free(block); }
void *idf_memalign(size_t alignment, size_t size) { return heap_caps_aligned_alloc_default(alignment, size); }

void *idf_calloc(size_t n, size_t size)
{
    void *block = heap_caps_malloc_default(n * size);
    return block ? memset(block, 0, n * size) : NULL;
}

bool standin_reserve(size_t size, uint32_t caps, uint32_t nested_caps)
{
    uint8_t *block = heap_caps_malloc(size, caps);
    const uint32_t all[3] = {0, nested_caps, 0};
    return block && heap_caps_add_region_with_caps(all, (intptr_t)block, (intptr_t)(block + size)) == ESP_OK;
}
