/* SPDX-License-Identifier: MIT
 *
 * The figures of a whole trace, and of each region at its end: what `stat` shows.
 */
#ifndef HS_TIME_SUMMARY_H
#define HS_TIME_SUMMARY_H

#include "analysis/model/model.h"

/* Of one region, or of the heap. Bytes unless said otherwise. */
struct hs_space {
    uint64_t size;          /* of the regions present at the end */
    uint64_t peak;          /* most taken at any moment */
    struct hs_space_stats end;   /* at the end of the trace; where `told`, without what a summary does not tell */
    bool told;              /* it is that of the last summary: the trace ends at a level above "full" */
    bool no_counts;         /* the number of blocks and of free runs is not known */
    double fragmentation;   /* 1 - longest free run / free */
    double waste;           /* 1 - requested / taken */
    uint64_t allocs, frees, reallocs, swept; /* events */
};

struct hs_summary {
    struct hs_space heap;
    uint64_t events;        /* allocs + frees + reallocs + failed + swept */
    uint64_t failed, lost, emitted, records;
    uint64_t packets, bytes; /* as recorded: packets and site definitions */
    double bytes_per_event; /* 0 when there are no events */
    double seconds;         /* covered by the trace, all boots together */
    double peak_seconds;    /* into the boot in which the heap was fullest, since the trace's first record of it */
    uint64_t collections, marks, boots, sites;
    double pause, longest_pause; /* seconds in collections, and in the longest one */
    uint64_t collected;     /* bytes that collections freed */
    struct hs_estimate sampled; /* of all sites: what of the events above is estimated */
};

struct hs_summary hs_summarize(const struct hs_model *model, const struct hs_reader *reader);
struct hs_space hs_space_of_region(const struct hs_model *model, unsigned region);

/* Seconds of `ticks`; 0 when the trace does not tell how long a tick is. */
double hs_seconds(const struct hs_reader *reader, uint64_t ticks);

#endif
