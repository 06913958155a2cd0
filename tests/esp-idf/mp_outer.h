/* SPDX-License-Identifier: MIT
 *
 * MicroPython's 32-bit unix port as if it were the esp32 one: its heap grows by areas out of heap_caps, here the stand-in.
 */
#ifndef TESTS_ESP_IDF_MP_OUTER_H
#define TESTS_ESP_IDF_MP_OUTER_H

#define MICROPY_GC_SPLIT_HEAP (1)
#define MICROPY_GC_SPLIT_HEAP_AUTO (1)
#define MP_PLAT_ALLOC_HEAP(size) heap_caps_malloc(size, 1u << 2 | 1u << 20) /* 8BIT, and one beyond those of old */
#define MP_PLAT_FREE_HEAP(area) heap_caps_free(area)

#include <stddef.h>
#include <stdint.h>
void *heap_caps_malloc(size_t size, uint32_t caps);
void heap_caps_free(void *block);

#endif
