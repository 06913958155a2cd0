/* SPDX-License-Identifier: MIT
 *
 * Which kind of memory an address is of.
 */
#ifndef TESTS_ESP_IDF_ESP_MEMORY_UTILS_H
#define TESTS_ESP_IDF_ESP_MEMORY_UTILS_H

#include <stdbool.h>

/* Of soc/soc.h, as on an ESP32-C3. There is no esp_rtc_dram_match_rtc_iram: many releases of ESP-IDF are without. */
#define SOC_RTC_FAST_MEM_SUPPORTED 1
#define SOC_RTC_IRAM_LOW 0x50000000
#define SOC_RTC_IRAM_HIGH 0x50002000
#define SOC_RTC_DRAM_LOW 0x50000000
#define SOC_RTC_DRAM_HIGH 0x50002000

bool esp_ptr_external_ram(const void *address);
bool esp_ptr_in_rtc_slow(const void *address);
bool esp_ptr_in_rtc_dram_fast(const void *address);
bool esp_ptr_in_rtc_iram_fast(const void *address);
bool esp_ptr_in_iram(const void *address);
bool esp_ptr_in_diram_iram(const void *address);

#endif
