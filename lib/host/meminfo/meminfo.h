/* SPDX-License-Identifier: MIT
 *
 * The output of micropython.mem_info() in any text: figures and, with an argument, the map of the heap with
 * one letter per granule. Of MicroPython since 1.9 and CircuitPython.
 *
 *     stack: 736 out of 15360
 *     GC: total: 119360, used: 7088, free: 112272[, max new split: 69632]
 *      No. of 1-blocks: 69, 2-blocks: 23, max blk sz: 264, max free sz: 7007
 *     GC memory layout; from 3ffc2db0:
 *     00000: MDhhhBMMDDBMhDBBBBhDh===h===Bhh==h====...        64 granules a line, after the offset
 *            (108 lines all free)
 *     1d000: ....................................             and the same for each further area of the heap
 *
 * A line may have other text in front, such as a time stamp, and other lines may be in between. If lines of the map are
 * missing, or the map contradicts the figures, the map is ignored and the figures are used; what the lines show is counted.
 */
#ifndef HS_HOST_MEMINFO_H
#define HS_HOST_MEMINFO_H

#include "lib/host/input/chunks.h"

#define HS_MEMINFO_FREE '.'
#define HS_MEMINFO_GRANULES (1u << 25) /* of one dump */

/* What a dump is, in the output of a script that HeapStrata's helper for other firmware samples (firmware-hooks/stock):
 *
 *     HS:S 1234 mark loaded          a sample follows: milliseconds, what it is, a name
 *     stack: ...                     the output of mem_info(1), or "GC: total: T used: U free: F"
 *     HS:E 1434                      its end, with the time then, which older ones do not have
 *     HS:I 1000                      before the first sample of a run: milliseconds between samples by a timer; 0: there are none
 */
enum hs_meminfo_what {
    HS_MEMINFO_PLAIN,     /* no line "HS:S" before it: somebody called mem_info() */
    HS_MEMINFO_BARE,      /* before the helper was loaded: its blocks are those that the next dump has more */
    HS_MEMINFO_START,     /* the helper is loaded, the script has not begun */
    HS_MEMINFO_TIME,      /* an interval is over */
    HS_MEMINFO_MARK,      /* by the script */
    HS_MEMINFO_SNAPSHOT,  /* by the script */
    HS_MEMINFO_BEFORE,    /* after a collection; a module is imported next */
    HS_MEMINFO_IMPORT,    /* after the import and a collection */
    HS_MEMINFO_RAISED,    /* an exception has left the script */
    HS_MEMINFO_END,       /* the script has ended */
    HS_MEMINFO_COLLECTED, /* the same after a collection */
    HS_MEMINFO_WHATS,
};

/* A MemoryError and where it was raised, by the traceback before a dump. */
struct hs_meminfo_failure {
    uint32_t size; /* bytes asked for */
    uint32_t line;
    char file[57], function[57]; /* the end of a long file name, the beginning of a long function name */
};

/* Contiguous granules: one block, or a free run. */
struct hs_meminfo_run {
    uint32_t granules;
    char letter; /* of the block's kind, or HS_MEMINFO_FREE */
};

struct hs_meminfo_area {
    uint64_t base;      /* address; 0 if the text does not have it */
    size_t run, n_runs; /* in hs_meminfo_log.run */
    uint32_t granules;
};

/* What a text shows of a map, whole or not, in granules. */
struct hs_meminfo_part {
    uint64_t shown, used;  /* granules that are shown; in use among them */
    uint64_t blocks;       /* heads */
    uint64_t longest_free; /* the longest free run between two lines that follow each other; it may be longer in the heap */
    bool no_begin, gap;    /* lines are missing before the first; between two others */
};

enum hs_meminfo_has {
    HS_MEMINFO_TOTALS = 1,  /* total, used, free */
    HS_MEMINFO_COUNTS = 2,  /* blocks_1, blocks_2, max_block */
    HS_MEMINFO_LONGEST = 4, /* max_free */
    HS_MEMINFO_SPLIT = 8,   /* max_new_split */
    HS_MEMINFO_STACK = 16,
    HS_MEMINFO_MAP = 32, /* areas; complete and consistent with the figures */
};

struct hs_meminfo {
    unsigned line, last_line;                         /* of the text, from 1 */
    unsigned has;                                     /* enum hs_meminfo_has */
    uint64_t total, used, free, max_new_split;        /* bytes */
    uint64_t blocks_1, blocks_2, max_block, max_free; /* blocks of one and two granules; granules */
    uint64_t stack, stack_limit;
    uint32_t granule;        /* bytes; computed from the map, or copied from other dumps, or guessed */
    size_t area, n_areas;    /* in hs_meminfo_log.area */
    size_t since, since_len; /* in hs_meminfo_log.words: commands that were run since the last dump */
    enum hs_meminfo_what what;
    uint32_t milliseconds;     /* of the board's clock, which wraps; not of HS_MEMINFO_PLAIN and HS_MEMINFO_BARE */
    uint32_t milliseconds_end; /* when all of it was printed; 0: not known */
    uint64_t every;            /* milliseconds between samples by a timer, plus 1; 0: not known */
    unsigned failure;          /* of HS_MEMINFO_RAISED: index in hs_meminfo_log.failure plus 1; 0: none */
    bool anew;                 /* another board, or a restart since the last dump */
    const char *fault;         /* why the map is ignored, NULL: it is valid */
    unsigned fault_line;
    struct hs_meminfo_part part; /* also of a map that is ignored */
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
    struct hs_meminfo_failure *failure;
    size_t n_failures;
    size_t n_samples; /* dumps that are not HS_MEMINFO_PLAIN */
    char system[160]; /* "MicroPython v1.11 on 2019-06-25; ESP32 module with ESP32": the first banner, or "" */
    size_t room[5];
};

/* Finds all dumps in a text. HS_OK, HS_ERR_KIND when there is none, HS_ERR_FULL when they are too large, or
 * HS_ERR_MEMORY. The caller frees the log, also after an error. */
int hs_meminfo_read(struct hs_meminfo_log *log, const uint8_t *text, size_t len);
void hs_meminfo_free(struct hs_meminfo_log *log);

/* The kind of block that a letter means, such as "list"; "other" for h. Never NULL. */
const char *hs_meminfo_kind(char letter);

/* Converts the dumps to a trace with one snapshot per second, and marks for the commands that were run between them. NULL on
 * an error. */
struct hs_feed *hs_feed_of_meminfo(const struct hs_meminfo_log *log, struct hs_error *error);

#endif
