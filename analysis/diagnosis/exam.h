/* SPDX-License-Identifier: MIT
 *
 * Collects data for a diagnosis while a trace is replayed, and concludes at the end.
 *
 *     struct hs_exam *exam = hs_exam_new(model, reader);      watches the model from now on
 *     ... feed the model ...
 *     hs_exam_conclude(exam, names);                  once, at the end
 */
#ifndef HS_DIAGNOSIS_EXAM_H
#define HS_DIAGNOSIS_EXAM_H

#include "analysis/diagnosis/diagnosis.h"
#include "analysis/diagnosis/growth.h"
#include "analysis/diagnosis/usual.h"

struct hs_exam {
    const struct hs_model *model;
    const struct hs_reader *reader;
    struct hs_model_watcher watcher;
    struct hs_failure_watch *watch;
    struct hs_sources_at sources; /* of the trace; the user may set it before the exam is concluded */
    struct hs_growth growth;
    struct {
        bool known;
        uint32_t boot;
        uint64_t number;            /* of its last record */
        struct hs_space_stats heap; /* without pools */
    } collected;                    /* the heap after the last collection */
    struct hs_diagnoses diagnoses;  /* of failures; set by hs_exam_conclude */
    struct hs_growing growing;      /* set likewise; valid if `grows` */
    struct hs_usual usual;          /* set likewise, of the last boot */
    bool grows;
    uint64_t references; /* records of references, in all boots */
};

/* Watches `model`, which is fed from `reader`, until the exam is freed; the model must not be fed after that. NULL when out of memory,
 * also if `model` is NULL. */
struct hs_exam *hs_exam_new(struct hs_model *model, const struct hs_reader *reader);
void hs_exam_free(struct hs_exam *exam);

/* Judges what was seen so far, in place of an earlier conclusion. Returns HS_OK or HS_ERR_MEMORY. */
int hs_exam_conclude(struct hs_exam *exam, const struct hs_names *names);

#endif
