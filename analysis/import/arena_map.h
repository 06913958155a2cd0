/* SPDX-License-Identifier: MIT
 *
 * Collects the addresses of blocks, and derives the regions of a heap whose allocator does not report its regions.
 *
 * A process uses a small part of its address space. Used addresses that are close to each other are merged into one
 * region: the program break, arenas, single mapped blocks. A region's granule is a power of two that divides all distances
 * between its blocks. So blocks with their own pages take few granules, even if they are large.
 */
#ifndef HS_IMPORT_ARENA_MAP_H
#define HS_IMPORT_ARENA_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define HS_SPANS_REGIONS 250u

/* A part of a process's address space, at most 2^32 granules. */
struct hs_import_region {
    uint64_t begin, end; /* addresses of the process */
    uint64_t base;       /* the first address, shifted so that it overlaps no region of any process */
    uint16_t process;
    bool mapped;    /* of blocks with their own pages */
    uint8_t shift;  /* log2 of the granule */
    uint32_t first; /* trace-wide number of its first granule */
    uint32_t granules;
    const char *name; /* of a declared region; NULL: it is derived from its blocks */
};

#define HS_SPANS_NAME 48u

/* A region that the recording declares, for instance of a heap that one firmware reported. */
struct hs_declared_region {
    uint64_t begin, bytes;
    uint16_t process;
    uint8_t shift; /* log2 of the granule */
    char name[HS_SPANS_NAME];
};

struct hs_arena_map;

struct hs_arena_map *hs_arena_map_new(void);
void hs_arena_map_free(struct hs_arena_map *spans);

/* Adds the address of a block. Returns 0 or HS_ERR_MEMORY. */
int hs_arena_map_add(struct hs_arena_map *spans, uint16_t process, uint64_t ptr, uint64_t size);

/* Sets *region to the regions; call it after all blocks were added. Returns their number, at most HS_SPANS_REGIONS,
 * HS_ERR_FULL when they need more than `limit` granules, or HS_ERR_MEMORY. They are freed with the map. */
long hs_arena_map_regions(struct hs_arena_map *spans, uint64_t limit, const struct hs_import_region **region);

/* Declares a region; the same one may be declared again, with more bytes. If two overlap, all declarations are ignored, and regions
 * are derived from blocks. A region without address is ignored. */
void hs_arena_map_declare(struct hs_arena_map *spans, const struct hs_declared_region *region);

/* Whether a block of this size at this address counts as mapped, without regard to declared regions. */
bool hs_arena_map_is_mapped(uint64_t ptr, uint64_t size);

/* Whether an address is in a declared region. */
bool hs_arena_map_is_declared(const struct hs_arena_map *spans, uint16_t process, uint64_t ptr);

/* The region that contains an address, NULL for none; after hs_arena_map_regions. The same address may be mapped at one time
 * and in an arena at another, so there can be a region of each kind. */
const struct hs_import_region *hs_arena_map_find(const struct hs_arena_map *spans, uint16_t process, bool mapped, uint64_t ptr);

#endif
