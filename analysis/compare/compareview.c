/* SPDX-License-Identifier: MIT
 *
 * A comparison as text and JSON.
 */
#include "analysis/compare/compareview.h"

#include <inttypes.h>
#include <string.h>

#include "analysis/draw/table.h"
#include "analysis/model/knowledge.h"

#define COLUMNS_MAX (2 * HS_SIDES + 2)
#define CULPRITS_SHOWN 10u

static const struct {
    const char *title, *key, *heading;
    const char *kind, *kind_key; /* of a second name column */
} tables[] = {
    [HS_COMPARE_KIND] = {"Kind", "kinds", "What it is"},
    [HS_COMPARE_LINE] = {"Line", "lines", "Where it was requested", "Kind", "kind"},
    [HS_COMPARE_FUNCTION] = {"Function", "functions", "By function"},
    [HS_COMPARE_IMPORT] = {"Import", "imports", "By import, each without the modules that it imports"},
    [HS_COMPARE_PHASE] = {"Import", "phases", "By phase of each import", "Phase", "phase"},
    [HS_COMPARE_NAME] = {"Global", "globals",
                         "Cost of each global name: slot, interned name, code that makes it, and what only it keeps"},
};

static const struct {
    unsigned bit;
    const char *key, *text;
} aparts[] = {
    {HS_APART_BUILD, "build", "another firmware: differences of native code are among those shown"},
    {HS_APART_WORD, "word_size",
     "another word size, so every block has another size by nature: kinds, lines, functions "
     "and imports are left out, only the figures are compared"},
    {HS_APART_GRANULE, "granule", "another granule: requested bytes are compared, rounding differs by nature"},
    {HS_APART_HEAP, "heap_size", "another heap size: collections come at other times, free runs differ by nature"},
    {HS_APART_UNNAMED, "unnamed", "no names of native functions, here or in the first trace (--elf): kinds are left out"},
    {HS_APART_NO_LINES, "no_lines", "a source is not at hand (--source): lines are taken for the same when their numbers are"},
    {HS_APART_PHASES, "phases", "only one of this and the first trace has phases of imports: imports are left out"},
};
#define N_APARTS (sizeof aparts / sizeof *aparts)

/* ---- shared ---- */

static const char *short_name(const struct hs_compare *c, unsigned side)
{
    const char *own = strrchr(c->side[side].path, '/');
    own = own ? own + 1 : c->side[side].path;
    for (unsigned i = 0; i < c->n; i++) {
        const char *other = strrchr(c->side[i].path, '/');
        if (i != side && !strcmp(own, other ? other + 1 : c->side[i].path))
            return c->side[side].path;
    }
    return own;
}

bool hs_compareview_exceeds(const struct hs_compareview *v, unsigned side)
{
    const struct hs_compare *c = v->compare;
    double grown = (double)hs_compare_total(c, c->by, side);
    double most = v->percent ? v->limit_bytes / 100 * (double)c->total[0][c->by] : v->limit_bytes;
    return v->limited && grown > most;
}

static bool differs(const struct hs_compare *c, const struct hs_compare_row *row)
{
    for (unsigned s = 1; s < c->n; s++)
        if (hs_compare_change(c, row, s))
            return true;
    return false;
}

static bool counts(const struct hs_compare *c, const struct hs_compare_row *row)
{
    for (unsigned s = 0; s < c->n; s++)
        if (row->cell[s].cost[c->by])
            return true;
    return false;
}

static bool shown(const struct hs_compareview *v, const struct hs_compare_row *row)
{
    return v->all ? counts(v->compare, row) : differs(v->compare, row);
}

/* Of a trace with gaps a figure may be a bound. */
static enum hs_certainty certainty(const struct hs_compare *c, unsigned side, enum hs_cost figure)
{
    struct hs_knowledge known = hs_knowledge_of(c->side[side].model, c->side[side].names->reader);
    if (figure == HS_COST_PEAK)
        return known.peak;
    return figure == HS_COST_ALLOCATED || figure == HS_COST_ALLOCS ? known.requests : HS_EXACT;
}

static enum hs_certainty least_certain(const struct hs_compare *c, enum hs_cost figure)
{
    enum hs_certainty least = HS_EXACT;
    for (unsigned s = 0; s < c->n; s++)
        if (certainty(c, s, figure) > least)
            least = certainty(c, s, figure);
    return least;
}

/* ---- text ---- */

/* Columns of a table of all sides: a name, then for each side a number and its difference. */
struct columns {
    struct hs_column column[COLUMNS_MAX];
    size_t n;
};

static struct columns columns_of(const struct hs_compare *c, const char *title, const char *kind)
{
    struct columns t = {.n = 0};
    for (unsigned s = 0; s < c->n; s++) {
        t.column[t.n++] = (struct hs_column){short_name(c, s), NULL, HS_VALUE_BYTES};
        if (s)
            t.column[t.n++] = (struct hs_column){"diff", NULL, HS_VALUE_CHANGE};
    }
    if (kind)
        t.column[t.n++] = (struct hs_column){kind, NULL, HS_VALUE_TEXT};
    t.column[t.n++] = (struct hs_column){title, NULL, HS_VALUE_TEXT};
    return t;
}

/* A row; `value` and `change` are indexed by side. */
struct line {
    uint64_t value[HS_SIDES];
    int64_t change[HS_SIDES];
    const char *kind, *name;
};

static void add_line(struct hs_table *table, const struct hs_compare *c, const struct line *line)
{
    struct hs_value value[COLUMNS_MAX];
    size_t n = 0;
    for (unsigned s = 0; s < c->n; s++) {
        bool none = line->value[s] == HS_NO_MARK;
        value[n++] = (struct hs_value){.u = line->value[s], .none = none};
        if (s)
            value[n++] = (struct hs_value){.i = line->change[s], .none = none || line->value[0] == HS_NO_MARK};
    }
    if (line->kind)
        value[n++] = (struct hs_value){.s = line->kind};
    value[n] = (struct hs_value){.s = line->name};
    hs_table_add(table, value);
}

static struct line line_of_row(const struct hs_compare *c, const struct hs_compare_row *row)
{
    struct line line = {.kind = row->kind, .name = row->name};
    for (unsigned s = 0; s < c->n; s++) {
        line.value[s] = row->cell[s].cost[c->by];
        line.change[s] = hs_compare_change(c, row, s);
    }
    return line;
}

static struct line line_of_total(const struct hs_compare *c, enum hs_cost figure, const char *name)
{
    struct line line = {.name = name};
    for (unsigned s = 0; s < c->n; s++) {
        line.value[s] = c->total[s][figure];
        line.change[s] = hs_compare_total(c, figure, s);
    }
    return line;
}

static struct line line_of_rounding(const struct hs_compare *c)
{
    struct line line = {.name = "(rounding to whole granules)"};
    for (unsigned s = 0; s < c->n; s++) {
        line.value[s] = c->rounding[s];
        line.change[s] = hs_compare_rounding(c, s);
    }
    return line;
}

static void print_table(struct hs_table *table, const struct hs_compareview *v, FILE *out)
{
    hs_table_text(table, out, (struct hs_table_style){.color = v->color});
    hs_table_free(table);
}

static void figures_text(const struct hs_compareview *v, FILE *out)
{
    const struct hs_compare *c = v->compare;
    struct columns columns = columns_of(c, "Figure", NULL);
    struct hs_table *table = hs_table_new(columns.column, columns.n);
    if (!table)
        return;
    for (enum hs_cost f = 0; f < HS_COSTS; f++) {
        char name[128];
        bool then = f == HS_COST_RETAINED || f == HS_COST_BLOCKS || f == HS_COST_LARGEST;
        enum hs_certainty least = least_certain(c, f);
        const char *more = then ? v->when : least != HS_EXACT ? hs_certainty_name(least) : "";
        snprintf(name, sizeof name, "%s%s%s", hs_cost_text(f), *more ? ", " : "", more);
        struct line line = line_of_total(c, f, name);
        add_line(table, c, &line);
    }
    print_table(table, v, out);
}

#define MARKS_SHOWN 40u

static void marks_text(const struct hs_compareview *v, FILE *out)
{
    const struct hs_compare *c = v->compare;
    struct columns columns = columns_of(c, "Mark", NULL);
    struct hs_table *table = c->n_marks ? hs_table_new(columns.column, columns.n) : NULL;
    if (!table)
        return;
    for (size_t i = 0; i < c->n_marks && i < MARKS_SHOWN; i++) {
        const struct hs_compare_mark *mark = &c->mark[i];
        char name[300];
        snprintf(name, sizeof name, mark->occurrence > 1 ? "%.255s#%" PRIu64 : "%.255s", mark->label ? mark->label : "",
                 mark->occurrence);
        struct line line = {.name = name};
        for (unsigned s = 0; s < c->n; s++) {
            line.value[s] = mark->used[s];
            line.change[s] = (int64_t)(mark->used[s] - mark->used[0]);
        }
        add_line(table, c, &line);
    }
    fputs("\n# Live bytes at each mark:\n#\n", out);
    print_table(table, v, out);
    if (c->n_marks > MARKS_SHOWN)
        fprintf(out, "# %zu more marks not shown\n", c->n_marks - MARKS_SHOWN);
}

/* Adds the rows that make a table add up. */
static void close_table(struct hs_table *table, const struct hs_compare *c, const char *kind)
{
    struct line line = line_of_rounding(c);
    line.kind = kind;
    if (c->by == HS_COST_RETAINED)
        add_line(table, c, &line);
    line = line_of_total(c, c->by, c->by == HS_COST_RETAINED ? "= gc.mem_alloc()" : "= sum");
    line.kind = kind;
    add_line(table, c, &line);
}

static void table_text(const struct hs_compareview *v, enum hs_compare_by by, FILE *out)
{
    const struct hs_compare *c = v->compare;
    const struct hs_compare_table *t = &c->table[by];
    const char *kind = by == HS_COMPARE_LINE && !hs_compare_shows(c, HS_COMPARE_KIND) ? NULL : tables[by].kind;
    struct columns columns = columns_of(c, tables[by].title, kind);
    struct hs_table *table = hs_table_new(columns.column, columns.n);
    struct line rest = {.name = "(all others)"}, line;
    size_t others = 0, rows = 0;
    if (!table)
        return;
    for (size_t i = 0; i < t->n; i++) {
        line = line_of_row(c, &t->row[i]);
        line.kind = kind ? line.kind : NULL;
        if (shown(v, &t->row[i]) && rows++ < v->limit) {
            add_line(table, c, &line);
            continue;
        }
        others += counts(c, &t->row[i]);
        for (unsigned s = 0; s < c->n; s++) {
            rest.value[s] += line.value[s];
            rest.change[s] += line.change[s];
        }
    }
    rest.kind = kind ? "" : NULL;
    if (others)
        add_line(table, c, &rest);
    if (by != HS_COMPARE_NAME)
        close_table(table, c, rest.kind);
    fprintf(out, "\n# %s, %s:\n#\n", tables[by].heading, hs_cost_text(c->by));
    print_table(table, v, out);
}

static void sides_text(const struct hs_compareview *v, FILE *out)
{
    const struct hs_compare *c = v->compare;
    char prefix[300];
    fprintf(out, "# Comparison with '%s'\n", c->side[0].path);
    for (unsigned s = 0; s < c->n; s++) {
        struct hs_head head = {c->side[s].path, c->side[s].names->reader, c->side[s].model};
        snprintf(prefix, sizeof prefix, "# %.250s: ", short_name(c, s));
        if (s == 0 || c->apart[s] & (HS_APART_BUILD | HS_APART_WORD))
            hs_head_text(&head, out, prefix);
        else
            hs_head_warnings(&head, out, prefix);
        for (unsigned f = 0; f < c->side[s].n_files; f++)
            if (strcmp(c->side[s].file[f].own, c->side[s].file[f].base))
                fprintf(out, "%slines of %s are shown under the name of %s\n", prefix, c->side[s].file[f].own,
                        c->side[s].file[f].base);
        for (size_t i = 0; i < N_APARTS; i++)
            if (c->apart[s] & aparts[i].bit)
                fprintf(out, "%snote: %s\n", prefix, aparts[i].text);
        if (!c->side[s].snapshot->synced)
            fprintf(out, "%swarning: the heap's layout was not known then\n", prefix);
    }
    if (c->marks_elsewhere)
        fprintf(out, "# note: marks that the first trace does not have, left out: %zu\n", c->marks_elsewhere);
    fputs("#\n", out);
}

static void groups_text(const struct hs_compareview *v, unsigned side, enum hs_compare_by by, FILE *out)
{
    const struct hs_compare *c = v->compare;
    unsigned n = 0;
    if (!hs_compare_shows(c, by))
        return;
    for (size_t i = 0; i < c->table[by].n && n < CULPRITS_SHOWN; i++) {
        const struct hs_compare_row *row = &c->table[by].row[i];
        char change[32], name[HS_NAME_MAX];
        int64_t grown = hs_compare_change(c, row, side);
        if (grown <= 0)
            continue;
        hs_format(change, sizeof change, HS_VALUE_CHANGE, (struct hs_value){.i = grown});
        hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){.s = row->name});
        fprintf(out, "%12s  %s%s%s\n", change, row->kind && *row->kind ? row->kind : "", row->kind && *row->kind ? ", " : "",
                name);
        n++;
    }
}

static void verdict_text(const struct hs_compareview *v, FILE *out)
{
    const struct hs_compare *c = v->compare;
    for (unsigned s = 1; s < c->n; s++) {
        char change[32];
        hs_format(change, sizeof change, HS_VALUE_CHANGE, (struct hs_value){.i = hs_compare_total(c, c->by, s)});
        if (!hs_compareview_exceeds(v, s))
            continue;
        fprintf(out, "\nFAIL %s: %s %s, more than %s:\n", c->side[s].path, hs_cost_text(c->by), change, v->limit_text);
        groups_text(v, s, HS_COMPARE_LINE, out);
    }
}

void hs_compareview_text(const struct hs_compareview *v, FILE *out)
{
    sides_text(v, out);
    figures_text(v, out);
    marks_text(v, out);
    for (enum hs_compare_by by = 0; by < HS_COMPARE_TABLES; by++)
        if (hs_compare_shows(v->compare, by))
            table_text(v, by, out);
    verdict_text(v, out);
}

/* ---- JSON ---- */

static void numbers_json(struct hs_json *json, const char *key, const uint64_t *value, size_t stride, unsigned n)
{
    hs_json_array(json, key);
    for (unsigned s = 0; s < n; s++)
        if (value[s * stride] == HS_NO_MARK)
            hs_json_null(json, NULL);
        else
            hs_json_uint(json, NULL, value[s * stride]);
    hs_json_end(json);
}

static void sides_json(const struct hs_compareview *v, struct hs_json *json)
{
    const struct hs_compare *c = v->compare;
    hs_json_array(json, "traces");
    for (unsigned s = 0; s < c->n; s++) {
        struct hs_head head = {c->side[s].path, c->side[s].names->reader, c->side[s].model};
        hs_json_object(json, NULL);
        hs_head_json(&head, json);
        hs_json_bool(json, "synced", c->side[s].snapshot->synced);
        hs_json_array(json, "apart");
        for (size_t i = 0; i < N_APARTS; i++)
            if (c->apart[s] & aparts[i].bit)
                hs_json_text(json, NULL, aparts[i].key);
        hs_json_end(json);
        hs_json_object(json, "certainty");
        for (enum hs_cost f = HS_COST_ALLOCATED; f <= HS_COST_PEAK; f++)
            hs_json_text(json, hs_cost_name(f), hs_certainty_name(certainty(c, s, f)));
        hs_json_end(json);
        hs_json_bool(json, "exceeds", hs_compareview_exceeds(v, s));
        hs_json_end(json);
    }
    hs_json_end(json);
}

static void row_json(const struct hs_compareview *v, enum hs_compare_by by, const struct hs_compare_row *row, struct hs_json *json)
{
    const struct hs_compare *c = v->compare;
    hs_json_object(json, NULL);
    hs_json_text(json, "name", row->name);
    if (row->kind)
        hs_json_text(json, tables[by].kind_key, row->kind);
    for (enum hs_cost f = 0; f < HS_COSTS_OF_ROWS; f++)
        if (hs_compare_has_figure(by, f))
            numbers_json(json, hs_cost_name(f), &row->cell[0].cost[f], sizeof *row->cell / sizeof(uint64_t), c->n);
    hs_json_end(json);
}

static void table_json(const struct hs_compareview *v, enum hs_compare_by by, struct hs_json *json)
{
    const struct hs_compare_table *t = &v->compare->table[by];
    hs_json_array(json, tables[by].key);
    for (size_t i = 0; i < t->n; i++)
        row_json(v, by, &t->row[i], json);
    hs_json_end(json);
}

static void marks_json(const struct hs_compareview *v, struct hs_json *json)
{
    const struct hs_compare *c = v->compare;
    hs_json_array(json, "marks");
    for (size_t i = 0; i < c->n_marks; i++) {
        hs_json_object(json, NULL);
        hs_json_text(json, "label", c->mark[i].label ? c->mark[i].label : "");
        hs_json_uint(json, "occurrence", c->mark[i].occurrence);
        numbers_json(json, "used_bytes", c->mark[i].used, 1, c->n);
        hs_json_end(json);
    }
    hs_json_end(json);
}

int hs_compareview_json(const struct hs_compareview *v, FILE *out)
{
    const struct hs_compare *c = v->compare;
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    hs_json_text(json, "when", v->when);
    sides_json(v, json);
    hs_json_object(json, "figures");
    for (unsigned f = 0; f < HS_COSTS; f++)
        numbers_json(json, hs_cost_name(f), &c->total[0][f], HS_COSTS, c->n);
    hs_json_end(json);
    numbers_json(json, "rounding_bytes", c->rounding, 1, c->n);
    marks_json(v, json);
    for (enum hs_compare_by by = 0; by < HS_COMPARE_TABLES; by++)
        if (hs_compare_shows(c, by))
            table_json(v, by, json);
    hs_json_end(json);
    int error = hs_json_print(json, out, true);
    hs_json_free(json);
    return error;
}
