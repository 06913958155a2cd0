/* SPDX-License-Identifier: MIT
 *
 * The free runs of one region, kept exact while blocks are allocated and freed: all runs, how many of each length, and
 * the longest. Each change costs a few nanoseconds, whatever the region's size. Positions are granules from the
 * region's first; lengths are granules. Free runs never extend into another region, because each region has its own
 * index.
 */
#ifndef HS_SPACE_FREERUNS_H
#define HS_SPACE_FREERUNS_H

#include "analysis/space/bits.h"
#include "lib/host/reader.h"

struct hs_freeruns {
    struct hs_bits start;  /* granules at which a free run begins */
    struct hs_bits length; /* lengths with at least one run */
    uint32_t *run;         /* length of the run that starts at this granule; stale elsewhere */
    uint32_t *count;       /* [length] runs of that length */
    uint32_t granules;     /* of the region */
    uint32_t free;         /* granules */
    uint32_t largest;      /* granules of the longest run; 0: no free granule */
    uint32_t runs;
};

/* Makes the index of a region of `granules`, all free. The caller owns it. It takes 8.3 bytes per granule, touched as
 * needed. Returns false when out of memory. */
bool hs_freeruns_init(struct hs_freeruns *f, uint32_t granules);

void hs_freeruns_free(struct hs_freeruns *f);

/* Frees all granules. */
void hs_freeruns_clear(struct hs_freeruns *f);

/* Marks a block's granules as used. Returns false, and changes nothing, unless all of them were free. */
bool hs_freeruns_take(struct hs_freeruns *f, struct hs_extent block);

/* Marks a block's granules as free. Returns false, and changes nothing, unless all of them were used. */
bool hs_freeruns_give(struct hs_freeruns *f, struct hs_extent block);

/* The first free run that starts at or after `pos`; granules 0 when there is none. */
struct hs_extent hs_freeruns_from(const struct hs_freeruns *f, uint32_t pos);

/* The smallest run length above `length` that occurs; 0 when there is none. A loop from 0 visits at most sqrt(2 * free)
 * lengths. */
uint32_t hs_freeruns_longer(const struct hs_freeruns *f, uint32_t length);

#endif
