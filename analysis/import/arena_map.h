/* SPDX-License-Identifier: MIT
 *
 * Which addresses blocks took, and from that the regions of a heap whose allocator tells of none.
 *
 * Addresses of a process are few and far between. Those that blocks took are put together where they lie close to each
 * other: the program's break, arenas, single blocks that were mapped. A region's granule is what its blocks' addresses
 * have in common, so that blocks that were mapped each on pages of its own take few granules, however large they are.
 */
#ifndef HS_IMPORT_ARENA_MAP_H
#define HS_IMPORT_ARENA_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define HS_SPANS_REGIONS 250u

/* Part of a process's addresses, at most 2^32 granules. */
struct hs_import_region {
    uint64_t begin, end; /* addresses of the process */
    uint64_t base;       /* the first one, moved so that no other region of any process lies there */
    uint16_t process;
    bool mapped;    /* of blocks that have pages of their own */
    uint8_t shift;  /* log2 of the granule */
    uint32_t first; /* trace-wide number of its first granule */
    uint32_t granules;
};

struct hs_arena_map;

struct hs_arena_map *hs_arena_map_new(void);
void hs_arena_map_free(struct hs_arena_map *spans);

/* A block was there. Returns 0 or HS_ERR_MEMORY. */
int hs_arena_map_add(struct hs_arena_map *spans, uint16_t process, uint64_t ptr, uint64_t size);

/* When all blocks are known: the regions. Returns how many, at most HS_SPANS_REGIONS, HS_ERR_FULL when
 * they would take more than `limit` granules, or HS_ERR_MEMORY. They are freed with the spans. */
long hs_arena_map_regions(struct hs_arena_map *spans, uint64_t limit, const struct hs_import_region **region);

/* Whether a block of this size, there, is noted as mapped. */
bool hs_arena_map_is_mapped(uint64_t ptr, uint64_t size);

/* The region an address is in, NULL for none; after hs_arena_map_regions. What was mapped at one time may be an arena at another, so
 * there may be one of either kind. */
const struct hs_import_region *hs_arena_map_find(const struct hs_arena_map *spans, uint16_t process, bool mapped, uint64_t ptr);

#endif
