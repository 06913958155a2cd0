/* SPDX-License-Identifier: MIT
 *
 * For hooks under an operating system: which task the next records belong to. Tasks are numbered in the order in which
 * they are first seen.
 *
 *     static struct hs_turn turn = HS_TURN_START;
 *     if (mine->turn != turn.now) {               before each record, with the lock held that orders the records
 *         hs_turn_see(&turn, &mine->turn);
 *         hs_turn_take(&turn, mine->turn);
 *     }
 *
 * A task's turn is stored with its other data; it is 0 until the task is first seen. The turn of start-up code and
 * interrupts is HS_TURN_OUTSIDE.
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
    uint32_t seen; /* number of tasks seen */
    uint32_t now;  /* the turn that the next records belong to */
};

/* A task's number, from 1; 0 for start-up code and interrupts. */
static inline uint32_t hs_turn_number(uint32_t mine) { return mine - HS_TURN_OUTSIDE; }

/* Numbers the running task if it has no number yet. */
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

/* For a keyframe, because a ring overwrites older records: writes a THREAD record again, if there was one. */
static inline void hs_turn_write(const struct hs_turn *turn)
{
    if (turn->seen)
        hs_record(&(struct hs_record){.kind = HS_THREAD, .thread.thread = hs_turn_number(turn->now)});
}

#endif
