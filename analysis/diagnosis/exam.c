/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/exam.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/diagnosis/failure_watch.h"
#include "analysis/sites/groups.h"

static void on_failed(void *context, const struct hs_failure *failure)
{
    struct hs_exam *exam = context;
    hs_failure_watch_failed(exam->watch, exam->model, failure);
}

static void on_collected(void *context)
{
    struct hs_exam *exam = context;
    hs_growth_take(&exam->growth, exam->model);
    exam->collected.known = exam->model->synced;
    exam->collected.boot = exam->model->boot;
    exam->collected.number = exam->model->number;
    if (exam->collected.known)
        exam->collected.heap = hs_model_layout_but_pools(exam->model);
}

/* At level sampled the heap's figures follow a collection, region by region. */
static void on_summed(void *context, const struct hs_event *event)
{
    struct hs_exam *exam = context;
    const struct hs_record_summary *s = &event->record->summary;
    if (!s->cause && s->region + 1u >= exam->model->levels.n_summaries)
        hs_growth_take_sampled(&exam->growth, exam->model);
}

static void on_other(void *context, const struct hs_event *event)
{
    struct hs_exam *exam = context;
    exam->references += event->kind == HS_REFS;
    hs_failure_watch_references(exam->watch, exam->model, exam->reader, event);
}

struct hs_exam *hs_exam_new(struct hs_model *model, const struct hs_reader *reader)
{
    struct hs_exam *exam = model ? calloc(1, sizeof *exam) : NULL;
    if (exam && !(exam->watch = hs_failure_watch_new())) {
        free(exam);
        return NULL;
    }
    if (exam) {
        exam->model = model;
        exam->reader = reader;
        exam->watcher = (struct hs_model_watcher){
            .context = exam, .failed = on_failed, .collected = on_collected, .summed = on_summed, .other = on_other};
        hs_model_watch(model, &exam->watcher);
    }
    return exam;
}

void hs_exam_free(struct hs_exam *exam)
{
    if (!exam)
        return;
    hs_diagnoses_free(&exam->diagnoses);
    hs_growth_free(&exam->growth);
    hs_failure_watch_free(exam->watch);
    free(exam);
}

static int find_most(struct hs_most *most, const struct hs_exam *exam, const struct hs_names *names, enum hs_weight weight)
{
    const struct hs_grouping by = {.key = {HS_KEY_LINE}, .n_keys = 1, .weight = weight};
    struct hs_groups *groups = hs_groups_new(exam->model, names, &by);
    uint64_t total = groups ? hs_weight_of(&groups->total, weight) : 0;
    for (size_t i = 0; groups && total && i < groups->n && !most->name[0]; i++) {
        const struct hs_group *g = &groups->group[i];
        uint64_t bytes = hs_weight_of(&g->self, weight);
        if (!bytes || !g->n_sites || !hs_is_python(names, g->site[0]))
            continue;
        snprintf(most->name, sizeof most->name, "%s", g->name[0]);
        most->share = (double)bytes / (double)total;
        most->live = weight == HS_WEIGHT_LIVE;
    }
    int error = groups ? HS_OK : HS_ERR_MEMORY;
    hs_groups_free(groups);
    return error;
}

/* Where lines are known by sums only. */
static int add_sums(struct hs_exam *exam, const struct hs_names *names)
{
    int error = HS_OK;
    for (unsigned i = 0; i < exam->diagnoses.n && !error; i++) {
        struct hs_diagnosis *d = &exam->diagnoses.diagnosis[i];
        if ((d->n && d->held[0].live) || d->failure.level <= HS_LEVEL_FULL)
            continue;
        error = find_most(&d->most, exam, names, HS_WEIGHT_LIVE);
        if (!error && !d->most.name[0])
            error = find_most(&d->most, exam, names, HS_WEIGHT_BYTES);
    }
    return error;
}

int hs_exam_conclude(struct hs_exam *exam, const struct hs_names *names)
{
    hs_diagnoses_free(&exam->diagnoses);
    int error = hs_diagnose(&exam->diagnoses, exam->watch, names, &exam->sources);
    error = error ? error : add_sums(exam, names);
    exam->usual = hs_usual_request(exam->model);
    exam->growth.model = exam->model;
    int grows = error ? error : hs_growth_find(&exam->growth, names, &exam->growing);
    exam->growing.ends = grows == HS_OK && hs_growth_ends(&exam->growing, names, &exam->sources);
    exam->grows = grows == HS_OK && (exam->growing.much || !exam->growing.ends);
    return grows == HS_ERR_KIND ? HS_OK : grows;
}
