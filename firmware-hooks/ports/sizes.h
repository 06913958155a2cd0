/* SPDX-License-Identifier: MIT
 *
 * Default sizes of the ring and of the table of sites, used if the build defines no HS_RING_SIZE or HS_SITES: one rule for
 * all ports that allocate them from the traced heap. The ring gets 1/16 of the heap and the table at most another 1/16, so
 * the program keeps at least 7/8. A keyframe has to fit into a quarter of the ring, and it grows with the heap too.
 */
#ifndef HS_HOOKS_SIZES_H
#define HS_HOOKS_SIZES_H

#include <stdint.h>

#define HS_SIZES_SHARE 16u

/* Bounds of the rule, in bytes and entries. A heap below HS_SIZES_HEAP_LEAST bytes is too small for ring and table. */
#define HS_SIZES_RING_LEAST 1024u
#define HS_SIZES_RING_MOST 65536u
#define HS_SIZES_SITES_LEAST 32u
#define HS_SIZES_SITES_MOST 1024u
#define HS_SIZES_HEAP_LEAST 8192u

/* Ring: bytes, a multiple of 8. Sites: entries of the table, a power of two. Both are 0 if the heap is too small. */
struct hs_sizes {
    uint32_t ring;
    uint16_t sites;
};

/* A ring larger than five packets of the default size (4096 bytes) holds whole packets and 512 bytes for its header. */
static inline uint32_t hs_sizes_ring(uint32_t heap)
{
    uint32_t ring = heap / HS_SIZES_SHARE & ~255u;
    if (ring < HS_SIZES_RING_LEAST)
        return HS_SIZES_RING_LEAST;
    if (ring > HS_SIZES_RING_MOST)
        ring = HS_SIZES_RING_MOST;
    return ring > 5 * 4096u + 512 ? ((ring - 512) & ~4095u) + 512 : ring;
}

/* `entry`: bytes per entry of the table, everything included. */
static inline uint16_t hs_sizes_sites(uint32_t heap, uint32_t entry)
{
    uint32_t sites = HS_SIZES_SITES_LEAST;
    while (sites < HS_SIZES_SITES_MOST && 2 * sites * entry <= heap / HS_SIZES_SHARE)
        sites *= 2;
    return (uint16_t)sites;
}

/* Sizes for a heap of `heap` bytes; `entry` as above. */
static inline struct hs_sizes hs_sizes_for(uint32_t heap, uint32_t entry)
{
    if (heap < HS_SIZES_HEAP_LEAST)
        return (struct hs_sizes){0, 0};
    return (struct hs_sizes){hs_sizes_ring(heap), hs_sizes_sites(heap, entry)};
}

#endif
