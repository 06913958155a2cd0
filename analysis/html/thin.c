/* SPDX-License-Identifier: MIT */
#include "analysis/html/thin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/host/util/array.h"

static void join(struct hs_stretch *to, const struct hs_stretch *next)
{
    to->last = next->last;
    if (next->used > to->used) {
        to->used = next->used;
        to->fullest = next->fullest;
    }
    if (next->longest < to->longest) {
        to->longest = next->longest;
        to->tightest = next->tightest;
    }
}

/* Joins groups of `by` neighbours, from the first on. Returns how many stretches remain. */
static uint32_t join_neighbours(struct hs_stretch *stretch, uint32_t n, uint32_t by)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i % by)
            join(&stretch[i / by], &stretch[i]);
        else
            stretch[i / by] = stretch[i];
    }
    return (n + by - 1) / by;
}

static struct hs_stretch *open_stretch(struct hs_thin *t)
{
    if (t->n == HS_THIN_STRETCHES) {
        t->n = join_neighbours(t->stretch, t->n, 2);
        t->width *= 2;
    }
    if (!hs_array_more(t->stretch, t->n, t->room)) {
        t->short_of_memory = true;
        return NULL;
    }
    HS_ASSERT(t->n < HS_THIN_STRETCHES);
    return &t->stretch[t->n++];
}

static void keep_rare(struct hs_thin *t, uint64_t at)
{
    if (t->n_rare == HS_THIN_RARE)
        return;
    if (!hs_array_more(t->rare, t->n_rare, t->rare_room)) {
        t->short_of_memory = true;
        return;
    }
    t->rare[t->n_rare++] = at;
}

void hs_thin_feed(struct hs_thin *t, uint64_t at, const struct hs_sample *now, bool rare)
{
    double used = now->value[HS_FIGURE_USED], longest = now->value[HS_FIGURE_LARGEST];
    struct hs_stretch this = {at, at, at, isnan(used) ? -1 : used, isnan(longest) ? INFINITY : longest};
    t->width += !t->width;
    struct hs_stretch *new = at / t->width >= t->n ? open_stretch(t) : NULL;
    if (new)
        *new = this;
    else if (t->n)
        join(&t->stretch[t->n - 1], &this);
    if (rare)
        keep_rare(t, at);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t each_once(uint64_t *event, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!kept || event[i] != event[kept - 1])
            event[kept++] = event[i];
    return kept;
}

uint64_t *hs_thin_choose(const struct hs_thin *t, uint32_t stretches, size_t *n)
{
    uint32_t by = stretches && t->n > stretches ? (t->n + stretches - 1) / stretches : 1;
    struct hs_stretch *joined = malloc((t->n + 1u) * sizeof *joined);
    uint64_t *event = malloc((3u * (size_t)t->n + t->n_rare + 1) * sizeof *event);
    *n = 0;
    if (!joined || !event) {
        free(joined);
        free(event);
        return NULL;
    }
    if (t->n)
        memcpy(joined, t->stretch, t->n * sizeof *joined);
    uint32_t left = join_neighbours(joined, t->n, by);
    for (uint32_t i = 0; i < left; i++) {
        event[(*n)++] = joined[i].last;
        event[(*n)++] = joined[i].fullest;
        event[(*n)++] = joined[i].tightest;
    }
    if (t->n_rare)
        memcpy(event + *n, t->rare, t->n_rare * sizeof *event);
    *n += t->n_rare;
    qsort(event, *n, sizeof *event, by_value);
    *n = each_once(event, *n);
    free(joined);
    return event;
}

void hs_thin_free(struct hs_thin *t)
{
    free(t->stretch);
    free(t->rare);
    *t = (struct hs_thin){0};
}
