/* SPDX-License-Identifier: MIT
 *
 * Live bytes from collection to collection.
 */
#include "analysis/diagnosis/growth.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/failure_watch.h"
#include "analysis/diagnosis/lasting.h"
#include "analysis/time/summary.h"

#define LEAST_MOMENTS 6u /* fewer moments show no trend */
#define LEAST_BYTES 256u /* minimum growth over these moments; less may be a cache of the interpreter */
#define RISES 0.6        /* minimum share of rising steps */
#define FALLS 0.1        /* maximum share of falling steps */
#define SLOW_PART 128u   /* growth by less than this part of the heap is slow */
#define MUCH_PART 10u    /* growth by this part of the heap or more is much */
#define CHANCE 3.0       /* minimum growth of an estimate, in its standard deviations */
#define PARTS 16u        /* of the run, for the births of what is live */
#define BORN_SHARE 0.05  /* minimum share of the heap that grows by births: they tell less than collections do */
#define BORN_MUCH 0.1    /* with less it is slow: what is read in, or a cache that fills, may be as large */
#define LATE_SHARE 0.35  /* minimum share of the growth in the second half; less means that it saturates */

/* ---- moments ---- */

static void forget(struct hs_growth *g)
{
    for (unsigned i = 0; i < g->n; i++)
        free(g->moment[i].live);
    g->n = 0;
    free(g->site);
    g->site = NULL;
}

static void forget_births(struct hs_growth *g)
{
    if (g->births)
        forget(g->births);
    free(g->births);
    g->births = NULL;
}

void hs_growth_free(struct hs_growth *g)
{
    forget(g);
    forget_births(g);
    *g = (struct hs_growth){.n = 0};
}

/* Drops every second moment and keeps the first. */
static void thin(struct hs_growth *g)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < g->n; i++) {
        if (i % 2)
            free(g->moment[i].live);
        else
            g->moment[kept++] = g->moment[i];
    }
    g->n = kept;
    g->stride *= 2;
}

static void sum_regions(struct hs_growth_moment *t, const struct hs_model *m)
{
    for (unsigned i = 0; i < m->n_regions; i++) {
        const struct hs_region_state *r = &m->region[i];
        if (!r->present || r->memory == HS_MEMORY_POOL)
            continue;
        t->used += r->used;
        t->free += ((uint64_t)r->granules << r->shift) - r->used;
    }
    t->longest = hs_model_layout_but_pools(m).largest_free;
}

static void sum_summaries(struct hs_growth_moment *t, const struct hs_model *m)
{
    struct hs_region_summary all = hs_model_summary(m, HS_ALL_REGIONS);
    t->used = all.used;
    t->free = all.free;
    t->longest = all.no_longest ? 0 : all.longest;
}

static void keep(struct hs_growth *g, const struct hs_model *m)
{
    struct hs_growth_moment t = {.elapsed = hs_model_elapsed(m), .n = m->n_sums, .live = malloc((m->n_sums + 1) * sizeof *t.live)};
    if (!t.live) {
        g->error = HS_ERR_MEMORY;
        return;
    }
    struct hs_growth_site *site = realloc(g->site, (t.n + 1) * sizeof *site);
    if (!site) {
        free(t.live);
        g->error = HS_ERR_MEMORY;
        return;
    }
    g->site = site;
    (g->sampled ? sum_summaries : sum_regions)(&t, m);
    for (uint32_t i = 0; i < t.n; i++) {
        const struct hs_estimate *s = &m->sum[i].sampled;
        t.live[i] = g->sampled ? (uint64_t)s->live : m->sum[i].live;
        site[i] = g->sampled ? (struct hs_growth_site){(uint64_t)s->live_blocks, (uint64_t)(s->reallocs + s->freed), s->var_live}
                             : (struct hs_growth_site){m->sum[i].live_blocks, m->sum[i].reallocs + m->sum[i].freed, 0};
    }
    if (g->n == HS_GROWTH_MOMENTS)
        thin(g);
    g->moment[g->n++] = t;
    g->usual = hs_usual_request(m);
}

static void take(struct hs_growth *g, const struct hs_model *m, bool sampled)
{
    if (g->error || m->n_sums > HS_GROWTH_SITES)
        return;
    if (g->boot != m->boot || g->sampled != sampled)
        forget(g);
    g->sampled = sampled;
    g->boot = m->boot;
    g->stride = g->stride ? g->stride : 1;
    if (g->collections++ % g->stride == 0)
        keep(g, m);
}

/* ---- births ---- */

static bool begin_parts(struct hs_growth *b, const struct hs_model *m)
{
    b->site = calloc(m->n_sums + 1, sizeof *b->site);
    for (unsigned k = 0; k < PARTS && b->site; k++) {
        uint64_t *live = calloc(m->n_sums + 1, sizeof *live);
        if (!live)
            return false;
        b->moment[b->n++] = (struct hs_growth_moment){.live = live, .n = m->n_sums};
    }
    return b->site;
}

static void add_born(struct hs_growth *b, const struct hs_model *m, const struct hs_live_block *block, uint64_t bytes)
{
    uint64_t part = m->number ? block->number * PARTS / (m->number + 1) : 0;
    struct hs_growth_moment *t = &b->moment[part < PARTS ? part : PARTS - 1];
    uint32_t index = block->site + 1;
    uint64_t at = block->time > m->first_time ? m->elapsed + (block->time - m->first_time) : m->elapsed;
    t->used += bytes;
    t->elapsed = at > t->elapsed ? at : t->elapsed;
    if (index >= t->n)
        return;
    t->live[index] += bytes;
    b->site[index].blocks++;
}

/* Each part gets what was born before it, too; the last one has the heap as it is. */
static void end_parts(struct hs_growth *b, const struct hs_model *m)
{
    for (unsigned k = 1; k < PARTS; k++) {
        struct hs_growth_moment *t = &b->moment[k];
        const struct hs_growth_moment *before = &b->moment[k - 1];
        t->used += before->used;
        t->elapsed = t->elapsed > before->elapsed ? t->elapsed : before->elapsed;
        for (uint32_t i = 0; i < t->n; i++)
            t->live[i] += before->live[i];
    }
    struct hs_growth_moment *last = &b->moment[PARTS - 1];
    last->used = 0;
    sum_regions(last, m);
    last->elapsed = hs_model_elapsed(m);
    for (uint32_t i = 0; i < last->n; i++)
        b->site[i].grown = m->sum[i].reallocs + m->sum[i].freed;
}

static void keep_births(struct hs_growth *g, const struct hs_model *m)
{
    forget_births(g);
    g->births = calloc(1, sizeof *g->births);
    if (!g->births || !begin_parts(g->births, m)) {
        g->error = HS_ERR_MEMORY;
        return;
    }
    g->births->stride = 1;
    g->births->usual = hs_usual_request(m);
    for (unsigned i = 0; i < m->n_regions; i++) {
        const struct hs_region_state *r = &m->region[i];
        uint32_t end = r->first + r->granules;
        if (!r->present || r->memory == HS_MEMORY_POOL)
            continue;
        for (uint32_t pos = hs_model_next(m, r->first, end); pos < end; pos = hs_model_next(m, pos + m->block[pos].granules, end))
            add_born(g->births, m, &m->block[pos], (uint64_t)m->block[pos].granules << r->shift);
    }
    end_parts(g->births, m);
}

void hs_growth_take(struct hs_growth *g, const struct hs_model *m)
{
    if (!m->synced || m->levels.last == HS_LEVEL_SAMPLED)
        return;
    take(g, m, false);
    if (g->n < LEAST_MOMENTS && !g->error && m->n_sums <= HS_GROWTH_SITES && hs_model_placed(m))
        keep_births(g, m);
    else
        forget_births(g);
}

void hs_growth_take_sampled(struct hs_growth *g, const struct hs_model *m)
{
    if (m->levels.last == HS_LEVEL_SAMPLED)
        take(g, m, true);
}

/* ---- one line's series ---- */

struct line {
    char *name;
    uint64_t *live; /* at each moment */
    struct hs_growth_site last;
    bool python;
};

/* The first moment that is used, after imports and set-up. */
static unsigned first_of(const struct hs_growth *g) { return g->n / 3; }

/* Growth that is not more than estimates differ by chance. */
static bool is_chance(uint64_t grown, const struct hs_growth_site *last)
{
    return (double)grown * (double)grown < CHANCE * CHANCE * last->variance;
}

static bool rises(const struct hs_growth *g, const uint64_t *live)
{
    unsigned first = first_of(g), steps = g->n - 1 - first, up = 0, down = 0;
    uint64_t middle = live[first + steps / 2], from = live[first], to = live[g->n - 1];
    for (unsigned i = first + 1; i < g->n; i++) {
        up += live[i] > live[i - 1];
        down += live[i] < live[i - 1];
    }
    return to >= from + LEAST_BYTES && up >= RISES * steps && down <= FALLS * steps && to > middle &&
           (double)(to - middle) >= LATE_SHARE * (double)(to - from);
}

/* Least-squares slope per tick over the moments from `first`; `value` is indexed by moment. */
static double slope(const struct hs_growth *g, const uint64_t *value, unsigned first)
{
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (unsigned i = first; i < g->n; i++) {
        double x = (double)(g->moment[i].elapsed - g->moment[0].elapsed), y = (double)value[i];
        n++, sx += x, sy += y, sxx += x * x, sxy += x * y;
    }
    double under = n * sxx - sx * sx;
    return under > 0 ? (n * sxy - sx * sy) / under : 0;
}

/* ---- sites grouped by line ---- */

static int by_name(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static void free_lines(struct line *line, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(line[i].name);
        free(line[i].live);
    }
    free(line);
}

static uint64_t live_at(const struct hs_growth *g, unsigned moment, uint32_t index)
{
    return index < g->moment[moment].n ? g->moment[moment].live[index] : 0;
}

/* Only sites that hold more at the end than at the first used moment can grow. */
static int collect(const struct hs_growth *g, const struct hs_names *names, struct line **lines, size_t *n)
{
    uint32_t sites = g->moment[g->n - 1].n;
    char name[HS_NAME_MAX];
    *n = 0;
    *lines = calloc(sites + 1, sizeof **lines);
    for (uint32_t i = 0; *lines && i < sites; i++) {
        if (live_at(g, g->n - 1, i) <= live_at(g, first_of(g), i))
            continue;
        struct line *l = &(*lines)[(*n)++];
        l->name = strdup(hs_name_of_site(names, i - 1, HS_KEY_LINE, name));
        l->live = calloc(g->n, sizeof *l->live);
        l->last = g->site[i];
        l->last.grown = hs_may_refer(names, i - 1) ? l->last.grown : 0;
        l->python = hs_is_python(names, i - 1);
        if (!l->name || !l->live)
            return HS_ERR_MEMORY;
        for (unsigned k = 0; k < g->n; k++)
            l->live[k] = live_at(g, k, i);
    }
    if (!*lines)
        return HS_ERR_MEMORY;
    qsort(*lines, *n, sizeof **lines, by_name);
    return HS_OK;
}

/* Adds the lines with the same name into the first of them. Returns their number. */
static size_t add_up(const struct hs_growth *g, struct line *line, size_t n)
{
    size_t same = 1;
    for (; same < n && !strcmp(line[same].name, line[0].name); same++) {
        for (unsigned k = 0; k < g->n; k++)
            line[0].live[k] += line[same].live[k];
        line[0].last.blocks += line[same].last.blocks;
        line[0].last.grown += line[same].last.grown;
        line[0].last.variance += line[same].last.variance;
    }
    return same;
}

/* Sets the bytes of the line's largest block at the end of the trace, 0 if another one is as large or blocks are not known, and whether
 * it was resized. */
static void find_largest(const struct hs_growth *g, const struct hs_names *names, struct hs_lasting_line *line)
{
    const struct hs_model *m = g->model;
    char name[HS_NAME_MAX];
    uint32_t size = 0;
    for (unsigned i = 0; m && m->synced && hs_model_placed(m) && i < m->n_regions; i++) {
        const struct hs_region_state *r = &m->region[i];
        uint32_t end = r->first + r->granules;
        if (!r->present || r->memory == HS_MEMORY_POOL)
            continue;
        for (uint32_t pos = hs_model_next(m, r->first, end); pos < end;
             pos = hs_model_next(m, pos + m->block[pos].granules, end)) {
            const struct hs_live_block *b = &m->block[pos];
            if (b->size < size || strcmp(hs_name_of_site(names, b->site, HS_KEY_LINE, name), line->name) != 0)
                continue;
            line->largest = b->size > size ? (uint64_t)b->granules << r->shift : 0;
            line->resized = b->site + 1 < m->n_sums && m->sum[b->site + 1].reallocs;
            size = b->size;
        }
    }
}

static void describe(const struct hs_growth *g, const struct hs_names *names, const struct line *line, struct hs_growing *growing)
{
    uint64_t used = g->moment[g->n - 1].used;
    struct hs_lasting_line lasting = {.name = line->name, .live = line->live, .blocks = line->last.blocks};
    find_largest(g, names, &lasting);
    *growing = (struct hs_growing){.from = line->live[first_of(g)],
                                   .to = line->live[g->n - 1],
                                   .moments = g->n - first_of(g),
                                   .per_second = slope(g, line->live, first_of(g)) / hs_seconds(names->reader, 1),
                                   .free = g->moment[g->n - 1].free};
    hs_lasting_find(growing, g, first_of(g), names, &lasting);
    growing->sampled = g->sampled;
    growing->slow = growing->to - growing->from < (used + growing->free) / SLOW_PART;
    growing->much = growing->to - growing->from >= (used + growing->free) / MUCH_PART;
    memcpy(growing->name, line->name, strlen(line->name) + 1);
}

/* As for a failure: another line has enlarged blocks, fewer times than there are kept ones, and these have room for about as many
 * references. Only the first of several sites of a line has its sums. */
static void find_keeper(const struct hs_growth *g, const struct line *line, size_t n, const struct line *best,
                        struct hs_growing *growing, unsigned pointer)
{
    uint64_t most = 0;
    for (size_t i = 0; i < n; i++) {
        const struct line *l = &line[i];
        uint64_t live = l->live[g->n - 1];
        bool enlarges = l->last.grown >= HS_KEEPER_GROWN && l->last.grown <= best->last.blocks;
        bool keeps = l->python && enlarges && hs_may_keep(live / pointer, best->last.blocks);
        if (keeps && live > most && strcmp(l->name, best->name) != 0) {
            most = live;
            memcpy(growing->keeper, l->name, strlen(l->name) + 1);
        }
    }
}

static int find(const struct hs_growth *g, const struct hs_names *names, struct hs_growing *growing)
{
    struct line *line = NULL;
    const struct line *best = NULL;
    size_t n = 0, same;
    uint64_t most = 0;
    int error = collect(g, names, &line, &n);
    for (size_t i = 0; !error && i < n; i += same) {
        same = add_up(g, &line[i], n - i);
        uint64_t grown = line[i].live[g->n - 1] - line[i].live[first_of(g)];
        if (grown > most && !is_chance(grown, &line[i].last) && rises(g, line[i].live)) {
            best = &line[i];
            most = grown;
        }
    }
    if (best)
        describe(g, names, best, growing);
    if (best)
        find_keeper(g, line, n, best, growing, hs_reader_info(names->reader)->pointer_bytes);
    free_lines(line, n);
    return error ? error : best ? HS_OK : HS_ERR_KIND;
}

int hs_growth_find(struct hs_growth *g, const struct hs_names *names, struct hs_growing *growing)
{
    if (g->error || g->n >= LEAST_MOMENTS)
        return g->error ? g->error : find(g, names, growing);
    if (g->births)
        g->births->model = g->model;
    int error = g->births ? find(g->births, names, growing) : HS_ERR_KIND;
    if (error)
        return error;
    const struct hs_growth_moment *last = &g->births->moment[PARTS - 1];
    double share = (double)growing->to / (double)(last->used + last->free);
    growing->births = true;
    growing->collections = -1;
    growing->slow = share < BORN_MUCH;
    return share >= BORN_SHARE ? HS_OK : HS_ERR_KIND;
}
