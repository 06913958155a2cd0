/* SPDX-License-Identifier: MIT
 *
 * The calling stacks of all sites with what they allocated, for exporters of sums. Without recorded stacks
 * each is the site's own line.
 */
#ifndef HS_EXPORT_STACKS_H
#define HS_EXPORT_STACKS_H

#include "analysis/sites/groups.h"
#include "lib/host/util/map.h"

struct hs_export_job;

struct hs_stack_frame {
    const char *name;     /* "main.py:12 f", unique */
    const char *function; /* "f" */
    const char *file;     /* "" of native code */
    uint32_t line;        /* 0: native code */
};

struct hs_stack {
    uint32_t site;
    uint32_t *frame; /* `n`, outermost first: indices for hs_stacks.frame */
    unsigned n;
    struct hs_site_sum sum; /* at_peak is final */
};

struct hs_stacks {
    struct hs_stack *stack;       /* `n`, by site */
    struct hs_stack_frame *frame; /* `n_frames` */
    size_t n, n_frames;
    struct hs_site_sum total;    /* of all, the rest below included */
    bool told;                   /* what is live at the end is estimated */
    const struct hs_stack *rest; /* "(not recorded)": what a summary told beyond the others; NULL: nothing */
    struct hs_map map;           /* from names to frames */
    size_t room_frames;
};

/* All sites that allocated anything. Strings are copies. Returns HS_OK or HS_ERR_MEMORY; free it in both cases. */
int hs_stacks_build(struct hs_stacks *stacks, const struct hs_model *model, const struct hs_names *names);
void hs_stacks_free(struct hs_stacks *stacks);

/* Sum over all stacks of what they are ranked by, rounded as they are. */
uint64_t hs_stacks_weight(const struct hs_stacks *stacks, enum hs_weight weight);

/* For exporters: fails with words when there is nothing by any of these weights, bits of 1 << enum hs_weight: an empty file
 * would say that nothing was allocated. */
int hs_stacks_need(const struct hs_stacks *stacks, const struct hs_export_job *job, unsigned weights, struct hs_error *error);

/* For exporters: replays the job's trace and builds its stacks. */
int hs_stacks_of_job(struct hs_stacks *stacks, const struct hs_export_job *job, struct hs_error *error);

#endif
