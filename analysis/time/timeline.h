/* SPDX-License-Identifier: MIT
 *
 * A timeline: a trace's events go through a model, an index of the free runs and a series of points, and
 * what is worth a flag (marks, collections, failures, restarts) is noted one by one.
 */
#ifndef HS_TIME_TIMELINE_H
#define HS_TIME_TIMELINE_H

#include "analysis/space/freespace.h"
#include "analysis/time/series.h"

enum hs_note_kind { HS_NOTE_MARK, HS_NOTE_COLLECTION, HS_NOTE_FAILURE, HS_NOTE_RESET, HS_NOTE_LOSS, HS_NOTE_KINDS };

#define HS_NOTES_KEPT 16384u /* of each kind, the first so many */

struct hs_note {
    uint64_t at;           /* ticks since the first boot, or record number */
    uint64_t time, number;
    uint64_t pause;        /* collection: ticks */
    uint64_t bytes;        /* collection: freed; failure: asked for; loss: records */
    uint64_t free, largest;/* failure: bytes at that moment */
    uint32_t site;         /* failure */
    uint8_t kind;          /* enum hs_note_kind */
    uint8_t cause;         /* collection, reset: as in records.def; failure: enum hs_verdict */
    char *label;           /* mark */
};

struct hs_timeline {
    struct hs_freespace *space;
    struct hs_model *model;
    struct hs_series series;
    struct hs_note *note;              /* in order */
    uint32_t n_notes, notes_capacity;
    uint64_t noted[HS_NOTE_KINDS];     /* all there were */
    bool by_number, failed_to_note;
    bool hidden;                       /* what is fed lies outside the range wanted */
    uint64_t collections;              /* done so far */
    uint64_t unusable_size;            /* bytes; 0: not asked for */
};

struct hs_timeline_config {
    uint32_t points;        /* at most so many */
    bool by_number;         /* against the record's number instead of time */
    uint64_t unusable_size; /* bytes, for the unusable free space index */
};

/* NULL when memory is short. */
struct hs_timeline *hs_timeline_new(const struct hs_timeline_config *config);
void hs_timeline_free(struct hs_timeline *timeline);

/* Takes `n` events. With `shown` false only the model follows them: they lie outside the range wanted.
 * Returns the model's error. */
int hs_timeline_feed(struct hs_timeline *timeline, const struct hs_event *events, long n, bool shown);

/* Closes the series. Returns HS_OK or the first error. */
int hs_timeline_finish(struct hs_timeline *timeline);

/* The figures at present. */
struct hs_sample hs_timeline_now(const struct hs_timeline *timeline);

/* Whether the regions are in the trace, event by event or in summaries; and their bytes, at its end. */
bool hs_timeline_has_layout(const struct hs_timeline *timeline);
uint64_t hs_timeline_total(const struct hs_timeline *timeline);

/* Ticks since the first boot at which an event happens that the model has not taken yet. */
static inline uint64_t hs_event_elapsed(const struct hs_model *m, const struct hs_event *e)
{
    if (__builtin_expect(e->boot == m->boot, 1))
        return m->elapsed + (e->time - m->first_time);
    return m->number || m->time ? hs_model_elapsed(m) : 0;
}

#endif
