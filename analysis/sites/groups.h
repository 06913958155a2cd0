/* SPDX-License-Identifier: MIT
 *
 * Sums of sites, put together by name: the rows of a report.
 */
#ifndef HS_SITES_GROUPS_H
#define HS_SITES_GROUPS_H

#include "analysis/sites/estimates.h"
#include "analysis/sites/names.h"

struct hs_group {
    char *name[HS_KEYS];         /* one for each key asked for, in their order */
    struct hs_site_sum self;     /* of its sites; at_peak is final, max_live and changed say nothing */
    struct hs_site_sum children; /* the same with all that they called; equal to self without stacks */
    uint32_t *site;              /* its sites, ascending; a caller that never allocates itself has none */
    size_t n_sites;
};

/* What a report ranks by. */
enum hs_weight {
    HS_WEIGHT_BYTES, /* asked for, over the whole trace */
    HS_WEIGHT_LIVE,  /* taken at the end */
    HS_WEIGHT_PEAK,  /* taken when the heap was fullest */
};

struct hs_grouping {
    enum hs_group_by key[HS_KEYS];
    unsigned n_keys;
    enum hs_weight weight;
    bool children; /* charge callers too, and rank by that; only keys that callers have */
};

/* Sets the keys from their names with commas in between. Returns HS_OK, or HS_ERR_ARG with *error saying what is wrong. */
int hs_grouping_keys(struct hs_grouping *by, const char *names, struct hs_error *error);

/* Whether a key is among them. */
bool hs_grouping_has(const struct hs_grouping *by, enum hs_group_by key);

struct hs_groups {
    struct hs_grouping by;
    struct hs_group *group; /* heaviest first */
    size_t n;
    struct hs_site_sum total;
    uint32_t *of_site;      /* [site + 1] group of a site, [0] that of HS_SITE_UNKNOWN; UINT32_MAX: none */
    uint32_t n_of_site;
};

/* Groups all sites that did anything. Free with hs_groups_free. NULL when out of memory. */
struct hs_groups *hs_groups_new(const struct hs_model *model, const struct hs_names *names,
                                const struct hs_grouping *by);
void hs_groups_free(struct hs_groups *groups);

/* Adds all but max_live and changed, which have no sum. */
void hs_sum_add(struct hs_site_sum *to, const struct hs_site_sum *from);

uint64_t hs_weight_of(const struct hs_site_sum *sum, enum hs_weight weight);

/* Whether any site carries a calling stack. */
bool hs_groups_have_stacks(const struct hs_reader *reader);

/* Group of a site, or UINT32_MAX. */
uint32_t hs_groups_of(const struct hs_groups *groups, uint32_t site);

#endif
