/* SPDX-License-Identifier: MIT
 *
 * Whether the flash cache is on.
 */
#ifndef TESTS_ESP_IDF_CACHE_UTILS_H
#define TESTS_ESP_IDF_CACHE_UTILS_H

#include <stdbool.h>

bool spi_flash_cache_enabled(void);

#endif
