/* SPDX-License-Identifier: MIT
 *
 * Sums of sites, grouped by name: the rows of a report.
 */
#ifndef HS_SITES_GROUPS_H
#define HS_SITES_GROUPS_H

#include "analysis/sites/estimates.h"
#include "analysis/sites/names.h"

struct hs_group {
    char *name[HS_KEYS];         /* one for each requested key, in the same order */
    struct hs_site_sum self;     /* of its sites; at_peak is final, max_live and changed are unspecified */
    struct hs_site_sum children; /* the same, plus everything that they called; equal to self without stacks */
    uint32_t *site;              /* its sites, ascending; none for a caller that never allocates itself */
    size_t n_sites, sites_room;
};

/* The figure that a report sorts by. */
enum hs_weight {
    HS_WEIGHT_BYTES, /* requested over the whole trace */
    HS_WEIGHT_LIVE,  /* taken at the end */
    HS_WEIGHT_PEAK,  /* taken when the heap was at its peak */
};

struct hs_grouping {
    enum hs_group_by key[HS_KEYS];
    unsigned n_keys;
    enum hs_weight weight;
    bool children; /* charge callers too, and sort by that; only for keys that callers have */
};

/* Sets the keys from comma-separated names. Returns HS_OK, or HS_ERR_ARG with *error filled. */
int hs_grouping_keys(struct hs_grouping *by, const char *names, struct hs_error *error);

/* Whether a key is one of the grouping's keys. */
bool hs_grouping_has(const struct hs_grouping *by, enum hs_group_by key);

struct hs_groups {
    struct hs_grouping by;
    struct hs_group *group; /* heaviest first */
    size_t n;
    struct hs_site_sum total;
    uint32_t *of_site; /* [site + 1] group of a site, [0] that of HS_SITE_UNKNOWN; UINT32_MAX: none */
    uint32_t n_of_site;
};

/* Groups all sites with events. Free with hs_groups_free. NULL when out of memory. */
struct hs_groups *hs_groups_new(const struct hs_model *model, const struct hs_names *names, const struct hs_grouping *by);
void hs_groups_free(struct hs_groups *groups);

/* Adds all members except max_live and changed, which cannot be summed. */
void hs_sum_add(struct hs_site_sum *to, const struct hs_site_sum *from);

uint64_t hs_weight_of(const struct hs_site_sum *sum, enum hs_weight weight);

/* Whether any site has a call stack. */
bool hs_groups_have_stacks(const struct hs_reader *reader);

/* Group of a site, or UINT32_MAX. */
uint32_t hs_groups_of(const struct hs_groups *groups, uint32_t site);

#endif
