/* SPDX-License-Identifier: MIT
 *
 * Who is to blame that a request has no room: the smallest set of live blocks whose absence would make room
 * for it.
 *
 * Room is a run of free granules in one region. Whatever set of blocks goes, the run that it opens covers some
 * stretch of granules as long as the request, and every block that lies in that stretch has to be in the set.
 * So a smallest set consists of neighbours, and the sets to look at are as many as there are blocks: for each
 * block that may be the first to go, the fewest behind it. Blocks cost one each, or their bytes; neither is
 * ever less for a longer row of neighbours, so the answer is exact for both.
 */
#ifndef HS_BLAME_BLAME_H
#define HS_BLAME_BLAME_H

#include "analysis/space/snapshot.h"

/* What "smallest" means. Equal sets are told apart by the other figure, then by place: the lowest counts. */
enum hs_blame_by {
    HS_BLAME_BLOCKS, /* fewest blocks */
    HS_BLAME_BYTES,  /* fewest bytes in whole granules */
};

struct hs_blame_request {
    uint64_t size;      /* bytes wanted in one piece, at least 1 */
    enum hs_blame_by by;
    unsigned asked;     /* region of the heap that was asked, HS_ALL_REGIONS: any heap */
    uint32_t caps;      /* capabilities asked for */
};

/* A block that would have to go. */
struct hs_blamed {
    struct hs_heap_snapshot_block block;
    uint64_t address, bytes; /* of its head; taken */
    uint64_t age;      /* ticks since its first allocation; 0 until hs_blame_ages */
    uint32_t survived; /* collections */
};

enum hs_blame_answer {
    HS_BLAME_ROOM,       /* a free run is long enough as it is */
    HS_BLAME_FOUND,
    HS_BLAME_IMPOSSIBLE, /* no region has so many granules */
};

struct hs_blame {
    enum hs_blame_answer answer;
    unsigned region;           /* in which there would be room */
    struct hs_extent run;      /* that would be free, trace-wide */
    uint64_t address;          /* at which it would begin */
    uint64_t run_bytes, bytes; /* of that run; taken by the blocks */
    struct hs_blamed *blocks;  /* `n`, ascending */
    uint32_t n;
};

/* Fills *blame; free with hs_blame_free. One pass over the blocks. Returns HS_OK or HS_ERR_MEMORY. */
int hs_blame_find(struct hs_blame *blame, const struct hs_heap_snapshot *snapshot, const struct hs_blame_request *request);
void hs_blame_free(struct hs_blame *blame);

/* Looks up the blocks' ages; `model` has to be at the moment of the picture. */
void hs_blame_ages(struct hs_blame *blame, const struct hs_model *model);

#endif
