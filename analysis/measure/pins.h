/* SPDX-License-Identifier: MIT
 *
 * What keeps the free space in pieces: the blocks between the free runs, and who asked for them.
 *
 * Two figures for each group of sites. How much longer the longest free run of the heap would be if no
 * block of the group were there: what moving or dropping these blocks would gain. And the share of the
 * borders of free runs that its blocks form: who sits between the runs, also where two groups alternate
 * and neither alone can be blamed. The ends of a region are no borders.
 */
#ifndef HS_MEASURE_PINS_H
#define HS_MEASURE_PINS_H

#include "analysis/measure/picture.h"

struct hs_pin {
    uint32_t group;
    uint64_t largest_without; /* bytes of the longest free run without the group's blocks */
    uint64_t borders;         /* of free runs, formed by its blocks */
    uint64_t blocks, bytes;   /* of the group that form a border */
};

struct hs_pins {
    struct hs_pin *pin;    /* of groups that form a border; the one that would free the longest run first */
    size_t n;
    uint64_t largest_free; /* bytes of the longest free run, as it was */
    uint64_t free, free_runs;
    uint64_t borders;      /* formed by any block */
};

/* Which group a site belongs to: below `n_groups`, or UINT32_MAX for none. */
struct hs_pin_groups {
    uint32_t (*of)(const void *context, uint32_t site);
    const void *context;
    size_t n_groups;
};

/* Fills *pins; free with hs_pins_free. Returns HS_OK or HS_ERR_MEMORY. One pass over the blocks. */
int hs_pins_measure(struct hs_pins *pins, const struct hs_picture *picture, const struct hs_pin_groups *groups);
void hs_pins_free(struct hs_pins *pins);

#endif
