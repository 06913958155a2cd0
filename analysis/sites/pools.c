/* SPDX-License-Identifier: MIT */
#include "analysis/sites/pools.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"

#define CALLS 4u /* in a holder's name */

#define PAGE 4096u /* granules */
#define PAGES (HS_GRANULE_LIMIT / PAGE)

struct hs_pool_owner {
    uint16_t pool; /* plus 1; 0: no pool element starts here */
    uint32_t site;
};

struct hs_pools *hs_pools_new(const struct hs_reader *reader, uint32_t points)
{
    struct hs_pools *p = calloc(1, sizeof *p);
    if (p && !(p->page = calloc(PAGES, sizeof *p->page))) {
        free(p);
        return NULL;
    }
    if (p) {
        p->reader = reader;
        p->points = points < HS_POOL_POINTS ? points & ~1u : HS_POOL_POINTS;
        p->span = 1;
    }
    return p;
}

void hs_pools_free(struct hs_pools *p)
{
    for (unsigned i = 0; p && i < p->n; i++) {
        free(p->pool[i].holder);
        free(p->pool[i].most);
        free(p->pool[i].refusals);
    }
    for (uint32_t i = 0; p && i < PAGES; i++)
        free(p->page[i]);
    free(p ? p->page : NULL);
    free(p);
}

/* ---- series ---- */

/* Doubles the ticks of a span. */
static void merge_spans(struct hs_pools *p)
{
    for (unsigned i = 0; i < p->n; i++) {
        struct hs_pool *pool = &p->pool[i];
        for (uint32_t s = 0; s < p->points / 2; s++) {
            uint32_t a = pool->most[2 * s], b = pool->most[2 * s + 1];
            pool->most[s] = a > b ? a : b;
            pool->refusals[s] = pool->refusals[2 * s] + pool->refusals[2 * s + 1];
        }
        memset(pool->most + p->points / 2, 0, p->points / 2 * sizeof *pool->most);
        memset(pool->refusals + p->points / 2, 0, p->points / 2 * sizeof *pool->refusals);
    }
    p->n_spans = (p->n_spans + 1) / 2;
    p->span *= 2;
}

/* Extends the series to the present: the elements in use are carried into all spans up to it. */
static uint32_t present_span(struct hs_pools *p)
{
    uint64_t now = hs_model_elapsed(p->model);
    while (now / p->span >= p->points)
        merge_spans(p);
    uint32_t at = (uint32_t)(now / p->span);
    for (; p->n_spans <= at; p->n_spans++)
        for (unsigned i = 0; i < p->n; i++)
            p->pool[i].most[p->n_spans] = p->pool[i].now;
    return at;
}

static void note(struct hs_pools *p, struct hs_pool *pool, bool refused)
{
    if (!p->points)
        return;
    uint32_t at = present_span(p);
    if (pool->now > pool->most[at])
        pool->most[at] = pool->now;
    pool->refusals[at] += refused;
}

void hs_pools_finish(struct hs_pools *p)
{
    if (p->points && p->model)
        present_span(p);
}

/* ---- pools ---- */

static struct hs_pool *new_pool(struct hs_pools *p, const char *name)
{
    p->cut = p->cut || p->n == HS_POOL_LIMIT;
    if (p->n == HS_POOL_LIMIT)
        return NULL;
    struct hs_pool *pool = &p->pool[p->n];
    *pool = (struct hs_pool){.region = HS_ALL_REGIONS, .refused_site = HS_SITE_UNKNOWN};
    snprintf(pool->name, sizeof pool->name, "%s", name);
    pool->most = calloc(p->points + 1, sizeof *pool->most);
    pool->refusals = calloc(p->points + 1, sizeof *pool->refusals);
    if (!pool->most || !pool->refusals) {
        p->error = HS_ERR_MEMORY;
        free(pool->most);
        free(pool->refusals);
        return NULL;
    }
    p->n++;
    return pool;
}

static const char *pool_of_region(const char *region)
{
    size_t heap = hs_region_heap(region);
    return region[heap] ? region + heap + 1 : region;
}

/* The pool of a region. */
static struct hs_pool *pool_at(struct hs_pools *p, unsigned number)
{
    const struct hs_region *region = number < HS_REGION_LIMIT ? hs_reader_region(p->reader, number) : NULL;
    if (!region || region->memory != HS_MEMORY_POOL)
        return NULL;
    uint16_t known = p->of_region[number];
    struct hs_pool *pool = known ? &p->pool[known - 1] : new_pool(p, pool_of_region(region->name));
    if (!pool)
        return NULL;
    p->of_region[number] = (uint16_t)(pool - p->pool + 1);
    pool->region = number;
    pool->element = region->least ? region->least : 1;
    pool->size = (uint32_t)(((uint64_t)region->granules << region->shift) / pool->element);
    return pool;
}

/* The pool named by a site, when its elements come from a heap. */
static struct hs_pool *pool_named(struct hs_pools *p, uint32_t number, uint32_t bytes)
{
    const struct hs_site *site = hs_reader_site(p->reader, number);
    if (!site || site->line || !site->caller || site->file[0] || !site->function[0])
        return NULL; /* without an address the function is the site's own name, as in an imported trace */
    for (unsigned i = 0; i < p->n; i++)
        if (!strcmp(p->pool[i].name, site->function))
            return &p->pool[i];
    struct hs_pool *pool = new_pool(p, site->function);
    if (pool)
        pool->element = bytes;
    return pool;
}

static struct hs_pool_holder *holder_of(struct hs_pools *p, struct hs_pool *pool, uint32_t site)
{
    for (uint32_t i = 0; i < pool->n_holders; i++)
        if (pool->holder[i].site == site)
            return &pool->holder[i];
    if (!hs_array_more(pool->holder, pool->n_holders, pool->room)) {
        p->error = HS_ERR_MEMORY;
        return NULL;
    }
    struct hs_pool_holder *holder = &pool->holder[pool->n_holders++];
    *holder = (struct hs_pool_holder){.site = site};
    return holder;
}

static void remember_worst(struct hs_pools *p, struct hs_pool *pool)
{
    pool->worst_time = hs_model_elapsed(p->model);
    pool->worst_number = p->model->number;
    for (uint32_t i = 0; i < pool->n_holders; i++)
        pool->holder[i].worst = pool->holder[i].now;
}

/* ---- events ---- */

/* The owner of the element at a granule; NULL: no element was ever on that page. */
static struct hs_pool_owner *owner_at(const struct hs_pools *p, uint32_t pos)
{
    struct hs_pool_owner *page = pos < HS_GRANULE_LIMIT ? p->page[pos / PAGE] : NULL;
    return page ? &page[pos % PAGE] : NULL;
}

static struct hs_pool_owner *make_owner_at(struct hs_pools *p, uint32_t pos)
{
    if (pos < HS_GRANULE_LIMIT && !p->page[pos / PAGE] && !(p->page[pos / PAGE] = calloc(PAGE, sizeof **p->page)))
        p->error = HS_ERR_MEMORY;
    return owner_at(p, pos);
}

static void leave(struct hs_pools *p, uint32_t pos)
{
    struct hs_pool_owner *owner = owner_at(p, pos);
    if (!owner || !owner->pool)
        return;
    struct hs_pool *pool = &p->pool[owner->pool - 1];
    struct hs_pool_holder *holder = holder_of(p, pool, owner->site);
    *owner = (struct hs_pool_owner){.pool = 0};
    if (p->points)
        present_span(p);
    pool->now--;
    if (holder)
        holder->now--;
}

static void enter(struct hs_pools *p, struct hs_pool *pool, uint32_t pos, uint32_t site)
{
    leave(p, pos);
    struct hs_pool_owner *owner = make_owner_at(p, pos);
    struct hs_pool_holder *holder = holder_of(p, pool, site);
    if (!owner || !holder)
        return;
    *owner = (struct hs_pool_owner){.pool = (uint16_t)(pool - p->pool + 1), .site = site};
    holder->now++;
    if (++pool->now > pool->peak) {
        pool->peak = pool->now;
        if (!pool->refused)
            remember_worst(p, pool);
    }
    note(p, pool, false);
}

static void on_alloc(struct hs_pools *p, const struct hs_event *e)
{
    if (e->flags & HS_EVENT_UNPLACED)
        return;
    struct hs_pool *pool = pool_at(p, e->region);
    pool = pool ? pool : pool_named(p, e->site, e->size);
    if (!pool) {
        leave(p, e->pos); /* the end of the previous block there was not recorded */
        return;
    }
    pool->taken++;
    enter(p, pool, e->pos, e->site);
}

static void on_realloc(struct hs_pools *p, const struct hs_event *e)
{
    struct hs_pool_owner *owner = e->flags & HS_EVENT_UNPLACED || e->old == e->pos ? NULL : owner_at(p, e->old);
    if (!owner || !owner->pool)
        return;
    struct hs_pool_owner was = *owner;
    leave(p, e->old);
    enter(p, &p->pool[was.pool - 1], e->pos, was.site);
}

static void on_fail(struct hs_pools *p, const struct hs_event *e)
{
    struct hs_pool *pool = e->record->fail.cause >= HS_FAIL_REGION(0) ? pool_at(p, e->region) : NULL;
    pool = pool ? pool : pool_named(p, e->site, e->size);
    if (!pool)
        return;
    if (!pool->refused++) {
        remember_worst(p, pool);
        pool->refused_site = e->site;
    }
    pool->refused_last = e->number;
    note(p, pool, true);
}

/* Removes all elements in an interval of granules. */
static void clear(struct hs_pools *p, uint64_t from, uint64_t to)
{
    to = to < HS_GRANULE_LIMIT ? to : HS_GRANULE_LIMIT;
    for (uint64_t pos = from; pos < to; pos++) {
        if (p->page[pos / PAGE])
            leave(p, (uint32_t)pos);
        else
            pos |= PAGE - 1; /* continue at the next page */
    }
}

/* The layout of a region, or of all, is no longer valid. */
static void forget(struct hs_pools *p, unsigned region)
{
    const struct hs_region *r = region < HS_REGION_LIMIT ? hs_reader_region(p->reader, region) : NULL;
    if (r)
        clear(p, r->first, (uint64_t)r->first + r->granules);
    else
        clear(p, 0, HS_GRANULE_LIMIT);
}

/* A snapshot contains elements without the sites that took them. */
static void on_layout(struct hs_pools *p, const struct hs_event *e)
{
    uint64_t from = 0;
    for (uint32_t i = 0; i < e->n_blocks; i++) {
        uint32_t pos = e->block[i].pos;
        clear(p, from, pos);
        from = (uint64_t)pos + 1;
        unsigned region = hs_model_region_of(p->model, pos);
        struct hs_pool *pool = region < p->model->n_regions ? pool_at(p, region) : NULL;
        const struct hs_pool_owner *owner = owner_at(p, pos);
        if (pool && (!owner || !owner->pool))
            enter(p, pool, pos, HS_SITE_UNKNOWN);
    }
    clear(p, from, HS_GRANULE_LIMIT);
}

void hs_pools_feed(void *context, const struct hs_event *e)
{
    struct hs_pools *p = context;
    switch (e->kind) {
    case HS_ALLOC: on_alloc(p, e); break;
    case HS_REALLOC: on_realloc(p, e); break;
    case HS_FAIL: on_fail(p, e); break;
    case HS_FREE:
        if (!(e->flags & HS_EVENT_UNPLACED))
            leave(p, e->old);
        break;
    case HS_SWEEP:
        for (uint32_t i = 0; i < e->n_freed; i++)
            leave(p, e->freed[i]);
        break;
    case HS_REGION:
        pool_at(p, e->region);
        if (!(e->record->region.placement & HS_REGION_EXISTING))
            forget(p, e->region);
        break;
    case HS_REGION_END: forget(p, e->region); break;
    case HS_RESET: forget(p, HS_ALL_REGIONS); break;
    case HS_SNAPSHOT:
        if (e->flags & HS_EVENT_RESYNC)
            on_layout(p, e);
        break;
    default: break;
    }
}

/* ---- names ---- */

const char *hs_pool_option(const struct hs_pool *pool, char *text)
{
    static const struct {
        const char *pool, *option;
    } options[] = {
#define HS_POOL_OPTION(name, option) {name, option},
#include "analysis/sites/pools.def"
#undef HS_POOL_OPTION
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (!strcmp(options[i].pool, pool->name))
            return options[i].option;
    if (!strncmp(pool->name, "POOL_", 5)) /* from MEM_USE_POOLS: named by the bytes of an element */
        snprintf(text, HS_NAME_MAX, "LWIP_MALLOC_MEMPOOL(..., %s)", pool->name + 5);
    else
        snprintf(text, HS_NAME_MAX, "MEMP_NUM_%s", pool->name);
    return text;
}

uint64_t hs_pool_bytes(const struct hs_pool *pool, uint64_t elements) { return elements * pool->element; }

char *hs_pool_holder_name(const struct hs_pool *pool, const struct hs_names *names, uint32_t site, char *name)
{
    struct hs_frame frame[HS_DEPTH_MAX];
    struct hs_symbol native;
    char one[HS_NAME_MAX];
    unsigned n = hs_frames_of_site(names, site, frame, &native), shown = 0;
    size_t at = 0;
    bool handler = !strcmp(pool->name, "SYS_TIMEOUT"); /* the handler alone identifies it */
    for (unsigned i = 0; i < n && shown < (handler ? 1 : CALLS); i++) {
        if (!strncmp(frame[i].function, "__wrap_", 7)) /* the hook's own wrapper */
            continue;
        at += (size_t)snprintf(name + at, HS_NAME_MAX - at, "%s%s", shown++ ? " < " : "",
                               hs_name_of_frame(&frame[i], HS_KEY_LINE, one));
        if (at >= HS_NAME_MAX)
            break;
    }
    return name;
}

static int larger(const void *a, const void *b)
{
    const struct hs_pool_share *x = a, *y = b;
    return x->elements != y->elements ? x->elements < y->elements ? 1 : -1 : strcmp(x->name, y->name);
}

/* Adds elements to the share with that name. False when out of memory. */
static bool add_share(struct hs_pool_share *share, size_t *n, const char *name, uint32_t elements)
{
    for (size_t i = 0; i < *n; i++)
        if (!strcmp(share[i].name, name)) {
            share[i].elements += elements;
            return true;
        }
    share[*n] = (struct hs_pool_share){strdup(name), elements};
    return share[(*n)++].name != NULL;
}

struct hs_pool_share *hs_pool_worst(const struct hs_pool *pool, const struct hs_names *names, size_t *n)
{
    char name[HS_NAME_MAX];
    struct hs_pool_share *share = calloc(pool->n_holders + 1, sizeof *share);
    *n = 0;
    for (uint32_t i = 0; share && i < pool->n_holders; i++) {
        const struct hs_pool_holder *holder = &pool->holder[i];
        if (holder->worst && !add_share(share, n, hs_pool_holder_name(pool, names, holder->site, name), holder->worst)) {
            hs_pool_shares_free(share, *n);
            *n = 0;
            return NULL;
        }
    }
    if (share)
        qsort(share, *n, sizeof *share, larger);
    return share;
}

void hs_pool_shares_free(struct hs_pool_share *share, size_t n)
{
    for (size_t i = 0; share && i < n; i++)
        free(share[i].name);
    free(share);
}
