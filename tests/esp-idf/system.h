/* SPDX-License-Identifier: MIT
 *
 * What a test may set of the system, and its regions in their order.
 */
#ifndef TESTS_ESP_IDF_SYSTEM_H
#define TESTS_ESP_IDF_SYSTEM_H

#include <stdbool.h>

enum { SYSTEM_DRAM, SYSTEM_DIRAM, SYSTEM_RTC, SYSTEM_PSRAM, SYSTEM_REGIONS };

extern bool system_scheduler_runs;
extern bool system_without_order;        /* the lock is not held across calls: a test of the test */
extern bool system_cache_off;            /* as while the flash is written */
extern __thread bool system_in_interrupt;

#endif
