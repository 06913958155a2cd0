/* SPDX-License-Identifier: MIT
 *
 * Which task asks, for this folder's heap and for the C library's.
 */
#include "FreeRTOS.h"
#include "task.h"

#if !INCLUDE_xTaskGetCurrentTaskHandle || !INCLUDE_xTaskGetSchedulerState
#error "FreeRTOSConfig.h: INCLUDE_xTaskGetCurrentTaskHandle and INCLUDE_xTaskGetSchedulerState must be 1"
#endif

#ifndef HS_FREERTOS_TASKS
#define HS_FREERTOS_TASKS 16
#endif
#define HS_TASKS HS_FREERTOS_TASKS
#define HS_TASK_NAME configMAX_TASK_NAME_LEN
#include "firmware-hooks/ports/task_table.h"

/* Before the scheduler starts, the "current" task is one that has not yet run. */
static const void *running(void)
{
    return xTaskGetSchedulerState() == taskSCHEDULER_NOT_STARTED ? NULL : (const void *)xTaskGetCurrentTaskHandle();
}

static const char *name_of(const void *task) { return pcTaskGetName((TaskHandle_t)(uintptr_t)task); }

/* traceTASK_DELETE, in a critical section. */
void hs_freertos_task_gone(const void *task);
void hs_freertos_task_gone(const void *task) { task_gone(task); }
