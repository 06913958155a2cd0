/* SPDX-License-Identifier: MIT */
#include "analysis/time/timeline.h"

#include <math.h>
#include <string.h>

#include "lib/host/util/array.h"

void hs_timeline_free(struct hs_timeline *t)
{
    if (!t)
        return;
    for (uint32_t i = 0; i < t->n_notes; i++)
        free(t->note[i].label);
    free(t->note);
    hs_series_free(&t->series);
    hs_model_free(t->model);
    hs_freespace_free(t->space);
    free(t);
}

static const struct hs_sample nothing_known = {.value = {NAN, NAN, NAN, NAN, NAN}};

/* Sum of the last summaries of all regions. */
static struct hs_region_summary last_summary(const struct hs_timeline *t) { return hs_model_summary(t->model, HS_ALL_REGIONS); }

/* Unknown figures are NaN; before the first summary all are unknown. */
static struct hs_sample sample_of(struct hs_region_summary now)
{
    struct hs_sample none = nothing_known;
    if (!now.known)
        return none;
    none.value[HS_FIGURE_USED] = (double)now.used;
    none.value[HS_FIGURE_FREE] = (double)now.free;
    if (now.no_longest)
        return none;
    none.value[HS_FIGURE_LARGEST] = (double)now.longest;
    none.value[HS_FIGURE_EXTERNAL] = hs_external_fragmentation((struct hs_free_figures){now.free, now.longest});
    return none;
}

/* A summary has runs by length class. A run counts as the middle of its class, scaled so that the sum is the free space. */
static void summary_end(const struct hs_timeline *t, struct hs_region_summary now, struct hs_point_end *end)
{
    double whole = 0, below = 0;
    for (unsigned c = 0; c < HS_RUN_CLASSES; c++)
        whole += now.runs[c] * 1.5 * (double)(UINT64_C(1) << c);
    for (unsigned c = 0; c < HS_RUN_CLASSES; c++) {
        double granules = whole > 0 ? now.runs[c] * 1.5 * (double)(UINT64_C(1) << c) / whole * (double)(now.free >> now.shift)
                                    : 0;
        end->histogram.runs[c] = now.runs[c];
        end->histogram.granules[c] = (uint32_t)(granules + 0.5);
        if ((UINT64_C(3) << c) << now.shift <= 2 * t->unusable_size)
            below += granules;
    }
    end->unusable = now.free ? below / (double)(now.free >> now.shift) : 0;
}

/* Figures from the last summary, or none: a trace that begins in the middle of a run has no layout before its first snapshot. */
static __attribute__((noinline)) struct hs_sample sample_without_layout(const struct hs_timeline *t)
{
    return hs_model_summary_only(t->model) ? sample_of(last_summary(t)) : nothing_known;
}

static inline struct hs_sample sample(const struct hs_timeline *t)
{
    const struct hs_freespace *space = t->space;
    if (__builtin_expect(hs_model_summary_only(t->model) || !space->regions_added || !t->model->known, 0))
        return sample_without_layout(t);
    int64_t used = (int64_t)hs_freespace_used(space); /* signed, because the processor converts int64 to double directly */
    int64_t waste = used - (int64_t)space->model->requested;
    return (struct hs_sample){
        .value = {
            [HS_FIGURE_USED] = (double)used,
            [HS_FIGURE_FREE] = (double)(int64_t)space->free,
            [HS_FIGURE_LARGEST] = (double)(int64_t)space->largest,
            [HS_FIGURE_EXTERNAL] = hs_external_fragmentation((struct hs_free_figures){space->free, space->largest}),
            [HS_FIGURE_WASTE] = waste > 0 ? (double)waste : 0.0,
        }};
}

struct hs_sample hs_timeline_now(const struct hs_timeline *t) { return sample(t); }

static struct hs_point_end point_end(const struct hs_timeline *t)
{
    const struct hs_freespace *space = t->space;
    struct hs_point_end end = {.last = sample(t)};
    if (t->model->known || hs_model_summary_only(t->model))
        end.histogram = hs_freespace_histogram(space);
    if (hs_model_summary_only(t->model) && last_summary(t).known)
        summary_end(t, last_summary(t), &end);
    else if (t->unusable_size && space->free)
        end.unusable = (double)hs_freespace_unusable(space, t->unusable_size) / (double)space->free;
    return end;
}

static struct hs_note *grow_notes(struct hs_timeline *t)
{
    if (!hs_array_more(t->note, t->n_notes, t->notes_capacity))
        return NULL;
    return &t->note[t->n_notes++];
}

static void add_note(struct hs_timeline *t, struct hs_note note)
{
    if (t->noted[note.kind]++ >= HS_NOTES_KEPT) {
        free(note.label);
        return;
    }
    struct hs_note *place = grow_notes(t);
    if (place) {
        *place = note;
    } else {
        free(note.label);
        t->failed_to_note = true;
    }
}

static struct hs_note note_of_failure(const struct hs_model *m, struct hs_note note)
{
    const struct hs_failure *f = &m->failure[(m->n_failures - 1) % HS_FAILURES_KEPT];
    note.kind = HS_NOTE_FAILURE;
    note.bytes = f->size;
    note.free = f->free;
    note.largest = f->largest_free;
    note.site = f->site;
    note.cause = (uint8_t)f->verdict;
    return note;
}

/* Counts a rare event in the open point, and keeps a note. */
static __attribute__((noinline)) void note_rare(struct hs_timeline *t, const struct hs_event *e)
{
    struct hs_point *p = hs_series_point(&t->series);
    uint64_t at = t->by_number ? e->number : p->time;
    uint64_t pause = t->model->collections.done != t->collections ? e->time - t->model->collecting : 0;
    t->collections = t->model->collections.done;
    struct hs_note note = {.at = at, .time = hs_model_elapsed(t->model), .number = e->number};
    switch (e->kind) {
    case HS_MARK:
        note.label = strndup(e->record->mark.label.data, e->record->mark.label.len);
        note.kind = HS_NOTE_MARK;
        p->marks++;
        break;
    case HS_COLLECT_END:
        note.kind = HS_NOTE_COLLECTION;
        note.pause = pause;
        note.bytes = t->model->collection_freed;
        p->collections++;
        p->pause += pause;
        p->longest_pause = pause > p->longest_pause ? pause : p->longest_pause;
        break;
    case HS_FAIL:
        note = note_of_failure(t->model, note);
        p->failures++;
        break;
    case HS_RESET:
        note.kind = HS_NOTE_RESET;
        note.cause = e->record->reset.cause;
        p->resets++;
        break;
    case HS_LOST:
        note.kind = HS_NOTE_LOSS;
        note.bytes = e->record->lost.count;
        break;
    default: return;
    }
    add_note(t, note);
}

/* Model callback. The event is within the open point: events are fed only up to the end of a point. */
static void after(void *context, const struct hs_event *e)
{
    struct hs_timeline *t = ((struct hs_freespace *)context)->owner;
    const struct hs_model *m = t->model;
    if (t->hidden)
        return;
    struct hs_point *p = hs_series_point(&t->series);
    struct hs_sample now = sample(t);
    hs_point_put(p, &now);
    p->number = e->number;
    p->time = hs_model_elapsed(m);
    p->level = m->levels.level;
    p->unsynced += !m->synced && !hs_model_summary_only(m);
    if (__builtin_expect(e->kind > HS_REALLOC, 0))
        note_rare(t, e);
}

struct hs_timeline *hs_timeline_new(const struct hs_timeline_config *config)
{
    struct hs_timeline *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->by_number = config->by_number;
    t->unusable_size = config->unusable_size;
    t->space = hs_freespace_new();
    if (t->space) {
        struct hs_model_observer observer = hs_freespace_observer(t->space);
        observer.after = after;
        t->space->owner = t;
        t->model = hs_model_new(&observer);
    }
    if (t->model && hs_series_init(&t->series, config->points)) {
        hs_freespace_attach(t->space, t->model);
        if (config->skip_sites)
            hs_model_skip_sites(t->model);
        return t;
    }
    hs_timeline_free(t);
    return NULL;
}

static uint64_t place(const struct hs_timeline *t, const struct hs_event *e)
{
    return t->by_number ? e->number : hs_event_elapsed(t->model, e);
}

/* How many of the events are within the open point. For the first event of another boot the result is 1: the time of
 * later ones is known only after the model has processed it. */
static long count_in_point(const struct hs_timeline *t, const struct hs_event *events, long n)
{
    const struct hs_event *last = &events[n - 1];
    uint32_t boot = t->model->boot;
    if (events->boot != boot)
        return !hs_series_due(&t->series, place(t, events));
    if (last->boot == boot && !hs_series_due(&t->series, place(t, last)))
        return n;
    long k = 0;
    while (k < n && events[k].boot == boot && !hs_series_due(&t->series, place(t, &events[k])))
        k++;
    return k;
}

static int feed_shown(struct hs_timeline *t, const struct hs_event *events, long n)
{
    while (n > 0) {
        long k = count_in_point(t, events, n);
        if (k) {
            if (hs_model_feed(t->model, events, k))
                break;
            events += k;
            n -= k;
        } else {
            struct hs_point_end end = point_end(t);
            hs_series_turn(&t->series, place(t, events), &end);
        }
    }
    return t->model->error;
}

int hs_timeline_feed(struct hs_timeline *t, const struct hs_event *events, long n, bool shown)
{
    t->hidden = !shown;
    if (shown)
        return feed_shown(t, events, n);
    int error = hs_model_feed(t->model, events, n);
    t->collections = t->model->collections.done;
    return error;
}

bool hs_timeline_has_layout(const struct hs_timeline *t) { return t->space->regions_added || last_summary(t).known; }

uint64_t hs_timeline_total(const struct hs_timeline *t)
{
    struct hs_region_summary now = last_summary(t);
    return t->space->total ? t->space->total : now.used + now.free;
}

int hs_timeline_finish(struct hs_timeline *t)
{
    struct hs_point_end end = point_end(t);
    hs_series_finish(&t->series, &end);
    if (t->failed_to_note || t->space->short_of_memory)
        return HS_ERR_MEMORY;
    return t->model->error;
}
