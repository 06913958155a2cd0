/* SPDX-License-Identifier: MIT
 *
 * A stand-in for FreeRTOS's header.
 */
#ifndef STANDIN_TASK_H
#define STANDIN_TASK_H

typedef struct standin_task *TaskHandle_t;

#define taskSCHEDULER_NOT_STARTED 1
#define taskSCHEDULER_RUNNING 2
long xTaskGetSchedulerState(void);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
char *pcTaskGetName(TaskHandle_t task);

#endif
