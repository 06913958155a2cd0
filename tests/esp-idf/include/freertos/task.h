/* SPDX-License-Identifier: MIT
 *
 * Tasks have names, and run.
 */
#ifndef TESTS_ESP_IDF_TASK_H
#define TESTS_ESP_IDF_TASK_H

typedef struct standin_task *TaskHandle_t;

enum { taskSCHEDULER_SUSPENDED, taskSCHEDULER_NOT_STARTED, taskSCHEDULER_RUNNING };
int xTaskGetSchedulerState(void);

/* Of the task that runs, for NULL; it is in flash. */
char *pcTaskGetName(TaskHandle_t task);

#endif
