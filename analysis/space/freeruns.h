/* SPDX-License-Identifier: MIT
 *
 * The free runs of one region, kept exactly while blocks come and go: which there are, how many of each
 * length, and which is the longest. Each change costs a few nanoseconds, whatever the region's size.
 * Positions are granules from the region's first, lengths are granules; a region's runs never touch those
 * of another region, because each region has an index of its own.
 */
#ifndef HS_SPACE_FREERUNS_H
#define HS_SPACE_FREERUNS_H

#include "analysis/space/bits.h"
#include "lib/host/reader.h"

struct hs_freeruns {
    struct hs_bits start;  /* granules at which a free run begins */
    struct hs_bits length; /* lengths of which there is at least one run */
    uint32_t *run;         /* at a run's first granule its length; elsewhere stale */
    uint32_t *count;       /* [length] runs of that length */
    uint32_t granules;     /* of the region */
    uint32_t free;         /* granules */
    uint32_t largest;      /* granules of the longest run, 0 when all is taken */
    uint32_t runs;
};

/* Makes the index of a region of `granules`, all free. The caller owns it; 8.3 bytes of memory a granule,
 * touched as needed. Returns false when memory is short. */
bool hs_freeruns_init(struct hs_freeruns *f, uint32_t granules);

void hs_freeruns_free(struct hs_freeruns *f);

/* Everything is free again. */
void hs_freeruns_clear(struct hs_freeruns *f);

/* A block is laid on free granules. False, with nothing changed, when not all of them were free. */
bool hs_freeruns_take(struct hs_freeruns *f, struct hs_extent block);

/* A block's granules become free. False, with nothing changed, when not all of them were taken. */
bool hs_freeruns_give(struct hs_freeruns *f, struct hs_extent block);

/* The first free run that begins at `pos` or behind it; granules 0 when there is none. */
struct hs_extent hs_freeruns_from(const struct hs_freeruns *f, uint32_t pos);

/* The smallest run length above `length` that occurs, 0 when there is none: a loop over it from 0 visits at
 * most sqrt(2 * free) lengths. */
uint32_t hs_freeruns_longer(const struct hs_freeruns *f, uint32_t length);

#endif
