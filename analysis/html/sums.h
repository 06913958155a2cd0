/* SPDX-License-Identifier: MIT
 *
 * What each site asked for in each of at most so many stretches of a trace of equal numbers of events. A page
 * adds them up over the range shown where its own history does not hold every allocation.
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
    uint64_t *until; /* of each stretch, ticks since the first boot; the last one is open */
    uint32_t stretches;
    uint64_t width, next;       /* events */
    uint64_t *requests, *bytes; /* by site, at the end of the last stretch */
    uint32_t n_sites;
    bool short_of_memory;
};

/* When event number `at` has been taken by the model. */
void hs_sums_feed(struct hs_sums *sums, uint64_t at, const struct hs_model *model);

/* Closes the last stretch. */
void hs_sums_finish(struct hs_sums *sums, const struct hs_model *model);
void hs_sums_free(struct hs_sums *sums);

#endif
