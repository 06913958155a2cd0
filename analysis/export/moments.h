/* SPDX-License-Identifier: MIT
 *
 * Who held what at some moments of a trace, spread evenly over its time while it is read, whatever its length.
 */
#ifndef HS_EXPORT_MOMENTS_H
#define HS_EXPORT_MOMENTS_H

#include "analysis/model/model.h"

#define HS_MOMENTS 20u /* at most so many, and at least half of them of a trace with as many events */

struct hs_moment {
    uint64_t at;    /* ticks since the first boot */
    uint64_t used;  /* bytes */
    uint64_t *live; /* `n` bytes, by site number plus 1; a summary's are estimates */
    uint32_t n;
};

struct hs_moments {
    struct hs_moment moment[HS_MOMENTS]; /* `n`, in order */
    unsigned n;
    uint64_t width, next; /* ticks from one to the next; when that is due */
    bool short_of_memory;
};

/* Whether a moment is due: cheap, to be asked after every event. */
static inline bool hs_moments_due(const struct hs_moments *moments, uint64_t at) { return at >= moments->next; }

/* Keeps the present one, unless nothing is known of it. */
void hs_moments_keep(struct hs_moments *moments, const struct hs_model *model);

void hs_moments_free(struct hs_moments *moments);

#endif
