/* SPDX-License-Identifier: MIT
 *
 * Why an allocation failed, and by which line.
 *
 * Of each verdict the largest failure is judged, of a locked heap or one without collector the first. After a failure a program
 * that is ending often fails again for the few bytes of an exception: those do not count. The heap is judged as it was at that
 * moment. The collector has just run then, unless it was off, so what is in use is live.
 *
 *     struct hs_failure_watch *watch = hs_failure_watch_new();            hs_failure_watch_failed is the model's observer of failures
 *     ... replay ...
 *     hs_diagnose(&diagnoses, watch, names);              measures; never prints
 */
#ifndef HS_DIAGNOSIS_H
#define HS_DIAGNOSIS_H

#include "analysis/blame/blame.h"
#include "analysis/sites/names.h"

/* In the order in which they are asked for. */
enum hs_cause {
    HS_CAUSE_NONE,        /* the layout was not known */
    HS_CAUSE_LOCKED,      /* the heap was locked */
    HS_CAUSE_UNCOLLECTED, /* automatic collection was off */
    HS_CAUSE_REFUSED,     /* no region with the capability */
    HS_CAUSE_TOO_LARGE,   /* more than the whole heap has */
    HS_CAUSE_GROWING,     /* a line keeps what it allocates */
    HS_CAUSE_PEAK,        /* old and new of one thing were alive at a time */
    HS_CAUSE_PIECES,      /* enough was free, in pieces */
    HS_CAUSE_FULL,        /* full of live data */
    HS_CAUSES,
};

/* What one line held when it failed. */
struct hs_held {
    char *name;              /* "main.py:5 work" */
    uint64_t live, blocks;   /* bytes taken, blocks */
    uint64_t allocated;      /* blocks it allocated or resized up to then */
    uint64_t largest;        /* bytes taken by its largest live block */
    uint64_t first, last;    /* records at which its oldest and newest live block were allocated */
    double share;            /* of all live bytes */
    bool python;             /* a line of Python; else C code of the firmware */
};

/* Blocks of one line that are between the free runs, in the smallest set whose absence would have made room. */
struct hs_between {
    char *name;
    uint64_t blocks, bytes;
};

struct hs_diagnosis {
    enum hs_cause cause;
    struct hs_failure failure;      /* the one judged */
    uint64_t total;                 /* bytes of the regions that it could have come from */
    char line[HS_NAME_MAX];         /* that asked */
    struct hs_held *held;           /* `n`, most bytes first */
    size_t n;
    const struct hs_held *grows;    /* of `held`: the line that keeps what it allocates; NULL: none does */
    const struct hs_held *asked;    /* of `held`: the line that asked; NULL: it held nothing */
    struct hs_between *between;     /* `n_between`, most blocks first; of HS_CAUSE_PIECES */
    size_t n_between;
    uint64_t run;                   /* bytes of the run that would be free without them */
};

#define HS_DIAGNOSES HS_VERDICT_UNKNOWN /* at most one for each verdict */

struct hs_diagnoses {
    struct hs_diagnosis diagnosis[HS_DIAGNOSES]; /* `n`, that of the largest request first */
    unsigned n;
    uint64_t failures;              /* of heaps that are no pools; those that follow a larger one included */
};

struct hs_failure_watch;

/* NULL when memory is short. */
struct hs_failure_watch *hs_failure_watch_new(void);
void hs_failure_watch_free(struct hs_failure_watch *watch);

/* For the model's observer of failures. */
void hs_failure_watch_failed(struct hs_failure_watch *watch, const struct hs_model *model, const struct hs_failure *failure);

/* Fills *diagnoses; free it with hs_diagnoses_free in any case. HS_OK or HS_ERR_MEMORY. */
int hs_diagnose(struct hs_diagnoses *diagnoses, const struct hs_failure_watch *watch, const struct hs_names *names);
void hs_diagnoses_free(struct hs_diagnoses *diagnoses);

#endif
