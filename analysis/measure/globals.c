/* SPDX-License-Identifier: MIT */
#include "analysis/measure/globals.h"

#include <stdlib.h>
#include <string.h>

uint64_t hs_module_table_bytes(const struct hs_retained *r, const struct hs_module *m)
{
    return m->table == HS_NO_BLOCK ? 0 : hs_refs_bytes(r->of, m->table);
}

/* Whether the value hangs on this name alone: on its module's table, and on one place of it. */
static bool is_alone(const struct hs_retained *r, const struct hs_global *g)
{
    uint32_t table = r->of->module[g->module].table, places = 0;
    if (table == HS_NO_BLOCK || r->dominators.of[g->value] != table)
        return false;
    for (uint32_t e = r->of->first[table]; e < r->of->first[table + 1]; e++)
        places += r->of->to[e] == g->value;
    for (uint32_t v = 0; v < r->graph.n && places == 1; v++) /* what the table dominates may refer to it as well */
        for (uint32_t e = r->of->first[v]; v != table && hs_retained_reached(r, v) && e < r->of->first[v + 1]; e++) {
            uint32_t up = v;
            while (up != g->value && up < r->graph.n)
                up = r->dominators.of[up];
            places += r->of->to[e] == g->value && up != g->value;
        }
    return places == 1;
}

/* A small integer may be any of these; other values in the slot are names of strings, True, False and None, which
 * const() takes too. An object is made by code wherever that lies, so freezing spares its name only. */
static void estimate(struct hs_global_cost *c)
{
    bool immediate = c->global->place == HS_VALUE_IN_SLOT;
    c->as_const = immediate ? c->total : HS_NO_ESTIMATE;
    c->as_underscore_const = immediate ? c->name : HS_NO_ESTIMATE; /* the device's own compiler interns it all the same */
    c->as_literal = immediate ? 0 : HS_NO_ESTIMATE;
    c->as_frozen = c->total - c->name;
}

static struct hs_global_cost cost_of(const struct hs_retained *r, const struct hs_global *g, unsigned pointer_bytes)
{
    struct hs_global_cost c = {.global = g, .module = &r->of->module[g->module], .slot = 2u * pointer_bytes};
    if (g->name_on_heap)
        c.name = strlen(g->name) + 1 + pointer_bytes + 3;
    if (g->value != HS_NO_BLOCK) {
        c.value = hs_refs_bytes(r->of, g->value);
        c.shared = !is_alone(r, g);
        c.alone = c.shared ? 0 : r->bytes[g->value];
    }
    c.total = c.slot + c.name + c.alone;
    estimate(&c);
    return c;
}

static int dearer(const void *a, const void *b)
{
    const struct hs_global_cost *x = a, *y = b;
    if (x->global->module != y->global->module)
        return x->global->module < y->global->module ? -1 : 1;
    if (x->total != y->total)
        return x->total < y->total ? 1 : -1;
    return strcmp(x->global->name, y->global->name);
}

int hs_global_costs_measure(struct hs_global_costs *costs, const struct hs_retained *r, unsigned pointer_bytes)
{
    *costs = (struct hs_global_costs){.cost = calloc((size_t)r->of->n_globals + 1, sizeof *costs->cost)};
    if (!costs->cost)
        return HS_ERR_MEMORY;
    for (uint32_t i = 0; i < r->of->n_globals; i++)
        costs->cost[costs->n++] = cost_of(r, &r->of->global[i], pointer_bytes);
    if (costs->n)
        qsort(costs->cost, costs->n, sizeof *costs->cost, dearer);
    return HS_OK;
}

void hs_global_costs_free(struct hs_global_costs *costs)
{
    free(costs->cost);
    *costs = (struct hs_global_costs){0};
}
