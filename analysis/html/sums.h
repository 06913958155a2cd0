/* SPDX-License-Identifier: MIT
 *
 * The requests of each site in each stretch of a trace. All stretches have the same number of events, and there are at
 * most HS_SUMS_STRETCHES. A page adds them up over the range shown when its history does not have every allocation.
 */
#ifndef HS_HTML_SUMS_H
#define HS_HTML_SUMS_H

#include "analysis/model/model.h"

#define HS_SUMS_STRETCHES 256u

struct hs_site_share {
    uint32_t site; /* number plus 1 */
    uint32_t stretch;
    uint64_t requests, bytes;
};

struct hs_sums {
    struct hs_site_share *share; /* `n`, by stretch, then by site */
    size_t n, room;
    uint64_t *until; /* end of each stretch, ticks since the first boot; the last one is open */
    uint32_t stretches;
    uint64_t width, next;       /* events */
    uint64_t *requests, *bytes; /* by site, at the end of the last stretch */
    uint32_t n_sites;
    bool short_of_memory;
};

/* Call after the model has taken event number `at`. */
void hs_sums_feed(struct hs_sums *sums, uint64_t at, const struct hs_model *model);

/* Closes the last stretch. */
void hs_sums_finish(struct hs_sums *sums, const struct hs_model *model);
void hs_sums_free(struct hs_sums *sums);

#endif
