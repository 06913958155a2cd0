/* SPDX-License-Identifier: MIT */
#include "analysis/html/facts.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/export/stacks.h"
#include "analysis/html/sources.h"
#include "analysis/html/verdict.h"
#include "analysis/refs/retained.h"
#include "analysis/time/summary.h"

/* ---- totals ---- */

static void add_whole(const struct hs_page_facts *f, struct hs_json *json)
{
    const struct hs_page_trace *t = f->trace;
    struct hs_summary s = hs_summarize(t->history->model, f->names.reader);
    char sentence[HS_SENTENCE_MAX];
    enum hs_page_finding finding = hs_page_verdict(t, &f->names, sentence);
    hs_head_json(&f->head, json);
    hs_json_text(json, "verdict", sentence);
    hs_json_text(json, "finding", hs_page_finding_name(finding));
    hs_page_next(t, json);
    hs_json_uint(json, "hz", hs_reader_info(f->names.reader)->hz);
    hs_json_real(json, "seconds", s.seconds);
    hs_json_uint(json, "ticks", hs_model_elapsed(t->history->model));
    hs_json_uint(json, "events", s.events);
    hs_json_uint(json, "records", t->events);
    hs_json_uint(json, "lost", s.lost);
    hs_json_uint(json, "boots", s.boots);
    hs_json_uint(json, "failed", s.failed);
    hs_json_uint(json, "collections", s.collections);
    hs_json_uint(json, "peak", s.heap.peak);
    hs_json_bool(json, "peak_at_least", s.heap.known.peak != HS_EXACT);
    hs_json_bool(json, "thinned", hs_page_trace_thinned(t));
    /* Every allocation is a step of the history: the page can compute sums over a range from it. */
    hs_json_bool(json, "exact",
                 !hs_page_trace_thinned(t) && !t->history->model->unplaced &&
                     !hs_model_saw_level(t->history->model, HS_LEVEL_SAMPLED) &&
                     !hs_model_saw_level(t->history->model, HS_LEVEL_SUMMARY));
}

static void add_regions(const struct hs_history *h, struct hs_json *json)
{
    hs_json_array(json, "regions");
    for (uint32_t i = 0; i < h->n_regions; i++) {
        const struct hs_region_state *r = &h->region[i];
        hs_json_object(json, NULL);
        hs_json_text(json, "name", r->name);
        hs_json_uint(json, "first", r->first);
        hs_json_uint(json, "granules", r->granules);
        hs_json_uint(json, "shift", r->shift);
        hs_json_hex(json, "base", r->base);
        hs_json_end(json);
    }
    hs_json_end(json);
}

/* Files of the second trace under other names than in the first, whose names their lines have. */
static void add_stands_for(const struct hs_page_facts *f, struct hs_json *json)
{
    hs_json_array(json, "stands_for");
    for (unsigned i = 0; i < f->same.n; i++) {
        if (!strcmp(f->same.file[i].own, f->same.file[i].base))
            continue;
        hs_json_object(json, NULL);
        hs_json_text(json, "own", f->same.file[i].own);
        hs_json_text(json, "base", f->same.file[i].base);
        hs_json_end(json);
    }
    hs_json_end(json);
}

/* ---- notes ---- */

static void add_note(const struct hs_note *note, const struct hs_groups *lines, struct hs_json *json)
{
    static const char *const names[] = {
        [HS_NOTE_MARK] = "mark", [HS_NOTE_COLLECTION] = "collection", [HS_NOTE_FAILURE] = "failure", [HS_NOTE_RESET] = "reset",
        [HS_NOTE_LOSS] = "loss",
    };
    hs_json_object(json, NULL);
    hs_json_text(json, "what", names[note->kind]);
    hs_json_uint(json, "time", note->time);
    hs_json_uint(json, "number", note->number);
    if (note->kind == HS_NOTE_MARK) {
        hs_json_text(json, "label", note->label);
    } else if (note->kind == HS_NOTE_COLLECTION) {
        hs_json_uint(json, "pause", note->pause);
        hs_json_uint(json, "bytes", note->bytes);
    } else if (note->kind == HS_NOTE_FAILURE) {
        hs_json_uint(json, "bytes", note->bytes);
        hs_json_uint(json, "free", note->free);
        hs_json_uint(json, "largest", note->largest);
        hs_json_text(json, "verdict", hs_verdict_name(note->cause));
        hs_json_uint(json, "place", hs_groups_of(lines, note->site));
    } else if (note->kind == HS_NOTE_LOSS) {
        hs_json_uint(json, "count", note->bytes);
    } else {
        hs_json_uint(json, "cause", note->cause);
    }
    hs_json_end(json);
}

static void add_notes(const struct hs_timeline *t, const struct hs_groups *lines, struct hs_json *json)
{
    hs_json_array(json, "notes");
    for (uint32_t i = 0; i < t->n_notes; i++)
        add_note(&t->note[i], lines, json);
    hs_json_end(json);
    uint64_t left_out = 0;
    for (unsigned k = 0; k < HS_NOTE_KINDS; k++)
        left_out += t->noted[k] > HS_NOTES_KEPT ? t->noted[k] - HS_NOTES_KEPT : 0;
    hs_json_uint(json, "notes_left_out", left_out);
}

/* ---- places ---- */

static void add_sums(const struct hs_page_facts *f, const struct hs_site_sum *sum, struct hs_json *json)
{
    struct hs_lives lives = hs_lives_of(sum);
    hs_json_uint(json, "count", hs_all_requests(sum));
    hs_json_uint(json, "bytes", hs_all_bytes(sum));
    hs_json_uint(json, "live", hs_all_live(sum));
    hs_json_uint(json, "peak", sum->at_peak);
    hs_json_uint(json, "freed", hs_all_freed(sum));
    hs_json_uint(json, "swept", hs_all_swept(sum));
    hs_json_uint(json, "failed", sum->failed);
    if (lives.gone > 0) {
        hs_json_real(json, "life", hs_seconds(f->names.reader, 1) * lives.lifetime); /* already a mean */
        hs_json_real(json, "survived", lives.survived);
    }
}

/* NULL when the trace has no snapshot of references. */
static struct hs_retained_group *measure_retained(const struct hs_page_facts *f, const struct hs_groups *lines)
{
    const struct hs_refs *refs = &f->trace->refs;
    struct hs_retained retained;
    if (!refs->complete || hs_retained_measure(&retained, &refs->graph))
        return NULL;
    const struct hs_heap_snapshot *p = &refs->graph.snapshot;
    struct hs_retained_group *group = calloc(lines->n + 1, sizeof *group);
    uint32_t *of = calloc(p->n_blocks + 1u, sizeof *of);
    for (uint32_t i = 0; of && i < p->n_blocks; i++)
        of[i] = hs_groups_of(lines, p->block[i].site);
    if (!group || !of || hs_retained_groups(&retained, of, group)) {
        free(group);
        group = NULL;
    }
    free(of);
    hs_retained_free(&retained);
    return group;
}

/* The name of a line in the first of two traces. NULL: the same name, or no such line there. */
static const char *name_in_first(const struct hs_page_facts *f, struct hs_frame frame, char *name)
{
    const struct hs_same_file *same = frame.line ? hs_same_file_of(f->same.file, f->same.n, frame.file) : NULL;
    if (!same)
        return NULL;
    uint32_t line = same->line.to ? hs_line_map_at(&same->line, frame.line) : frame.line;
    if (!line && strcmp(same->own, same->base))
        return NULL;
    if (!line) { /* in the first trace this number is a different line */
        snprintf(name, HS_NAME_MAX, "%s:%u %s (%s)", frame.file, frame.line, frame.function, f->head.path);
        return name;
    }
    frame.file = same->base;
    frame.line = line;
    return hs_name_of_frame(&frame, HS_KEY_LINE, name);
}

static void add_places(const struct hs_page_facts *f, const struct hs_groups *lines, struct hs_json *json)
{
    struct hs_retained_group *retained = measure_retained(f, lines);
    char name[HS_NAME_MAX];
    hs_json_array(json, "places");
    for (size_t i = 0; i < lines->n; i++) {
        const struct hs_group *g = &lines->group[i];
        const struct hs_site *site = g->n_sites ? hs_reader_site(f->names.reader, g->site[0]) : NULL;
        hs_json_object(json, NULL);
        hs_json_text(json, "name", g->name[0]);
        if (site && site->line) {
            hs_json_text(json, "file", site->file);
            hs_json_uint(json, "line", site->line);
            hs_json_text(json, "function", site->function);
            const char *as = name_in_first(f, (struct hs_frame){site->file, site->function, site->line}, name);
            if (as && strcmp(as, g->name[0]))
                hs_json_text(json, "as", as);
        }
        add_sums(f, &g->self, json);
        if (retained)
            hs_json_uint(json, "retained", retained[i].bytes);
        hs_json_end(json);
    }
    hs_json_end(json);
    hs_json_bool(json, "retained", retained);
    free(retained);
}

/* ---- sites ---- */

static uint64_t kind_of(const struct hs_page_facts *f, uint32_t site)
{
    char name[HS_NAME_MAX];
    hs_name_of_site(&f->names, site, HS_KEY_KIND, name);
    return hs_block_kind_find(name); /* the number of kinds: unknown */
}

static void add_kinds(struct hs_json *json)
{
    hs_json_array(json, "kinds");
    for (size_t i = 0; i < hs_block_kind_count(); i++)
        hs_json_text(json, NULL, hs_block_kind(i)->name);
    hs_json_end(json);
}

static void add_site(const struct hs_page_facts *f, const struct hs_groups *lines, uint32_t site, const struct hs_stack *stack,
                     struct hs_json *json)
{
    hs_json_array(json, NULL);
    hs_json_int(json, NULL, (int32_t)hs_groups_of(lines, site)); /* -1: none */
    hs_json_uint(json, NULL, kind_of(f, site));
    if (stack) {
        hs_json_array(json, NULL);
        for (unsigned i = 0; i < stack->n; i++)
            hs_json_uint(json, NULL, stack->frame[i]);
        hs_json_end(json);
    }
    hs_json_end(json);
}

static void add_frames_as(const struct hs_page_facts *f, const struct hs_stacks *stacks, struct hs_json *json)
{
    char name[HS_NAME_MAX];
    hs_json_array(json, "frames_as");
    for (size_t i = 0; i < stacks->n_frames; i++) {
        const struct hs_stack_frame *frame = &stacks->frame[i];
        hs_json_text(json, NULL, name_in_first(f, (struct hs_frame){frame->file, frame->function, frame->line}, name));
    }
    hs_json_end(json);
}

static int add_sites(const struct hs_page_facts *f, const struct hs_groups *lines, struct hs_json *json)
{
    struct hs_stacks stacks;
    size_t at = 0;
    int error = hs_stacks_build(&stacks, f->trace->history->model, &f->names);
    hs_json_bool(json, "stacks", hs_groups_have_stacks(f->names.reader));
    hs_json_array(json, "sites");
    for (uint32_t i = 0; !error && i < f->trace->history->model->n_sums; i++) {
        bool has = at < stacks.n && stacks.stack[at].site == i - 1;
        add_site(f, lines, i - 1, has ? &stacks.stack[at] : NULL, json);
        at += has;
    }
    hs_json_end(json);
    hs_json_array(json, "frames");
    for (size_t i = 0; !error && i < stacks.n_frames; i++)
        hs_json_text(json, NULL, stacks.frame[i].name);
    hs_json_end(json);
    if (f->same.n && !error)
        add_frames_as(f, &stacks, json);
    hs_stacks_free(&stacks);
    return error;
}

/* ---- sums of stretches ---- */

static void add_stretches(const struct hs_sums *s, struct hs_json *json)
{
    hs_json_array(json, "until");
    for (uint32_t i = 0; i < s->stretches; i++)
        hs_json_uint(json, NULL, s->until[i]);
    hs_json_end(json);
    hs_json_array(json, "shares"); /* stretch, site plus 1, requests, bytes */
    for (size_t i = 0; i < s->n; i++) {
        hs_json_uint(json, NULL, s->share[i].stretch);
        hs_json_uint(json, NULL, s->share[i].site);
        hs_json_uint(json, NULL, s->share[i].requests);
        hs_json_uint(json, NULL, s->share[i].bytes);
    }
    hs_json_end(json);
}

static void add_columns(const struct hs_history *h, struct hs_json *json)
{
    hs_json_uint(json, "moments", h->moments);
    hs_json_uint(json, "steps", h->steps);
    hs_json_array(json, "columns");
    for (unsigned i = 0; i < HS_HISTORY_COLUMNS; i++) {
        hs_json_array(json, NULL);
        hs_json_text(json, NULL, hs_history_column_name(i));
        hs_json_uint(json, NULL, h->column[i].n);
        hs_json_end(json);
    }
    hs_json_end(json);
}

int hs_page_facts(const struct hs_page_facts *f, struct hs_json *json)
{
    static const struct hs_grouping by_line = {.key = {HS_KEY_LINE}, .n_keys = 1};
    struct hs_groups *lines = hs_groups_new(f->trace->history->model, &f->names, &by_line);
    if (!lines)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    add_whole(f, json);
    add_stands_for(f, json);
    add_regions(f->trace->history, json);
    add_notes(f->trace->timeline, lines, json);
    add_places(f, lines, json);
    add_kinds(json);
    int error = add_sites(f, lines, json);
    if (!error)
        error = hs_page_sources(f, lines, json);
    add_stretches(&f->trace->sums, json);
    add_columns(f->trace->history, json);
    hs_json_end(json);
    hs_groups_free(lines);
    return error;
}
