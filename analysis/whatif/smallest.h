/* SPDX-License-Identifier: MIT
 *
 * The smallest heap on which all requests of a program succeed.
 */
#ifndef HS_WHATIF_SMALLEST_H
#define HS_WHATIF_SMALLEST_H

#include "analysis/whatif/rerun.h"

/* What a heap's size includes. In MicroPython's heap it includes the allocation table and the table of finalisers
 * (gc_init in gc.c): two bits and one bit per granule, in multiples of four granules. In other heaps only the granules. */
struct hs_heap_size {
    bool micropython;
    unsigned shift; /* log2 of the granule */
};

/* Granules of a heap of `bytes`; the least bytes that give `granules`, for any alignment of the heap. */
uint32_t hs_heap_granules(const struct hs_heap_size *size, uint64_t bytes);
uint64_t hs_heap_bytes(const struct hs_heap_size *size, uint32_t granules);

/* Byte sizes are those of hs_heap_bytes. More memory is not always better: places of blocks change with every granule,
 * so a larger heap can fail where a smaller one does not. So there are two answers. */
struct hs_smallest {
    uint32_t granules; /* sufficient, and so are the larger heaps tried; 0: none up to the limit */
    uint64_t bytes;
    uint32_t least; /* smallest sufficient heap of all tried, although a larger one may fail */
    uint64_t least_bytes;
    unsigned replays; /* that the search needed */
};

/* Searches by bisection; `setting` gives everything except `granules`. Then tries eight larger sizes, up to an eighth
 * more; if one fails, the search continues above it. Returns HS_OK or HS_ERR_MEMORY. */
int hs_smallest_find(struct hs_smallest *smallest, const struct hs_program *program, const struct hs_setting *setting,
                     const struct hs_heap_size *size);

#endif
