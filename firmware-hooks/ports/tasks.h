/* SPDX-License-Identifier: MIT
 *
 * For hooks of heaps that know no operating system, such as malloc(): which task the next record belongs to.
 */
#ifndef HS_HOOKS_TASKS_H
#define HS_HOOKS_TASKS_H

/* Writes a THREAD record if another task runs than at the last record. Call it before each record, with the lock held that
 * orders the records. Defined by the folder of an operating system, such as freertos/; else NULL. ISR safe. */
extern void hs_tasks_note(void) __attribute__((weak));

#endif
