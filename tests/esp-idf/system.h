/* SPDX-License-Identifier: MIT
 *
 * What a test may set of the system, and its regions in their order.
 */
#ifndef TESTS_ESP_IDF_SYSTEM_H
#define TESTS_ESP_IDF_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SYSTEM_DRAM, SYSTEM_DIRAM, SYSTEM_RTC, SYSTEM_PSRAM, SYSTEM_STACK, SYSTEM_REGIONS };

/* Memory for a region, under a second address too where one is asked for. */
struct system_memory {
    uint8_t *at, *alias;
};
struct system_memory system_memory(size_t size, bool alias);

/* Locks of heaps. */
void system_lock_init(unsigned number);
void system_lock(unsigned number);
void system_unlock(unsigned number);

/* Called by what ESP-IDF has in flash: ends the program while the cache is off. */
void system_in_flash(void);

/* Called where a task may wait: ends the program while interrupts are masked. */
void system_may_wait(void);

extern bool system_without_order; /* the lock is not held across calls: a test of the test */
extern bool system_cache_off;     /* as while the flash is written */
extern __thread bool system_in_interrupt;
extern __thread int system_core;
extern __thread const char *system_task_name; /* what FreeRTOS calls it */
extern int64_t system_clock_ahead;            /* microseconds that esp_timer is ahead of the real clock */

#endif
