/* SPDX-License-Identifier: MIT
 *
 * The layout of a heap, granule by granule: free, head of a block, tail of a block. It follows what the
 * allocator does, and finds the places of new blocks by the allocator's own rule, so that a trace need
 * not hold them.
 *
 * Granules are numbered trace-wide; a region is an interval of these numbers. Blocks and free runs never
 * cross from one region into the next.
 */
#ifndef HS_HOST_HEAPMAP_H
#define HS_HOST_HEAPMAP_H

#include <stdbool.h>

#include "lib/decode.h"
#include "lib/host/reader.h"

/* Granules of all regions together that a map takes: 2^25 is 512 MB of 16-byte granules, 8 MB of bitmaps. */
#ifndef HS_HEAPMAP_GRANULES
#define HS_HEAPMAP_GRANULES (1u << 25)
#endif

#define HS_HEAPMAP_CLASSES 40

/* A region's bitmaps, one bit a granule. used & ~tail are the heads. What lies behind the last granule is
 * used and no tail, so that neither a block nor a free run ends behind it. */
struct hs_map_area {
    uint64_t *used, *tail;
    uint32_t first, granules;
    uint32_t words; /* of each bitmap that hold granules; one more follows */
    uint8_t number; /* the region's */
    uint8_t rule;   /* enum hs_placement */
    uint8_t present;
    int32_t hint[HS_HEAPMAP_CLASSES]; /* no free run of the class's size begins before here */
};

/* A list of numbers that grows. Zero-initialise; free `item`. */
struct hs_numbers {
    uint32_t *item;
    uint32_t n, room;
};

struct hs_heapmap {
    struct hs_map_area *area[256]; /* by the region's number; NULL when never seen */
    struct hs_map_area *last;      /* that of the block touched last, NULL or present */
    uint8_t turn[256], n_turn;     /* present regions under a rule, in the order in which they are searched */
    uint8_t ascending[256];        /* present regions by their first granule */
    unsigned n_ascending;
    uint64_t granules;         /* of all present regions */
    uint64_t *scratch[2];      /* one piece of a snapshot as bitmaps */
    uint32_t scratch_words[2]; /* room of each */
};

/* Zero-initialised memory is a map without regions. Releases what the map holds and makes it that again. */
void hs_heapmap_close(struct hs_heapmap *map);

/* All regions go. */
void hs_heapmap_clear(struct hs_heapmap *map);

/* A region as it came. */
struct hs_area_config {
    uint32_t first, granules;
    uint8_t number;
    uint8_t rule;
};

/* A region comes, empty, and is searched behind those there are. A region of the same number goes first.
 * Returns 0, HS_ERR_ARG (no granules, beyond 2^32, over another region), HS_ERR_FULL or HS_ERR_MEMORY; the
 * region is then absent. */
int hs_heapmap_add(struct hs_heapmap *map, const struct hs_area_config *config);
void hs_heapmap_remove(struct hs_heapmap *map, uint8_t number);

/* All blocks go, the regions stay. */
void hs_heapmap_empty(struct hs_heapmap *map);

/* The present region that granule `pos` is of, or NULL. */
struct hs_map_area *hs_heapmap_area(struct hs_heapmap *map, uint32_t pos);

/* Granules of the block with its head at `pos`; 0 when there is no head. */
uint32_t hs_heapmap_length(struct hs_heapmap *map, uint32_t pos);

/* Places a block of `granules` (at least 1) by the rule. Returns its head's granule, HS_POS_IMPLIED when the
 * rule finds no room. */
uint32_t hs_heapmap_alloc(struct hs_heapmap *map, uint32_t granules);

/* Frees the block with its head at `pos`. Returns its granules; 0, and nothing done, when there is none. */
uint32_t hs_heapmap_free(struct hs_heapmap *map, uint32_t pos);

struct hs_resize {
    uint32_t old;      /* head of the block */
    uint32_t granules; /* wanted, at least 1 */
    bool collected;    /* in the midst of it a collection ran: the block could not grow where it was */
};
struct hs_resized {
    uint32_t pos;          /* of the block now, HS_POS_IMPLIED when there was no room or no block */
    uint32_t old_granules; /* 0: no such block, nothing done */
};

/* Resizes a block by the rule: where it is when that does, else a new place, found before the old one is
 * free. */
struct hs_resized hs_heapmap_resize(struct hs_heapmap *map, const struct hs_resize *resize);

/* Puts a block where a trace with explicit places says. Blocks that lie there go. Returns how many those
 * were, or HS_ERR_ARG when no region has these granules. */
int hs_heapmap_place(struct hs_heapmap *map, struct hs_extent block);

/* Walk over the heads in an interval, freeing some. */
struct hs_walk {
    struct hs_heapmap *map;
    struct hs_map_area *area;
    uint32_t end;  /* trace-wide */
    uint32_t next; /* index in `ascending` */
    uint32_t word, words;
    uint64_t heads;     /* of the word at hand, still to come */
    uint32_t last_bits; /* of the area's last word, 0 = all */
};

/* A sweep's SWEEP record. Returns 0; HS_ERR_CHECK when the number of heads is not the record's, with
 * nothing done; HS_ERR_FORMAT or HS_ERR_END when its runs make no sense. The freed heads, ascending, are
 * appended to `freed`. */
int hs_heapmap_sweep(struct hs_heapmap *map, const struct hs_record *record, struct hs_numbers *freed);

/* Heads in the interval of granules. */
uint32_t hs_heapmap_heads(struct hs_heapmap *map, struct hs_extent interval);

/* The same by hand, for those who have other runs: begins in front of the first head; frees or keeps the
 * next `n` heads. Returns 0, HS_ERR_CHECK when there are fewer, or HS_ERR_MEMORY. At the end, the list with
 * the index of its first head from this sweep is needed once more, before any block is placed. */
void hs_walk_start(struct hs_walk *sweep, struct hs_heapmap *map, struct hs_extent interval);
int hs_walk_keep(struct hs_walk *sweep, uint32_t n);
int hs_walk_drop(struct hs_walk *sweep, uint32_t n, struct hs_numbers *freed);
void hs_walk_end(struct hs_heapmap *map, const struct hs_numbers *freed, uint32_t from);

/* Makes the record's interval as a SNAPSHOT record says. Returns 0 when it was so before, 1 when it was
 * not, HS_ERR_ARG when no region has the interval, HS_ERR_FORMAT or HS_ERR_END when the runs make no sense,
 * HS_ERR_MEMORY; on an error nothing is done. */
int hs_heapmap_snapshot(struct hs_heapmap *map, const struct hs_record *record);

/* All blocks, ascending, into `*blocks`, an array of `*room` that is grown. Returns how many, or
 * HS_ERR_MEMORY. */
long hs_heapmap_blocks(struct hs_heapmap *map, struct hs_extent **blocks, uint32_t *room);

#endif
