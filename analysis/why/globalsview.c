/* SPDX-License-Identifier: MIT */
#include "analysis/why/globalsview.h"

#include <inttypes.h>
#include <string.h>

#include "analysis/draw/table.h"

static const struct hs_column columns[] = {
    {"Total", "total_bytes", HS_VALUE_BYTES},
    {"Slot", "slot_bytes", HS_VALUE_BYTES},
    {"Name", "name_bytes", HS_VALUE_BYTES},
    {"Code", "code_bytes", HS_VALUE_BYTES},
    {"Alone", "alone_bytes", HS_VALUE_BYTES},
    {NULL, "value_bytes", HS_VALUE_BYTES},
    {"~const", "as_const_bytes_estimate", HS_VALUE_BYTES},
    {"~_const", "as_underscore_const_bytes_estimate", HS_VALUE_BYTES},
    {"~literal", "as_literal_bytes_estimate", HS_VALUE_BYTES},
    {"~frozen", "as_frozen_bytes_estimate", HS_VALUE_BYTES},
    {"Global", "name", HS_VALUE_TEXT},
    {"Value", "value", HS_VALUE_TEXT},
};
#define N_COLUMNS (sizeof columns / sizeof *columns)

static struct hs_value guess(uint64_t bytes) { return (struct hs_value){.u = bytes, .none = bytes == HS_NO_ESTIMATE}; }

/* "list (main.py:7 <module>), also held elsewhere" */
static const char *value_text(const struct hs_globalsview *v, const struct hs_global_cost *c, char *text, size_t size)
{
    static const char *const place[] = {[HS_VALUE_IN_SLOT] = "in the slot",
                                        [HS_VALUE_ON_HEAP] = "on the heap, not a block's start",
                                        [HS_VALUE_OUTSIDE] = "outside of the heap"};
    char kind[HS_NAME_MAX], line[HS_NAME_MAX];
    if (c->global->value == HS_NO_BLOCK)
        return place[c->global->place < 3 ? c->global->place : HS_VALUE_OUTSIDE];
    uint32_t site = v->retained->of->snapshot.block[c->global->value].site;
    snprintf(text, size, "%s (%s)%s", hs_name_of_site(v->names, site, HS_KEY_KIND, kind),
             hs_name_of_site(v->names, site, HS_KEY_LINE, line), c->shared ? ", also held elsewhere" : "");
    return text;
}

static bool shown(const struct hs_globalsview *v, const struct hs_module *m) { return !v->module || !strcmp(v->module, m->name); }

static struct hs_table *table_of(const struct hs_globalsview *v, const struct hs_module *m, struct hs_global_cost *sum)
{
    struct hs_table *table = hs_table_new(columns, N_COLUMNS);
    char text[2 * HS_NAME_MAX + 64];
    for (size_t i = 0; table && i < v->costs->n; i++) {
        const struct hs_global_cost *c = &v->costs->cost[i];
        if (c->module != m)
            continue;
        sum->total += c->total;
        sum->slot += c->slot;
        hs_table_add(table, (struct hs_value[N_COLUMNS]){{.u = c->total},
                                                         {.u = c->slot},
                                                         {.u = c->name},
                                                         {.u = c->code, .none = !c->code_known},
                                                         {.u = c->alone},
                                                         {.u = c->value},
                                                         guess(c->as_const),
                                                         guess(c->as_underscore_const),
                                                         guess(c->as_literal),
                                                         guess(c->as_frozen),
                                                         {.s = c->global->name},
                                                         {.s = value_text(v, c, text, sizeof text)}});
    }
    return table;
}

void hs_globalsview_text(const struct hs_globalsview *v, FILE *out)
{
    const struct hs_refgraph *g = v->retained->of;
    fprintf(out, "# What global names cost in '%s'\n", v->head.path);
    hs_head_text(&v->head, out, "# ");
    fputs(
        "# total = slot + name + code + alone, in bytes that are allocated now\n"
        "#   slot   its key and its value in the module's dict\n"
        "#   name   where it is interned on the heap: its characters; and estimated, an address, a length, two bytes of hash and two\n"
        "#          in the module's table of names\n"
        "#   code   the instructions of the module's body that make it, and their line numbers, read in the bytecode; they are freed\n"
        "#          when the body has run, and the body of a script runs until the script ends\n"
        "#   alone  the object, and what nothing else keeps\n"
        "# ~ the same total, estimated, for what is in the slot: const() changes nothing about it; _const() leaves the name when\n"
        "#   compiled on the device, nothing when precompiled; a literal leaves nothing. Not estimated for objects: const() accepts no\n"
        "#   lists or dicts, and a literal makes a new one at each use. Frozen: name and code are in the firmware, objects\n"
        "#   are made as before. The bytecode that uses a name is not counted: a number there takes 1 to 3 bytes, a name 2 or 3\n",
        out);
    for (uint32_t i = 0; i < g->n_modules; i++) {
        const struct hs_module *m = &g->module[i];
        struct hs_global_cost sum = {0};
        char name[300];
        struct hs_table *table = shown(v, m) ? table_of(v, m, &sum) : NULL;
        if (!table)
            continue;
        uint64_t bytes = hs_module_table_bytes(v->retained, m);
        hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){.s = m->name});
        fprintf(out,
                "\n# module %s: %zu names, %" PRIu64 " bytes; table of %" PRIu64 " bytes, %" PRIu64
                " of them for names to come or rounding\n"
                "# %s\n#\n",
                name, hs_table_rows(table), sum.total, bytes, bytes > sum.slot ? bytes - sum.slot : 0,
                hs_module_body(v->retained, m) ? "its body is running"
                                               : "its body has run, and the code that made the names is freed");
        hs_table_text(table, out, (struct hs_table_style){.color = v->color});
        hs_table_free(table);
    }
}

int hs_globalsview_json(const struct hs_globalsview *v, FILE *out)
{
    const struct hs_refgraph *g = v->retained->of;
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    hs_head_json(&v->head, json);
    hs_json_array(json, "modules");
    for (uint32_t i = 0; i < g->n_modules; i++) {
        struct hs_global_cost sum = {0};
        struct hs_table *table = shown(v, &g->module[i]) ? table_of(v, &g->module[i], &sum) : NULL;
        if (!table)
            continue;
        hs_json_object(json, NULL);
        hs_json_text(json, "module", g->module[i].name);
        hs_json_bool(json, "running", hs_module_body(v->retained, &g->module[i]) != NULL);
        hs_json_uint(json, "table_bytes", hs_module_table_bytes(v->retained, &g->module[i]));
        hs_json_uint(json, "table_slots", g->module[i].slots);
        hs_json_uint(json, "total_bytes", sum.total);
        hs_table_json(table, json, "globals");
        hs_json_end(json);
        hs_table_free(table);
    }
    hs_json_end(json);
    hs_json_end(json);
    int error = hs_json_print(json, out, true);
    hs_json_free(json);
    return error;
}
