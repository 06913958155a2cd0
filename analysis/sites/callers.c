/* SPDX-License-Identifier: MIT
 *
 * Trees of callers.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/sites/callers.h"
#include "lib/host/util/array.h"

static bool same(const struct hs_frame *a, const struct hs_frame *b)
{
    return a->line == b->line && !strcmp(a->function, b->function) && !strcmp(a->file, b->file);
}

static uint32_t new_node(struct hs_callers *c, const struct hs_caller *value)
{
    if (!hs_array_more(c->node, c->n, c->room))
        return HS_NO_CALLER;
    c->node[c->n] = *value;
    return c->n++;
}

/* The caller `frame` of node `at`, created if needed; HS_NO_CALLER when out of memory. */
static uint32_t caller_of(struct hs_callers *c, uint32_t at, const struct hs_frame *frame)
{
    for (uint32_t i = c->node[at].child; i != HS_NO_CALLER; i = c->node[i].sibling)
        if (same(&c->node[i].frame, frame))
            return i;
    uint32_t made = new_node(c, &(struct hs_caller){.frame = *frame, .sibling = c->node[at].child});
    if (made != HS_NO_CALLER)
        c->node[at].child = made;
    return made;
}

static int add_stack(struct hs_callers *c, const struct hs_names *names, uint32_t site, uint64_t weight)
{
    struct hs_frame frame[HS_DEPTH_MAX];
    struct hs_symbol native;
    unsigned n = hs_frames_of_site(names, site, frame, &native);
    uint32_t at = 0;
    c->node[0].weight += weight;
    for (unsigned i = 1; i < n; i++) {
        at = caller_of(c, at, &frame[i]);
        if (at == HS_NO_CALLER)
            return HS_ERR_MEMORY;
        c->node[at].weight += weight;
    }
    return HS_OK;
}

/* Insertion sort, heaviest first; there are few siblings. */
static void sort_siblings(struct hs_callers *c, uint32_t parent)
{
    uint32_t sorted = HS_NO_CALLER, next;
    for (uint32_t i = c->node[parent].child; i != HS_NO_CALLER; i = next) {
        uint32_t *link = &sorted;
        next = c->node[i].sibling;
        while (*link != HS_NO_CALLER && c->node[*link].weight >= c->node[i].weight)
            link = &c->node[*link].sibling;
        c->node[i].sibling = *link;
        *link = i;
    }
    c->node[parent].child = sorted;
}

int hs_callers_build(struct hs_callers *c, const struct hs_group *group, const struct hs_model *model,
                     const struct hs_names *names, enum hs_weight weight)
{
    *c = (struct hs_callers){0};
    new_node(c, &(struct hs_caller){0});
    int error = c->n ? HS_OK : HS_ERR_MEMORY;
    for (size_t i = 0; !error && i < group->n_sites; i++) {
        struct hs_site_sum sum = *hs_model_site(model, group->site[i]);
        sum.at_peak = hs_model_at_peak(model, &sum);
        error = add_stack(c, names, group->site[i], hs_weight_of(&sum, weight));
    }
    for (uint32_t i = 0; i < c->n; i++)
        sort_siblings(c, i);
    return error;
}

void hs_callers_free(struct hs_callers *callers)
{
    free(callers->node);
    *callers = (struct hs_callers){0};
}
