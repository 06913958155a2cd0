/* SPDX-License-Identifier: MIT
 *
 * Blocks of one heap. A block's handle is where TLSF has the address of the block before it.
 */
#ifndef TESTS_ESP_IDF_MULTI_HEAP_INTERNAL_H
#define TESTS_ESP_IDF_MULTI_HEAP_INTERNAL_H

#include <stdbool.h>

#include "esp_heap_caps.h"

typedef void *multi_heap_block_handle_t;
multi_heap_block_handle_t multi_heap_get_first_block(multi_heap_handle_t heap);
multi_heap_block_handle_t multi_heap_get_next_block(multi_heap_handle_t heap, multi_heap_block_handle_t block);
bool multi_heap_is_free(const multi_heap_block_handle_t block);
void multi_heap_internal_lock(multi_heap_handle_t heap);
void multi_heap_internal_unlock(multi_heap_handle_t heap);

#endif
