/* SPDX-License-Identifier: MIT
 *
 * The layout of a heap. Each granule is free, the head of a block, or a tail of a block. The map follows the
 * allocator, and finds the places of new blocks by the allocator's own rule, so that a trace does not
 * contain them.
 *
 * Granules are numbered trace-wide; a region is an interval of these numbers. Blocks and free runs never
 * cross the border between two regions.
 */
#ifndef HS_HOST_HEAPMAP_H
#define HS_HOST_HEAPMAP_H

#include <stdbool.h>

#include "lib/decode.h"
#include "lib/host/reader.h"

/* Most granules of all regions together: 2^25 is 512 MB of 16-byte granules, 8 MB of bitmaps. */
#ifndef HS_HEAPMAP_GRANULES
#define HS_HEAPMAP_GRANULES (1u << 25)
#endif

#define HS_HEAPMAP_CLASSES 40

/* A region's bitmaps, one bit per granule. used & ~tail are the heads. The bits after the last granule are set in
 * `used` and clear in `tail`, so that a block or a free run ends at the last granule. */
struct hs_map_area {
    uint64_t *used, *tail;
    uint32_t first, granules;
    uint32_t words; /* of each bitmap that have bits of granules; one more follows */
    uint8_t number; /* the region's */
    uint8_t rule;   /* enum hs_placement */
    uint8_t present;
    int32_t hint[HS_HEAPMAP_CLASSES]; /* no free run of the class's size begins before this granule */
};

/* A list of numbers that grows. Zero-initialise; free `item`. */
struct hs_numbers {
    uint32_t *item;
    uint32_t n, room;
};

struct hs_heapmap {
    struct hs_map_area *area[256]; /* by the region's number; NULL when never seen */
    struct hs_map_area *last;      /* region of the last block used; NULL or present */
    uint8_t turn[256], n_turn;     /* present regions with a placement rule, in search order */
    uint8_t ascending[256];        /* present regions by their first granule */
    unsigned n_ascending;
    uint64_t granules;         /* of all present regions */
    uint64_t *scratch[2];      /* one part of a snapshot as bitmaps */
    uint32_t scratch_words[2]; /* room of each */
};

/* Frees the map's memory and zeroes it. A zeroed map has no regions and is ready for use. */
void hs_heapmap_close(struct hs_heapmap *map);

/* Removes all regions. */
void hs_heapmap_clear(struct hs_heapmap *map);

/* A region to add. */
struct hs_area_config {
    uint32_t first, granules;
    uint8_t number;
    uint8_t rule;
};

/* Adds an empty region, the last in search order. Removes a region with the same number first. Returns 0,
 * HS_ERR_ARG (no granules, beyond 2^32, or overlaps another region), HS_ERR_FULL or HS_ERR_MEMORY; after an error
 * the region is absent. */
int hs_heapmap_add(struct hs_heapmap *map, const struct hs_area_config *config);
void hs_heapmap_remove(struct hs_heapmap *map, uint8_t number);

/* Removes all blocks and keeps the regions. */
void hs_heapmap_empty(struct hs_heapmap *map);

/* The present region that contains granule `pos`, or NULL. */
struct hs_map_area *hs_heapmap_area(struct hs_heapmap *map, uint32_t pos);

/* Granules of the block with its head at `pos`; 0 when there is no head. */
uint32_t hs_heapmap_length(struct hs_heapmap *map, uint32_t pos);

/* Places a block of `granules` (at least 1) by the rule. Returns the granule of its head, or HS_POS_IMPLIED when the
 * rule finds no free run. */
uint32_t hs_heapmap_alloc(struct hs_heapmap *map, uint32_t granules);

/* Frees the block with its head at `pos`. Returns its granules, or 0 when there is no such block. */
uint32_t hs_heapmap_free(struct hs_heapmap *map, uint32_t pos);

struct hs_resize {
    uint32_t old;      /* head of the block */
    uint32_t granules; /* new size, at least 1 */
    bool collected;    /* a collection ran during the resize: the block could not grow in place */
};
struct hs_resized {
    uint32_t pos;          /* new head of the block, HS_POS_IMPLIED when there was no free run or no block */
    uint32_t old_granules; /* 0: there was no such block; the map is unchanged */
};

/* Resizes a block by the rule: in place if possible, else at a new place, which is found before the old block is
 * freed. */
struct hs_resized hs_heapmap_resize(struct hs_heapmap *map, const struct hs_resize *resize);

/* Puts a block at the place that the trace gives. Removes blocks that it overlaps, and returns their number, or
 * HS_ERR_ARG when no region contains these granules. */
int hs_heapmap_place(struct hs_heapmap *map, struct hs_extent block);

/* A walk over the heads in an interval, which frees some of the blocks. */
struct hs_walk {
    struct hs_heapmap *map;
    struct hs_map_area *area;
    uint32_t end;  /* trace-wide */
    uint32_t next; /* index in `ascending` */
    uint32_t word, words;
    uint64_t heads;     /* of the current word, not visited yet */
    uint32_t last_bits; /* of the area's last word, 0 = all */
};

/* Applies a SWEEP record. Appends the freed heads, ascending, to `freed`. Returns 0; HS_ERR_CHECK when the number of heads
 * differs from the record's (the map is then unchanged) or its runs have more heads; HS_ERR_FORMAT or HS_ERR_END when its
 * runs are invalid; HS_ERR_MEMORY. */
int hs_heapmap_sweep(struct hs_heapmap *map, const struct hs_record *record, struct hs_numbers *freed);

/* Number of heads in the interval. */
uint32_t hs_heapmap_heads(struct hs_heapmap *map, struct hs_extent interval);

/* A sweep step by step, for runs in another encoding. hs_walk_start begins before the first head; hs_walk_keep and
 * hs_walk_drop keep or free the next `n` heads. They return 0, HS_ERR_CHECK when there are fewer heads, or HS_ERR_MEMORY.
 * Call hs_walk_end before any block is placed: `from` is the index in `freed` of the first head of this sweep. */
void hs_walk_start(struct hs_walk *sweep, struct hs_heapmap *map, struct hs_extent interval);
int hs_walk_keep(struct hs_walk *sweep, uint32_t n);
int hs_walk_drop(struct hs_walk *sweep, uint32_t n, struct hs_numbers *freed);
void hs_walk_end(struct hs_heapmap *map, const struct hs_numbers *freed, uint32_t from);

/* Sets the layout of the interval of a SNAPSHOT record. Returns 0 when the layout was the same before, 1 when it differed,
 * HS_ERR_ARG when no region contains the interval, HS_ERR_FORMAT or HS_ERR_END when the runs are invalid, or
 * HS_ERR_MEMORY. After an error the map is unchanged. */
int hs_heapmap_snapshot(struct hs_heapmap *map, const struct hs_record *record);

/* Writes all blocks, ascending, to `*blocks`, an array with `*room` that grows as needed; the caller frees it. Returns
 * their number, or HS_ERR_MEMORY. */
long hs_heapmap_blocks(struct hs_heapmap *map, struct hs_extent **blocks, uint32_t *room);

#endif
