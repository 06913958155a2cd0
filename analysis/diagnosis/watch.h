/* SPDX-License-Identifier: MIT
 *
 * State at a failure, kept for the diagnosis. Internal to this folder.
 */
#ifndef HS_DIAGNOSIS_WATCH_H
#define HS_DIAGNOSIS_WATCH_H

#include "analysis/diagnosis/diagnosis.h"

/* One site at the failure. */
struct hs_site_then {
    uint32_t site;
    uint64_t live, blocks, allocated, grown, largest, first, last;
};

/* The diagnosed failure of one verdict, and the heap at that moment. */
struct hs_failure_state {
    struct hs_failure failure; /* size 0: none */
    uint64_t total;            /* bytes of the regions that could have served it */
    struct hs_site_then *site; /* `n`: site s at index s + 1, HS_SITE_UNKNOWN at index 0 */
    uint32_t n;
    struct hs_blame blame; /* set if the free space was fragmented */
};

struct hs_failure_watch {
    struct hs_failure_state moment[HS_DIAGNOSES]; /* by enum hs_verdict */
    uint64_t failures;                            /* all failures of heaps other than pools */
    uint64_t last_number;                         /* record and size of the last of them */
    uint32_t last_size;
    struct hs_heap_snapshot snapshot; /* for blame */
    int error;
};

#endif
