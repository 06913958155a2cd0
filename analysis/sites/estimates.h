/* SPDX-License-Identifier: MIT
 *
 * Sums that are partly estimated from samples, and their confidence intervals.
 */
#ifndef HS_SITES_ESTIMATES_H
#define HS_SITES_ESTIMATES_H

#include "analysis/model/model.h"

/* Counted plus estimated, rounded. */
static inline uint64_t hs_rounded(double estimate) { return estimate > 0 ? (uint64_t)(estimate + 0.5) : 0; }
static inline uint64_t hs_all_allocs(const struct hs_site_sum *s) { return s->allocs + hs_rounded(s->sampled.allocs); }
static inline uint64_t hs_all_reallocs(const struct hs_site_sum *s) { return s->reallocs + hs_rounded(s->sampled.reallocs); }
static inline uint64_t hs_all_requests(const struct hs_site_sum *s)
{
    return s->allocs + s->reallocs + hs_rounded(s->sampled.allocs + s->sampled.reallocs);
}
static inline uint64_t hs_all_bytes(const struct hs_site_sum *s) { return s->bytes + hs_rounded(s->sampled.bytes); }
static inline uint64_t hs_all_taken(const struct hs_site_sum *s) { return s->taken + hs_rounded(s->sampled.taken); }
static inline uint64_t hs_all_live(const struct hs_site_sum *s) { return s->live + hs_rounded(s->sampled.live); }
static inline uint64_t hs_all_blocks(const struct hs_site_sum *s) { return s->live_blocks + hs_rounded(s->sampled.live_blocks); }
static inline uint64_t hs_all_freed(const struct hs_site_sum *s) { return s->freed + hs_rounded(s->sampled.freed); }
static inline uint64_t hs_all_swept(const struct hs_site_sum *s) { return s->swept + hs_rounded(s->sampled.swept); }

/* Number of freed blocks, and their means: lifetime in ticks, collections survived; 0 when there are none. */
struct hs_lives {
    double gone, lifetime, survived;
};
struct hs_lives hs_lives_of(const struct hs_site_sum *sum);

/* Contains the true value in 95 of 100 cases. */
struct hs_interval {
    double low, high;
};
struct hs_estimated {
    double exact;    /* counted exactly */
    double estimate; /* added to it */
    double variance; /* of the estimate */
};

/* The true value is in the interval when the estimate is within 1.96 standard deviations of it, with a variance
 * proportional to the true value. This is the score interval of a Poisson count: its upper end is further from the
 * estimate than its lower end, as few samples require. */
struct hs_interval hs_interval_of(const struct hs_estimated *value);

struct hs_interval hs_interval_of_bytes(const struct hs_site_sum *sum);
struct hs_interval hs_interval_of_requests(const struct hs_site_sum *sum);
struct hs_interval hs_interval_of_live(const struct hs_site_sum *sum);

void hs_estimate_add(struct hs_estimate *to, const struct hs_estimate *from);

/* A site's sums as reports show them at the end of the trace. `at_peak` is final. Blocks that existed when recording
 * switched to a level above "full" are not included, because their end is not recorded. */
struct hs_site_sum hs_sum_at_end(const struct hs_model *model, const struct hs_site_sum *sum);

#endif
