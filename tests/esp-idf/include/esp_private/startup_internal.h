/* SPDX-License-Identifier: MIT
 *
 * Init functions, which start-up calls by their priority, behind the constructors.
 */
#ifndef TESTS_ESP_IDF_STARTUP_INTERNAL_H
#define TESTS_ESP_IDF_STARTUP_INTERNAL_H

#include "esp_err.h"
#include "esp_idf_version.h"

#define BIT(n) (1u << (n))

struct standin_init {
    esp_err_t (*function)(void);
    int priority;
};

#define STANDIN_INIT(name, order) \
    static esp_err_t name(void); \
    static const struct standin_init standin_##name __attribute__((used, section("standin_init"))) = {name, order}; \
    static esp_err_t name(void)
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
#define ESP_SYSTEM_INIT_FN(name, stage, cores, priority) STANDIN_INIT(name, priority)
#else
#define ESP_SYSTEM_INIT_FN(name, cores, priority) STANDIN_INIT(name, priority)
#endif

#endif
