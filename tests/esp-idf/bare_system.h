/* SPDX-License-Identifier: MIT
 *
 * A chip of the stand-in without an operating system: RV32 on QEMU's virt machine. One core, tasks that give way to each other,
 * a timer interrupt, and "flash" that is not there while its cache is off.
 */
#ifndef TESTS_ESP_IDF_BARE_SYSTEM_H
#define TESTS_ESP_IDF_BARE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Constructors in the order in which ESP-IDF calls them, the last one linked first. */
void bare_constructors(void);

/* ESP-IDF's init functions, by their priority. */
void bare_init_functions(void);

/* Each task has its thread-local memory at the upper end of its stack. They run in turn until all have returned. */
#define BARE_TASKS 3u
void bare_run_tasks(void (*const task[BARE_TASKS])(void));
void bare_yield(void);

/* From now on `handler` is called from an interrupt, every so many microseconds; NULL: no longer. */
void bare_interrupts(void (*handler)(void), uint32_t microseconds);

#define BARE_MUTEX 84u /* bytes of a mutex */
void *pvPortMalloc(size_t size);
void vPortFree(void *block);
void *xQueueCreateMutex(uint8_t type);
void *xQueueCreateCountingSemaphore(unsigned most, unsigned first);
void *xTimerCreate(const char *name, uint32_t period, int reload, void *id, void *callback);
int xTaskCreate(void *code, const char *name, uint32_t stack, void *argument, unsigned priority, void *task);
int xTaskCreatePinnedToCore(void *code, const char *name, uint32_t stack, void *argument, unsigned priority, void *task, int core);

/* Takes the contents of flash away: who jumps there, or reads there, has nothing. And gives them back. */
void bare_cache(bool on);

/* Most bytes that memset wrote within a section that no interrupt can enter, since the program began. */
extern uint32_t bare_zeros_in_section;

/* Instructions executed so far; needs -icount. */
uint32_t bare_instructions(void);

#endif
