/* SPDX-License-Identifier: MIT
 *
 * Walks the registered heaps: heap_caps_walk if ESP-IDF has it (5.3 and later), otherwise the same with internal functions.
 *
 * The walker gets the address and size of each block and free run as TLSF has them, with the bytes of poisoning and task
 * tracking. If it returns false, the walk continues with the next heap. From a task, with the flash cache on.
 */
#ifndef HS_ESP_WALK_H
#define HS_ESP_WALK_H

#include "esp_heap_caps.h"
#include "esp_idf_version.h"

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
typedef walker_heap_into_t hs_esp_heap_t;
typedef walker_block_info_t hs_esp_block_t;
#define hs_esp_walk heap_caps_walk
#else
#define HS_ESP_OWN_WALK 1
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef struct {
    intptr_t start, end;
} hs_esp_heap_t;
typedef struct {
    void *ptr;
    size_t size;
    bool used;
} hs_esp_block_t;

/* Walks the heaps that have all of `caps`. */
void hs_esp_walk(uint32_t caps, bool (*walker)(hs_esp_heap_t heap, hs_esp_block_t block, void *context), void *context);
#endif

#endif
