/* SPDX-License-Identifier: MIT
 *
 * A stand-in for ESP-IDF's heap_caps, written for the tests: several regions with capabilities, heaps within blocks of
 * other heaps, executable memory under two addresses, blocks that grow where they are or move within a heap or to another.
 * Not the real one: it does what the component relies on, as ESP-IDF's documentation and sources have it.
 */
#ifndef TESTS_ESP_IDF_STANDIN_H
#define TESTS_ESP_IDF_STANDIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_heap_caps.h"

/* What a region is made with. */
struct standin_region {
    size_t size;
    uint32_t caps;
    bool alias; /* handed out by another address where EXEC is asked for */
    bool late;  /* a heap only when heap_caps_enable_nonos_stack_heaps is called */
};

/* Makes the regions; call once, before anything else. */
void standin_make(const struct standin_region *region, unsigned n);

/* A region within a block of memory with `caps`, registered as a heap of its own with `nested_caps`. False: no room. */
bool standin_reserve(size_t size, uint32_t caps, uint32_t nested_caps);

/* Up to `limit` bytes malloc() takes internal memory first, above it external. */
void standin_always_internal(size_t limit);

/* Between the end of the allocator's work and the hook, or the return, other cores go on. */
extern void (*standin_pause)(void);

/* Memory that was handed out by its alias as the heap knows it, anything else as it is. */
uintptr_t standin_plain(const void *block);

/* With CONFIG_HEAP_TASK_TRACKING: as ESP-IDF 5.5 keeps its lists of blocks (standin_lists.c). `block`: as programs get it, not
 * by its alias. The lists' entries come from the heap `biggest`. */
#ifdef CONFIG_HEAP_TASK_TRACKING
void standin_list(multi_heap_handle_t biggest, void *block);
void standin_unlist(multi_heap_handle_t biggest, void *block);
void standin_relist(void *old, void *block);
#else
static inline void standin_list(multi_heap_handle_t biggest, void *block) { (void)biggest, (void)block; }
static inline void standin_unlist(multi_heap_handle_t biggest, void *block) { (void)biggest, (void)block; }
static inline void standin_relist(void *old, void *block) { (void)old, (void)block; }
#endif

/* The entries that there are, one after the other: calls `each` with their place and size. Returns how many were freed. */
unsigned standin_entries(void (*each)(const void *entry, size_t size, void *context), void *context);

/* How often all heaps were walked. */
extern unsigned standin_walks;

/* Kind of memory at an address: index of the outermost region. */
unsigned standin_region_of(const void *address);

void *idf_malloc(size_t size);
void *idf_calloc(size_t n, size_t size);
void *idf_realloc(void *old, size_t size);
void idf_free(void *block);
void *idf_memalign(size_t alignment, size_t size);

#endif
