/* SPDX-License-Identifier: MIT
 *
 * Collects data for a diagnosis while a trace is replayed, and concludes at the end.
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
    struct hs_diagnoses diagnoses; /* of failures; set by hs_exam_conclude */
    struct hs_growing growing;     /* set likewise; valid if `grows` */
    bool grows;
};

/* NULL when out of memory. */
struct hs_exam *hs_exam_new(void);
void hs_exam_free(struct hs_exam *exam);

void hs_exam_failed(struct hs_exam *exam, const struct hs_model *model, const struct hs_failure *failure);
void hs_exam_collected(struct hs_exam *exam, const struct hs_model *model);

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_exam_conclude(struct hs_exam *exam, const struct hs_names *names);

#endif
