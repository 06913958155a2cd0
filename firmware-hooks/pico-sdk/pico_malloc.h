/* SPDX-License-Identifier: MIT
 *
 * The Pico SDK's layer above newlib: its malloc.c defines __wrap_malloc and so on, which lock and panic. It is compiled with
 * -D__wrap_malloc=hs_pico_malloc and so on (pico-sdk.cmake), and c-heap's wraps call it. This header is HS_C_HEAP_OUTER.
 */
#ifndef HS_PICO_MALLOC_H
#define HS_PICO_MALLOC_H

#include <stddef.h>

#include "pico/mutex.h"

void *hs_pico_malloc(size_t size);
void *hs_pico_calloc(size_t n, size_t size);
void *hs_pico_realloc(void *old, size_t size);
void hs_pico_free(void *block);

#define REAL_malloc(size) hs_pico_malloc(size)
#define REAL_calloc(n, size) hs_pico_calloc(n, size)
#define REAL_realloc(old, size) hs_pico_realloc(old, size)
#define REAL_free(block) hs_pico_free(block)

/* The SDK's mutex is its own and not recursive. This one keeps records of both cores in the order of the heap's changes; it is
 * always taken first. */
auto_init_recursive_mutex(hs_pico_mutex);
static void hs_c_heap_lock(void) { recursive_mutex_enter_blocking(&hs_pico_mutex); }
static void hs_c_heap_unlock(void) { recursive_mutex_exit(&hs_pico_mutex); }

#endif
