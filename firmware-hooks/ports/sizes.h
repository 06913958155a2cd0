/* SPDX-License-Identifier: MIT
 *
 * How large ring and table of sites are where the build does not say (HS_RING_SIZE, HS_SITES): one rule for all ports whose
 * memory comes out of the heap that is traced. The ring gets a sixteenth of the heap, the table at most another, so a
 * program keeps at least seven eighths of it. A keyframe, which has to fit a quarter of the ring, grows with the heap too.
 */
#ifndef HS_HOOKS_SIZES_H
#define HS_HOOKS_SIZES_H

#include <stdint.h>

#define HS_SIZES_SHARE 16u

/* Bounds of the rule, bytes and entries. A heap below HS_SIZES_HEAP_LEAST bytes has no room for the least of both. */
#define HS_SIZES_RING_LEAST 1024u
#define HS_SIZES_RING_MOST 65536u
#define HS_SIZES_SITES_LEAST 32u
#define HS_SIZES_SITES_MOST 1024u
#define HS_SIZES_HEAP_LEAST 8192u

/* Bytes of the ring, a multiple of 8; entries of the table, a power of two. Both 0: the heap is too small. */
struct hs_sizes {
    uint32_t ring;
    uint16_t sites;
};

/* A ring of more than five packets of the default size (4096 bytes) has whole packets, and room for its header. */
static inline uint32_t hs_sizes_ring(uint32_t heap)
{
    uint32_t ring = heap / HS_SIZES_SHARE & ~255u;
    if (ring < HS_SIZES_RING_LEAST)
        return HS_SIZES_RING_LEAST;
    if (ring > HS_SIZES_RING_MOST)
        ring = HS_SIZES_RING_MOST;
    return ring > 5 * 4096u + 512 ? ((ring - 512) & ~4095u) + 512 : ring;
}

/* `entry`: bytes that each entry takes in all. */
static inline uint16_t hs_sizes_sites(uint32_t heap, uint32_t entry)
{
    uint32_t sites = HS_SIZES_SITES_LEAST;
    while (sites < HS_SIZES_SITES_MOST && 2 * sites * entry <= heap / HS_SIZES_SHARE)
        sites *= 2;
    return (uint16_t)sites;
}

/* For a heap of `heap` bytes. */
static inline struct hs_sizes hs_sizes_for(uint32_t heap, uint32_t entry)
{
    if (heap < HS_SIZES_HEAP_LEAST)
        return (struct hs_sizes){0, 0};
    return (struct hs_sizes){hs_sizes_ring(heap), hs_sizes_sites(heap, entry)};
}

#endif
