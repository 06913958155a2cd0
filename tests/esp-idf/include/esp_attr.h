/* SPDX-License-Identifier: MIT
 *
 * What the component uses of esp_attr.h: sections, which a test has no use for.
 */
#ifndef TESTS_ESP_IDF_ESP_ATTR_H
#define TESTS_ESP_IDF_ESP_ATTR_H

#ifndef IRAM_ATTR
#define IRAM_ATTR
#endif
#define __NOINIT_ATTR
#define RTC_NOINIT_ATTR
#define EXT_RAM_NOINIT_ATTR

#endif
