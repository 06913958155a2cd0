/* SPDX-License-Identifier: MIT
 *
 * While samples are added there are up to eight times as many points as wanted, so that the last merge can distribute
 * them evenly.
 */
#include "analysis/time/series.h"
#include "lib/assertion.h"

#define FINENESS 8u

bool hs_series_init(struct hs_series *s, uint32_t points)
{
    *s = (struct hs_series){.wanted = points, .capacity = FINENESS * points, .width = 1};
    s->point = calloc(s->capacity, sizeof *s->point);
    return s->point != NULL;
}

void hs_series_free(struct hs_series *s)
{
    free(s->point);
    *s = (struct hs_series){.n = 0};
}

static void merge(struct hs_point *into, const struct hs_point *p)
{
    if (p->samples && into->samples) {
        for (int i = 0; i < HS_FIGURES; i++) {
            if (p->min.value[i] < into->min.value[i])
                into->min.value[i] = p->min.value[i];
            if (p->max.value[i] > into->max.value[i])
                into->max.value[i] = p->max.value[i];
        }
    } else if (p->samples) {
        into->min = p->min;
        into->max = p->max;
    }
    into->end = p->end;
    into->time = p->time;
    into->number = p->number;
    into->samples += p->samples;
    into->unsynced += p->unsynced;
    into->level = p->samples ? p->level : into->level;
    into->collections += p->collections;
    into->failures += p->failures;
    into->marks += p->marks;
    into->resets += p->resets;
    into->pause += p->pause;
    into->longest_pause = p->longest_pause > into->longest_pause ? p->longest_pause : into->longest_pause;
}

/* Merges every `group` neighbours into one. */
static void coarsen(struct hs_series *s, uint32_t group)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        if (i % group == 0)
            s->point[n++] = s->point[i];
        else
            merge(&s->point[n - 1], &s->point[i]);
    }
    s->n = n;
    s->width *= group;
}

/* Opens a new point at the end of the last one, with its last values. */
static void open_point(struct hs_series *s)
{
    if (s->n == s->capacity)
        coarsen(s, 2);
    const struct hs_point before = s->point[s->n - 1];
    HS_ASSERT(s->n < s->capacity);
    struct hs_point *p = &s->point[s->n++];
    *p = (struct hs_point){
        .at = before.at + s->width,
        .time = before.time,
        .number = before.number,
        .level = before.level,
        .min = before.end.last,
        .max = before.end.last,
        .end = before.end,
    };
}

static void set_next(struct hs_series *s)
{
    const struct hs_point *p = &s->point[s->n - 1];
    s->next = p->at + s->width;
}

/* The first sample of a point replaces the values carried over from the previous point. */
static void expect_sample(struct hs_point *p)
{
    for (int i = 0; i < HS_FIGURES && !p->samples; i++) {
        p->min.value[i] = __builtin_inf();
        p->max.value[i] = -__builtin_inf();
    }
}

void hs_series_turn(struct hs_series *s, uint64_t at, const struct hs_point_end *end)
{
    if (s->n)
        s->point[s->n - 1].end = *end;
    else
        s->point[s->n++] = (struct hs_point){.at = at};
    /* For a long gap, widen the points first, so that the gap takes at most `capacity` points. */
    while ((at - s->point[0].at) / s->width >= s->capacity)
        coarsen(s, 2);
    for (set_next(s); at >= s->next; set_next(s))
        open_point(s);
    expect_sample(hs_series_point(s));
}

void hs_series_finish(struct hs_series *s, const struct hs_point_end *end)
{
    if (!s->n)
        return;
    s->point[s->n - 1].end = *end;
    if (s->n > s->wanted)
        coarsen(s, (s->n + s->wanted - 1) / s->wanted);
}
