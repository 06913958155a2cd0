/* SPDX-License-Identifier: MIT
 *
 * A timeline: feeds a trace's events to a model, an index of the free runs and a series of points, and keeps a note for
 * each notable event (mark, collection, failure, restart).
 */
#ifndef HS_TIME_TIMELINE_H
#define HS_TIME_TIMELINE_H

#include "analysis/space/freespace.h"
#include "analysis/time/series.h"

enum hs_note_kind { HS_NOTE_MARK, HS_NOTE_COLLECTION, HS_NOTE_FAILURE, HS_NOTE_RESET, HS_NOTE_LOSS, HS_NOTE_KINDS };

#define HS_NOTES_KEPT 16384u /* the first ones of each kind */

struct hs_note {
    uint64_t at; /* ticks since the first boot, or record number */
    uint64_t time, number;
    uint64_t pause;         /* collection: ticks */
    uint64_t bytes;         /* collection: freed; failure: requested; loss: records */
    uint64_t free, largest; /* failure: bytes at that moment */
    uint32_t site;          /* failure */
    uint8_t kind;           /* enum hs_note_kind */
    uint8_t cause;          /* collection, reset: as in records.def; failure: enum hs_verdict */
    char *label;            /* mark */
};

struct hs_timeline {
    struct hs_freespace *space;
    struct hs_model *model;
    struct hs_series series;
    struct hs_note *note; /* in order */
    uint32_t n_notes, notes_capacity;
    uint64_t noted[HS_NOTE_KINDS]; /* all there were */
    bool by_number, failed_to_note;
    bool hidden;            /* the events fed now are outside the wanted range */
    uint64_t collections;   /* done so far */
    uint64_t unusable_size; /* bytes; 0: not wanted */
};

struct hs_timeline_config {
    uint32_t points;        /* the maximum */
    bool by_number;         /* over record number instead of time */
    uint64_t unusable_size; /* bytes, for the unusable free space index */
    bool skip_sites;        /* the user does not read the model's sums of sites: hs_model_skip_sites */
};

/* NULL when out of memory. */
struct hs_timeline *hs_timeline_new(const struct hs_timeline_config *config);
void hs_timeline_free(struct hs_timeline *timeline);

/* Processes `n` events. With `shown` false only the model processes them, because they are outside the wanted range.
 * Returns the model's error. */
int hs_timeline_feed(struct hs_timeline *timeline, const struct hs_event *events, long n, bool shown);

/* Closes the series. Returns HS_OK or the first error. */
int hs_timeline_finish(struct hs_timeline *timeline);

/* The figures at present. */
struct hs_sample hs_timeline_now(const struct hs_timeline *timeline);

/* Whether the layout of regions is known, from events or summaries; and the bytes of the regions at the end of the trace. */
bool hs_timeline_has_layout(const struct hs_timeline *timeline);
uint64_t hs_timeline_total(const struct hs_timeline *timeline);

/* Ticks since the first boot of an event that the model has not processed yet. */
static inline uint64_t hs_event_elapsed(const struct hs_model *m, const struct hs_event *e)
{
    if (__builtin_expect(e->boot == m->boot, 1))
        return m->elapsed + (e->time - m->first_time);
    return m->number || m->time ? hs_model_elapsed(m) : 0;
}

#endif
