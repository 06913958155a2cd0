/* SPDX-License-Identifier: MIT
 *
 * Mutexes that a task waits for.
 */
#ifndef TESTS_ESP_IDF_SEMPHR_H
#define TESTS_ESP_IDF_SEMPHR_H

#include <stdint.h>

#define portMAX_DELAY UINT32_MAX

typedef struct {
    uint64_t words[8];
} StaticSemaphore_t;
typedef struct standin_semaphore *SemaphoreHandle_t;

SemaphoreHandle_t xSemaphoreCreateRecursiveMutexStatic(StaticSemaphore_t *memory);
int xSemaphoreTakeRecursive(SemaphoreHandle_t mutex, uint32_t ticks);
int xSemaphoreGiveRecursive(SemaphoreHandle_t mutex);

#endif
