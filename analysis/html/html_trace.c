/* SPDX-License-Identifier: MIT
 *
 * The first reading tries to keep the whole trace. If it does not fit, the rest of that reading only searches
 * for the moments that matter; each further reading writes the differences between chosen moments, fewer each
 * time. Figures are small, so they are written at many more moments than layouts.
 */
#include "analysis/html/html_trace.h"

#include <stdlib.h>

#define STRETCHES_FIRST 8192u
#define STRETCHES_LEAST 16u

static bool begin(struct hs_page_trace *t)
{
    bool last = t->layouts.event && t->stretches <= STRETCHES_LEAST;
    t->history = hs_history_new(last ? 0 : t->limit);
    t->timeline = hs_timeline_new(&(struct hs_timeline_config){.points = 2});
    t->events = 0;
    t->layouts.at = t->bare.at = 0;
    t->most_used = t->worst = 0;
    return t->history && t->timeline;
}

static void end(struct hs_page_trace *t)
{
    hs_history_free(t->history);
    hs_timeline_free(t->timeline);
    hs_sums_free(&t->sums);
    hs_refs_free(&t->refs);
    t->history = NULL;
    t->timeline = NULL;
    t->refs = (struct hs_refs){0};
}

struct hs_page_trace *hs_page_trace_new(uint64_t limit)
{
    struct hs_page_trace *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->limit = limit;
    t->stretches = STRETCHES_FIRST;
    if (begin(t))
        return t;
    hs_page_trace_free(t);
    return NULL;
}

void hs_page_trace_free(struct hs_page_trace *t)
{
    if (!t)
        return;
    end(t);
    hs_thin_free(&t->thin);
    free(t->layouts.event);
    free(t->bare.event);
    free(t);
}

static bool is_rare(const struct hs_event *e) { return e->kind == HS_FAIL || e->kind == HS_MARK || e->kind == HS_RESET; }

/* Fragmentation of a nearly full heap is not a finding. */
static void note_extremes(struct hs_page_trace *t, const struct hs_sample *now)
{
    double free = now->value[HS_FIGURE_FREE], used = now->value[HS_FIGURE_USED];
    uint64_t time = hs_model_elapsed(t->history->model);
    if (used > t->most_used) {
        t->most_used = used;
        t->most_used_time = time;
    }
    if (now->value[HS_FIGURE_EXTERNAL] > t->worst && 8 * free >= free + used) {
        t->worst = now->value[HS_FIGURE_EXTERNAL];
        t->worst_time = time;
        t->worst_free = (uint64_t)free;
        t->worst_longest = (uint64_t)now->value[HS_FIGURE_LARGEST];
    }
}

static bool is_chosen(struct hs_chosen *c, uint64_t event)
{
    bool chosen = c->at < c->n && c->event[c->at] == event;
    c->at += chosen;
    return chosen;
}

static void show(struct hs_page_trace *t, const struct hs_sample *now)
{
    bool bare = is_chosen(&t->bare, t->events);
    if (!t->layouts.event || is_chosen(&t->layouts, t->events))
        hs_history_moment(t->history, now);
    else if (bare)
        hs_history_bare_moment(t->history, now);
}

static int take(struct hs_page_trace *t, const struct hs_reader *reader, const struct hs_event *e)
{
    t->history->exam->reader = reader;
    hs_timeline_feed(t->timeline, e, 1, true);
    hs_history_feed(t->history, e);
    struct hs_sample now = hs_timeline_now(t->timeline);
    if (!t->layouts.event)
        hs_thin_feed(&t->thin, t->events, &now, is_rare(e));
    note_extremes(t, &now);
    show(t, &now);
    hs_sums_feed(&t->sums, t->events, t->history->model);
    t->refs.pointer_bytes = hs_reader_info(reader)->pointer_bytes;
    int error = hs_refs_feed(&t->refs, t->history->model, e);
    t->events++;
    return error < 0 ? error : HS_OK;
}

int hs_page_trace_feed(struct hs_page_trace *t, const struct hs_reader *reader, const struct hs_event *events, long n)
{
    for (long i = 0; i < n && !t->error; i++)
        t->error = take(t, reader, &events[i]);
    if (!t->error)
        t->error = t->history->model->error ? t->history->model->error : t->timeline->model->error;
    if (!t->error && (t->history->short_of_memory || t->sums.short_of_memory || t->thin.short_of_memory))
        t->error = HS_ERR_MEMORY;
    return t->error ? t->error : t->history->full && t->layouts.event;
}

bool hs_page_trace_again(struct hs_page_trace *t)
{
    if (t->error)
        return false;
    if (!t->history->full) {
        hs_sums_finish(&t->sums, t->history->model);
        t->error = hs_timeline_finish(t->timeline);
        return false;
    }
    if (t->layouts.event)
        t->stretches /= 2;
    else
        t->bare.event = hs_thin_choose(&t->thin, STRETCHES_FIRST, &t->bare.n);
    free(t->layouts.event);
    t->layouts.event = hs_thin_choose(&t->thin, t->stretches, &t->layouts.n);
    end(t);
    if (!t->layouts.event || !t->bare.event || !begin(t))
        t->error = HS_ERR_MEMORY;
    return !t->error;
}
