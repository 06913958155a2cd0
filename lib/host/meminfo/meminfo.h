/* SPDX-License-Identifier: MIT
 *
 * What micropython.mem_info() printed, wherever it was pasted: figures, and with an argument the map of the heap,
 * a letter a block. Of MicroPython since 1.9 and CircuitPython.
 *
 *     stack: 736 out of 15360
 *     GC: total: 119360, used: 7088, free: 112272[, max new split: 69632]
 *      No. of 1-blocks: 69, 2-blocks: 23, max blk sz: 264, max free sz: 7007
 *     GC memory layout; from 3ffc2db0:
 *     00000: MDhhhBMMDDBMhDBBBBhDh===h===Bhh==h====...        64 granules a line, the offset in front
 *            (108 lines all free)
 *     1d000: ....................................             and the same for each further area of the heap
 *
 * Lines may have anything in front of them, a time stamp for instance, and others in between. A map whose lines do
 * not make a whole, or do not agree with the figures, does not count; the figures do.
 */
#ifndef HS_HOST_MEMINFO_H
#define HS_HOST_MEMINFO_H

#include "lib/host/reader_internal.h"

#define HS_MEMINFO_FREE '.'
#define HS_MEMINFO_GRANULES (1u << 25) /* of one dump */

/* Granules in a row: one block, or free. */
struct hs_meminfo_run {
    uint32_t granules;
    char letter; /* of the block's kind, or HS_MEMINFO_FREE */
};

struct hs_meminfo_area {
    uint64_t base;      /* address; 0 where the text does not tell */
    size_t run, n_runs; /* in hs_meminfo_log.run */
    uint32_t granules;
};

enum hs_meminfo_has {
    HS_MEMINFO_TOTALS = 1,  /* total, used, free */
    HS_MEMINFO_COUNTS = 2,  /* blocks_1, blocks_2, max_block */
    HS_MEMINFO_LONGEST = 4, /* max_free */
    HS_MEMINFO_SPLIT = 8,   /* max_new_split */
    HS_MEMINFO_STACK = 16,
    HS_MEMINFO_MAP = 32, /* areas, whole and in agreement with the figures */
};

struct hs_meminfo {
    unsigned line, last_line;                         /* of the text, from 1 */
    unsigned has;                                     /* enum hs_meminfo_has */
    uint64_t total, used, free, max_new_split;        /* bytes */
    uint64_t blocks_1, blocks_2, max_block, max_free; /* blocks of one and two granules; granules */
    uint64_t stack, stack_limit;
    uint32_t granule;        /* bytes; found from the map, or taken from the others, or guessed */
    size_t area, n_areas;    /* in hs_meminfo_log.area */
    size_t since, since_len; /* in hs_meminfo_log.words: what was run since the dump before */
    bool anew;               /* another board, or started again since */
    const char *fault;       /* why the map does not count, NULL: nothing is wrong with it */
    unsigned fault_line;
};

struct hs_meminfo_log {
    struct hs_meminfo *dump;
    size_t n;
    struct hs_meminfo_area *area;
    size_t n_areas;
    struct hs_meminfo_run *run;
    size_t n_runs;
    char *words;
    size_t n_words;
    char system[160]; /* "MicroPython v1.11 on 2019-06-25; ESP32 module with ESP32": the first banner, or "" */
    size_t room[4];
};

/* Finds all dumps in a text. HS_OK, HS_ERR_KIND when there is none, HS_ERR_FULL when they are too large,
 * HS_ERR_MEMORY. Free the log in any case. */
int hs_meminfo_read(struct hs_meminfo_log *log, const uint8_t *text, size_t len);
void hs_meminfo_free(struct hs_meminfo_log *log);

/* The kind of block that a letter stands for: "list"; "other" for h. Never NULL. */
const char *hs_meminfo_kind(char letter);

/* The dumps as a trace of snapshots, one a second, marked with what was run in between. NULL on an error. */
struct hs_feed *hs_feed_of_meminfo(const struct hs_meminfo_log *log, struct hs_error *error);

#endif
