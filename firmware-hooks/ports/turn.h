/* SPDX-License-Identifier: MIT
 *
 * Whose records follow, for hooks under an operating system: numbers of tasks, in the order in which they were first seen.
 *
 *     static struct hs_turn turn = HS_TURN_START;
 *     if (mine->turn != turn.now) {               before a record, with the lock held that keeps records apart
 *         hs_turn_see(&turn, &mine->turn);
 *         hs_turn_take(&turn, mine->turn);
 *     }
 *
 * A task's turn is kept where its other data are, 0 before it was seen. Of start-up and interrupts it is HS_TURN_OUTSIDE.
 */
#ifndef HS_HOOKS_TURN_H
#define HS_HOOKS_TURN_H

#include "lib/heapstrata.h"

#define HS_TURN_OUTSIDE 1u
#define HS_TURN_START \
    { \
        .now = HS_TURN_OUTSIDE \
    }

struct hs_turn {
    uint32_t seen; /* tasks */
    uint32_t now;  /* of whom the records follow */
};

/* A task's number, from 1; 0: this is no task. */
static inline uint32_t hs_turn_number(uint32_t mine) { return mine - HS_TURN_OUTSIDE; }

/* Gives the running task a number if it has none yet. */
static inline void hs_turn_see(struct hs_turn *turn, uint32_t *mine)
{
    if (!*mine)
        *mine = ++turn->seen + HS_TURN_OUTSIDE;
}

/* Writes a THREAD record. */
static inline void hs_turn_take(struct hs_turn *turn, uint32_t mine)
{
    turn->now = mine;
    hs_record(&(struct hs_record){.kind = HS_THREAD, .thread.thread = hs_turn_number(mine)});
}

#endif
