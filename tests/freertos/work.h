/* SPDX-License-Identifier: MIT
 *
 * Work on the kernel's heap, for the stand-in and for the real kernel.
 */
#ifndef TESTS_FREERTOS_WORK_H
#define TESTS_FREERTOS_WORK_H

#include <stdint.h>

#include "tests/c-heap/said.h"

#define TASKS 3u
#ifndef TURNS
#define TURNS 3000u
#endif

/* Prints "block ADDRESS BYTES" for each block in use, by the kernel's headers. */
void walk_kernel(void);

/* Starts the recorder; does a step of a task's work, with the scheduler suspended or from one task at a time, and a mark each tenth
 * of the turns; saves the trace and ends the program. */
void work_begin(void);
void work_step(unsigned task, unsigned turn);
_Noreturn void work_end(void);

#endif
