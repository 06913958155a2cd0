/* SPDX-License-Identifier: MIT
 *
 * State at a failure, kept for the diagnosis. Internal to this folder.
 */
#ifndef HS_DIAGNOSIS_FAILURE_WATCH_H
#define HS_DIAGNOSIS_FAILURE_WATCH_H

#include "analysis/diagnosis/diagnosis.h"
#include "analysis/refs/refs.h"

/* One site at the failure. */
struct hs_site_then {
    uint32_t site;
    uint64_t live, blocks, allocated, grown, largest, first, last;
    uint64_t requested; /* bytes of its live blocks */
    uint64_t resized;   /* its blocks that a later request resized */
    bool allocates;     /* it never resizes */
    uint32_t samples;   /* live sampled blocks; the figures are then estimates */
};

/* A large block at the failure. */
struct hs_large_block {
    uint32_t site, size; /* requested bytes */
};

#define HS_LARGE_BLOCKS 16u

/* The diagnosed failure of one verdict, and the heap at that moment. */
struct hs_failure_state {
    struct hs_failure failure; /* size 0: none */
    struct hs_site_then *site; /* `n`: site s at index s + 1, HS_SITE_UNKNOWN at index 0 */
    uint32_t n;
    struct hs_large_block large[HS_LARGE_BLOCKS]; /* `n_large`, largest first */
    unsigned n_large;
    struct hs_blame blame;    /* set if the free space was fragmented */
    struct hs_refgraph graph; /* references at the failure, if `referred` */
    bool referred;
    bool estimated; /* blocks are known by samples only */
};

#define HS_LOCKED_SITES 16u

struct hs_failure_watch {
    struct hs_failure_state moment[HS_DIAGNOSES]; /* by enum hs_verdict */
    uint64_t failures;                            /* all failures of heaps other than pools */
    uint64_t last_number;                         /* record of the last of them that counts */
    uint32_t unknown_size;                        /* request of the last of them, if the heap was not known at it; else 0 */
    struct hs_failure locked[HS_LOCKED_SITES];    /* `n_locked`: of a locked heap, the first of each site, in order */
    unsigned n_locked;
    struct hs_heap_snapshot snapshot; /* for blame */
    struct hs_refs refs;
    struct hs_failure_state *latest; /* the last failure, if it is kept and its references may still follow */
    int error;
};

bool hs_is_python(const struct hs_names *names, uint32_t site);

/* Whether an object with `places` references may keep `blocks` blocks. */
bool hs_may_keep(uint64_t places, uint64_t blocks);

#define HS_KEEPER_GROWN 3u /* minimum number of times that a keeper was enlarged */

/* Completes a diagnosis by the references at the failure, if they were recorded: d->kept, and d->grows and d->keeper, which may be
 * guesses before. Needs d->held. Returns HS_OK or HS_ERR_MEMORY. */
int hs_diagnosis_from_references(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names);

/* Finds what is held by accident, by the references at the failure and the sources: may change d->cause into HS_CAUSE_HELD; then it
 * sets d->accident, d->holds, d->unused and d->unused_at. Needs the cause. Returns HS_OK or HS_ERR_MEMORY. */
int hs_diagnosis_accident(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                          const struct hs_sources_at *sources);

/* Completes the diagnosis of what grows by what the sources say: the statement that adds, and d->needed, if what makes the data ends.
 * Returns HS_OK or HS_ERR_MEMORY. */
int hs_diagnosis_growth(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                        const struct hs_sources_at *sources);

/* Completes a diagnosis by what the sources say: d->switched, d->holds and d->unused. May change HS_CAUSE_FULL into
 * HS_CAUSE_HELD. */
void hs_diagnosis_from_source(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources);

/* A full heap in which the requesting line parses a whole document, whose text is still there: may change HS_CAUSE_FULL into
 * HS_CAUSE_PEAK. */
void hs_diagnosis_parsed(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                         const struct hs_sources_at *sources);

/* Whether the requesting row makes a list at once that stays: a global or an attribute that other rows read. It is no peak. */
bool hs_diagnosis_stays(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources);

/* A full heap in which the requesting line converts something as a whole that is still there: may change HS_CAUSE_FULL into
 * HS_CAUSE_PEAK. */
void hs_diagnosis_converted(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                            const struct hs_sources_at *sources);

/* The same where the requesting row makes what a later row puts in the place of an old block, or a call that runs makes the new value of
 * what keeps most of the heap from its old one. Returns HS_OK or HS_ERR_MEMORY. */
int hs_diagnosis_replaced(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                          const struct hs_sources_at *sources);

/* Of a peak: something that a loop without an end makes larger and larger, and nothing makes shorter, grows. */
int hs_diagnosis_endless(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                         const struct hs_sources_at *sources);

/* Completes the diagnosis of a full heap: the statement that fills it, and d->needed of what it fills. Returns HS_OK or HS_ERR_MEMORY. */
int hs_diagnosis_filled(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                        const struct hs_sources_at *sources);

/* Finds a peak: sets d->peak, d->peak_of and d->peak_bytes. Needs d->held, d->asked and d->grows. */
void hs_peak_find(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names);

/* Finds a large text of another line beside what the requesting line makes: sets d->peak_of and d->peak_bytes. */
bool hs_peak_find_text(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names);

/* Finds the largest block of another line that may be what the request is made from, by their sizes: sets d->peak_of and
 * d->peak_bytes. */
bool hs_peak_find_converted(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names);

/* Whether no other line of Python has made a block since the line's oldest one that is still there. */
bool hs_peak_is_alone(const struct hs_diagnosis *d, const struct hs_live_line *line);

/* Whether the sources say that a line's growth ends by itself, as for a failure. */
struct hs_growing;
bool hs_growth_ends(const struct hs_growing *growing, const struct hs_names *names, const struct hs_sources_at *sources);

#endif
