/* SPDX-License-Identifier: MIT
 *
 * The heap, rebuilt from the events of a trace: what lies at every granule, and sums per site.
 *
 * Memory is bounded by the heap and the number of sites, never by the length of the trace. Everything
 * here may be read between two calls of hs_model_feed; only the model writes.
 *
 *     struct hs_model *model = hs_model_new(NULL);
 *     while ((n = hs_reader_next(reader, &event)) > 0)
 *         hs_model_feed(model, event, n);
 *     struct hs_space_stats layout = hs_model_layout(model, HS_ALL_REGIONS);
 *
 * Who pays for a block. Its bytes are charged to the site that asked for its present size: a realloc
 * moves the whole block from the site that held it to the site of the realloc, as heaptrack and memray
 * do, whether it moves in memory or not. The block itself goes on: its age and the collections it
 * survived count from the first allocation, and are charged to the site that held it when it went.
 */
#ifndef HS_MODEL_H
#define HS_MODEL_H

#include <stdbool.h>

#include "lib/host/reader.h"

#define HS_SITE_UNKNOWN 0xffffffffu /* holder of blocks that were there before recording, or came in a loss */
#define HS_SITE_LIMIT   (1u << 22)  /* sites from here on are charged to site 0, "other" */
#define HS_GRANULE_LIMIT (1u << 28) /* granules from here on cannot be followed */
#define HS_REGION_LIMIT 256u
#define HS_ALL_REGIONS  HS_REGION_LIMIT
#define HS_FAILURES_KEPT 1024u      /* the last so many failures are kept one by one */
#define HS_MARKS_KEPT   65536u      /* the first so many marks are kept */

/* One block, kept at the granule of its head. */
struct hs_live_block {
    uint64_t time;        /* of its first allocation, ticks */
    uint64_t number : 48; /* of the record of its first allocation */
    uint64_t thread : 16;
    uint32_t site;        /* that asked for its present size; HS_SITE_UNKNOWN */
    uint32_t size;        /* bytes asked for; of an unknown block, its granules in bytes */
    uint32_t granules;    /* 0: no head at this granule */
    uint32_t collection;  /* collections that were over when it was allocated */
};

/* What samples tell of one site: sums over its sampled blocks, each weighted by the reciprocal of the
 * probability with which it was sampled (D. G. Horvitz and D. J. Thompson, "A Generalization of Sampling
 * Without Replacement From a Finite Universe", 1952), which makes them unbiased estimates of the same sums
 * over all blocks. A block of size s is sampled with probability p = 1 - exp(-s / interval), independently
 * of others, so the variance of an estimated sum of y is estimated by the sum of y^2 (1 - p) / p^2. */
struct hs_estimate {
    uint64_t samples;             /* blocks */
    double allocs, reallocs;      /* blocks allocated; blocks resized */
    double bytes, taken;          /* asked for by both; in whole granules */
    double live_blocks, live;     /* now, and bytes they take */
    double at_peak;               /* `live` when a summary told of most used bytes */
    double freed, swept, resized; /* as in struct hs_site_sum; a block ends when it is resized */
    double lifetime, survived;    /* ticks and collections that its freed and swept blocks lived through */
    double var_blocks, var_bytes, var_live; /* of allocs + reallocs, of `bytes`, of `live` */
};

/* What one site did. "Taken" is bytes of whole granules, what the heap really gave. */
struct hs_site_sum {
    uint64_t allocs, reallocs;    /* blocks it allocated; blocks it resized */
    uint64_t bytes;               /* asked for by both */
    uint64_t taken;               /* taken by both */
    uint64_t live_blocks, live;   /* blocks it holds now, and bytes they take */
    uint64_t max_live;            /* highest value of `live` */
    uint64_t at_peak, changed;    /* for hs_model_at_peak */
    uint64_t freed, swept;        /* its blocks that the program freed; that a collection freed */
    uint64_t resized;             /* its blocks that went on to the site of a realloc */
    uint64_t dropped;             /* its blocks that went with a region or reset, or vanished in a loss */
    uint64_t lifetime, survived;  /* ticks and collections its freed and swept blocks lived through */
    uint64_t failed, failed_bytes;/* allocations that failed, bytes they asked for */
    struct hs_estimate sampled;   /* what happened at level "sampled", and is not in the sums above */
};

struct hs_region_state {
    uint32_t first, granules;      /* trace-wide granule numbers */
    uint64_t base;                 /* address of the first granule */
    uint32_t least, header, caps;  /* as in struct hs_region */
    uint8_t shift, memory, placement;
    bool present;
    char name[HS_REGION_NAME];
    uint64_t used, peak;           /* bytes taken now; most there ever were */
    uint64_t requested;            /* bytes asked for, of the blocks there now */
    uint64_t blocks;
    uint64_t allocs, frees, reallocs, swept; /* events in this region */
};

/* Exact picture of the free space, by a walk over the region's blocks. Largest and runs are of one
 * region at a time: a run does not cross into the next region. */
struct hs_space_stats {
    uint64_t used, free, requested; /* bytes */
    uint64_t largest_free;          /* bytes of the longest free run */
    bool no_longest;                /* it is not known: text of mem_info() that does not print it */
    uint64_t free_runs, blocks;
    uint64_t largest_block;         /* bytes */
    uint64_t blocks_1, blocks_2;    /* blocks of one and of two granules */
    uint32_t largest_free_pos;      /* granule at which the longest free run begins */
};

enum hs_verdict {
    HS_VERDICT_FULL,        /* not so many bytes free */
    HS_VERDICT_FRAGMENTED,  /* enough free, no run long enough */
    HS_VERDICT_LOCKED,      /* the heap was locked */
    HS_VERDICT_UNCOLLECTED, /* automatic collection was off: garbage may fill the heap */
    HS_VERDICT_REFUSED,     /* no region of the capability asked for */
    HS_VERDICT_UNKNOWN,     /* the layout was not known at that moment, or a run was long enough */
};

struct hs_failure {
    uint64_t time, number;
    uint64_t elapsed; /* ticks that the trace had covered: hs_model_elapsed */
    uint32_t site, size, thread, boot;
    uint64_t used, free, largest_free; /* bytes, of the regions that it could have come from, at that moment */
    uint32_t caps;       /* capabilities asked for */
    unsigned region;     /* one of the heap that was asked; HS_ALL_REGIONS: not told */
    enum hs_verdict verdict;
    bool synced; /* the layout was known: else `used` and what follows it is that known last */
};

struct hs_mark {
    uint64_t time, number;
    uint32_t boot;
    uint64_t used, blocks; /* of all regions */
    char *label;
};

struct hs_collections {
    uint64_t begun, done;        /* done: those whose end is in the trace */
    uint64_t cause[4];           /* begun, by cause of records.def */
    uint64_t pause, longest;     /* ticks, of those done */
    uint64_t longest_number;     /* record at which the longest began */
    uint64_t freed, freed_bytes; /* by sweeps */
    uint64_t most_freed_bytes;   /* by one collection */
};

/* A time at one level. */
struct hs_level_span {
    uint8_t level;         /* enum hs_level */
    uint32_t interval;     /* of HS_LEVEL_SAMPLED: mean bytes between samples; 0: not known */
    uint32_t boot;
    uint64_t from, to;     /* ticks since the first boot */
    uint64_t first, last;  /* numbers of its records */
    uint64_t events;       /* ALLOC, FREE, REALLOC, FAIL, swept, SAMPLE, SUMMARY */
    uint64_t samples, summaries;
};
#define HS_SPANS_KEPT 4096u /* what comes later is added to the last one of its level */

/* A region's figures, as the firmware told them at some moment. */
struct hs_region_summary {
    bool known;
    uint8_t shift;
    uint64_t used, free, longest, blocks; /* bytes, bytes, bytes, count */
    uint32_t runs[32];                    /* free runs of 2^i to 2^(i+1) - 1 granules */
    bool no_longest, no_counts;           /* the longest run, the number of blocks and of runs are not known */
};

struct hs_sampled_block;

/* What is known of times at levels other than "full". */
struct hs_levels {
    uint8_t level;               /* of the present moment: enum hs_level */
    uint8_t last;                /* the last one but HS_LEVEL_STOPPED */
    uint32_t interval;
    struct hs_level_span *span;  /* `n_spans`; that of the present moment is open */
    uint32_t n_spans;
    bool open;
    uint64_t events_before, samples_before, summaries_before; /* counts when the open span began */
    struct hs_sampled_block *block; /* open addressing by granule: sampled and not gone */
    uint32_t n_blocks, room;
    struct hs_region_summary told[HS_REGION_LIMIT]; /* last summary of each region */
    unsigned n_told;             /* regions from here on have none */
    uint64_t peak, peak_time;    /* most bytes used by any summary */
    uint64_t unfollowed;         /* samples whose end will not be told */
    uint64_t dropped;            /* samples that were there when their span ended */
};

/* Told of every change of the layout, for an index of free runs. Every function may be NULL. Between
 * two calls granules of a region are either free or in use: a block resized in place shows only the
 * granules that it gained or lost. */
struct hs_model_observer {
    void *context;
    void (*region)(void *context, unsigned region); /* came, empty, or went (not `present`), empty */
    void (*taken)(void *context, unsigned region, struct hs_extent extent);
    void (*freed)(void *context, unsigned region, struct hs_extent extent);
    void (*failed)(void *context, const struct hs_failure *failure); /* the layout is that of the failure */
    void (*collected)(void *context); /* a collection is over, and what it freed is gone */
    void (*after)(void *context, const struct hs_event *event); /* every event, when the model has taken it */
};

struct hs_model {
    struct hs_live_block *block;  /* `n_granules`, by trace-wide granule number */
    struct hs_site_sum *sum; /* `n_sums`: of site number s at s + 1; at 0 of HS_SITE_UNKNOWN */
    struct hs_region_state region[HS_REGION_LIMIT];
    uint32_t n_granules, n_sums, n_regions;

    uint64_t kind[64];          /* records of each kind */
    uint64_t swept;             /* blocks */
    uint64_t used, requested, blocks; /* of all regions, now */
    uint64_t peak, peak_time, peak_number; /* most bytes used, and when */
    uint64_t first_time, time;  /* of the present boot, ticks */
    uint64_t elapsed;           /* ticks of the boots before */
    uint64_t number;            /* of the last record fed */
    uint32_t boot;
    bool synced;                /* the layout is known */
    uint64_t unplaced;          /* events whose place was not known */
    uint64_t dropped, appeared; /* blocks that vanished unseen; blocks that a snapshot showed unannounced */
    struct hs_levels levels;
    struct hs_collections collections;
    uint64_t collecting, collecting_number; /* when the present one began, meaningful while `in_collection` */
    bool in_collection;

    struct hs_failure *failure; /* ring of HS_FAILURES_KEPT: failure i at i % HS_FAILURES_KEPT */
    uint64_t n_failures;        /* all there were */
    struct hs_mark *mark;       /* `n_marks_kept` */
    uint64_t n_marks, n_marks_kept;

    struct hs_model_observer observer;
    uint64_t collection_freed;  /* bytes, by the present one */
    bool observed;              /* someone wants to know of every block */
    int error;                  /* first one: HS_ERR_MEMORY or HS_ERR_ARG, else HS_OK */
};

/* A model of an empty heap. `observer` is copied and may be NULL. NULL when out of memory. */
struct hs_model *hs_model_new(const struct hs_model_observer *observer);

/* Takes `n` events. A long array may be fed in pieces, to look at the model in between. Returns
 * model->error: once it is set, further events are counted no more. */
int hs_model_feed(struct hs_model *model, const struct hs_event *events, long n);

void hs_model_free(struct hs_model *model);

/* Sums of a site, HS_SITE_UNKNOWN included; all zero when the model never saw it. Never NULL. */
const struct hs_site_sum *hs_model_site(const struct hs_model *model, uint32_t site);

/* Bytes that a site held when the whole heap was fullest (model->peak). */
uint64_t hs_model_at_peak(const struct hs_model *model, const struct hs_site_sum *sum);

/* The block that covers granule `pos` or begins there, or NULL when it is free. A walk back from the
 * granule, not for hot loops. `*head` is set to its first granule. */
const struct hs_live_block *hs_model_block_at(const struct hs_model *model, uint32_t pos, uint32_t *head);

/* The first head at `pos` or behind it, below `end`; `end` when there is none. */
uint32_t hs_model_next(const struct hs_model *model, uint32_t pos, uint32_t end);

/* Picture of one region, or of all present ones with HS_ALL_REGIONS. Walks the region. */
struct hs_space_stats hs_model_layout(const struct hs_model *model, unsigned region);

/* All regions' used, free and longest free run at present: of the layout, or where there is none what a summary told
 * last. Returns whether they are known. */
bool hs_model_heap(const struct hs_model *model, struct hs_space_stats *layout);

/* Whether a request of the heap that region `asked` is of, for capabilities `caps`, could have been met from `region`. A pool
 * serves requests of its own only. */
bool hs_region_serves(const struct hs_region_state *region, const struct hs_region_state *asked, uint32_t caps);

/* The region that holds granule `pos`, or model->n_regions. */
unsigned hs_model_region_of(const struct hs_model *model, uint32_t pos);

/* Ticks the trace covers, all boots together; the present moment on a time line without gaps. */
uint64_t hs_model_elapsed(const struct hs_model *model);

/* The spans of the trace so far, the last one up to now. Returns how many. */
uint32_t hs_model_spans(const struct hs_model *model, const struct hs_level_span **span);

/* Ticks at one level, all its spans together. */
uint64_t hs_model_at_level(const struct hs_model *model, enum hs_level level);

/* Whether anything was recorded at one level. */
bool hs_model_saw_level(const struct hs_model *model, enum hs_level level);

/* Whether the figures of the heap are, at present, those that summaries tell: the level is above "full", or the layout is not known but summed up (a ring without room for keyframes), or
 * was when recording stopped. */
static inline bool hs_model_summary_only(const struct hs_model *model)
{
    return model->levels.last > HS_LEVEL_FULL || (!model->synced && model->levels.n_told);
}

/* These figures, of one region or, with HS_ALL_REGIONS, of all. `runs` are counted over regions. */
struct hs_region_summary hs_model_told(const struct hs_model *model, unsigned region);
void hs_region_summary_add(struct hs_region_summary *sum, const struct hs_region_summary *told);

const char *hs_level_name(unsigned level); /* "sampled" */

const char *hs_verdict_name(enum hs_verdict verdict); /* "fragmented" */
const char *hs_verdict_text(enum hs_verdict verdict); /* a sentence for people */

#endif
