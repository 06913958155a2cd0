/* SPDX-License-Identifier: MIT
 *
 * What a diagnosis keeps of the moment of a failure. Of this folder.
 */
#ifndef HS_DIAGNOSIS_WATCH_H
#define HS_DIAGNOSIS_WATCH_H

#include "analysis/diagnosis/diagnosis.h"

/* One site at the moment of the failure. */
struct hs_site_then {
    uint32_t site;
    uint64_t live, blocks, allocated, largest, first, last;
};

/* The failure of one verdict that is judged, and the heap at its moment. */
struct hs_failure_state {
    struct hs_failure failure;     /* of size 0: there is none */
    uint64_t total;                /* bytes of the regions it could have come from */
    struct hs_site_then *site;     /* `n`: of site number s at s + 1, at 0 of HS_SITE_UNKNOWN */
    uint32_t n;
    struct hs_blame blame;         /* where the free space was in pieces */
};

struct hs_failure_watch {
    struct hs_failure_state moment[HS_DIAGNOSES]; /* by enum hs_verdict */
    uint64_t failures;             /* all, of heaps that are no pools */
    uint64_t last_number;          /* record of the last of them, and what it asked for */
    uint32_t last_size;
    struct hs_heap_snapshot snapshot;     /* for blame */
    int error;
};

#endif
