/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/exam.h"

#include <stdlib.h>

struct hs_exam *hs_exam_new(void)
{
    struct hs_exam *exam = calloc(1, sizeof *exam);
    if (exam && !(exam->watch = hs_failure_watch_new())) {
        free(exam);
        return NULL;
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

void hs_exam_failed(struct hs_exam *exam, const struct hs_model *model, const struct hs_failure *failure)
{
    hs_failure_watch_failed(exam->watch, model, failure);
}

void hs_exam_collected(struct hs_exam *exam, const struct hs_model *model) { hs_growth_take(&exam->growth, model); }

int hs_exam_conclude(struct hs_exam *exam, const struct hs_names *names)
{
    int error = hs_diagnose(&exam->diagnoses, exam->watch, names);
    int grows = error ? error : hs_growth_find(&exam->growth, names, &exam->growing);
    exam->grows = grows == HS_OK;
    return grows == HS_ERR_KIND ? HS_OK : grows;
}
