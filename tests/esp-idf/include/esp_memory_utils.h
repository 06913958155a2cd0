/* SPDX-License-Identifier: MIT
 *
 * Which kind of memory an address is of.
 */
#ifndef TESTS_ESP_IDF_ESP_MEMORY_UTILS_H
#define TESTS_ESP_IDF_ESP_MEMORY_UTILS_H

#include <stdbool.h>

bool esp_ptr_external_ram(const void *address);
bool esp_ptr_in_rtc_slow(const void *address);
bool esp_ptr_in_rtc_dram_fast(const void *address);
bool esp_ptr_in_rtc_iram_fast(const void *address);
bool esp_rtc_dram_match_rtc_iram(void);
bool esp_ptr_in_iram(const void *address);
bool esp_ptr_in_diram_iram(const void *address);

#endif
