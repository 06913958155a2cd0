/* SPDX-License-Identifier: MIT
 *
 * The smallest heap on which a program would get all that it asked for.
 */
#ifndef HS_WHATIF_SMALLEST_H
#define HS_WHATIF_SMALLEST_H

#include "analysis/whatif/replay.h"

/* What a heap's size means. MicroPython takes its allocation table and its table of finalisers from it (gc_init in
 * gc.c): two bits and one bit a granule, and granules come in fours. Of other heaps the size is that of its granules. */
struct hs_heap_size {
    bool micropython;
    unsigned shift; /* log2 of the granule */
};

/* Granules of a heap of so many bytes; the least bytes for so many granules, whatever the heap's alignment. */
uint32_t hs_heap_granules(const struct hs_heap_size *size, uint64_t bytes);
uint64_t hs_heap_bytes(const struct hs_heap_size *size, uint32_t granules);

/* Sizes as hs_heap_bytes says. More memory is not always better for an allocator: where blocks come to lie changes with
 * every granule. So there are two answers. */
struct hs_smallest {
    uint32_t granules; /* will do, and so will larger heaps, as far as they were tried; 0: none up to the limit */
    uint64_t bytes;
    uint32_t least; /* smallest of all that were tried and will do, though a larger one may not */
    uint64_t least_bytes;
    unsigned replays; /* it took */
};

/* Searches by bisection; `setting` tells all but `granules`. From the size found on, eight larger ones up to an
 * eighth more are tried too, and one that fails lets the search go on above it. Returns HS_OK or HS_ERR_MEMORY. */
int hs_smallest_find(struct hs_smallest *smallest, const struct hs_program *program, const struct hs_setting *setting,
                     const struct hs_heap_size *size);

#endif
