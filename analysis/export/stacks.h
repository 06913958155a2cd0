/* SPDX-License-Identifier: MIT
 *
 * The call stacks of all sites with the sums of their allocations, for exporters of sums. Without recorded stacks,
 * a stack is only the site's line.
 */
#ifndef HS_EXPORT_STACKS_H
#define HS_EXPORT_STACKS_H

#include "analysis/sites/groups.h"
#include "lib/host/util/map.h"

struct hs_export_job;

struct hs_stack_frame {
    const char *name;     /* "main.py:12 f", unique */
    const char *function; /* "f" */
    const char *file;     /* "" for native code */
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
    struct hs_site_sum total;    /* of all stacks, `rest` included */
    bool told;                   /* live bytes at the end are estimates */
    const struct hs_stack *rest; /* "(not recorded)": bytes of a summary that belong to no other stack; NULL: none */
    struct hs_map map;           /* from names to frames */
    size_t room_frames;
};

/* Builds the stacks of all sites that allocated. Strings are copies. Returns HS_OK or HS_ERR_MEMORY; free it in both cases. */
int hs_stacks_build(struct hs_stacks *stacks, const struct hs_model *model, const struct hs_names *names);
void hs_stacks_free(struct hs_stacks *stacks);

/* Sum of the stacks' weights, each rounded as in the output. */
uint64_t hs_stacks_weight(const struct hs_stacks *stacks, enum hs_weight weight);

/* For exporters: fails with a message when the sums of all these weights (bits 1 << enum hs_weight) are 0: an empty file
 * would mean that nothing was allocated. */
int hs_stacks_need(const struct hs_stacks *stacks, const struct hs_export_job *job, unsigned weights, struct hs_error *error);

/* For exporters: replays the job's trace and builds its stacks. */
int hs_stacks_of_job(struct hs_stacks *stacks, const struct hs_export_job *job, struct hs_error *error);

#endif
