/* SPDX-License-Identifier: MIT
 *
 * Which task asks, for this folder's heap and for the C library's. Tasks are numbered as they are first seen, and named.
 */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmware-hooks/ports/tasks.h"
#include "firmware-hooks/ports/turn.h"
#include "lib/level.h"

#if !INCLUDE_xTaskGetCurrentTaskHandle || !INCLUDE_xTaskGetSchedulerState
#error "FreeRTOSConfig.h: INCLUDE_xTaskGetCurrentTaskHandle and INCLUDE_xTaskGetSchedulerState must be 1"
#endif

#ifndef HS_FREERTOS_TASKS
#define HS_FREERTOS_TASKS 16 /* tasks that are told apart; what further ones do counts as start-up code's */
#endif
#define NAME_MAX ((uint32_t)configMAX_TASK_NAME_LEN)

static struct {
    const void *task; /* NULL: it has ended */
    char name[configMAX_TASK_NAME_LEN];
} tasks[HS_FREERTOS_TASKS];
static uint32_t n_tasks;
static uint32_t number_now; /* of the last record's task; 0: start-up code */
static const void *task_now;

static void write_name(uint32_t number)
{
    char text[8 + 10 + configMAX_TASK_NAME_LEN] = "thread "; /* "thread N=name" */
    uint32_t len = 7, tens = 1;
    while (number / tens >= 10)
        tens *= 10;
    for (; tens; tens /= 10)
        text[len++] = (char)('0' + number / tens % 10);
    text[len++] = '=';
    for (uint32_t i = 0; i < NAME_MAX && tasks[number - 1].name[i]; i++)
        text[len++] = tasks[number - 1].name[i];
    hs_record(&(struct hs_record){.kind = HS_FACT, .fact.fact = {text, len}});
}

/* Numbers are not used again: the name of a task that has ended stays right. */
static uint32_t number_of(const void *task)
{
    for (uint32_t i = 0; i < n_tasks; i++)
        if (tasks[i].task == task)
            return i + 1;
    if (n_tasks == HS_FREERTOS_TASKS)
        return 0;
    tasks[n_tasks].task = task;
    strncpy(tasks[n_tasks].name, pcTaskGetName((TaskHandle_t)(uintptr_t)task), NAME_MAX);
    write_name(++n_tasks);
    return n_tasks;
}

/* Before the scheduler starts, the "current" task is one that has not yet run. */
static const void *running(void)
{
    return xTaskGetSchedulerState() == taskSCHEDULER_NOT_STARTED ? NULL : (const void *)xTaskGetCurrentTaskHandle();
}

void hs_tasks_note(void)
{
    const void *task = running();
    if (task == task_now)
        return;
    task_now = task;
    uint32_t number = task ? number_of(task) : 0;
    hs_level_thread = (uint16_t)number;
    if (number == number_now)
        return;
    number_now = number;
    hs_record(&(struct hs_record){.kind = HS_THREAD, .thread.thread = number});
}

void hs_tasks_write(void)
{
    for (uint32_t number = 1; number <= n_tasks; number++)
        write_name(number);
}

uint32_t hs_tasks_size(void) { return n_tasks * (8 + 10 + NAME_MAX + 4); }

/* traceTASK_DELETE, in a critical section. */
void hs_freertos_task_gone(const void *task);
void hs_freertos_task_gone(const void *task)
{
    for (uint32_t i = 0; i < n_tasks; i++)
        if (tasks[i].task == task)
            tasks[i].task = NULL;
    if (task == task_now)
        task_now = &tasks; /* no task: the next record looks */
}
