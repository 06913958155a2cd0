/* SPDX-License-Identifier: MIT
 *
 * Sums of which a part is estimated from samples, and how far an estimate may be off.
 */
#ifndef HS_SITES_ESTIMATES_H
#define HS_SITES_ESTIMATES_H

#include "analysis/model/model.h"

/* What is counted and what is estimated together, rounded. */
static inline uint64_t hs_rounded(double estimate)
{
    return estimate > 0 ? (uint64_t)(estimate + 0.5) : 0;
}
static inline uint64_t hs_all_allocs(const struct hs_site_sum *s) { return s->allocs + hs_rounded(s->sampled.allocs); }
static inline uint64_t hs_all_reallocs(const struct hs_site_sum *s)
{
    return s->reallocs + hs_rounded(s->sampled.reallocs);
}
static inline uint64_t hs_all_requests(const struct hs_site_sum *s)
{
    return s->allocs + s->reallocs + hs_rounded(s->sampled.allocs + s->sampled.reallocs);
}
static inline uint64_t hs_all_bytes(const struct hs_site_sum *s) { return s->bytes + hs_rounded(s->sampled.bytes); }
static inline uint64_t hs_all_taken(const struct hs_site_sum *s) { return s->taken + hs_rounded(s->sampled.taken); }
static inline uint64_t hs_all_live(const struct hs_site_sum *s) { return s->live + hs_rounded(s->sampled.live); }
static inline uint64_t hs_all_blocks(const struct hs_site_sum *s)
{
    return s->live_blocks + hs_rounded(s->sampled.live_blocks);
}
static inline uint64_t hs_all_freed(const struct hs_site_sum *s) { return s->freed + hs_rounded(s->sampled.freed); }
static inline uint64_t hs_all_swept(const struct hs_site_sum *s) { return s->swept + hs_rounded(s->sampled.swept); }

/* The same for what the blocks that are gone lived through, ticks and collections: means, of a mean number
 * of `gone` blocks, 0 when there are none. */
struct hs_lives {
    double gone, lifetime, survived;
};
struct hs_lives hs_lives_of(const struct hs_site_sum *sum);

/* An interval that holds the true value in 95 of 100 cases. */
struct hs_interval {
    double low, high;
};
struct hs_estimated {
    double exact;    /* counted */
    double estimate; /* what is added to it */
    double variance; /* of that */
};

/* The true value is within it when the estimate lies within 1.96 standard deviations of the true value, the
 * variance being taken as proportional to that: the score interval of a Poisson count, whose upper end lies further
 * from the estimate than its lower one, as it must for few samples. */
struct hs_interval hs_interval_of(const struct hs_estimated *value);

struct hs_interval hs_interval_of_bytes(const struct hs_site_sum *sum);
struct hs_interval hs_interval_of_requests(const struct hs_site_sum *sum);
struct hs_interval hs_interval_of_live(const struct hs_site_sum *sum);

void hs_estimate_add(struct hs_estimate *to, const struct hs_estimate *from);

/* A site's sum as reports show it at the trace's end: `at_peak` final; without blocks that were there when
 * recording went to a level above "full", since nobody knows whether they still are. */
struct hs_site_sum hs_sum_at_end(const struct hs_model *model, const struct hs_site_sum *sum);

#endif
