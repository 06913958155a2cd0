/* SPDX-License-Identifier: MIT */
#include "analysis/phases/phaseview.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/time/summary.h"
#include "analysis/draw/table.h"

static const char *const titles[HS_PHASE_KINDS] = {
    [HS_PHASE_NONE] = "(all)",        [HS_PHASE_IMPORT] = "import", [HS_PHASE_OPEN] = "opening", [HS_PHASE_PARSE] = "parsing",
    [HS_PHASE_COMPILE] = "compiling", [HS_PHASE_RUN] = "running",   [HS_PHASE_LOAD] = "loading", [HS_PHASE_LEX] = "lexing",
};

static const struct hs_column columns[] = {
    {"Kept", NULL, HS_VALUE_BYTES},      {"Blocks", NULL, HS_VALUE_COUNT}, {"Grew", NULL, HS_VALUE_CHANGE},
    {"Requested", NULL, HS_VALUE_BYTES}, {"Allocs", NULL, HS_VALUE_COUNT}, {"Time", NULL, HS_VALUE_SECONDS},
    {"Phase", NULL, HS_VALUE_TEXT},
};

static double seconds(const struct hs_phaseview *v, uint64_t ticks) { return hs_seconds(v->head.reader, ticks); }

/* Prints a module's name only once: the phases inside an import have the same name. */
static char *title(const struct hs_phases *p, uint32_t node, unsigned depth, char *text, size_t size)
{
    const struct hs_phase *n = &p->node[node];
    bool named = n->name[0] && (n->what == HS_PHASE_IMPORT || p->node[n->parent].what != HS_PHASE_IMPORT);
    char times[32] = "";
    if (n->times > 1)
        snprintf(times, sizeof times, " (%" PRIu64 " times)", n->times);
    snprintf(text, size, "%*s%s%s%.200s%s", (int)(2 * depth), "", titles[n->what], named ? " " : "", named ? n->name : "", times);
    return text;
}

static void add_row(const struct hs_phaseview *v, struct hs_table *table, uint32_t node, unsigned depth)
{
    const struct hs_phase *n = &v->phases->node[node];
    char text[400];
    bool timed = n->what != HS_PHASE_LEX && n->what != HS_PHASE_NONE;
    const struct hs_value row[] = {{.u = n->all.kept},
                                   {.u = n->all.kept_blocks},
                                   {.i = n->grew, .none = !timed},
                                   {.u = n->all.asked},
                                   {.u = n->all.allocs},
                                   {.d = seconds(v, n->ticks), .none = !timed},
                                   {.s = title(v->phases, node, depth, text, sizeof text)}};
    hs_table_add(table, row);
}

static uint32_t next_of(const struct hs_phases *p, uint32_t node, unsigned *depth)
{
    if (p->node[node].child) {
        ++*depth;
        return p->node[node].child;
    }
    while (node && !p->node[node].sibling) {
        node = p->node[node].parent;
        --*depth;
    }
    return node ? p->node[node].sibling : 0;
}

/* ---- kinds of blocks of imports ---- */

static const uint64_t *sorting;

static int more(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return sorting[x] != sorting[y] ? sorting[x] < sorting[y] ? 1 : -1 : (x > y) - (x < y);
}

/* Kinds of blocks that a node keeps, most bytes first. Returns how many; `order` has room for all kinds. */
static size_t rank(const struct hs_phase *n, size_t *order)
{
    size_t found = 0;
    for (size_t k = 0; n->kind && k <= hs_block_kind_count(); k++)
        if (n->kind[k])
            order[found++] = k;
    sorting = n->kind;
    if (found)
        qsort(order, found, sizeof *order, more);
    return found;
}

static const char *kind_name(size_t kind)
{
    return kind < hs_block_kind_count() ? hs_block_kind(kind)->name : "(before recording)";
}

static void made_of(const struct hs_phaseview *v, const struct hs_phase *n, FILE *out)
{
    size_t order[256], found = hs_block_kind_count() < 255 ? rank(n, order) : 0;
    char bytes[32], name[300];
    (void)v;
    hs_format(bytes, sizeof bytes, HS_VALUE_BYTES, (struct hs_value){.u = n->all.kept});
    fprintf(out, "import %s keeps %s bytes:", hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){.s = n->name}), bytes);
    for (size_t i = 0; i < found; i++) {
        hs_format(bytes, sizeof bytes, HS_VALUE_BYTES, (struct hs_value){.u = n->kind[order[i]]});
        fprintf(out, "%s %s %s", i ? "," : "", bytes, kind_name(order[i]));
    }
    hs_format(bytes, sizeof bytes, HS_VALUE_BYTES, (struct hs_value){.u = n->all.kept - n->all.kept_requested});
    fprintf(out, "%s %s rounding\n", found ? "," : "", bytes);
}

void hs_phaseview_text(const struct hs_phaseview *v, FILE *out)
{
    const struct hs_phases *p = v->phases;
    struct hs_table *table = hs_table_new(columns, sizeof columns / sizeof *columns);
    unsigned depth = 0;
    uint64_t rows = 0;
    fprintf(out, "# What imports cost in '%s'\n", v->head.path);
    hs_head_text(&v->head, out, "# ");
    fputs(
        "# kept: bytes that are live at the end of the trace; grew: used bytes at the end of the phase less those at its start,\n"
        "# garbage included; requested: all bytes that were requested. Imports within an import are included.\n#\n",
        out);
    uint32_t node = 0;
    do {
        if (table && rows++ < v->limit)
            add_row(v, table, node, depth);
        node = next_of(p, node, &depth);
    } while (node);
    if (table)
        hs_table_text(table, out, (struct hs_table_style){.color = v->color});
    hs_table_free(table);
    if (rows > v->limit)
        fprintf(out, "# %" PRIu64 " more not shown\n", rows - v->limit);
    fputc('\n', out);
    for (uint32_t i = 1; i < p->n; i++)
        if (p->node[i].what == HS_PHASE_IMPORT)
            made_of(v, &p->node[i], out);
}

/* ---- JSON ---- */

static void sum_json(struct hs_json *json, const char *key, const struct hs_phase_sum *s)
{
    hs_json_object(json, key);
    hs_json_uint(json, "kept_bytes", s->kept);
    hs_json_uint(json, "kept_requested_bytes", s->kept_requested);
    hs_json_uint(json, "kept_blocks", s->kept_blocks);
    hs_json_uint(json, "asked_bytes", s->asked);
    hs_json_uint(json, "allocs", s->allocs);
    hs_json_end(json);
}

/* A flat array with `parent` as an index into it: nesting would limit the depth. */
static void node_json(const struct hs_phaseview *v, uint32_t i, struct hs_json *json)
{
    const struct hs_phase *n = &v->phases->node[i];
    size_t order[256], found = hs_block_kind_count() < 255 ? rank(n, order) : 0;
    hs_json_object(json, NULL);
    hs_json_text(json, "phase", hs_phase_name(n->what));
    hs_json_text(json, "name", n->name);
    if (i)
        hs_json_uint(json, "parent", n->parent);
    else
        hs_json_null(json, "parent");
    hs_json_uint(json, "times", n->times);
    hs_json_int(json, "grew_bytes", n->grew);
    hs_json_real(json, "seconds", seconds(v, n->ticks));
    sum_json(json, "self", &n->self);
    sum_json(json, "all", &n->all);
    hs_json_object(json, "kept_by_kind");
    for (size_t k = 0; k < found; k++)
        hs_json_uint(json, kind_name(order[k]), n->kind[order[k]]);
    hs_json_end(json);
    hs_json_end(json);
}

int hs_phaseview_json(const struct hs_phaseview *v, FILE *out)
{
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    hs_head_json(&v->head, json);
    hs_json_array(json, "phases");
    for (uint32_t i = 0; i < v->phases->n; i++)
        node_json(v, i, json);
    hs_json_end(json);
    hs_json_end(json);
    int error = hs_json_print(json, out, true);
    hs_json_free(json);
    return error;
}
