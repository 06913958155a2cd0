/* SPDX-License-Identifier: MIT
 *
 * The functions of ESP-IDF's heap and C library that call others to allocate or to free.
 */
#include <stdarg.h>

#include "esp_heap_caps.h"
#include "firmware-hooks/esp-idf/esp_asked.h"

struct _reent;

/* --- the C library ---------------------------------------------------------------------------------------- */

WRAP(void *, malloc, (size_t size)) ASKS(malloc, (size))
WRAP(void *, calloc, (size_t n, size_t size)) ASKS(calloc, (n, size))
WRAP(void *, realloc, (void *old, size_t size)) ASKS(realloc, (old, size))
WRAP(void, free, (void *block)) ASKS_NOTHING(free, (block))
WRAP_IF_THERE(void *, memalign, (size_t alignment, size_t size)) ASKS(memalign, (alignment, size))
WRAP_IF_THERE(void *, aligned_alloc, (size_t alignment, size_t size)) ASKS(aligned_alloc, (alignment, size))
WRAP_IF_THERE(int, posix_memalign, (void **block, size_t alignment, size_t size)) ASKS(posix_memalign, (block, alignment, size))

/* newlib's own functions call these, from ROM too; picolibc (ESP-IDF 6) does not have them. */
WRAP_IF_THERE(void *, _malloc_r, (struct _reent *r, size_t size)) ASKS(_malloc_r, (r, size))
WRAP_IF_THERE(void *, _calloc_r, (struct _reent *r, size_t n, size_t size)) ASKS(_calloc_r, (r, n, size))
WRAP_IF_THERE(void *, _realloc_r, (struct _reent *r, void *old, size_t size)) ASKS(_realloc_r, (r, old, size))
WRAP_IF_THERE(void, _free_r, (struct _reent *r, void *block)) ASKS_NOTHING(_free_r, (r, block))

/* --- heap_caps --------------------------------------------------------------------------------------------- */

WRAP(void *, heap_caps_malloc, (size_t size, uint32_t caps)) ASKS(heap_caps_malloc, (size, caps))
WRAP(void *, heap_caps_malloc_default, (size_t size)) ASKS(heap_caps_malloc_default, (size))
WRAP(void *, heap_caps_calloc, (size_t n, size_t size, uint32_t caps)) ASKS(heap_caps_calloc, (n, size, caps))
WRAP(void *, heap_caps_aligned_alloc, (size_t alignment, size_t size, uint32_t caps)) ASKS(heap_caps_aligned_alloc, (alignment, size, caps))
WRAP_IF_THERE(void *, heap_caps_aligned_alloc_default, (size_t alignment, size_t size))
ASKS(heap_caps_aligned_alloc_default, (alignment, size))
WRAP_IF_THERE(void *, heap_caps_aligned_calloc, (size_t alignment, size_t n, size_t size, uint32_t caps))
ASKS(heap_caps_aligned_calloc, (alignment, n, size, caps))
WRAP_IF_THERE(void, heap_caps_aligned_free, (void *block)) ASKS_NOTHING(heap_caps_aligned_free, (block))
WRAP(void *, heap_caps_realloc, (void *old, size_t size, uint32_t caps)) RESIZES(heap_caps_realloc, old, (old, size, caps))
WRAP(void *, heap_caps_realloc_default, (void *old, size_t size)) RESIZES(heap_caps_realloc_default, old, (old, size))

/* --- with preferences -------------------------------------------------------------------------------------- */

/* The most preferences that are passed on, because a variable number of arguments cannot be; further ones are not tried.
 * ESP-IDF's own code uses two. */
#define PREFERENCES 8u
struct preferences {
    uint32_t caps[PREFERENCES];
};
#define EACH_OF(p) (p).caps[0], (p).caps[1], (p).caps[2], (p).caps[3], (p).caps[4], (p).caps[5], (p).caps[6], (p).caps[7]

static HS_ESP_FAST __attribute__((noinline)) struct preferences taken_from(va_list list, size_t n) {
    struct preferences p = {{0}};
    for (size_t i = 0; i < n && i < PREFERENCES; i++)
        p.caps[i] = va_arg(list, uint32_t);
    return p;
}

static inline __attribute__((always_inline)) size_t at_most(size_t n) { return n < PREFERENCES ? n : PREFERENCES; }

/* Declares `p` and reads into it the `n` preferences that are the wrap's variable arguments. */
#define TAKE_PREFERENCES(p, n)                     \
    va_list list;                                  \
    va_start(list, n);                             \
    struct preferences p = taken_from(list, n);    \
    va_end(list)

WRAP_IF_THERE(void *, heap_caps_malloc_prefer, (size_t size, size_t n, ...)) {
    TAKE_PREFERENCES(p, n);
    ASKS(heap_caps_malloc_prefer, (size, at_most(n), EACH_OF(p)))
}
WRAP_IF_THERE(void *, heap_caps_calloc_prefer, (size_t count, size_t size, size_t n, ...)) {
    TAKE_PREFERENCES(p, n);
    ASKS(heap_caps_calloc_prefer, (count, size, at_most(n), EACH_OF(p)))
}
WRAP_IF_THERE(void *, heap_caps_realloc_prefer, (void *old, size_t size, size_t n, ...)) {
    TAKE_PREFERENCES(p, n);
    RESIZES(heap_caps_realloc_prefer, old, (old, size, at_most(n), EACH_OF(p)))
}
