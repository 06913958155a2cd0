/* SPDX-License-Identifier: MIT
 *
 * For newlib and newlib-nano: malloc(n) is _malloc_r(_REENT, n), and so on. The wraps of the plain names call the reentrant
 * functions, as newlib's own do. Functions of newlib that allocate (strdup, printf, fopen) call the reentrant ones.
 */
#ifndef HS_C_HEAP_REENTRANT_H
#define HS_C_HEAP_REENTRANT_H

#include <reent.h>
#include <unistd.h>

#define REAL(name) REAL_##name
#ifdef HS_C_HEAP_OUTER /* a header with the functions that are called instead: a layer above newlib, with its lock */
#include HS_C_HEAP_OUTER
#else
#define REAL_malloc(size) __real__malloc_r(_REENT, size)
#define REAL_calloc(n, size) __real__calloc_r(_REENT, n, size)
#define REAL_realloc(old, size) __real__realloc_r(_REENT, old, size)
#define REAL_free(block) __real__free_r(_REENT, block)

/* newlib's lock. A firmware with tasks, or with interrupts that allocate, defines both; they may be called again while held. */
void __malloc_lock(struct _reent *r);
void __malloc_unlock(struct _reent *r);
static void hs_c_heap_lock(void) { __malloc_lock(_REENT); }
static void hs_c_heap_unlock(void) { __malloc_unlock(_REENT); }
#endif
#define REAL_memalign(alignment, size) __real__memalign_r(_REENT, alignment, size)

void *__real__malloc_r(struct _reent *r, size_t size);
void *__real__calloc_r(struct _reent *r, size_t n, size_t size);
void *__real__realloc_r(struct _reent *r, void *old, size_t size);
void *__real__memalign_r(struct _reent *r, size_t alignment, size_t size);
void __real__free_r(struct _reent *r, void *block);

#include "firmware-hooks/c-heap/wraps.h"

WRAP(void *, _malloc_r, (struct _reent * r, size_t size))
ALLOCATES(__real__malloc_r(r, size), size)
WRAP(void *, _calloc_r, (struct _reent * r, size_t n, size_t size))
ALLOCATES(__real__calloc_r(r, n, size), product(n, size))
WRAP(void *, _realloc_r, (struct _reent * r, void *old, size_t size))
RESIZES(__real__realloc_r(r, old, size), old, size)
WRAP(void *, _memalign_r, (struct _reent * r, size_t alignment, size_t size))
ALLOCATES(__real__memalign_r(r, alignment, size), size)
WRAP(void, _free_r, (struct _reent * r, void *block))
FREES(__real__free_r(r, block), block)

static uintptr_t hs_c_heap_brk(void) { return (uintptr_t)_sbrk_r(_REENT, 0); }

#endif
