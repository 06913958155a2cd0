/* SPDX-License-Identifier: MIT
 *
 * The contract between an allocation hook and the trace. firmware-hooks/README.md explains it step by step.
 *
 * A hook describes its heap in one constant, a struct hs_heap. A firmware lists the heaps of its trace in one table, hs_heaps;
 * several heaps may share a trace. Each heap gets its own range of region and granule numbers, so heaps need not agree on
 * any. The functions below are in firmware-hooks/startup/heaps.c.
 */
#ifndef HS_HEAP_H
#define HS_HEAP_H

#include "lib/heapstrata.h"

/* Bytes of memory: `start` is the first, `end` is one past the last. */
struct hs_span {
    uintptr_t start, end;
};

/* The numbers assigned to a heap. Each hook provides the variable; hs_heaps_begin sets it. */
struct hs_heap_numbers {
    uint32_t first;    /* trace-wide number of the heap's first granule */
    uint32_t granules; /* how many it may use */
    uint8_t region;    /* number of the heap's first region */
};

#define HS_HEAP_OPEN 0u /* the heap may grow without limit. Only for the last heap of the table */

enum hs_trial { HS_TRIAL_NONE, HS_TRIAL_NO_ROOM, HS_TRIAL_MADE };

/* One heap. A function may be NULL only if its comment says what that means. Unless a comment says otherwise, functions are
 * called from a thread (never from an interrupt) without the port's lock, and may write records. */
struct hs_heap {
    const char *name; /* of the heap, and the first part of its regions' names: "lwip" and "lwip/SYS_TIMEOUT" */
    struct hs_heap_numbers *numbers;
    uint8_t regions; /* the most regions that it can have at one time, 1 or more */
    uint8_t shift;   /* log2 of its granule in bytes: the allocator's alignment of blocks */

    /* Finds the heap's memory. `first` is the number of its first granule. Returns the most granules that all its regions can
     * have together, or HS_HEAP_OPEN. hs_heaps_begin calls it once, before anything is recorded. */
    uint32_t (*find)(uint32_t first);

    /* Writes a REGION record for each existing region with hs_heap_region: in keyframes, and before summaries. `existing`: the
     * regions may have blocks, which a snapshot will show; else they are empty. */
    void (*write_regions)(bool existing);

    /* Whether a snapshot of the heap's blocks can be taken now. NULL: always. */
    bool (*has_layout)(void);

    /* Writes the heap's blocks and free runs: hs_snapshot_begin to hs_snapshot_end for each region. Pass HS_SNAPSHOT_FIRST of
     * `part` on for the heap's first region, HS_SNAPSHOT_LAST for its last. No block may be allocated or freed meanwhile. */
    void (*write_snapshot)(uint8_t part);

    /* The most bytes that the records of write_regions and write_snapshot take now. */
    uint32_t (*keyframe_size)(void);

    /* Writes the figures of each region, hs_summary_begin to hs_summary_end in lib/level.h. For levels other than "full", and
     * for "full" if keyframes do not fit the ring. `cause`: as in SUMMARY of records.def. NULL: the heap has no summaries. */
    void (*write_summary)(uint8_t cause);

    /* Whether `code` of a struct hs_key belongs to this heap. Called with the port's lock held. NULL: all codes that no other
     * heap owns belong to it. */
    bool (*owns_code)(uintptr_t code);

    /* hs_config.describe for the codes that this heap owns. Only `nested` of `*place` is not zero before. Called with the port's lock held: must
     * neither allocate nor record. NULL: its sites have no file, function or line. */
    void (*describe)(uintptr_t code, struct hs_place *place);

    /* Sets `*key` to the site of a request that the native `caller` makes to another heap: an interpreter knows the line that
     * is running. False: this heap does not know the site. NULL: it never knows. */
    bool (*who_asks)(uintptr_t caller, struct hs_key *key);

    /* Whether the heap overlaps `memory`, so that it would overwrite an image there. May be called before `find`. NULL: the
     * linker placed both, so they never overlap. */
    bool (*overlaps)(const struct hs_span *memory);

    /* For the self-test: allocates a small block as programs do, and frees it. `number` counts the ways to do so, from 0.
     * HS_TRIAL_NONE: there is no trial with this number or a greater one. NULL: there are no trials. */
    enum hs_trial (*try)(unsigned number);
};

/* The heaps of this firmware's trace. The interpreter's heap is the last: it may grow without limit, and it owns all codes
 * that no other heap owns. An entry other than the last may be NULL: a weak symbol of a hook that is not linked. The firmware
 * defines the table with one line in one file:
 *
 *     HS_HEAPS(&hs_lwip_heap, &my_heap);
 */
extern const struct hs_heap *const hs_heaps[];
extern const uint8_t hs_n_heaps;
#define HS_HEAPS(...) \
    const struct hs_heap *const hs_heaps[] = {__VA_ARGS__}; \
    const uint8_t hs_n_heaps = sizeof hs_heaps / sizeof *hs_heaps

/* --- for the firmware's start: firmware-hooks/startup/startup.h calls all of these ------------------------ */

/* Finds all heaps and assigns their numbers, in the order of the table. Call it before hs_start. Returns 0 or HS_ERR_FULL: a
 * trace has not enough numbers for the regions or granules, or an open heap is not the last. After an error do not record. */
int hs_heaps_begin(void);

/* hs_config.describe, .keyframe, .keyframe_size and .summary for all heaps together. */
void hs_heaps_describe(uintptr_t code, struct hs_place *place);
void hs_heaps_keyframe(void);
uint32_t hs_heaps_keyframe_size(void);
void hs_heaps_summary(uint8_t cause);

/* Whether any heap overlaps `memory`. */
bool hs_heaps_overlap(const struct hs_span *memory);

/* Run the trials of one heap, or of all. Recording must be on. False: the hooks did not see a trial, for example because of
 * link-time optimisation; the image's header then says so too. */
bool hs_heap_test(const struct hs_heap *heap);
bool hs_heaps_test(void);

/* --- for hooks ------------------------------------------------------------------------------------------------ */

/* Whether this heap's hook writes keyframes. Only that hook calls hs_keyframe at HS_STATE_KEYFRAME_DUE. It is the hook of the
 * last heap of the table: an interpreter knows when no heap is being changed; the other hooks may be called while it frees its
 * blocks. */
static inline bool hs_heap_leads(const struct hs_heap *heap) { return heap == hs_heaps[hs_n_heaps - 1]; }

/* Site of a request: from the first heap of the table whose who_asks knows it; else only `caller`. ISR safe if each who_asks
 * is. */
struct hs_key hs_heaps_key(uintptr_t caller);

/* A region, for hs_heap_region. */
struct hs_heap_region {
    uint8_t index;     /* among the heap's regions, from 0 */
    uint8_t memory;    /* enum hs_memory */
    uint8_t placement; /* enum hs_placement; 0: explicit */
    uint32_t pos;      /* trace-wide number of its first granule */
    uint32_t granules;
    uintptr_t base;      /* address of its first granule */
    uint32_t least;      /* smallest block in bytes, header included; pool: size of every block; 0: one granule */
    uint32_t header;     /* bytes before each block that belong to it */
    uint32_t caps;       /* capability bits as the allocator defines them; 0: it has none */
    struct hs_text name; /* "heap/region"; empty: the heap's name. No two regions of a heap have the same name */
};

/* Writes a REGION record. Returns false and writes nothing if the region is outside the numbers of its heap. Then a reader
 * cannot place its blocks, and the hook must record HS_POS_IMPLIED instead of their places. */
bool hs_heap_region(const struct hs_heap *heap, const struct hs_heap_region *region, bool existing);

/* Writes REGION_END for the region with this index. */
void hs_heap_region_end(const struct hs_heap *heap, uint8_t index);

/* Trace-wide number of a region, for FAIL and SUMMARY. */
static inline uint8_t hs_heap_region_number(const struct hs_heap *heap, unsigned index)
{
    return (uint8_t)(heap->numbers->region + index);
}

/* `cause` for hs_fail, with the region that refused, given by its index. The region is left out if a FAIL cannot name its
 * number. */
static inline uint8_t hs_heap_fail_cause(const struct hs_heap *heap, unsigned index, uint8_t cause)
{
    unsigned number = hs_heap_region_number(heap, index);
    return (uint8_t)((number < HS_FAIL_REGIONS ? HS_FAIL_REGION(number) : 0) | cause);
}

#endif
