/* SPDX-License-Identifier: MIT */
#include "analysis/time/overview.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/sites/groups.h"
#include "lib/host/util/array.h"

#define IDLE 4 /* if less than 1/4 of the time passed in the trace, the firmware was idle */

/* ---- sums at an earlier moment ---- */

static struct hs_did sums_of(const struct hs_site_sum *sum) { return (struct hs_did){hs_all_requests(sum), hs_all_bytes(sum)}; }

static uint64_t events_of(const struct hs_model *m)
{
    return m->kind[HS_ALLOC] + m->kind[HS_FREE] + m->kind[HS_REALLOC] + m->kind[HS_FAIL] + m->swept;
}

int hs_earlier_take(struct hs_earlier *e, const struct hs_model *m)
{
    if (!hs_array_reserve(e->site, e->room, m->n_sums))
        return HS_ERR_MEMORY;
    e->n = m->n_sums;
    for (uint32_t i = 0; i < e->n; i++)
        e->site[i] = sums_of(&m->sum[i]);
    e->events = events_of(m);
    e->records = m->number;
    e->collections = m->collections.begun;
    e->elapsed = hs_model_elapsed(m);
    return HS_OK;
}

void hs_earlier_free(struct hs_earlier *e)
{
    free(e->site);
    *e = (struct hs_earlier){0};
}

/* ---- lines ---- */

static double rate(uint64_t now, uint64_t then, double span) { return span > 0 && now > then ? (double)(now - then) / span : 0; }

static void add_rates(struct hs_hot *hot, const struct hs_group *group, const struct hs_overview_of *of, double span)
{
    for (size_t i = 0; i < group->n_sites; i++) {
        uint32_t at = group->site[i] + 1; /* HS_SITE_UNKNOWN wraps to 0 */
        struct hs_did now = sums_of(hs_model_site(of->model, group->site[i])), then = {0};
        if (at < of->earlier->n)
            then = of->earlier->site[at];
        hot->requests += rate(now.requests, then.requests, span);
        hot->bytes += rate(now.bytes, then.bytes, span);
    }
}

static struct hs_hot hot_of(const struct hs_overview *o, const struct hs_group *group, const struct hs_overview_of *of)
{
    struct hs_hot hot = {
        .name = strdup(group->name[0]),
        .live = hs_all_live(&group->self),
        .blocks = hs_all_blocks(&group->self),
        .all_requests = hs_all_requests(&group->self),
        .all_bytes = hs_all_bytes(&group->self),
        .class = UINT32_MAX,
    };
    for (size_t i = 0; i < group->n_sites && hot.class == UINT32_MAX; i++)
        hot.class = hs_map_class_of_site(&o->classes, group->site[i]);
    add_rates(&hot, group, of, o->span);
    return hot;
}

static int take_lines(struct hs_overview *o, const struct hs_overview_of *of)
{
    struct hs_groups *groups = hs_groups_new(of->model, of->names,
                                             &(struct hs_grouping){.key = {of->key}, .n_keys = 1, .weight = HS_WEIGHT_LIVE});
    struct hs_hot *hot = groups ? calloc(groups->n + 1, sizeof *hot) : NULL;
    bool good = hot != NULL;
    for (size_t i = 0; hot && i < groups->n; i++) {
        hot[i] = hot_of(o, &groups->group[i], of);
        good = good && hot[i].name;
    }
    o->hot = hot;
    o->n = hot ? groups->n : 0;
    hs_groups_free(groups);
    return good ? HS_OK : HS_ERR_MEMORY;
}

/* ---- all of it ---- */

static double span_of(const struct hs_overview_of *of)
{
    uint64_t elapsed = hs_model_elapsed(of->model), then = of->earlier->elapsed;
    double traced = hs_seconds(of->names->reader, elapsed > then ? elapsed - then : 0);
    return traced > of->span / IDLE ? traced : of->span;
}

static void take_rare(struct hs_overview *o, const struct hs_overview_of *of)
{
    const struct hs_model *m = of->model;
    if (m->n_failures) {
        o->failure = m->failure[(m->n_failures - 1) % HS_FAILURES_KEPT];
        hs_name_of_site(of->names, o->failure.site, HS_KEY_LINE, o->failed_at);
    }
    if (m->n_marks_kept)
        strncpy(o->mark, m->mark[m->n_marks_kept - 1].label ? m->mark[m->n_marks_kept - 1].label : "", sizeof o->mark - 1);
}

void hs_overview_free(struct hs_overview *o)
{
    for (size_t i = 0; i < o->n; i++)
        free(o->hot[i].name);
    free(o->hot);
    hs_map_classes_free(&o->classes);
    hs_heap_snapshot_free(&o->snapshot);
    *o = (struct hs_overview){0};
}

int hs_overview_take(struct hs_overview *o, const struct hs_overview_of *of)
{
    const struct hs_trace_info *info = hs_reader_info(of->names->reader);
    hs_overview_free(o);
    o->summary = hs_summarize(of->model, of->names->reader);
    o->summary.emitted = info->records + info->lost + info->overwritten_records; /* the reader counts them only at the end of
                                                                                  * the trace */
    o->level = of->model->levels.last;
    o->span = span_of(of);
    o->event_rate = rate(events_of(of->model), of->earlier->events, o->span);
    o->record_rate = rate(of->model->number, of->earlier->records, o->span);
    o->collection_rate = rate(of->model->collections.begun, of->earlier->collections, o->span);
    take_rare(o, of);
    int error = hs_heap_snapshot_take(&o->snapshot, of->model);
    hs_map_classes_init(&o->classes, of->names, of->key);
    if (!error)
        hs_map_classes_add(&o->classes, &o->snapshot);
    o->classes.names = NULL;
    if (!error)
        error = take_lines(o, of);
    return error ? error : o->classes.short_of_memory ? HS_ERR_MEMORY : HS_OK;
}
