/* SPDX-License-Identifier: MIT
 *
 * One heap of the stand-in. A block is a word with its size (bit 0: free) and that many bytes, as TLSF's; a rest too small for a
 * block goes with it.
 */
#ifndef TESTS_ESP_IDF_STANDIN_MULTI_H
#define TESTS_ESP_IDF_STANDIN_MULTI_H

#include <stdint.h>

#include "tests/esp-idf/standin.h"

#include "heap_private.h"

struct multi_heap_info {
    uint8_t *start, *end;
    uint8_t *alias;  /* the same memory under another address; NULL: it has none */
    unsigned number; /* of its lock */
    heap_t registered;
};

#define STANDIN_WORD 4u
#define STANDIN_CONTROL 256u /* in front of a heap's first block */

void standin_multi_make(struct multi_heap_info *h, unsigned number);
uint8_t *standin_multi_alloc(struct multi_heap_info *h, size_t size, size_t alignment);
uint8_t *standin_multi_realloc(struct multi_heap_info *h, uint8_t *block, size_t size); /* in this heap; NULL: no room */
uint32_t standin_multi_size(const uint8_t *block);
bool standin_multi_walk(struct multi_heap_info *h, bool (*walker)(void *block, size_t size, bool used, void *context),
                        void *context);

#endif
