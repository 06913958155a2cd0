/* SPDX-License-Identifier: MIT
 *
 * What the Python module `heapstrata` needs of the hooks.
 */
#ifndef HS_MP_HOOKS_H
#define HS_MP_HOOKS_H

#include <stdbool.h>

#include "lib/heapstrata.h"
#include "lib/port.h"

/* Sites, contexts and strings that can be told apart; each takes 28 bytes of RAM on a 32-bit machine, and 8 of hash. */
#ifndef HS_SITES
#define HS_SITES 512
#endif

/* 0 when allocations reach the hooks; else -1: they bypass them, as with link-time optimisation. */
int hs_mp_selftest(void);

/* Records the areas and the allocation table as they are now: a keyframe. */
void hs_mp_snapshot(void);

/* A mark of the thread that calls. */
void hs_mp_mark(struct hs_text label);

#if HS_STACKS
/* Whether sites carry the Python stack. */
extern bool hs_mp_stacks;
#endif

#endif
