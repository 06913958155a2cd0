/* SPDX-License-Identifier: MIT */
#include "analysis/blame/blameview.h"
#include "analysis/model/knowledge.h"

#include <stdlib.h>

#include "analysis/time/summary.h"
#include "analysis/blame/adviceview.h"
#include "analysis/draw/table.h"

#define CASES_SHOWN 8u

static const char *count(char *buffer, uint64_t value)
{
    return hs_format(buffer, 32, HS_VALUE_COUNT, (struct hs_value){.u = value});
}

static double seconds(const struct hs_blameview *v, uint64_t ticks) { return hs_seconds(v->head.reader, ticks); }

static const char *duration(const struct hs_blameview *v, char *buffer, uint64_t ticks)
{
    return hs_format(buffer, 32, HS_VALUE_SECONDS, (struct hs_value){.d = seconds(v, ticks)});
}

static const char *line_of(const struct hs_blameview *v, uint32_t site, char *name, char *shown)
{
    hs_name_of_site(v->names, site, HS_KEY_LINE, name);
    return hs_format(shown, HS_NAME_MAX, HS_VALUE_TEXT, (struct hs_value){.s = name});
}

/* ---- tables ---- */

static const struct hs_column case_columns[] = {
    {"Requested", "asked_bytes", HS_VALUE_BYTES},
    {"Free", "free_bytes", HS_VALUE_BYTES},
    {"Longest run", "largest_free_bytes", HS_VALUE_BYTES},
    {"Blocks", "blocks", HS_VALUE_COUNT},
    {"Bytes", "bytes", HS_VALUE_BYTES},
    {"When", "seconds", HS_VALUE_SECONDS},
    {NULL, "number", HS_VALUE_COUNT},
    {"Verdict", "verdict", HS_VALUE_TEXT},
    {"Line", "line", HS_VALUE_TEXT},
};

static struct hs_table *case_table(const struct hs_blameview *v, size_t most)
{
    struct hs_table *table = hs_table_new(case_columns, sizeof case_columns / sizeof *case_columns);
    char line[HS_NAME_MAX];
    for (size_t i = v->n > most ? v->n - most : 0; table && i < v->n; i++) {
        const struct hs_blame_case *c = &v->cases[i];
        bool none = c->blame.answer == HS_BLAME_IMPOSSIBLE;
        const struct hs_value row[] = {
            {.u = c->failure.size},
            {.u = c->failure.free},
            {.u = c->failure.largest_free},
            {.u = c->blame.n, .none = none},
            {.u = c->blame.bytes, .none = none},
            {.d = seconds(v, c->elapsed)},
            {.u = c->failure.number},
            {.s = hs_verdict_name(c->failure.verdict)},
            {.s = hs_name_of_site(v->names, c->failure.site, HS_KEY_LINE, line)},
        };
        hs_table_add(table, row);
    }
    return table;
}

static const struct hs_column culprit_columns[] = {
    {"Blocks", "blocks", HS_VALUE_COUNT},
    {"Bytes", "bytes", HS_VALUE_BYTES},
    {"Youngest", "youngest_seconds", HS_VALUE_SECONDS},
    {"Oldest", "oldest_seconds", HS_VALUE_SECONDS},
    {"Survived", "survived_most", HS_VALUE_COUNT},
    {NULL, "survived_least", HS_VALUE_COUNT},
    {"Kind", "kind", HS_VALUE_TEXT},
    {"Line", "line", HS_VALUE_TEXT},
};

static struct hs_table *group_table(const struct hs_blameview *v, const struct hs_blame_groups *c)
{
    struct hs_table *table = hs_table_new(culprit_columns, sizeof culprit_columns / sizeof *culprit_columns);
    for (size_t i = 0; table && i < c->n && i < v->limit; i++) {
        const struct hs_blame_group *of = &c->of[i];
        const struct hs_value row[] = {
            {.u = of->blocks},
            {.u = of->bytes},
            {.d = seconds(v, of->youngest)},
            {.d = seconds(v, of->oldest)},
            {.u = of->survived_most},
            {.u = of->survived_least},
            {.s = of->kind},
            {.s = of->line},
        };
        hs_table_add(table, row);
    }
    return table;
}

static const struct hs_column block_columns[] = {
    {"Address", "address", HS_VALUE_HEX},     {"Bytes", "bytes", HS_VALUE_BYTES},
    {NULL, "asked_bytes", HS_VALUE_BYTES},    {NULL, "pos", HS_VALUE_COUNT},
    {NULL, "granules", HS_VALUE_COUNT},       {NULL, "number", HS_VALUE_COUNT},
    {"Age", "age_seconds", HS_VALUE_SECONDS}, {"Survived", "survived", HS_VALUE_COUNT},
    {"Kind", "kind", HS_VALUE_TEXT},          {"Line", "line", HS_VALUE_TEXT},
};

static struct hs_table *block_table(const struct hs_blameview *v, const struct hs_blame *blame, uint64_t most)
{
    struct hs_table *table = hs_table_new(block_columns, sizeof block_columns / sizeof *block_columns);
    char line[HS_NAME_MAX], kind[HS_NAME_MAX];
    for (uint32_t i = 0; table && i < blame->n && i < most; i++) {
        const struct hs_blamed *b = &blame->blocks[i];
        const struct hs_value row[] = {
            {.u = b->address},
            {.u = b->bytes},
            {.u = b->block.size},
            {.u = b->block.pos},
            {.u = b->block.granules},
            {.u = b->block.number},
            {.d = seconds(v, b->age)},
            {.u = b->survived},
            {.s = hs_name_of_site(v->names, b->block.site, HS_KEY_KIND, kind)},
            {.s = hs_name_of_site(v->names, b->block.site, HS_KEY_LINE, line)},
        };
        hs_table_add(table, row);
    }
    return table;
}

static const struct hs_column island_columns[] = {
    {"Share", "share", HS_VALUE_SHARE},      {NULL, "parted_bytes", HS_VALUE_BYTES},
    {"Times", "moments", HS_VALUE_COUNT},    {"Blocks", "blocks", HS_VALUE_COUNT},
    {"Bytes", "bytes", HS_VALUE_BYTES},      {"Lived", "lifetime_seconds", HS_VALUE_SECONDS},
    {"Survived", "survived", HS_VALUE_REAL}, {"Beside lived", "beside_lifetime_seconds", HS_VALUE_SECONDS},
    {"Line", "line", HS_VALUE_TEXT},         {"Mostly beside", "beside", HS_VALUE_TEXT},
};

static struct hs_table *island_table(const struct hs_blameview *v, double least)
{
    struct hs_table *table = hs_table_new(island_columns, sizeof island_columns / sizeof *island_columns);
    const struct hs_island_report *r = v->islands;
    for (size_t i = 0; table && i < r->n && i < v->limit && r->row[i].share >= least; i++) {
        const struct hs_island_row *row = &r->row[i];
        const struct hs_island_site *s = &row->sum;
        const struct hs_value value[] = {
            {.d = row->share},
            {.u = s->parted},
            {.u = s->moments},
            {.u = s->blocks},
            {.u = s->bytes},
            {.d = s->ended ? seconds(v, s->lifetime / s->ended) : 0, .none = !s->ended},
            {.d = s->ended ? (double)s->survived / (double)s->ended : 0, .none = !s->ended},
            {.d = s->besides ? seconds(v, s->beside_lifetime / s->besides) : 0, .none = !s->besides},
            {.s = v->groups->group[row->group].name[0]},
            {.s = row->beside == UINT32_MAX ? "" : v->groups->group[row->beside].name[0], .none = row->beside == UINT32_MAX},
        };
        hs_table_add(table, value);
    }
    return table;
}

/* ---- text ---- */

static void print(struct hs_table *table, FILE *out, bool color)
{
    if (table)
        hs_table_text(table, out, (struct hs_table_style){.color = color});
    hs_table_free(table);
}

static void request_text(const struct hs_blameview *v, const struct hs_blame_case *c, FILE *out)
{
    char a[32], b[32], l[32], when[32], name[HS_NAME_MAX], shown[HS_NAME_MAX];
    fprintf(out, "\n# %s contiguous bytes, ", count(a, c->failure.size));
    if (c->hypothetical)
        fprintf(out, "if they were requested at %s", v->when);
    else
        fprintf(out, "requested %s into the trace by %s", duration(v, when, c->elapsed), line_of(v, c->failure.site, name, shown));
    fprintf(out, ":\n# %s bytes were free, the longest run had %s\n", count(b, c->failure.free),
            count(l, c->failure.largest_free));
}

static void answer_text(const struct hs_blameview *v, const struct hs_blame_case *c, FILE *out)
{
    const struct hs_blame *b = &c->blame;
    char blocks[32], bytes[32], run[32];
    if (b->answer == HS_BLAME_ROOM) {
        fprintf(out, "# => there is room: a free run has %s bytes\n", count(run, b->run_bytes));
    } else if (b->answer == HS_BLAME_IMPOSSIBLE) {
        fputs("# => no region is that large: the request would not fit into an empty heap\n", out);
    } else {
        fprintf(out,
                "# => %s %s (%s bytes) blocked it: without %s, %s contiguous bytes would be free.\n"
                "#    No set with fewer %s is enough\n#\n",
                count(blocks, b->n), b->n == 1 ? "block" : "blocks", count(bytes, b->bytes), b->n == 1 ? "it" : "them",
                count(run, b->run_bytes), v->by == HS_BLAME_BLOCKS ? "blocks" : "bytes");
        print(group_table(v, &c->blame_groups), out, v->color);
        if (c->blame_groups.n > v->limit)
            fprintf(out, "# %zu more lines not shown (--limit 0 shows all)\n", c->blame_groups.n - (size_t)v->limit);
    }
}

static void cases_text(const struct hs_blameview *v, FILE *out)
{
    char number[32];
    if (v->n > 1) {
        fprintf(out, "\n# Failed allocations, and the smallest set of blocks that blocked each%s:\n#\n",
                v->n > CASES_SHOWN || v->failures > v->n + v->unplaced ? ", the last ones" : "");
        print(case_table(v, CASES_SHOWN), out, v->color);
    }
    if (v->unplaced && !v->when)
        fprintf(out, "# %s failed while the heap was locked, or when its layout is unknown: no block blocked these\n",
                count(number, v->unplaced));
    if (!v->failures && !v->when)
        fprintf(out, "# %s. --size N asks about one of N bytes, --at WHEN about another moment than the end\n",
                hs_knowledge_of(v->head.model, v->head.reader).failures == HS_EXACT ? "no allocation failed"
                                                                                    : "no failed allocation is in this trace");
    if (v->n) {
        request_text(v, &v->cases[v->n - 1], out);
        answer_text(v, &v->cases[v->n - 1], out);
    }
}

static void islands_text(const struct hs_blameview *v, FILE *out)
{
    const struct hs_island_report *r = v->islands;
    char moments[32], parted[32];
    if (!r->moments) {
        fputs("\n# Islands: not known, because the trace has no collection and no failure at which the layout is known\n", out);
        return;
    }
    if (!r->n) {
        fputs("\n# No islands: after no collection did blocks separate two free runs that are both longer than they are\n", out);
        return;
    }
    fprintf(out,
            "\n# Blocks that fragment free space (islands), checked after each of %s collections and failures;\n"
            "# on average they split off %s bytes:\n#\n",
            count(moments, r->moments), count(parted, r->parted / r->moments));
    print(island_table(v, v->limit == UINT64_MAX ? 0 : 0.01), out, v->color);
    fputs("#\n# an island: used granules between two free runs, each at least as long; it splits off the shorter run.\n"
          "# share: of all bytes split off; times: checks at which the line had islands; lived: age of its blocks;\n"
          "# beside: how many times a block next to one of them was freed\n",
          out);
}

/* Names in the finding come from the trace. */
static void finding_text(const struct hs_blameview *v, FILE *out)
{
    char text[1024];
    if (v->finding)
        fprintf(out, "# %s\n#   (evidence and what to do: heapstrata doctor)\n",
                hs_format(text, sizeof text, HS_VALUE_TEXT, (struct hs_value){.s = v->finding}));
}

void hs_blameview_text(const struct hs_blameview *v, FILE *out)
{
    fprintf(out, "# Blame in '%s'\n", v->head.path);
    hs_head_text(&v->head, out, "# ");
    finding_text(v, out);
    cases_text(v, out);
    islands_text(v, out);
    hs_advice_text(v, out);
}

/* ---- JSON ---- */

static void add(struct hs_json *json, const char *key, struct hs_table *table)
{
    if (table)
        hs_table_json(table, json, key);
    hs_table_free(table);
}

static void case_json(const struct hs_blameview *v, const struct hs_blame_case *c, struct hs_json *json)
{
    static const char *const answers[] = {
        [HS_BLAME_ROOM] = "room",
        [HS_BLAME_FOUND] = "blocks",
        [HS_BLAME_IMPOSSIBLE] = "impossible",
    };
    const struct hs_blame *b = &c->blame;
    char line[HS_NAME_MAX];
    hs_json_object(json, "blame");
    hs_json_bool(json, "hypothetical", c->hypothetical);
    hs_json_uint(json, "asked_bytes", c->failure.size);
    hs_json_text(json, "line", c->hypothetical ? NULL : hs_name_of_site(v->names, c->failure.site, HS_KEY_LINE, line));
    hs_json_real(json, "seconds", seconds(v, c->elapsed));
    hs_json_uint(json, "number", c->failure.number);
    hs_json_uint(json, "free_bytes", c->failure.free);
    hs_json_uint(json, "largest_free_bytes", c->failure.largest_free);
    hs_json_text(json, "fewest", v->by == HS_BLAME_BLOCKS ? "blocks" : "bytes");
    hs_json_text(json, "answer", answers[b->answer]);
    if (b->answer != HS_BLAME_IMPOSSIBLE) {
        hs_json_uint(json, "region", b->region);
        hs_json_hex(json, "run_address", b->address);
        hs_json_uint(json, "run_bytes", b->run_bytes);
        hs_json_uint(json, "blocks", b->n);
        hs_json_uint(json, "bytes", b->bytes);
        add(json, "lines", group_table(v, &c->blame_groups));
        add(json, "set", block_table(v, b, UINT64_MAX));
    }
    hs_json_end(json);
}

int hs_blameview_json(const struct hs_blameview *v, FILE *out)
{
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    hs_head_json(&v->head, json);
    hs_json_text(json, "finding", v->finding);
    hs_json_uint(json, "failed", v->failures);
    hs_json_uint(json, "failed_without_blame", v->unplaced);
    add(json, "failures", case_table(v, v->when ? 0 : SIZE_MAX));
    if (v->n)
        case_json(v, &v->cases[v->n - 1], json);
    else
        hs_json_null(json, "blame");
    hs_json_uint(json, "moments", v->islands->moments);
    hs_json_uint(json, "parted_bytes", v->islands->parted);
    add(json, "islands", island_table(v, 0));
    hs_advice_json(v, json);
    hs_json_end(json);
    int error = hs_json_print(json, out, true);
    hs_json_free(json);
    return error;
}
