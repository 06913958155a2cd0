/* SPDX-License-Identifier: MIT
 *
 * Three "tasks" that take turns, on the stand-in for the kernel.
 */
#include "FreeRTOS.h"
#include "task.h"

#include "tests/freertos/work.h"

struct standin_task {
    char name[configMAX_TASK_NAME_LEN];
};
static struct standin_task tasks[TASKS] = {{"sensor"}, {"radio"}, {"log"}};
static TaskHandle_t current = &tasks[2];
static long state = taskSCHEDULER_NOT_STARTED;

long xTaskGetSchedulerState(void) { return state; }
TaskHandle_t xTaskGetCurrentTaskHandle(void) { return current; }
char *pcTaskGetName(TaskHandle_t task) { return task->name; }

#if HS_FREERTOS_HEAP == 5
static uint8_t low[9000], high[12003];
static const HeapRegion_t regions[] = {{low, sizeof low}, {high + 1, sizeof high - 1}, {NULL, 0}};
#endif

int main(void);
int main(void)
{
#if HS_FREERTOS_HEAP == 5
    vPortDefineHeapRegions(regions);
#endif
    work_begin();
    state = taskSCHEDULER_RUNNING;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        current = &tasks[turn * 7 / 3 % TASKS];
        work_step((unsigned)(current - tasks), turn);
    }
    work_end();
}
