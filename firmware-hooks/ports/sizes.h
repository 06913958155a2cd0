/* SPDX-License-Identifier: MIT
 *
 * Default sizes of the ring and of the table of sites, used if the build defines no HS_RING_SIZE or HS_SITES: one rule for
 * all ports that allocate them from the traced heap. The ring gets 1/16 of the heap and the table at most another 1/16, so
 * the program keeps at least 7/8. A keyframe has to fit into a quarter of the ring, and it grows with the heap too. In
 * CircuitPython the table gets 1/32: there settings.toml may ask for another ring and table without a new build.
 */
#ifndef HS_HOOKS_SIZES_H
#define HS_HOOKS_SIZES_H

#include <stdint.h>

/* One part of so many: the ring's, and the table's. */
#define HS_SIZES_SHARE 16u
#define HS_SIZES_TABLE_SHARE_CIRCUITPYTHON 32u

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
static inline uint32_t hs_sizes_ring(uint32_t bytes)
{
    uint32_t ring = bytes & ~255u;
    if (ring < HS_SIZES_RING_LEAST)
        return HS_SIZES_RING_LEAST;
    if (ring > HS_SIZES_RING_MOST)
        ring = HS_SIZES_RING_MOST;
    return ring > 5 * 4096u + 512 ? ((ring - 512) & ~4095u) + 512 : ring;
}

/* `entry`: bytes per entry of the table, everything included. */
static inline uint16_t hs_sizes_sites(uint32_t bytes, uint32_t entry)
{
    uint32_t sites = HS_SIZES_SITES_LEAST;
    while (sites < HS_SIZES_SITES_MOST && 2 * sites * entry <= bytes)
        sites *= 2;
    return (uint16_t)sites;
}

/* Sizes for a heap of `heap` bytes, of which the table gets at most one part of `share`. */
static inline struct hs_sizes hs_sizes_for(uint32_t heap, uint32_t share, uint32_t entry)
{
    if (heap < HS_SIZES_HEAP_LEAST)
        return (struct hs_sizes){0, 0};
    return (struct hs_sizes){hs_sizes_ring(heap / HS_SIZES_SHARE), hs_sizes_sites(heap / share, entry)};
}

/* Sizes for a ring of `ring` bytes that a user asks for, with a table that is not larger than the ring. 0: neither of them. */
static inline struct hs_sizes hs_sizes_of_ring(uint32_t ring, uint32_t entry)
{
    if (!ring)
        return (struct hs_sizes){0, 0};
    ring = ring < HS_SIZES_RING_LEAST ? HS_SIZES_RING_LEAST : ring & ~7u;
    return (struct hs_sizes){ring, hs_sizes_sites(ring, entry)};
}

#endif
