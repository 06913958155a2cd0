/* SPDX-License-Identifier: MIT
 *
 * Writing cache lines back.
 */
#ifndef TESTS_ESP_IDF_ESP_CACHE_H
#define TESTS_ESP_IDF_ESP_CACHE_H

#include <stddef.h>

#include "esp_err.h"

#define ESP_CACHE_MSYNC_FLAG_UNALIGNED (1 << 1)
#define ESP_CACHE_MSYNC_FLAG_DIR_C2M (1 << 2)
esp_err_t esp_cache_msync(void *address, size_t size, int flags);

#endif
