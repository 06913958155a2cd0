/* SPDX-License-Identifier: MIT
 *
 * Lines whose live data rise from collection to collection, before anything has failed.
 *
 * After a collection what is in use is live. The live bytes of every site are kept at up to HS_GROWTH_MOMENTS such moments,
 * evenly over the run: when they run out, every second one is dropped, and only every second collection is kept from then on.
 */
#ifndef HS_DIAGNOSIS_GROWTH_H
#define HS_DIAGNOSIS_GROWTH_H

#include "analysis/sites/names.h"

#define HS_GROWTH_MOMENTS 64u
#define HS_GROWTH_SITES   (1u << 16) /* traces with more sites are not followed */

struct hs_growth_moment {
    uint64_t elapsed;       /* ticks since the first boot */
    uint64_t used, free;    /* bytes, of all regions that are no pools */
    uint64_t *live;         /* `n`: bytes of site number s at s + 1 */
    uint32_t n;
};

struct hs_growth {
    struct hs_growth_moment moment[HS_GROWTH_MOMENTS];
    unsigned n;
    uint32_t boot;          /* moments are of one boot */
    uint64_t collections, stride;
    int error;
};

/* A line that grows. */
struct hs_growing {
    char name[HS_NAME_MAX];
    uint64_t from, to;      /* live bytes at the first and the last of the moments looked at */
    unsigned moments;       /* looked at */
    double per_second;      /* bytes, of this line */
    double lasts;           /* seconds until the heap is full, if all continues so; negative: not known */
    double collections;     /* until then; negative: not known */
    uint64_t free;          /* bytes after the last collection */
};

/* Starts zeroed. After each collection. */
void hs_growth_take(struct hs_growth *growth, const struct hs_model *model);
void hs_growth_free(struct hs_growth *growth);

/* The line that grows most. HS_OK, HS_ERR_KIND when none does, HS_ERR_MEMORY. */
int hs_growth_find(const struct hs_growth *growth, const struct hs_names *names, struct hs_growing *growing);

#endif
