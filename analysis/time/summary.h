/* SPDX-License-Identifier: MIT
 *
 * Figures of a whole trace, and of each region at its end, as `stat` shows them.
 */
#ifndef HS_TIME_SUMMARY_H
#define HS_TIME_SUMMARY_H

#include "analysis/model/knowledge.h"

/* Of one region, or of the heap. Bytes unless said otherwise. */
struct hs_space {
    uint64_t size;             /* of the regions that exist at the end */
    uint64_t peak;             /* most bytes taken at any moment */
    uint64_t peak_size;        /* bytes of the heap then, if that was in an earlier boot; else `size`; 0: not known */
    struct hs_space_stats end; /* at the end of the trace; if from_summary, only the figures of a summary are set */
    bool from_summary;         /* from the last summary: the trace ends at a level above "full" */
    bool no_counts;            /* the numbers of blocks and free runs are unknown */
    double fragmentation;      /* 1 - longest free run / free */
    double waste;              /* internal fragmentation: 1 - requested / taken */
    uint64_t allocs, frees, reallocs, swept; /* events */
    struct hs_knowledge known;               /* how far the figures are known */
};

struct hs_summary {
    struct hs_space heap;
    enum hs_certainty events_known;
    uint64_t events; /* allocs + frees + reallocs + failed + swept */
    uint64_t failed, lost, emitted, records;
    uint64_t packets, bytes; /* recorded: packets and site definitions */
    double bytes_per_event;  /* 0 without events */
    double seconds;          /* of the trace, sum over all boots */
    double peak_seconds;     /* time of the peak, from the first record of its boot */
    uint64_t collections, marks, boots, sites;
    double pause, longest_pause; /* seconds: in all collections; in the longest one */
    uint64_t collected;          /* bytes freed by collections */
    struct hs_estimate sampled;  /* of all sites: the estimated part of the events above */
};

struct hs_summary hs_summarize(const struct hs_model *model, const struct hs_reader *reader);
struct hs_space hs_space_of_region(const struct hs_model *model, const struct hs_reader *reader, unsigned index);

/* Seconds of `ticks`; 0 when the trace does not give the length of a tick. */
double hs_seconds(const struct hs_reader *reader, uint64_t ticks);

#endif
