/* SPDX-License-Identifier: MIT
 *
 * Pools of elements of one size: how full each pool was, its refused requests, and which sites held its elements at the
 * worst moment.
 *
 * A pool is a region of memory kind HS_MEMORY_POOL; or, when lwIP allocates the elements from a heap (MEMP_MEM_MALLOC),
 * all blocks of native sites whose function is the pool's name.
 */
#ifndef HS_SITES_POOLS_H
#define HS_SITES_POOLS_H

#include "analysis/sites/names.h"

#ifndef HS_POOL_LIMIT
#define HS_POOL_LIMIT 256u /* further pools are not measured; then hs_pools.cut is set */
#endif
#define HS_POOL_POINTS 4096u /* of the series */

/* The elements of a pool that one site holds. */
struct hs_pool_holder {
    uint32_t site; /* HS_SITE_UNKNOWN: blocks that existed before */
    uint32_t now, worst;
};

struct hs_pool {
    char name[HS_REGION_NAME];         /* "SYS_TIMEOUT" */
    uint32_t region;                   /* HS_ALL_REGIONS: its elements come from a heap */
    uint32_t size;                     /* elements; 0: no limit of its own */
    uint32_t element;                  /* bytes of one element, header included; from a heap, the requested bytes */
    uint32_t now, peak;                /* elements in use; the maximum so far */
    uint64_t taken, refused;           /* requests */
    uint64_t worst_time, worst_number; /* of the first refusal, or when the peak was first reached; ticks over all boots */
    uint32_t refused_site;             /* of the first refused request */
    uint64_t refused_last;             /* number of the record of the last refusal */
    struct hs_pool_holder *holder;
    uint32_t n_holders, room;
    uint32_t *most, *refusals; /* series of hs_pools.points spans: most elements in use, and refusals, in each span of time */
};

struct hs_pools {
    struct hs_pool pool[HS_POOL_LIMIT];
    unsigned n;
    bool cut;                            /* the trace has more than HS_POOL_LIMIT pools */
    uint16_t of_region[HS_REGION_LIMIT]; /* 1 + its pool, 0: not a pool */
    struct hs_pool_owner **page;         /* by trace-wide granule, a fixed number in each; NULL: no elements */
    uint32_t points;                     /* spans of the series; 0: no series */
    uint64_t span;                       /* ticks of each */
    uint32_t n_spans;                    /* spans with data */
    const struct hs_reader *reader;
    const struct hs_model *model;
    int error;
};

/* `points` may be 0. NULL when out of memory. */
struct hs_pools *hs_pools_new(const struct hs_reader *reader, uint32_t points);
void hs_pools_free(struct hs_pools *pools);

/* Processes an event after `model` has processed it; for hs_model_observer.after. pools->model must be set. */
void hs_pools_feed(void *context, const struct hs_event *event);

/* Call at the end: extends the series up to it. */
void hs_pools_finish(struct hs_pools *pools);

/* Writes the option that sets a pool's size, "MEMP_NUM_SYS_TIMEOUT", into `text` of HS_NAME_MAX bytes. */
const char *hs_pool_option(const struct hs_pool *pool, char *text);

/* Bytes of `elements` elements. */
uint64_t hs_pool_bytes(const struct hs_pool *pool, uint64_t elements);

/* --- holders, named ---------------------------------------------------------------------------------------- */

/* A holder of elements: for a timeout its handler, else the calls that led to the request, innermost first. */
struct hs_pool_share {
    char *name;
    uint32_t elements;
};

/* Shares at the worst moment, largest first. *n is their number; free them with hs_pool_shares_free. NULL when there
 * are none or out of memory. */
struct hs_pool_share *hs_pool_worst(const struct hs_pool *pool, const struct hs_names *names, size_t *n);
void hs_pool_shares_free(struct hs_pool_share *share, size_t n);

/* Writes the name of one site into `name` of HS_NAME_MAX bytes. */
char *hs_pool_holder_name(const struct hs_pool *pool, const struct hs_names *names, uint32_t site, char *name);

#endif
