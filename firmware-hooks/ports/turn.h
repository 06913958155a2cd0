/* SPDX-License-Identifier: MIT
 *
 * Whose records follow, for hooks under an operating system: numbers of tasks, in the order in which they were first seen.
 *
 *     static struct hs_turn turn;
 *     hs_turn(&turn, &number_of_the_running_task);    before a record, with the lock held that keeps records apart
 */
#ifndef HS_HOOKS_TURN_H
#define HS_HOOKS_TURN_H

#include "lib/heapstrata.h"

/* Zero at first. */
struct hs_turn {
    uint32_t seen; /* tasks */
    uint32_t now;  /* the one whose records follow; 0: no task's */
};

/* Writes a THREAD record if the last record was another task's. `number` is the running task's own, kept where the task's other
 * data are, 0 before it was seen; NULL: this is no task, but start-up or an interrupt. */
static inline void hs_turn(struct hs_turn *turn, uint32_t *number) {
    if (number && !*number)
        *number = ++turn->seen;
    uint32_t now = number ? *number : 0;
    if (now != turn->now)
        hs_record(&(struct hs_record){.kind = HS_THREAD, .thread = now});
    turn->now = now;
}

#endif
