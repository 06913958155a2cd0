/* SPDX-License-Identifier: MIT
 *
 * The body of ports/tasks.h: tasks are numbered as they are first seen, and named. For the one file of an operating system's folder,
 * which defines before
 *
 *   HS_TASKS                  tasks that are told apart; what further ones do counts as start-up code's
 *   HS_TASK_NAME              bytes of a name
 *   const void *running(void)               the running task; NULL: start-up code or an interrupt
 *   const char *name_of(const void *task)   its name; NULL: none
 *
 * and calls task_gone() when a task ends, if its memory may become another task's.
 */
#ifndef HS_HOOKS_TASK_TABLE_H
#define HS_HOOKS_TASK_TABLE_H

#include <stdbool.h>

#include "firmware-hooks/ports/tasks.h"
#include "lib/level.h"

static const void *running(void);
static const char *name_of(const void *task);

static struct {
    const void *task; /* NULL: it has ended */
    char name[HS_TASK_NAME];
} tasks[HS_TASKS];
static uint32_t n_tasks;
static uint32_t number_now; /* of the last record's task; 0: start-up code */
static const void *task_now;

static void write_name(uint32_t number)
{
    char text[8 + 10 + HS_TASK_NAME] = "thread "; /* "thread N=name" */
    uint32_t len = 7, tens = 1;
    while (number / tens >= 10)
        tens *= 10;
    for (; tens; tens /= 10)
        text[len++] = (char)('0' + number / tens % 10);
    text[len++] = '=';
    for (uint32_t i = 0; i < HS_TASK_NAME && tasks[number - 1].name[i]; i++)
        text[len++] = tasks[number - 1].name[i];
    hs_record(&(struct hs_record){.kind = HS_FACT, .fact.fact = {text, len}});
}

/* Numbers are not used again: the name of a task that has ended stays right. */
static uint32_t number_of(const void *task)
{
    for (uint32_t i = 0; i < n_tasks; i++)
        if (tasks[i].task == task)
            return i + 1;
    if (n_tasks == HS_TASKS)
        return 0;
    tasks[n_tasks].task = task;
    const char *name = name_of(task);
    for (uint32_t i = 0; name && i < HS_TASK_NAME && name[i]; i++)
        tasks[n_tasks].name[i] = name[i];
    write_name(++n_tasks);
    return n_tasks;
}

static void write_thread(void) { hs_record(&(struct hs_record){.kind = HS_THREAD, .thread.thread = number_now}); }

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
    write_thread();
}

void hs_tasks_write(void)
{
    for (uint32_t number = 1; number <= n_tasks; number++)
        write_name(number);
    if (n_tasks)
        write_thread();
}

uint32_t hs_tasks_size(void) { return 8 + n_tasks * (8 + 10 + HS_TASK_NAME + 4); }

static inline void task_gone(const void *task)
{
    for (uint32_t i = 0; i < n_tasks; i++)
        if (tasks[i].task == task)
            tasks[i].task = NULL;
    if (task == task_now)
        task_now = &tasks; /* no task: the next record looks */
}

#endif
