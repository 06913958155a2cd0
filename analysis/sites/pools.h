/* SPDX-License-Identifier: MIT
 *
 * Pools of elements of one size: how full each one was, what it refused, and who held its elements at the worst moment.
 *
 * A pool is a region of memory kind HS_MEMORY_POOL; or, where lwIP takes the elements from a heap (MEMP_MEM_MALLOC), all
 * blocks of sites that name it: native ones whose function is the pool's name.
 */
#ifndef HS_SITES_POOLS_H
#define HS_SITES_POOLS_H

#include "analysis/sites/names.h"

#define HS_POOL_LIMIT  256u  /* pools from here on are not measured */
#define HS_POOL_POINTS 4096u /* of the series */

/* What one site holds of a pool. */
struct hs_pool_holder {
    uint32_t site; /* HS_SITE_UNKNOWN: blocks that were there before */
    uint32_t now, worst;
};

struct hs_pool {
    char name[HS_REGION_NAME];   /* "SYS_TIMEOUT" */
    uint32_t region;             /* HS_ALL_REGIONS: its elements come from a heap */
    uint32_t size;               /* elements; 0: no limit of its own */
    uint32_t element;            /* bytes that one takes, header included; of a heap those asked for */
    uint32_t now, peak;          /* elements in use; the most there ever were */
    uint64_t taken, refused;     /* requests */
    uint64_t worst_time, worst_number; /* of the first refusal, or when the peak was reached first; ticks of all boots */
    uint32_t refused_site;       /* who was refused first */
    uint64_t refused_last;       /* number of the record of the last refusal */
    struct hs_pool_holder *holder;
    uint32_t n_holders, room;
    uint32_t *most, *refusals;   /* series: the fullest, and refusals, in each span of time; of hs_pools.points */
};

struct hs_pools {
    struct hs_pool pool[HS_POOL_LIMIT];
    unsigned n;
    uint16_t of_region[HS_REGION_LIMIT]; /* 1 + its pool, 0: not a pool */
    struct hs_pool_owner **page; /* by trace-wide granule, so many together; those without elements are NULL */
    uint32_t points;             /* spans of the series, 0: none is kept */
    uint64_t span;               /* ticks of each */
    uint32_t n_spans;            /* with something in them */
    const struct hs_reader *reader;
    const struct hs_model *model;
    int error;
};

/* `points` may be 0. NULL when out of memory. */
struct hs_pools *hs_pools_new(const struct hs_reader *reader, uint32_t points);
void hs_pools_free(struct hs_pools *pools);

/* Takes an event that `model` has taken; as hs_model_observer.after, with pools->model set. */
void hs_pools_feed(void *pools, const struct hs_event *event);

/* At the end: fills the series up to it. */
void hs_pools_finish(struct hs_pools *pools);

/* The option that sets a pool's size, "MEMP_NUM_SYS_TIMEOUT", into `text` of HS_NAME_MAX bytes. */
const char *hs_pool_option(const struct hs_pool *pool, char *text);

/* Bytes that `elements` of it take. */
uint64_t hs_pool_bytes(const struct hs_pool *pool, uint64_t elements);

/* --- holders, named ---------------------------------------------------------------------------------------- */

/* Who holds elements: of a timeout its handler, else the calls that led to the request, innermost first. */
struct hs_pool_share {
    char *name;
    uint32_t elements;
};

/* Shares at the worst moment, the largest first; `*n` of them, to be freed by hs_pool_shares_free. NULL when there are
 * none or memory is short. */
struct hs_pool_share *hs_pool_worst(const struct hs_pool *pool, const struct hs_names *names, size_t *n);
void hs_pool_shares_free(struct hs_pool_share *share, size_t n);

/* The name of one site, into `name` of HS_NAME_MAX bytes. */
char *hs_pool_holder_name(const struct hs_pool *pool, const struct hs_names *names, uint32_t site, char *name);

#endif
