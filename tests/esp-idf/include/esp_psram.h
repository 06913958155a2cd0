/* SPDX-License-Identifier: MIT
 *
 * External RAM.
 */
#ifndef TESTS_ESP_IDF_ESP_PSRAM_H
#define TESTS_ESP_IDF_ESP_PSRAM_H

#include <stdbool.h>
#include <stddef.h>

bool esp_psram_is_initialized(void);
size_t esp_psram_get_size(void);

#endif
