/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/exam.h"

#include <stdlib.h>

#include "analysis/diagnosis/failure_watch.h"

static void on_failed(void *context, const struct hs_failure *failure)
{
    struct hs_exam *exam = context;
    hs_failure_watch_failed(exam->watch, exam->model, failure);
}

static void on_collected(void *context)
{
    struct hs_exam *exam = context;
    hs_growth_take(&exam->growth, exam->model);
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

int hs_exam_conclude(struct hs_exam *exam, const struct hs_names *names)
{
    int error = hs_diagnose(&exam->diagnoses, exam->watch, names, &exam->sources);
    int grows = error ? error : hs_growth_find(&exam->growth, names, &exam->growing);
    exam->grows = grows == HS_OK && !hs_growth_ends(&exam->growing, names, &exam->sources);
    return grows == HS_ERR_KIND ? HS_OK : grows;
}
