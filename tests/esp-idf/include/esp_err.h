/* SPDX-License-Identifier: MIT
 *
 * Error codes.
 */
#ifndef TESTS_ESP_IDF_ESP_ERR_H
#define TESTS_ESP_IDF_ESP_ERR_H

typedef int esp_err_t;
#define ESP_OK 0
#define ESP_FAIL (-1)

#endif
