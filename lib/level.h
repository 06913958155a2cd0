/* SPDX-License-Identifier: MIT
 *
 * Levels that record less than every event: what an allocation hook calls at HS_STATE_LEVEL.
 *
 *   sampled  Each byte asked for is a sample point with probability 1 - exp(-1 / interval), independently of all
 *            others; a block with such a point in it is recorded, and its end. So a block of `size` bytes is
 *            recorded with probability 1 - exp(-size / interval), and sums over all blocks can be estimated
 *            without bias.
 *   summary  Blocks and bytes are summed by site; each summary names the sites that asked for most.
 *
 * A hook that allocates calls hs_level_skips first: it is all that most allocations cost when sampled.
 *
 *     if (hs_state == HS_STATE_LEVEL && !hs_level_skips(size))
 *         hs_level_alloc(key, block);
 *
 * Calls for one heap come in the order in which it changes, as for the events of lib/heapstrata.h: those of
 * two threads under the allocator's lock. From an interrupt only hs_level_skips and hs_level_alloc.
 */
#ifndef HS_LEVEL_H
#define HS_LEVEL_H

#include "lib/heapstrata.h"
#include "lib/port.h"

/* Whose allocations follow, at level "summary" where blocks are waited for. */
extern uint16_t hs_level_thread;

/* Bytes up to the next sample point; at level "summary" 0, which skips nothing. */
extern uint32_t hs_level_left;

/* Whether an allocation (or the new size of a resized block) of `size` bytes, at least 1, goes unrecorded. */
static inline bool hs_level_skips(uint32_t size)
{
    hs_lock_t lock = hs_port_lock();
    uint32_t left = hs_level_left;
    bool skips = left >= size;
    if (skips)
        hs_level_left = left - size;
    hs_port_unlock(lock);
    return skips;
}

/* What hs_level_skips did not skip; `op` is HS_ALLOC or HS_REALLOC. */
void hs_level_put(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint8_t op);
static inline void hs_level_alloc(struct hs_key key, struct hs_block block)
{
    hs_level_put(HS_KEY_ARGUMENTS(key), block.pos, block.size, HS_ALLOC);
}
static inline void hs_level_realloc(struct hs_key key, struct hs_block block)
{
    hs_level_put(HS_KEY_ARGUMENTS(key), block.pos, block.size, HS_REALLOC);
}

/* The block at granule `pos` was freed (HS_FREE), or is about to be recorded with a new size (HS_REALLOC). */
void hs_level_gone(uint32_t pos, uint8_t op);

/* Behind a collection: `gone` tells whether the block that was at a granule has been freed by it. */
void hs_level_swept(bool (*gone)(uint32_t pos));

/* Chooses the level of this recording, if one is under way, and of those to come. Not from an interrupt.
 * Returns 0, HS_ERR_ARG for a level or interval that there is not, or when the configuration lacks what it needs. */
int hs_level_set(const struct hs_level_choice *choice);

/* What was chosen, and what became of it. */
struct hs_level_state {
    struct hs_level_choice choice;
    uint32_t samples;    /* blocks recorded since recording began at this level */
    uint32_t unfollowed; /* of these, blocks whose end will not be told: the table was full */
};
struct hs_level_state hs_level_state(void);

/* --- summaries ------------------------------------------------------------------------------------------- */

#define HS_RUN_CLASSES_MAX 20u /* the last one has all runs of 2^19 granules and more */

/* One region being summed up, from hs_summary_begin to hs_summary_end. Lives on the caller's stack. */
struct hs_summary_writer {
    uint32_t used, free, longest, blocks; /* granules; blocks: their number */
    uint32_t runs[HS_RUN_CLASSES_MAX];
    uint8_t region, cause, shift;
};

/* `place` names region, cause and shift; everything else is set to 0. */
void hs_summary_begin(struct hs_summary_writer *writer, const struct hs_summary_writer *place);
void hs_summary_run(struct hs_summary_writer *writer, uint32_t granules); /* a free run, as long as it is */
void hs_summary_end(struct hs_summary_writer *writer);

/* Behind the last region's summary: at level "summary" names the sites that asked for most since it was called
 * last, and counts anew. Where hs_config.held is, tells the blocks that came at this level and are still there, by site and
 * thread: where a program loses memory, over any time, in a few records each time. */
void hs_level_top(void);

#endif
