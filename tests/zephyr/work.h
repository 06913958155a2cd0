/* SPDX-License-Identifier: MIT
 *
 * Work on Zephyr's heaps.
 */
#ifndef TESTS_ZEPHYR_WORK_H
#define TESTS_ZEPHYR_WORK_H

#include <zephyr/kernel.h>

#define THREADS 3u
#define TURNS 3000u

extern struct k_heap other_heap;

/* Starts the recorder; does a step of a thread's work, and a mark each tenth of the turns; saves the trace and ends the program. */
void work_begin(void);
void work_step(unsigned thread, unsigned turn);
_Noreturn void work_end(void);

#endif
