/* SPDX-License-Identifier: MIT
 *
 * Resets and versions.
 */
#ifndef TESTS_ESP_IDF_ESP_SYSTEM_H
#define TESTS_ESP_IDF_ESP_SYSTEM_H

typedef enum {
    ESP_RST_UNKNOWN,
    ESP_RST_POWERON,
    ESP_RST_EXT,
    ESP_RST_SW,
    ESP_RST_PANIC,
    ESP_RST_INT_WDT,
    ESP_RST_TASK_WDT,
    ESP_RST_WDT,
    ESP_RST_DEEPSLEEP,
} esp_reset_reason_t;
esp_reset_reason_t esp_reset_reason(void);
void esp_restart(void) __attribute__((noreturn));
const char *esp_get_idf_version(void);

#endif
