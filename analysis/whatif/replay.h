/* SPDX-License-Identifier: MIT
 *
 * A program replayed on another heap: would it have got what it asked for?
 *
 * The replay does what MicroPython's collector does: an allocation that finds no room collects and tries again; one
 * that comes when a threshold is reached collects first; a block grows where it is when there is room behind it, or
 * moves, the old place being freed last. The program's own calls of gc.collect() stay where they are. What a
 * collection frees are the blocks that are garbage by then.
 *
 * What is not replayed: a program that catches MemoryError and goes another way; one that asks for less when a
 * block cannot grow in place; pointers that the collector only takes for such.
 */
#ifndef HS_WHATIF_REPLAY_H
#define HS_WHATIF_REPLAY_H

#include "analysis/whatif/program.h"
#include "analysis/whatif/sim.h"

#define HS_COURSE_POINTS 120u

#define HS_THRESHOLD_NONE UINT64_MAX

/* When a block that a collection freed became garbage: between 0, as soon as it was last seen alive, and 1, only when
 * that collection began. */
#define HS_DEATH_EARLY 0.0
#define HS_DEATH_LATE 1.0

struct hs_setting {
    const struct hs_policy *policy;
    uint32_t granules;  /* of the heap, in one area; 0: the regions as recorded */
    unsigned shift;     /* log2 of the granule */
    uint64_t threshold; /* bytes; HS_THRESHOLD_NONE; 0: collections of a threshold where they were recorded */
    double death;
    bool stop;   /* at the first failure; else go on without the block */
    bool course; /* draw it */
};

/* Extremes over a part of the program, in granules. */
struct hs_course_point {
    uint32_t live_least, live_most, used_most, largest_least, largest_most;
    uint32_t collections, failures;
    bool any;
};

struct hs_replayed {
    bool failed;                         /* an allocation that the real heap had room for, or one that it had not either */
    uint64_t failures;                   /* all; one only with `stop` */
    uint64_t rescued;                    /* allocations that failed in the trace and had room here */
    uint32_t step;                       /* of the first failure; else the program's length */
    uint64_t asked, free, largest;       /* bytes at the first failure */
    uint64_t collections;                /* in all, */
    uint64_t without_room, by_threshold; /* by cause; the others were asked for by the program */
    uint64_t peak_used, peak_live;       /* bytes taken; taken by what is not garbage */
    uint64_t peak_live_at;               /* ticks since the first boot */
    double fragmentation;    /* external, mean over the collections, right behind each; at the end when there were none */
    double worst;            /* highest of these */
    uint64_t requests, same; /* allocations and resizes, those placed where the real heap placed them */
    uint64_t moved;          /* resizes that moved */
    uint64_t refused;        /* 0 unless a policy is wrong */
    struct hs_course_point course[HS_COURSE_POINTS];
};

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_replay(struct hs_replayed *result, const struct hs_program *program, const struct hs_setting *setting);

#endif
