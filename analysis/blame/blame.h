/* SPDX-License-Identifier: MIT
 *
 * Which blocks prevent an allocation: the smallest set of live blocks whose absence would make room for it.
 *
 * Room is a run of free granules in one region. Any set of blocks that makes room opens a stretch of granules as long
 * as the request, and must contain every block in that stretch. So a smallest set consists of neighbours, and there is
 * one candidate for each block: it as the first of the set, and as few blocks after it as suffice. The cost is the
 * number of blocks, or their bytes. Neither decreases with a longer row of neighbours, so the answer is exact for both.
 */
#ifndef HS_BLAME_BLAME_H
#define HS_BLAME_BLAME_H

#include "analysis/space/snapshot.h"

/* The meaning of "smallest". Ties are broken by the other figure, then by the lower address. */
enum hs_blame_by {
    HS_BLAME_BLOCKS, /* fewest blocks */
    HS_BLAME_BYTES,  /* fewest bytes in whole granules */
};

struct hs_blame_request {
    uint64_t size; /* contiguous bytes requested, at least 1 */
    enum hs_blame_by by;
    unsigned asked; /* a region of the requested heap; HS_ALL_REGIONS: any heap */
    uint32_t caps;  /* requested capabilities */
};

/* A block of the set. */
struct hs_blamed {
    struct hs_heap_snapshot_block block;
    uint64_t address, bytes; /* address of its head; bytes taken */
    uint64_t age;            /* ticks since its first allocation; 0 until hs_blame_ages is called */
    uint32_t survived;       /* collections */
};

enum hs_blame_answer {
    HS_BLAME_ROOM, /* a free run is already long enough */
    HS_BLAME_FOUND,
    HS_BLAME_IMPOSSIBLE, /* no region has that many granules */
};

struct hs_blame {
    enum hs_blame_answer answer;
    unsigned region;           /* where there would be room */
    struct hs_extent run;      /* the run that would be free, trace-wide */
    uint64_t address;          /* of that run's start */
    uint64_t run_bytes, bytes; /* of that run; taken by the blocks */
    struct hs_blamed *blocks;  /* `n`, ascending */
    uint32_t n;
};

/* Fills *blame; free with hs_blame_free. One pass over the blocks. Returns HS_OK or HS_ERR_MEMORY. */
int hs_blame_find(struct hs_blame *blame, const struct hs_heap_snapshot *snapshot, const struct hs_blame_request *request);
void hs_blame_free(struct hs_blame *blame);

/* Sets the blocks' ages; `model` must be at the moment of the snapshot. */
void hs_blame_ages(struct hs_blame *blame, const struct hs_model *model);

#endif
