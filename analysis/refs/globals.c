/* SPDX-License-Identifier: MIT */
#include "analysis/refs/globals.h"

#include <stdlib.h>
#include <string.h>

uint64_t hs_module_table_bytes(const struct hs_retained *r, const struct hs_module *m)
{
    return m->table == HS_NO_BLOCK ? 0 : hs_refs_bytes(r->of, m->table);
}

/* Whether this name alone keeps the value alive: it is referenced only from its module's table, at one position. */
static bool is_alone(const struct hs_retained *r, const struct hs_global *g)
{
    uint32_t table = r->of->module[g->module].table, places = 0;
    if (table == HS_NO_BLOCK || r->dominators.of[g->value] != table)
        return false;
    for (uint32_t e = r->of->first[table]; e < r->of->first[table + 1]; e++)
        places += r->of->to[e] == g->value;
    for (uint32_t v = 0; v < r->graph.n && places == 1; v++) /* blocks that the table dominates may refer to it as well */
        for (uint32_t e = r->of->first[v]; v != table && hs_retained_reached(r, v) && e < r->of->first[v + 1]; e++) {
            uint32_t up = v;
            while (up != g->value && up < r->graph.n)
                up = r->dominators.of[up];
            places += r->of->to[e] == g->value && up != g->value;
        }
    return places == 1;
}

/* Bytes of names: terminator of the characters; length and hash in the pool; position in the module's table of names. */
#define NAME_END 1u
#define NAME_ENTRY 3u
#define NAME_PLACE 2u

static struct hs_global_cost cost_of(const struct hs_retained *r, const struct hs_global *g, unsigned pointer_bytes)
{
    struct hs_global_cost c = {.global = g, .module = &r->of->module[g->module], .slot = 2u * pointer_bytes, .code_known = true};
    if (g->name_on_heap)
        c.name = strlen(g->name) + NAME_END + pointer_bytes + NAME_ENTRY + NAME_PLACE;
    if (g->value != HS_NO_BLOCK) {
        c.value = hs_refs_bytes(r->of, g->value);
        c.shared = !is_alone(r, g);
        c.alone = c.shared ? 0 : r->bytes[g->value];
    }
    return c;
}

/* ---- code that defines names ---- */

const struct hs_call_frame *hs_module_body(const struct hs_retained *r, const struct hs_module *m)
{
    const struct hs_frames *f = &r->of->frames;
    for (uint32_t i = 0; i < f->n; i++)
        if (m->table != HS_NO_BLOCK && f->frame[i].globals == m->table && hs_frame_is_body(&f->frame[i]))
            return &f->frame[i];
    return NULL;
}

/* The cost of the names that the body defines, by position in its table of names. *known is false when its code or
 * names cannot be read. Code in ROM takes no RAM. */
static int cost_of_names(const struct hs_frame_code *code, struct hs_made *made, uint32_t n, bool *known)
{
    struct hs_bytecode body;
    *known = hs_bytecode_open(&body, code->byte, code->bytes);
    return *known ? hs_bytecode_names(&body, made, n) : HS_OK;
}

static void add_code(struct hs_global_costs *costs, const struct hs_module *m, const struct hs_frame_code *code,
                     const struct hs_made *made, bool known)
{
    for (size_t i = 0; i < costs->n; i++) {
        struct hs_global_cost *c = &costs->cost[i];
        if (c->module != m)
            continue;
        c->code_known = known;
        for (uint32_t place = 0; known && place < code->name_bytes / 2; place++)
            if ((code->name[2 * place] | code->name[2 * place + 1] << 8) == (int)c->global->key)
                c->code += made[place].bytes;
    }
}

static int measure_code(struct hs_global_costs *costs, const struct hs_retained *r, const struct hs_module *m, bool readable)
{
    const struct hs_call_frame *body = hs_module_body(r, m);
    const struct hs_frames *f = &r->of->frames;
    static const struct hs_frame_code none;
    if (!body)
        return HS_OK;
    const struct hs_frame_code *code = body->code < f->n_codes ? &f->code[body->code] : &none;
    uint32_t n = code->name_bytes / 2;
    struct hs_made *made = calloc((size_t)n + 1, sizeof *made);
    bool known = false;
    int error = made ? HS_OK : HS_ERR_MEMORY;
    if (!error && readable)
        error = cost_of_names(code, made, n, &known);
    if (!error)
        add_code(costs, m, code, made, known);
    free(made);
    return error;
}

/* A small integer may be any of these. Other immediate values are names of strings, True, False and None, which const()
 * accepts too. An object is created by code in RAM or ROM alike, so freezing saves only its name. */
static void finish(struct hs_global_cost *c)
{
    c->total = c->slot + c->name + c->code + c->alone;
    bool immediate = c->global->place == HS_VALUE_IN_SLOT;
    c->as_const = immediate ? c->total : HS_NO_ESTIMATE;
    c->as_underscore_const = immediate ? c->name : HS_NO_ESTIMATE; /* the compiler on the device still interns it */
    c->as_literal = immediate ? 0 : HS_NO_ESTIMATE;
    c->as_frozen = c->slot + c->alone;
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

int hs_global_costs_measure(struct hs_global_costs *costs, const struct hs_retained *r, const struct hs_frame_facts *facts)
{
    int error = HS_OK;
    *costs = (struct hs_global_costs){.cost = calloc((size_t)r->of->n_globals + 1, sizeof *costs->cost)};
    if (!costs->cost)
        return HS_ERR_MEMORY;
    for (uint32_t i = 0; i < r->of->n_globals; i++)
        costs->cost[costs->n++] = cost_of(r, &r->of->global[i], facts->pointer);
    for (uint32_t i = 0; i < r->of->n_modules && !error; i++)
        error = measure_code(costs, r, &r->of->module[i], facts->readable);
    for (size_t i = 0; i < costs->n; i++)
        finish(&costs->cost[i]);
    if (error)
        hs_global_costs_free(costs);
    else if (costs->n)
        qsort(costs->cost, costs->n, sizeof *costs->cost, dearer);
    return error;
}

void hs_global_costs_free(struct hs_global_costs *costs)
{
    free(costs->cost);
    *costs = (struct hs_global_costs){0};
}
