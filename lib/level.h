/* SPDX-License-Identifier: MIT
 *
 * Levels that record less than every event: the functions that an allocation hook calls at HS_STATE_LEVEL.
 *
 *   sampled  Each requested byte is a sample point with probability 1 - exp(-1 / interval), independently of all others. A block
 *            that contains a sample point is recorded, and so is its end. So a block of `size` bytes is recorded with
 *            probability 1 - exp(-size / interval), and sums over all blocks can be estimated without bias.
 *   summary  Blocks and bytes are added up by site; each summary names the sites that requested most.
 *
 * A hook calls hs_level_skips first. At level "sampled" that is the only cost of most allocations.
 *
 *     if (hs_state == HS_STATE_LEVEL && !hs_level_skips(size))
 *         hs_level_alloc(key, block);
 *
 * Calls for one heap must be in the order of its changes, as for the events of lib/heapstrata.h: with several threads, make
 * them under the allocator's lock. From an interrupt call only hs_level_skips and hs_level_alloc.
 */
#ifndef HS_LEVEL_H
#define HS_LEVEL_H

#include "lib/heapstrata.h"
#include "lib/port.h"

/* Number of the running thread, as in THREAD of records.def; set by the hook. HELD records use it. */
extern uint16_t hs_level_thread;

/* Bytes to the next sample point. At level "summary" it is 0, so that no allocation is skipped. */
extern uint32_t hs_level_left;

/* Whether an allocation of `size` bytes (at least 1), or a resize to them, need not be recorded. Call it once for each. ISR
 * safe. */
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

/* Records a block that hs_level_skips did not skip. `op` is HS_ALLOC or HS_REALLOC. */
void hs_level_put(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint8_t op);
static inline void hs_level_alloc(struct hs_key key, struct hs_block block)
{
    hs_level_put(HS_KEY_ARGUMENTS(key), block.pos, block.size, HS_ALLOC);
}
static inline void hs_level_realloc(struct hs_key key, struct hs_block block)
{
    hs_level_put(HS_KEY_ARGUMENTS(key), block.pos, block.size, HS_REALLOC);
}

/* The block at granule `pos` was freed (`op` HS_FREE) or resized (HS_REALLOC: call it before the new size is recorded). */
void hs_level_gone(uint32_t pos, uint8_t op);

/* Call it after a collection. `gone`: whether the collection freed the block that was at a granule. */
void hs_level_swept(bool (*gone)(uint32_t pos));

/* Sets the level, at once if recording is on, else for the next start. Not from an interrupt. Returns 0, or HS_ERR_ARG if the
 * level or interval is out of range or if the configuration lacks a member that the level needs. */
#if HS_WITH_LEVELS
int hs_level_set(const struct hs_level_choice *choice);
#else
static inline int hs_level_set(const struct hs_level_choice *choice)
{
    return choice->level > HS_LEVEL_FULL ? HS_ERR_ARG : HS_OK;
}
#endif

/* The level in use and its figures. */
struct hs_level_state {
    struct hs_level_choice choice;
    uint32_t samples;    /* blocks recorded since recording began at this level */
    uint32_t unfollowed; /* blocks whose end will not be recorded, because the table was full */
};
#if HS_WITH_LEVELS
struct hs_level_state hs_level_state(void);
#else
static inline struct hs_level_state hs_level_state(void)
{
    return (struct hs_level_state){.choice = {.level = HS_LEVEL_FULL, .interval = HS_SAMPLE_INTERVAL}};
}
#endif

/* --- summaries ------------------------------------------------------------------------------------------- */

#define HS_RUN_CLASSES_MAX 20u /* the last class has all runs of 2^19 granules or more */

/* The figures of one region, from hs_summary_begin to hs_summary_end. The caller owns it, on its stack. */
struct hs_summary_writer {
    uint32_t used, free, longest, blocks; /* granules; blocks: number of blocks */
    uint32_t runs[HS_RUN_CLASSES_MAX];
    uint8_t region, cause, shift;
};

/* Copies region, cause and shift from `place` and sets all other members to 0. The caller then sets `used` and `blocks`. */
void hs_summary_begin(struct hs_summary_writer *writer, const struct hs_summary_writer *place);
void hs_summary_run(struct hs_summary_writer *writer, uint32_t granules); /* a whole free run */
void hs_summary_end(struct hs_summary_writer *writer);

/* Whether REGION records must come before these summaries: at the first summaries of a level other than "full", and again
 * before the ring overwrites the last ones. At such a level there are no keyframes, which have them at level "full". Call it once,
 * before hs_summary_begin; if it returns true, write the REGION records of all regions. Not from an interrupt. */
#if HS_WITH_LEVELS
bool hs_level_regions_due(void);
#else
static inline bool hs_level_regions_due(void) { return false; }
#endif

/* Call it after the last region's summary. At level "summary" it names the sites that requested most since the last call and
 * resets the counters. With hs_config.held it also writes HELD records of the live blocks that were allocated at this level, by
 * site and thread. So a few records show where a program loses memory, over any time. */
#if HS_WITH_LEVELS
void hs_level_top(void);
#else
static inline void hs_level_top(void) {}
#endif

#endif
