/* SPDX-License-Identifier: MIT
 *
 * The names of tasks. A name is read once, when its task first allocates or frees; it is kept after the task has ended.
 */
#include <string.h>

#include "firmware-hooks/esp-idf/esp_hooks.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#define TASK_NAME_MAX 16u /* FreeRTOS's default; longer names are cut */

static char name[HS_ESP_TASKS][TASK_NAME_MAX];

static void record(uint32_t number)
{
    char text[8 + 10 + TASK_NAME_MAX] = "thread "; /* "thread N=name" */
    uint32_t len = 7, tens = 1;
    while (number / tens >= 10)
        tens *= 10;
    for (; tens; tens /= 10)
        text[len++] = (char)('0' + number / tens % 10);
    text[len++] = '=';
    for (uint32_t i = 0; i < TASK_NAME_MAX && name[number - 1][i]; i++)
        text[len++] = name[number - 1][i];
    hs_record(&(struct hs_record){.kind = HS_FACT, .fact.fact = {text, len}});
}

bool hs_esp_name_task(uint32_t number)
{
    const char *called = number <= HS_ESP_TASKS ? pcTaskGetName(NULL) : NULL;
    if (!called)
        return true;
    for (uint32_t i = 0; i < TASK_NAME_MAX && called[i]; i++)
        name[number - 1][i] = called[i];
    record(number);
    return true;
}

void hs_esp_record_tasks(void)
{
    for (uint32_t number = 1; number <= HS_ESP_TASKS; number++)
        if (name[number - 1][0])
            record(number);
}

uint32_t hs_esp_tasks_size(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < HS_ESP_TASKS; i++)
        n += name[i][0] != 0;
    return n * (8 + 10 + TASK_NAME_MAX + 4);
}
