/* SPDX-License-Identifier: MIT */
#include "analysis/why/retainedview.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analysis/draw/table.h"
#include "lib/host/util/sort.h"

#define MEASURES 4u
#define COLUMNS_MAX (MEASURES + HS_KEYS)

struct layout {
    struct hs_column column[COLUMNS_MAX];
    size_t n;
};

static struct layout lay_out(const struct hs_retainedview *v)
{
    struct layout l = {.column = {{"Share", "share", HS_VALUE_SHARE},
                                  {"Retained", "retained_bytes", HS_VALUE_BYTES},
                                  {"Own", "own_bytes", HS_VALUE_BYTES},
                                  {"Blocks", "blocks", HS_VALUE_COUNT}},
                       .n = MEASURES};
    for (unsigned k = 0; k < v->groups->by.n_keys; k++) {
        const char *name = hs_group_by_name(v->groups->by.key[k]);
        l.column[l.n++] = (struct hs_column){name, name, HS_VALUE_TEXT};
    }
    return l;
}

static int heavier(const void *a, const void *b, void *context)
{
    const struct hs_retained_group *group = context;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    if (group[x].bytes != group[y].bytes)
        return group[x].bytes < group[y].bytes ? 1 : -1;
    return (x > y) - (x < y);
}

static void add_row(const struct hs_retainedview *v, struct hs_table *table, size_t i)
{
    const struct hs_retained_group *g = &v->group[i];
    struct hs_value value[COLUMNS_MAX] = {
        {.d = v->retained->reached_bytes ? (double)g->bytes / (double)v->retained->reached_bytes : 0},
        {.u = g->bytes},
        {.u = g->own},
        {.u = g->blocks}};
    for (unsigned k = 0; k < v->groups->by.n_keys; k++)
        value[MEASURES + k] = (struct hs_value){.s = v->groups->group[i].name[k]};
    hs_table_add(table, value);
}

static struct hs_table *make_table(const struct hs_retainedview *v, const struct layout *l)
{
    struct hs_table *table = hs_table_new(l->column, l->n);
    size_t *order = calloc(v->groups->n + 1, sizeof *order), n = 0;
    for (size_t i = 0; order && i < v->groups->n; i++)
        if (v->group[i].blocks)
            order[n++] = i;
    if (order && n)
        hs_sort(order, n, sizeof *order, heavier, (void *)(uintptr_t)v->group);
    for (size_t i = 0; table && i < n && i < v->limit; i++)
        add_row(v, table, order[i]);
    free(order);
    return table;
}

void hs_retainedview_text(const struct hs_retainedview *v, FILE *out)
{
    struct layout l = lay_out(v);
    struct hs_table *table = make_table(v, &l);
    fprintf(out, "# What places retain in '%s'\n", v->head.path);
    hs_head_text(&v->head, out, "# ");
    fprintf(out,
            "# %" PRIu64 " bytes are reached from %" PRIu32 " words of roots; garbage not yet collected: %" PRIu64 " bytes\n",
            v->retained->reached_bytes, v->retained->graph.n_roots, v->retained->unreached_bytes);
    fputs("# retained: what would go with the place's blocks, these included; own: these alone\n#\n", out);
    if (table)
        hs_table_text(table, out, (struct hs_table_style){.color = v->color});
    hs_table_free(table);
}

void hs_retainedview_csv(const struct hs_retainedview *v, FILE *out)
{
    struct layout l = lay_out(v);
    struct hs_table *table = make_table(v, &l);
    if (table)
        hs_table_csv(table, out);
    hs_table_free(table);
}

int hs_retainedview_json(const struct hs_retainedview *v, FILE *out)
{
    struct layout l = lay_out(v);
    struct hs_table *table = make_table(v, &l);
    struct hs_json *json = hs_json_new();
    int error = table && json ? HS_OK : HS_ERR_MEMORY;
    if (!error) {
        hs_json_object(json, NULL);
        hs_head_json(&v->head, json);
        hs_json_uint(json, "reached_bytes", v->retained->reached_bytes);
        hs_json_uint(json, "unreached_bytes", v->retained->unreached_bytes);
        hs_json_uint(json, "unreached_blocks", v->retained->unreached);
        hs_table_json(table, json, "rows");
        hs_json_end(json);
        error = hs_json_print(json, out, true);
    }
    hs_json_free(json);
    hs_table_free(table);
    return error;
}
