/* SPDX-License-Identifier: MIT
 *
 * The heap, rebuilt from the events of a trace: the block at every granule, and sums per site.
 *
 * Memory is bounded by the heap and the number of sites, never by the length of the trace. Everything here may be read
 * between two calls of hs_model_feed; only the model writes.
 *
 *     struct hs_model *model = hs_model_new(NULL);
 *     while ((n = hs_reader_next(reader, &event)) > 0)
 *         hs_model_feed(model, event, n);
 *     struct hs_space_stats layout = hs_model_layout(model, HS_ALL_REGIONS);
 *
 * Which site a block is charged to. Its bytes are charged to the site that requested its present size: a realloc moves
 * the whole block from the site that held it to the site of the realloc, as in heaptrack and memray, whether it moves
 * in memory or not. The block keeps its identity: its age and the collections it survived count from the first
 * allocation, and are charged to the site that holds it when it is freed.
 */
#ifndef HS_MODEL_H
#define HS_MODEL_H

#include <stdbool.h>

#include "lib/host/reader.h"
#include "lib/host/util/map.h"

#define HS_SITE_UNKNOWN 0xffffffffu /* holder of blocks that existed before recording, or that were allocated during a loss */
#define HS_SITE_LIMIT (1u << 22)    /* this site and all above are charged to site 0, "other" */
#define HS_GRANULE_LIMIT (1u << 28) /* this granule and all above are not modelled */
#define HS_REGION_LIMIT 256u
#define HS_ALL_REGIONS HS_REGION_LIMIT
#define HS_FAILURES_KEPT 1024u /* only the last ones are kept individually */
#define HS_MARKS_KEPT 65536u   /* only the first ones are kept */

/* One block, kept at the granule of its head. */
struct hs_live_block {
    uint64_t time;        /* of the first allocation, ticks */
    uint64_t number : 48; /* record of the first allocation */
    uint64_t thread : 16;
    uint32_t site;       /* requested its present size; or HS_SITE_UNKNOWN */
    uint32_t size;       /* requested bytes; of an unknown block, the bytes of its granules */
    uint32_t granules;   /* 0: no head at this granule */
    uint32_t collection; /* collections that had ended when it was allocated */
};

/* Estimates of one site from samples: sums over its sampled blocks, each weighted by the reciprocal of the probability
 * with which it was sampled (D. G. Horvitz and D. J. Thompson, "A Generalization of Sampling Without Replacement From a
 * Finite Universe", 1952), which makes them unbiased estimates of the same sums over all blocks. A block of size s is
 * sampled with probability p = 1 - exp(-s / interval), independently of others, so the variance of an estimated sum of
 * y is estimated by the sum of y^2 (1 - p) / p^2. */
struct hs_estimate {
    uint64_t samples;                       /* blocks */
    double allocs, reallocs;                /* blocks allocated, blocks resized */
    double bytes, taken;                    /* requested by both; taken by both, in whole granules */
    double live_blocks, live;               /* at present; `live` in bytes taken */
    double at_peak;                         /* `live` at the summary with the most used bytes */
    double freed, swept, resized;           /* as in struct hs_site_sum; a resize ends a block */
    double lifetime, survived;              /* ticks and collections that its freed and swept blocks survived */
    double var_blocks, var_bytes, var_live; /* of allocs + reallocs, of `bytes`, of `live` */
};

/* Sums of one site. "Taken" bytes are whole granules: the size that the heap allocated. */
struct hs_site_sum {
    uint64_t allocs, reallocs;     /* blocks it allocated; blocks it resized */
    uint64_t bytes;                /* requested by both */
    uint32_t largest, again;       /* its largest request, and the next one below it: as large as `again` were two at least */
    uint64_t again_number;         /* record of the last request of `again` bytes or more */
    uint64_t taken;                /* taken by both */
    uint64_t live_blocks, live;    /* blocks it holds now, and the bytes they take */
    uint64_t max_live;             /* highest value of `live` */
    uint64_t at_peak, changed;     /* for hs_model_at_peak */
    uint64_t freed, swept;         /* its blocks that the program freed; that collections freed */
    uint64_t resized;              /* its blocks that passed to the site of a realloc */
    uint64_t dropped;              /* its blocks that ended with a region or a reset, or vanished in a loss */
    uint64_t lifetime, survived;   /* ticks and collections that its freed and swept blocks survived */
    uint64_t failed, failed_bytes; /* failed allocations, and the bytes they requested */
    struct hs_estimate sampled;    /* events at level "sampled"; not included in the sums above */
};

struct hs_region_state {
    uint32_t first, granules;     /* trace-wide granule numbers */
    uint64_t base;                /* address of the first granule */
    uint32_t least, header, caps; /* as in struct hs_region */
    uint8_t shift, memory, placement;
    bool present;
    char name[HS_REGION_NAME];
    uint64_t used, peak; /* bytes taken now; the maximum so far */
    uint64_t requested;  /* requested bytes of the live blocks */
    uint64_t blocks;
    uint64_t allocs, frees, reallocs, swept; /* events in this region */
};

/* Exact figures of the free space, from a walk over the region's blocks. Free runs never cross from one region into the
 * next. */
struct hs_space_stats {
    uint64_t used, free, requested; /* bytes */
    uint64_t largest_free;          /* bytes of the longest free run */
    bool no_longest;                /* not known: text of mem_info() that does not print it */
    uint64_t free_runs, blocks;
    uint64_t largest_block;      /* bytes */
    uint64_t blocks_1, blocks_2; /* blocks of one and of two granules */
    uint32_t largest_free_pos;   /* first granule of the longest free run */
};

enum hs_verdict {
    HS_VERDICT_FULL,        /* too few bytes free */
    HS_VERDICT_FRAGMENTED,  /* enough free, no run long enough */
    HS_VERDICT_LOCKED,      /* the heap was locked */
    HS_VERDICT_UNCOLLECTED, /* automatic collection was off: garbage may fill the heap */
    HS_VERDICT_REFUSED,     /* no region has the requested capability */
    HS_VERDICT_UNKNOWN,     /* the layout was not known at that moment, or a run was long enough */
};

struct hs_failure {
    uint64_t time, number;
    uint64_t elapsed; /* ticks that the trace covered so far: hs_model_elapsed */
    uint32_t site, size, thread, boot;
    uint64_t used, free, largest_free; /* bytes at that moment, of the regions that could have served it */
    uint64_t total;                    /* bytes of those regions; 0: not known */
    uint32_t caps;                     /* requested capabilities */
    unsigned region;                   /* a region of the heap that refused; HS_ALL_REGIONS: not recorded */
    enum hs_verdict verdict;
    bool synced;   /* the figures were known; if not, those above are the last known ones */
    bool placed;   /* the place of each block was known, not only the figures of a summary */
    uint8_t level; /* at which the recorder ran: enum hs_level */
};

struct hs_mark {
    uint64_t time, number;
    uint32_t boot;
    uint64_t used, blocks; /* in all regions */
    char *label;
};

/* The heap at the last mark. At levels other than "full" the recorder writes the summaries of a mark after it. */
struct hs_marked {
    struct hs_space_stats heap;
    bool known;  /* `heap` is set */
    bool open;   /* its summaries may still follow */
    bool summed; /* at least one of them came */
};

struct hs_collections {
    uint64_t begun, done;        /* done: those whose end is in the trace */
    uint64_t cause[4];           /* begun collections, by cause as in records.def */
    uint64_t pause, longest;     /* ticks, of the collections done */
    uint64_t longest_number;     /* record number at which the longest began */
    uint64_t freed, freed_bytes; /* by sweeps */
    uint64_t most_freed_bytes;   /* by one collection */
};

/* A period at one level. */
struct hs_level_span {
    uint8_t level;     /* enum hs_level */
    uint32_t interval; /* of HS_LEVEL_SAMPLED: mean bytes between samples; 0: unknown */
    uint32_t boot;
    uint64_t from, to;    /* ticks since the first boot */
    uint64_t first, last; /* record numbers */
    uint64_t events;      /* ALLOC, FREE, REALLOC, FAIL, swept, SAMPLE, SUMMARY */
    uint64_t samples, summaries;
};
#define HS_SPANS_KEPT 4096u /* later periods are added to the last span */

/* A region's figures from the last SUMMARY record. */
struct hs_region_summary {
    bool known;
    uint8_t shift;
    uint64_t used, free, longest, blocks; /* bytes, bytes, bytes, count */
    uint32_t runs[32];                    /* free runs of 2^i to 2^(i+1) - 1 granules */
    bool no_longest, no_counts;           /* the longest run is unknown; the numbers of blocks and of runs are unknown */
};

/* A live sampled block. `place` is its granule plus 1; 0: unknown. */
struct hs_sampled_block {
    uint32_t place, site;
    uint32_t size;   /* requested bytes */
    double weight;   /* 1 / probability */
    double variance; /* (1 - p) / p^2: factor of the square of a figure of the block */
    uint64_t bytes;  /* taken */
    uint64_t number; /* record of its sample */
    uint64_t time;
    uint32_t collection;
};

/* State of the recording levels, and data from levels other than "full". */
struct hs_levels {
    uint8_t level;  /* current level: enum hs_level */
    uint8_t last;   /* the last level other than HS_LEVEL_STOPPED */
    bool ran;       /* in this boot something was recorded */
    uint64_t stops; /* periods without recording, between two with it */
    uint32_t interval;
    struct hs_level_span *span; /* `n_spans`; the current one is open */
    uint32_t n_spans, spans_room;
    bool open;
    uint64_t events_before, samples_before, summaries_before; /* counts when the open span began */
    struct hs_sampled_block *block;                           /* sampled blocks that are live */
    uint32_t n_blocks, room;
    struct hs_map by_place;                            /* index of `block` by granule */
    struct hs_region_summary summary[HS_REGION_LIMIT]; /* last summary of each region */
    unsigned n_summaries;                              /* this region and all above have no summary */
    uint64_t peak, peak_time, peak_number;             /* most used bytes in any summary */
    uint64_t untracked;                                /* samples whose end will not be recorded */
    uint64_t dropped;                                  /* sampled blocks still live when their span ended */
};

/* Callbacks for every change of the layout, for an index of free runs. Any of them may be NULL. Between two calls each
 * granule of a region is either free or used: a block resized in place reports only the granules that it gained or
 * lost. */
struct hs_model_observer {
    void *context;
    void (*region)(void *context, unsigned region); /* added, empty; or removed (not `present`), empty */
    void (*taken)(void *context, unsigned region, struct hs_extent extent);
    void (*freed)(void *context, unsigned region, struct hs_extent extent);
    void (*after)(void *context, const struct hs_event *event); /* every event, after the model has processed it */
};

/* Callbacks for rare moments. A model can have several watchers. Any callback may be NULL. */
struct hs_model_watcher {
    void *context;
    void (*failed)(void *context, const struct hs_failure *failure); /* the layout is that at the failure */
    void (*collected)(void *context);                                /* a collection has ended, and its blocks are freed */
    void (*summed)(void *context, const struct hs_event *event);     /* a SUMMARY */
    void (*other)(void *context, const struct hs_event *event);      /* a record that the model does not process: references */
    struct hs_model_watcher *next;                                   /* set by hs_model_watch */
};

struct hs_model {
    struct hs_live_block *block; /* `n_granules`, by trace-wide granule number */
    struct hs_site_sum *sum;     /* `n_sums`: site s at index s + 1; HS_SITE_UNKNOWN at index 0 */
    struct hs_region_state region[HS_REGION_LIMIT];
    uint32_t n_granules, n_sums, n_regions;

    uint64_t kind[64];                     /* records of each kind */
    uint64_t swept;                        /* blocks */
    uint64_t used, requested, blocks;      /* in all regions, now */
    uint64_t peak, peak_time, peak_number; /* most used bytes, and when */
    uint64_t first_time, time;             /* of the current boot, ticks */
    uint64_t first_number;                 /* of the current boot's first record */
    uint64_t peak_heap;                    /* bytes of the heap at the end of the boot of the peak, if that is an earlier boot */
    uint64_t elapsed;                      /* ticks of the earlier boots */
    uint64_t number;                       /* of the last record fed */
    uint32_t boot;
    bool synced;                /* the layout is known */
    bool known;                 /* it has been known since the last restart: before that there is nothing to show */
    uint64_t unplaced;          /* events whose position was not known */
    uint64_t dropped, appeared; /* blocks that vanished without an event; blocks that first appeared in a snapshot */
    uint32_t *own;              /* `n_own` positions, ascending: blocks of a recorder that is on the heap itself. They are part of
                                   the layout, and of no figure: fact "helper" */
    uint32_t n_own, own_room;
    uint64_t own_bytes; /* of those blocks, now */
    struct hs_levels levels;
    struct hs_collections collections;
    uint64_t collecting, collecting_number; /* when the current collection began; valid while `in_collection` */
    bool in_collection;

    struct hs_failure *failure; /* ring of HS_FAILURES_KEPT: failure i at i % HS_FAILURES_KEPT */
    uint64_t n_failures;        /* total */
    struct hs_mark *mark;       /* `n_marks_kept` */
    uint64_t n_marks, n_marks_kept, marks_room;
    struct hs_marked marked;

    struct hs_model_observer observer;
    struct hs_model_watcher *watcher; /* the first; not owned */
    uint64_t collection_freed;        /* bytes, by the current collection */
    bool observed;                    /* an observer wants every block */
    bool whole;                       /* hs_model_skip_sites */
    int error;                        /* the first error: HS_ERR_MEMORY or HS_ERR_ARG; else HS_OK */
};

/* Creates a model of an empty heap. `observer` is copied and may be NULL. Returns NULL when out of memory. */
struct hs_model *hs_model_new(const struct hs_model_observer *observer);

/* For a user that shows figures of the whole heap only: sums of single sites, and times, numbers, threads and collections of
 * blocks are not kept. All allocs and reallocs are counted for site 0, and of the sums of HS_SITE_UNKNOWN only `live` and
 * `live_blocks` are correct. What comes from samples and summaries is kept. An observer's `freed` may get several blocks
 * that follow on one another in one call. Call it before the first event. */
void hs_model_skip_sites(struct hs_model *model);

/* Adds a watcher, which must stay valid as long as the model is fed. */
void hs_model_watch(struct hs_model *model, struct hs_model_watcher *watcher);

/* Processes `n` events. A long array may be fed in parts, to read the model in between. Returns model->error: once it
 * is set, further events are ignored. */
int hs_model_feed(struct hs_model *model, const struct hs_event *events, long n);

void hs_model_free(struct hs_model *model);

/* Whether the block at `pos` is the recorder's own. */
bool hs_model_owns(const struct hs_model *model, uint32_t pos);

/* Sums of a site, also of HS_SITE_UNKNOWN; all zero when the model has no events of it. Never NULL. */
const struct hs_site_sum *hs_model_site(const struct hs_model *model, uint32_t site);

/* The most used bytes, by the layout or by summaries: when, and in a heap of how many bytes (0: not known). */
struct hs_peak_moment {
    uint64_t bytes, time, number, heap;
};
struct hs_peak_moment hs_model_peak(const struct hs_model *model);

/* Bytes that a site held when the whole heap was at its peak (model->peak). */
uint64_t hs_model_at_peak(const struct hs_model *model, const struct hs_site_sum *sum);

/* The block that covers granule `pos`, or NULL when it is free. *head becomes its first granule. Walks back from the
 * granule: not for hot loops. */
const struct hs_live_block *hs_model_block_at(const struct hs_model *model, uint32_t pos, uint32_t *head);

/* The first head at or after `pos` and below `end`; `end` when there is none. */
uint32_t hs_model_next(const struct hs_model *model, uint32_t pos, uint32_t end);

/* Figures of one present region, or of all with HS_ALL_REGIONS. Walks the blocks. */
struct hs_space_stats hs_model_layout(const struct hs_model *model, unsigned region);

/* The sums and the longest run over all regions that are no pools. */
struct hs_space_stats hs_model_layout_but_pools(const struct hs_model *model);

/* Used, free and longest free run of all regions at present: from the layout, or from the last summaries when there is
 * no layout. Returns whether they are known. */
bool hs_model_heap(const struct hs_model *model, struct hs_space_stats *layout);

/* Bytes of the whole heap at present: of its regions; of one that the trace does not describe, used and free bytes of its last
 * summary. 0: not known. */
uint64_t hs_model_heap_bytes(const struct hs_model *model);

/* Whether `region` could have served a request for capabilities `caps` to the heap of region `asked`. A pool serves
 * only its own requests. */
bool hs_region_serves(const struct hs_region_state *region, const struct hs_region_state *asked, uint32_t caps);

/* The region that contains granule `pos`, or model->n_regions. */
unsigned hs_model_region_of(const struct hs_model *model, uint32_t pos);

/* Ticks that the trace covers so far, the sum over all boots: a time line without gaps. */
static inline uint64_t hs_model_elapsed(const struct hs_model *model)
{
    return model->elapsed + (model->time - model->first_time);
}

/* The spans of the trace so far; the last one ends now. Returns their number. */
uint32_t hs_model_spans(const struct hs_model *model, const struct hs_level_span **span);

/* Sum of ticks at one level. */
uint64_t hs_model_at_level(const struct hs_model *model, enum hs_level level);

/* Whether anything was recorded at one level. */
bool hs_model_saw_level(const struct hs_model *model, enum hs_level level);

/* True when only summaries describe the heap: the level (before recording stopped) is above "full", or the layout is
 * unknown and there are summaries (a ring without room for keyframes). */
static inline bool hs_model_summary_only(const struct hs_model *model)
{
    return model->levels.last > HS_LEVEL_FULL || (!model->synced && model->levels.n_summaries);
}

/* True when the place of each block is known at present. */
static inline bool hs_model_placed(const struct hs_model *model) { return model->synced && !hs_model_summary_only(model); }

/* True when the trace says what was requested, and by which line: at any level, but not in text of mem_info(). */
static inline bool hs_model_has_requests(const struct hs_model *model)
{
    const uint64_t *kind = model->kind;
    return kind[HS_ALLOC] || kind[HS_REALLOC] || kind[HS_SAMPLE] || kind[HS_TOP];
}

/* True when the trace is made from the output of mem_info(), called now and then: it has layouts and figures, and no
 * allocations. Its level has the name "snapshots". */
static inline bool hs_model_snapshots_only(const struct hs_model *model)
{
    return model->kind[HS_HOLDER] && !hs_model_has_requests(model);
}

/* The last summary of one region, or the sum over all with HS_ALL_REGIONS. `runs` are added up over regions. */
struct hs_region_summary hs_model_summary(const struct hs_model *model, unsigned region);
void hs_region_summary_add(struct hs_region_summary *sum, const struct hs_region_summary *summary);

const char *hs_level_name(unsigned level); /* "sampled" */

const char *hs_verdict_name(enum hs_verdict verdict); /* "fragmented" */
const char *hs_verdict_text(enum hs_verdict verdict); /* one sentence */

#endif
