/* SPDX-License-Identifier: MIT
 *
 * Tasks.
 */
#ifndef TESTS_ESP_IDF_FREERTOS_TASK_H
#define TESTS_ESP_IDF_FREERTOS_TASK_H

#define taskSCHEDULER_NOT_STARTED 1
#define taskSCHEDULER_RUNNING     2

typedef struct tskTaskControlBlock *TaskHandle_t;
TaskHandle_t xTaskGetCurrentTaskHandle(void);
int xTaskGetSchedulerState(void);

#endif
