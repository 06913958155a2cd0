/* SPDX-License-Identifier: MIT
 *
 * Live bytes per site at some moments of a trace. The moments are spread evenly over the trace's time, although its length
 * is unknown while it is read.
 */
#ifndef HS_EXPORT_MOMENTS_H
#define HS_EXPORT_MOMENTS_H

#include "analysis/model/model.h"

#define HS_MOMENTS 20u /* most moments; a trace with this many events has at least half as many */

struct hs_moment {
    uint64_t at;    /* ticks since the first boot */
    uint64_t used;  /* bytes */
    uint64_t *live; /* `n` sums in bytes, by site number plus 1; estimates if they are from a summary */
    uint32_t n;
};

struct hs_moments {
    struct hs_moment moment[HS_MOMENTS]; /* `n`, in order */
    unsigned n;
    uint64_t width, next; /* ticks between two moments; time of the next one */
    bool short_of_memory;
};

/* Whether a moment is due. Fast: call it after every event. */
static inline bool hs_moments_due(const struct hs_moments *moments, uint64_t at) { return at >= moments->next; }

/* Stores the current moment, unless nothing is known about it. */
void hs_moments_keep(struct hs_moments *moments, const struct hs_model *model);

void hs_moments_free(struct hs_moments *moments);

#endif
