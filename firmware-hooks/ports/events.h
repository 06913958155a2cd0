/* SPDX-License-Identifier: MIT
 *
 * For hooks: record events of a heap with explicit places, at the current level. The caller has checked that hs_state is
 * not HS_STATE_OFF.
 */
#ifndef HS_HOOKS_EVENTS_H
#define HS_HOOKS_EVENTS_H

#include "lib/level.h"

static inline void hs_event_alloc(struct hs_key key, struct hs_block block)
{
    if (!hs_at_level())
        hs_alloc(key, block);
    else if (block.size && !hs_level_skips(block.size))
        hs_level_alloc(key, block);
}

static inline void hs_event_free(uintptr_t caller, uint32_t pos)
{
    if (!hs_at_level())
        hs_free(caller, pos);
    else
        hs_level_gone(pos, HS_FREE);
}

static inline void hs_event_realloc(struct hs_key key, struct hs_block block, uint32_t old)
{
    if (!hs_at_level()) {
        hs_realloc(key, block, old);
        return;
    }
    hs_level_gone(old, HS_REALLOC);
    if (block.size && !hs_level_skips(block.size))
        hs_level_realloc(key, block);
}

#endif
