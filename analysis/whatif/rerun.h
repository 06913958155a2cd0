/* SPDX-License-Identifier: MIT
 *
 * Replays a program on another heap: would its requests succeed?
 *
 * The replay works as MicroPython's collector does. An allocation that finds no room collects and tries again. If the
 * threshold is reached, an allocation collects first. A block grows in place when there is room after it; else it
 * moves, and the old place is freed last. The program's own calls of gc.collect() stay where they are. A collection
 * frees the blocks that are garbage by then.
 *
 * Not replayed: a program that catches MemoryError and then does something else; one that requests less when a
 * block cannot grow in place; words that the collector mistakes for pointers.
 */
#ifndef HS_WHATIF_RERUN_H
#define HS_WHATIF_RERUN_H

#include "analysis/whatif/program.h"
#include "analysis/whatif/sim.h"

#define HS_COURSE_POINTS 120u

#define HS_THRESHOLD_NONE UINT64_MAX

/* When a block that a collection freed became garbage: from 0, when it was last seen alive, to 1, when that
 * collection began. */
#define HS_DEATH_EARLY 0.0
#define HS_DEATH_LATE 1.0

struct hs_setting {
    const struct hs_policy *policy;
    uint32_t granules;  /* of the heap, as one area; 0: the regions as recorded */
    unsigned shift;     /* log2 of the granule */
    uint64_t threshold; /* bytes, or HS_THRESHOLD_NONE; 0: threshold collections where they were recorded */
    double death;
    bool stop;   /* at the first failure; else continue without the block */
    bool course; /* fill hs_rerun_result.course */
};

/* Extremes over a part of the program, in granules. */
struct hs_course_point {
    uint32_t live_least, live_most, used_most, largest_least, largest_most;
    uint32_t collections, failures;
    bool any;
};

struct hs_rerun_result {
    bool failed;                         /* an allocation failed here, whether or not it failed on the real heap */
    uint64_t failures;                   /* all; at most one with `stop` */
    uint64_t rescued;                    /* allocations that failed in the trace and had room here */
    uint32_t step;                       /* of the first failure; else the program's length */
    uint64_t asked, free, largest;       /* bytes at the first failure */
    uint64_t collections;                /* all */
    uint64_t without_room, by_threshold; /* by cause; the program called the others */
    uint64_t peak_used, peak_live;       /* bytes allocated; of these, not garbage */
    uint64_t peak_live_at;               /* ticks since the first boot */
    double fragmentation;    /* external, mean of the values right after each collection; without collections, at the end */
    double worst;            /* highest of these values */
    uint64_t requests, same; /* allocations and resizes; those placed where the real heap placed them */
    uint64_t moved;          /* resizes that moved */
    uint64_t refused;        /* 0 unless a policy is wrong */
    struct hs_course_point course[HS_COURSE_POINTS];
};

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_rerun(struct hs_rerun_result *result, const struct hs_program *program, const struct hs_setting *setting);

#endif
