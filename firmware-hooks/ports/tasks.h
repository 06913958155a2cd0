/* SPDX-License-Identifier: MIT
 *
 * For hooks of heaps that know no operating system, such as malloc(): which task the next record belongs to.
 */
#ifndef HS_HOOKS_TASKS_H
#define HS_HOOKS_TASKS_H

#include <stdint.h>

/* Writes a THREAD record if another task runs than at the last record. Call it before each record, with the lock held that
 * orders the records. ISR safe. Defined, like the functions below, by the folder of an operating system (freertos/); else NULL. */
extern void hs_tasks_note(void) __attribute__((weak));

/* For a keyframe: write the names of the tasks seen, and whose the next records are; the most bytes that these take. */
extern void hs_tasks_write(void) __attribute__((weak));
extern uint32_t hs_tasks_size(void) __attribute__((weak));

#endif
