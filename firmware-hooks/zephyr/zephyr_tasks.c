/* SPDX-License-Identifier: MIT
 *
 * Which thread asks. A thread's memory may become another thread's, which then counts as the same: Zephyr does not report it.
 */
#include <zephyr/kernel.h>

#ifndef HS_ZEPHYR_THREADS
#define HS_ZEPHYR_THREADS 16
#endif
#define HS_TASKS HS_ZEPHYR_THREADS
#define HS_TASK_NAME 16
#include "firmware-hooks/ports/task_table.h"

static const void *running(void) { return k_is_in_isr() || k_is_pre_kernel() ? NULL : k_current_get(); }

/* NULL without CONFIG_THREAD_NAME. */
static const char *name_of(const void *task) { return k_thread_name_get((k_tid_t)(uintptr_t)task); }
