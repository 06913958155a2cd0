/* SPDX-License-Identifier: MIT
 *
 * All that a diagnosis of a trace watches while the trace is replayed, and what comes out.
 *
 *     struct hs_exam *exam = hs_exam_new();
 *     hs_exam_failed(exam, model, failure);       from the model's observer, each failure
 *     hs_exam_collected(exam, model);             from the same, each collection
 *     hs_exam_conclude(exam, names);              once, at the end
 */
#ifndef HS_DIAGNOSIS_EXAM_H
#define HS_DIAGNOSIS_EXAM_H

#include "analysis/diagnosis/diagnosis.h"
#include "analysis/diagnosis/growth.h"

struct hs_exam {
    struct hs_failure_watch *watch;
    struct hs_growth growth;
    struct hs_diagnoses diagnoses; /* of failures, once concluded */
    struct hs_growing growing;     /* likewise; meaningful where `grows` */
    bool grows;
};

/* NULL when memory is short. */
struct hs_exam *hs_exam_new(void);
void hs_exam_free(struct hs_exam *exam);

void hs_exam_failed(struct hs_exam *exam, const struct hs_model *model, const struct hs_failure *failure);
void hs_exam_collected(struct hs_exam *exam, const struct hs_model *model);

/* HS_OK or HS_ERR_MEMORY. */
int hs_exam_conclude(struct hs_exam *exam, const struct hs_names *names);

#endif
