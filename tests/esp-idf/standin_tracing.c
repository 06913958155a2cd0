/* SPDX-License-Identifier: MIT
 *
 * ESP-IDF's own heap tracing, as far as it is in the way: it takes these wraps (5.1 and later, CONFIG_HEAP_TRACING).
 */
#include <stddef.h>
#include <stdint.h>

#define TRACED(result, name, parameters, arguments) \
    result __real_##name parameters; \
    result __wrap_##name parameters; \
    result __wrap_##name parameters { return __real_##name arguments; }

TRACED(void *, heap_caps_malloc_base, (size_t size, uint32_t caps), (size, caps))
TRACED(void *, heap_caps_aligned_alloc_base, (size_t alignment, size_t size, uint32_t caps), (alignment, size, caps))
TRACED(void *, heap_caps_realloc_base, (void *old, size_t size, uint32_t caps), (old, size, caps))

void __real_heap_caps_free(void *block);
void __wrap_heap_caps_free(void *block);
void __wrap_heap_caps_free(void *block) { __real_heap_caps_free(block); }
