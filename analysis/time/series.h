/* SPDX-License-Identifier: MIT
 *
 * A heap's figures over time or record number, reduced while they are added: the number of points is bounded for any
 * length of trace, and every point keeps the extremes of all its samples. Points have equal width. When there are too
 * many, neighbours are merged and the width doubles.
 */
#ifndef HS_TIME_SERIES_H
#define HS_TIME_SERIES_H

#include "analysis/space/fragmentation.h"

enum hs_figure {
    HS_FIGURE_USED,     /* bytes taken */
    HS_FIGURE_FREE,     /* bytes */
    HS_FIGURE_LARGEST,  /* bytes of the longest free run */
    HS_FIGURE_EXTERNAL, /* fragmentation, 0 to 1 */
    HS_FIGURE_WASTE,    /* internal fragmentation: bytes taken minus requested */
    HS_FIGURES,
};

/* NaN where the trace does not have the value. */
struct hs_sample {
    double value[HS_FIGURES];
};

/* Figures that are computed only at the end of a point. */
struct hs_point_end {
    struct hs_sample last; /* the last sample */
    struct hs_run_histogram histogram;
    double unusable; /* unusable free space index for the wanted size, 0 to 1 */
};

struct hs_point {
    uint64_t at;           /* start: ticks since the first boot, or record number */
    uint64_t time, number; /* of its last sample; carried over into points without one */
    uint64_t samples;
    uint64_t unsynced;         /* how many samples, while the layout was unknown */
    uint8_t level;             /* enum hs_level, at its last sample */
    struct hs_sample min, max; /* over the samples that are numbers; infinite or NaN when there is none */
    struct hs_point_end end;
    uint32_t collections, failures, marks, resets;
    uint64_t pause, longest_pause; /* ticks, of the collections that end in this point */
};

struct hs_series {
    struct hs_point *point; /* `n`, the last one open until hs_series_finish */
    uint32_t n, capacity, wanted;
    uint64_t width; /* of a point, in ticks or records */
    uint64_t next;  /* end of the open point */
};

/* Allocates a series of at most `points` points. False when out of memory. */
bool hs_series_init(struct hs_series *s, uint32_t points);
void hs_series_free(struct hs_series *s);

/* Whether an event at `at` is after the open point. If so, call hs_series_turn first, with the figures at that point's
 * end. */
static inline bool hs_series_due(const struct hs_series *s, uint64_t at) { return at >= s->next; }
void hs_series_turn(struct hs_series *s, uint64_t at, const struct hs_point_end *end);

/* The open point. */
static inline struct hs_point *hs_series_point(struct hs_series *s) { return &s->point[s->n - 1]; }

/* Adds a sample to the open point. */
static inline void hs_point_put(struct hs_point *p, const struct hs_sample *sample)
{
    for (int i = 0; i < HS_FIGURES; i++) {
        double v = sample->value[i];
        p->min.value[i] = v < p->min.value[i] ? v : p->min.value[i];
        p->max.value[i] = v > p->max.value[i] ? v : p->max.value[i];
    }
    p->samples++;
}

/* Closes the last point and merges neighbours until there are no more points than wanted. */
void hs_series_finish(struct hs_series *s, const struct hs_point_end *end);

#endif
