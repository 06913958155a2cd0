/* SPDX-License-Identifier: MIT
 *
 * The contract for whoever provides a heap to a trace. firmware-hooks/README.md explains it step by step.
 *
 * An allocation hook describes its heap by one constant, a struct hs_heap. A firmware lists the heaps of its trace in one
 * table, hs_heaps; several heaps may share a trace. The recorder gives each heap its numbers of regions and granules, so no
 * two heaps need to agree on any. The functions below are in firmware-hooks/startup/heaps.c.
 */
#ifndef HS_HEAP_H
#define HS_HEAP_H

#include "lib/heapstrata.h"

/* Bytes of memory: `start` is the first, `end` is one past the last. */
struct hs_span {
    uintptr_t start, end;
};

/* The numbers that a heap was given. Each heap keeps them in a variable of its own, which hs_heaps_begin fills in. */
struct hs_heap_numbers {
    uint32_t first;    /* trace-wide number of the heap's first granule */
    uint32_t granules; /* how many it may use */
    uint8_t region;    /* number of the heap's first region */
};

#define HS_HEAP_OPEN 0u /* the heap may grow without limit. For the last heap of the table only */

enum hs_trial { HS_TRIAL_NONE, HS_TRIAL_NO_ROOM, HS_TRIAL_MADE };

/* One heap. Every function that may be NULL says what that means; the others must be there. Unless said otherwise they are
 * called by a thread (never in an interrupt), not with the port's lock held, and may write records. */
struct hs_heap {
    const char *name; /* of the heap, and what the names of its regions begin with: "lwip", and "lwip/SYS_TIMEOUT" */
    struct hs_heap_numbers *numbers;
    uint8_t regions; /* the most regions that it can have at a time, 1 or more */
    uint8_t shift;   /* log2 of its granule in bytes: what the allocator aligns blocks to */

    /* Finds the heap's memory; from now on its granules have numbers from `first` on. Returns how many all its regions can have
     * together at most, or HS_HEAP_OPEN. Called once by hs_heaps_begin, before anything is recorded. */
    uint32_t (*find)(uint32_t first);

    /* Writes a REGION record for each region that there is, by hs_heap_region. `existing`: the regions may have blocks in
     * them, which a snapshot will show; else they are empty. */
    void (*write_regions)(bool existing);

    /* Whether a snapshot of the heap's blocks can be taken now. NULL: always. */
    bool (*has_layout)(void);

    /* Writes the heap's blocks and free runs: for each region hs_snapshot_begin to hs_snapshot_end, `part` (HS_SNAPSHOT_FIRST,
     * HS_SNAPSHOT_LAST) as bits for the heap's first and last region. No block may come or go meanwhile. */
    void (*write_snapshot)(uint8_t part);

    /* At most how many bytes the records of write_regions and write_snapshot take now. */
    uint32_t (*keyframe_size)(void);

    /* Writes the figures of each region, hs_summary_begin to hs_summary_end in lib/level.h, for levels above "full"; `cause`
     * as in SUMMARY of records.def. NULL: the heap has no summaries. */
    void (*write_summary)(uint8_t cause);

    /* Whether `code` of a struct hs_key is this heap's. Called with the port's lock held. NULL: those that no other heap owns. */
    bool (*owns_code)(uintptr_t code);

    /* hs_config.describe for the codes that it owns, `place` being zero before. With the port's lock held: must neither
     * allocate nor record. NULL: there is nothing to say of them. */
    void (*describe)(uintptr_t code, struct hs_place *place);

    /* Sets `key` to who asks for memory, if that can be said of a call by the native `caller` of some other heap's allocator:
     * an interpreter knows the line that is running. False: this heap does not know. NULL: it never does. */
    bool (*who_asks)(uintptr_t caller, struct hs_key *key);

    /* Whether a byte of the heap is in `memory`, so that a trace's image there would be overwritten. May be called before `find`.
     * NULL: the image is never there, because the linker placed both. */
    bool (*overlaps)(const struct hs_span *memory);

    /* For the self-test, from 0 on: allocates a small block in the way that programs do, and frees it. HS_TRIAL_NONE: there is
     * no such trial, nor one with a greater number. NULL: no trial is made. */
    enum hs_trial (*try)(unsigned number);
};

/* The heaps of this firmware's trace. An interpreter comes last: its heap may grow without limit, and codes that no other heap
 * owns are its own. A row may be NULL, but for the last: a weak symbol of a hook that is not linked. The firmware defines the
 * table by one line in one file:
 *
 *     HS_HEAPS(&hs_lwip_heap, &my_heap);
 */
extern const struct hs_heap *const hs_heaps[];
extern const uint8_t hs_n_heaps;
#define HS_HEAPS(...) \
    const struct hs_heap *const hs_heaps[] = {__VA_ARGS__}; \
    const uint8_t hs_n_heaps = sizeof hs_heaps / sizeof *hs_heaps

/* --- for the firmware's start: firmware-hooks/startup/startup.h does all of this -------------------------- */

/* Finds all heaps and gives them their numbers, in the order of the table. HS_ERR_FULL: there are more regions or granules than
 * a trace has numbers for, or an open heap is not the last; then nothing may be recorded. Before hs_start. */
int hs_heaps_begin(void);

/* hs_config.describe, .keyframe, .keyframe_size and .summary for all heaps together. */
void hs_heaps_describe(uintptr_t code, struct hs_place *place);
void hs_heaps_keyframe(void);
uint32_t hs_heaps_keyframe_size(void);
void hs_heaps_summary(uint8_t cause);

/* Whether any heap overlaps `memory`. */
bool hs_heaps_overlap(const struct hs_span *memory);

/* Makes the trials of a heap, or of all. False: the hooks did not see one, as with link-time optimisation; the image's header
 * says so too. Recording is on. */
bool hs_heap_test(const struct hs_heap *heap);
bool hs_heaps_test(void);

/* --- for hooks ------------------------------------------------------------------------------------------------ */

/* Whether this heap's hook writes keyframes: it calls hs_keyframe when hs_state is HS_STATE_KEYFRAME_DUE, and the hooks of the other
 * heaps do not. It is the last heap of the table: an interpreter knows when all heaps are at rest, others may be called while it
 * frees its blocks. */
static inline bool hs_heap_leads(const struct hs_heap *heap) { return heap == hs_heaps[hs_n_heaps - 1]; }

/* Who asks for memory, by the first heap of the table that knows; else `caller`. ISR safe if each heap's who_asks is. */
struct hs_key hs_heaps_key(uintptr_t caller);

/* A region, for hs_heap_region. */
struct hs_heap_region {
    uint8_t index;     /* among the heap's regions, from 0 */
    uint8_t memory;    /* enum hs_memory */
    uint8_t placement; /* enum hs_placement; 0: explicit */
    uint32_t pos;      /* trace-wide number of its first granule */
    uint32_t granules;
    uintptr_t base;      /* address of its first granule */
    uint32_t least;      /* least bytes of a block, header included; in a pool: of every block; 0: a granule */
    uint32_t header;     /* bytes in front of each block that belong to it */
    uint32_t caps;       /* capabilities, bits of the allocator's own; 0: none to choose by */
    struct hs_text name; /* "heap/region"; left out: the heap's name, which has no other region by that name */
};

/* Writes a REGION record. Every region lies within the numbers that its heap was given. False, and nothing is written: it does
 * not; then its blocks' places mean nothing to a reader, and the hook must record HS_POS_IMPLIED in their stead. */
bool hs_heap_region(const struct hs_heap *heap, const struct hs_heap_region *region, bool existing);

/* REGION_END for the region with this index. */
void hs_heap_region_end(const struct hs_heap *heap, uint8_t index);

/* Trace-wide number of a region, for FAIL and SUMMARY. */
static inline uint8_t hs_heap_region_number(const struct hs_heap *heap, unsigned index)
{
    return (uint8_t)(heap->numbers->region + index);
}

/* hs_fail's `cause` with the region that was asked, from its index; a number that a FAIL cannot name is left out. */
static inline uint8_t hs_heap_fail_cause(const struct hs_heap *heap, unsigned index, uint8_t cause)
{
    unsigned number = hs_heap_region_number(heap, index);
    return (uint8_t)((number < HS_FAIL_REGIONS ? HS_FAIL_REGION(number) : 0) | cause);
}

#endif
