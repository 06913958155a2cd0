/* SPDX-License-Identifier: MIT
 *
 * The report: a head, the table of groups, callers below its rows, failed allocations, separators.
 */
#include <string.h>

#include "analysis/report/reportview.h"
#include "analysis/draw/table.h"

#define FAILURES_SHOWN 8u
#define SEPARATORS_SHOWN 10u
#define SEPARATOR_SHARE 0.02 /* of the borders and of the free bytes: lines below both are not shown */

/* ---- columns ---- */

static struct hs_value nothing(void) { return (struct hs_value){.none = true}; }

static struct hs_value share_of(const struct hs_report *r, const struct hs_site_sum *sum)
{
    uint64_t total = hs_weight_of(&r->groups->total, r->groups->by.weight);
    return (struct hs_value){.d = total ? (double)hs_weight_of(sum, r->groups->by.weight) / (double)total : 0};
}

static struct hs_value children_share(const struct hs_report *r, const struct hs_group *g) { return share_of(r, &g->children); }

static struct hs_value self_share(const struct hs_report *r, const struct hs_group *g) { return share_of(r, &g->self); }

static struct hs_value ratio(uint64_t part, uint64_t whole)
{
    return whole ? (struct hs_value){.d = (double)part / (double)whole} : nothing();
}

#define GETTER(name, expression) \
    static struct hs_value name(const struct hs_report *r, const struct hs_group *g) \
    { \
        (void)r; \
        return expression; \
    }
#define NUMBER(value) ((struct hs_value){.u = (value)})

#define ENDS(which, end) NUMBER(hs_rounded(hs_interval_of_##which(&g->self).end))

#define KNOWN(certainty, value) ((certainty) == HS_NOT_KNOWN ? nothing() : NUMBER(value))

static const struct hs_knowledge *known(const struct hs_report *r) { return &r->summary.heap.known; }

GETTER(bytes, KNOWN(known(r)->lines, hs_all_bytes(&g->self)))
GETTER(bytes_low, ENDS(bytes, low))
GETTER(bytes_high, ENDS(bytes, high))
GETTER(taken, KNOWN(known(r)->lines, hs_all_taken(&g->self)))
GETTER(requests, KNOWN(known(r)->lines, hs_all_requests(&g->self)))
GETTER(requests_low, ENDS(requests, low))
GETTER(requests_high, ENDS(requests, high))
GETTER(allocs, KNOWN(known(r)->split, hs_all_allocs(&g->self)))
GETTER(reallocs, KNOWN(known(r)->split, hs_all_reallocs(&g->self)))
GETTER(mean_size, ratio(hs_all_bytes(&g->self), hs_all_requests(&g->self)))
GETTER(peak, KNOWN(known(r)->at_peak, g->self.at_peak))
GETTER(live, KNOWN(known(r)->live, hs_all_live(&g->self)))
GETTER(live_low, known(r)->live == HS_NOT_KNOWN ? nothing() : ENDS(live, low))
GETTER(live_high, known(r)->live == HS_NOT_KNOWN ? nothing() : ENDS(live, high))
GETTER(live_blocks, KNOWN(known(r)->live, hs_all_blocks(&g->self)))
GETTER(freed, KNOWN(known(r)->ends, hs_all_freed(&g->self)))
GETTER(swept, KNOWN(known(r)->ends, hs_all_swept(&g->self)))
GETTER(failed, NUMBER(g->self.failed))
GETTER(samples, NUMBER(g->self.sampled.samples))

static struct hs_value mean_size_rounded(const struct hs_report *r, const struct hs_group *g)
{
    struct hs_value mean = mean_size(r, g);
    return mean.none ? mean : NUMBER((uint64_t)(mean.d + 0.5));
}

static struct hs_value lifetime(const struct hs_report *r, const struct hs_group *g)
{
    struct hs_lives lives = hs_lives_of(&g->self);
    uint32_t hz = hs_reader_info(r->head.reader)->hz;
    return lives.gone > 0 ? (struct hs_value){.d = hz ? lives.lifetime / hz : 0} : nothing();
}

static struct hs_value survived(const struct hs_report *r, const struct hs_group *g)
{
    struct hs_lives lives = hs_lives_of(&g->self);
    (void)r;
    return lives.gone > 0 ? (struct hs_value){.d = lives.survived} : nothing();
}

enum when { ALWAYS, WITH_CHILDREN, WITHOUT_CHILDREN, WITH_PEAK, WITHOUT_PEAK, WITH_SAMPLES };

static const struct {
    struct hs_column column;
    enum when when;
    struct hs_value (*get)(const struct hs_report *, const struct hs_group *);
} measures[] = {
    {{"Children", "children", HS_VALUE_SHARE}, WITH_CHILDREN, children_share},
    {{"Self", "overhead", HS_VALUE_SHARE}, WITH_CHILDREN, self_share},
    {{"Overhead", "overhead", HS_VALUE_SHARE}, WITHOUT_CHILDREN, self_share},
    {{"Bytes", "bytes", HS_VALUE_BYTES}, ALWAYS, bytes},
    {{"From", "bytes_low", HS_VALUE_BYTES}, WITH_SAMPLES, bytes_low},
    {{"To", "bytes_high", HS_VALUE_BYTES}, WITH_SAMPLES, bytes_high},
    {{NULL, "taken_bytes", HS_VALUE_BYTES}, ALWAYS, taken},
    {{"Allocs", NULL, HS_VALUE_COUNT}, ALWAYS, requests},
    {{NULL, "allocs", HS_VALUE_COUNT}, ALWAYS, allocs},
    {{NULL, "reallocs", HS_VALUE_COUNT}, ALWAYS, reallocs},
    {{NULL, "requests_low", HS_VALUE_COUNT}, WITH_SAMPLES, requests_low},
    {{NULL, "requests_high", HS_VALUE_COUNT}, WITH_SAMPLES, requests_high},
    {{"Mean", NULL, HS_VALUE_BYTES}, ALWAYS, mean_size_rounded},
    {{NULL, "mean_size", HS_VALUE_REAL}, ALWAYS, mean_size},
    {{"At peak", "peak_bytes", HS_VALUE_BYTES}, WITH_PEAK, peak},
    {{NULL, "peak_bytes", HS_VALUE_BYTES}, WITHOUT_PEAK, peak},
    {{"Live", "live_bytes", HS_VALUE_BYTES}, ALWAYS, live},
    {{NULL, "live_low", HS_VALUE_BYTES}, WITH_SAMPLES, live_low},
    {{NULL, "live_high", HS_VALUE_BYTES}, WITH_SAMPLES, live_high},
    {{"Blocks", "live_blocks", HS_VALUE_COUNT}, ALWAYS, live_blocks},
    {{"Lifetime", "mean_lifetime_seconds", HS_VALUE_SECONDS}, ALWAYS, lifetime},
    {{"Survived", "collections_survived", HS_VALUE_REAL}, ALWAYS, survived},
    {{NULL, "freed", HS_VALUE_COUNT}, ALWAYS, freed},
    {{NULL, "swept", HS_VALUE_COUNT}, ALWAYS, swept},
    {{NULL, "failed", HS_VALUE_COUNT}, ALWAYS, failed},
    {{"Samples", "samples", HS_VALUE_COUNT}, WITH_SAMPLES, samples},
};

#define N_MEASURES (sizeof measures / sizeof *measures)
#define COLUMNS_MAX (N_MEASURES + HS_KEYS)

static const char *const key_titles[] = {
    [HS_KEY_LINE] = "Line",     [HS_KEY_FUNCTION] = "Function",      [HS_KEY_FILE] = "File",
    [HS_KEY_KIND] = "Kind",     [HS_KEY_NATIVE] = "Native function", [HS_KEY_STACK] = "Stack",
    [HS_KEY_THREAD] = "Thread",
};

/* The columns of one report: measures[measure[i]] for the first `n_measures`, then names. */
struct layout {
    struct hs_column column[COLUMNS_MAX];
    size_t measure[N_MEASURES];
    size_t n_measures, n;
};

static bool wanted(const struct hs_report *r, enum when when)
{
    switch (when) {
    case WITH_CHILDREN: return r->groups->by.children;
    case WITHOUT_CHILDREN: return !r->groups->by.children;
    case WITH_PEAK: return r->groups->by.weight == HS_WEIGHT_PEAK;
    case WITHOUT_PEAK: return r->groups->by.weight != HS_WEIGHT_PEAK;
    case WITH_SAMPLES: return r->groups->total.sampled.samples > 0;
    default: return true;
    }
}

static struct layout lay_out(const struct hs_report *r)
{
    struct layout l = {.n = 0};
    for (size_t i = 0; i < N_MEASURES; i++) {
        if (!wanted(r, measures[i].when))
            continue;
        l.column[l.n] = measures[i].column;
        l.measure[l.n++] = i;
    }
    l.n_measures = l.n;
    for (unsigned k = 0; k < r->groups->by.n_keys; k++) {
        enum hs_group_by key = r->groups->by.key[k];
        l.column[l.n++] = (struct hs_column){key_titles[key], hs_group_by_name(key), HS_VALUE_TEXT};
    }
    return l;
}

static void add_row(const struct hs_report *r, const struct layout *l, struct hs_table *table, const struct hs_group *group)
{
    struct hs_value value[COLUMNS_MAX];
    for (size_t i = 0; i < l->n_measures; i++)
        value[i] = measures[l->measure[i]].get(r, group);
    for (size_t i = l->n_measures; i < l->n; i++)
        value[i] = (struct hs_value){.s = group->name[i - l->n_measures]};
    hs_table_add(table, value);
}

/* Number of rows shown; groups are sorted, heaviest first. */
static size_t shown(const struct hs_report *r)
{
    size_t n = 0;
    while (n < r->groups->n && n < r->limit && children_share(r, &r->groups->group[n]).d >= r->min_share)
        n++;
    return n;
}

static struct hs_table *make_table(const struct hs_report *r, const struct layout *l)
{
    struct hs_table *table = hs_table_new(l->column, l->n);
    size_t n = shown(r);
    for (size_t i = 0; table && i < n; i++)
        add_row(r, l, table, &r->groups->group[i]);
    return table;
}

/* ---- failures and separators as tables ---- */

static const struct hs_column failure_columns[] = {
    {"Requested", "asked_bytes", HS_VALUE_BYTES},
    {"Free", "free_bytes", HS_VALUE_BYTES},
    {"Longest run", "largest_free_bytes", HS_VALUE_BYTES},
    {"When", "seconds", HS_VALUE_SECONDS},
    {NULL, "boot", HS_VALUE_COUNT},
    {NULL, "number", HS_VALUE_COUNT},
    {"Verdict", "verdict", HS_VALUE_TEXT},
    {"Line", "line", HS_VALUE_TEXT},
};

static void add_failure(const struct hs_report *r, struct hs_table *table, const struct hs_failure *f)
{
    char line[HS_NAME_MAX];
    const struct hs_value row[] = {
        {.u = f->size},
        {.u = f->free, .none = !f->synced},
        {.u = f->largest_free, .none = !f->synced},
        {.d = hs_seconds(r->head.reader, f->elapsed)},
        {.u = f->boot},
        {.u = f->number},
        {.s = hs_verdict_name(f->verdict)},
        {.s = hs_name_of_site(r->names, f->site, HS_KEY_LINE, line)},
    };
    hs_table_add(table, row);
}

/* The last `most` failures. */
static struct hs_table *failure_table(const struct hs_report *r, uint64_t most)
{
    const struct hs_model *m = r->head.model;
    struct hs_table *table = hs_table_new(failure_columns, sizeof failure_columns / sizeof *failure_columns);
    uint64_t kept = m->n_failures < HS_FAILURES_KEPT ? m->n_failures : HS_FAILURES_KEPT;
    uint64_t n = kept < most ? kept : most;
    for (uint64_t i = m->n_failures - n; table && i < m->n_failures; i++)
        add_failure(r, table, &m->failure[i % HS_FAILURES_KEPT]);
    return table;
}

static const struct hs_column pin_columns[] = {
    {"Longest if removed", "largest_free_without_bytes", HS_VALUE_BYTES},
    {"Cumulative", "largest_free_together_bytes", HS_VALUE_BYTES},
    {"Adjacent", "border_share", HS_VALUE_SHARE},
    {"Blocks", "blocks", HS_VALUE_COUNT},
    {"Bytes", "bytes", HS_VALUE_BYTES},
    {"Line", "line", HS_VALUE_TEXT},
};

/* Whether a separator deserves a line: it forms at least `share` of the borders; or its removal, alone or with those
 * above it, makes the longest run longer by that share of the free bytes. */
static bool matters(const struct hs_report *r, size_t i, double share)
{
    const struct hs_separator *separator = &r->separators->separator[i];
    uint64_t above = i ? separator[-1].together : r->separators->largest_free;
    double alone = (double)(separator->largest_without - r->separators->largest_free), free = (double)r->separators->free;
    double added = separator->together > above ? (double)(separator->together - above) : 0;
    return (double)separator->borders >= share * (double)r->separators->borders || alone > share * free || added > share * free;
}

/* The first `most` separators that matter. */
static struct hs_table *separator_table(const struct hs_report *r, size_t most, double share)
{
    struct hs_table *table = hs_table_new(pin_columns, sizeof pin_columns / sizeof *pin_columns);
    for (size_t i = 0; table && i < r->separators->n && i < most; i++) {
        const struct hs_separator *separator = &r->separators->separator[i];
        if (!matters(r, i, share))
            continue;
        const struct hs_value row[] = {
            {.u = separator->largest_without},
            {.u = separator->together, .none = !separator->together},
            {.d = (double)separator->borders / (double)r->separators->borders},
            {.u = separator->blocks},
            {.u = separator->bytes},
            {.s = r->lines->group[separator->group].name[0]},
        };
        hs_table_add(table, row);
    }
    return table;
}

/* ---- text ---- */

static const char *grouped(char *buffer, size_t size, uint64_t value)
{
    return hs_format(buffer, size, HS_VALUE_COUNT, (struct hs_value){.u = value});
}

static void verdicts_text(const struct hs_model *m, FILE *out)
{
    uint64_t kept = m->n_failures < HS_FAILURES_KEPT ? m->n_failures : HS_FAILURES_KEPT;
    unsigned count[HS_VERDICT_UNKNOWN + 1] = {0};
    const char *separator = " (";
    for (uint64_t i = 0; i < kept; i++)
        count[m->failure[i].verdict]++;
    for (unsigned v = 0; v <= HS_VERDICT_UNKNOWN; v++) {
        if (!count[v])
            continue;
        fprintf(out, "%s%u %s", separator, count[v], hs_verdict_name((enum hs_verdict)v));
        separator = ", ";
    }
    fputs(kept < m->n_failures ? " of the last ones)\n" : kept ? ")\n" : "\n", out);
}

/* The doctor's first finding; names in it come from the trace. */
static void headline_text(const struct hs_report *r, FILE *out)
{
    char text[1024];
    if (r->headline)
        fprintf(out, "# %s\n#   (evidence and what to do: heapstrata doctor)\n",
                hs_format(text, sizeof text, HS_VALUE_TEXT, (struct hs_value){.s = r->headline}));
}

static void head_text(const struct hs_report *r, FILE *out)
{
    static const char *const weights[] = {
        [HS_WEIGHT_BYTES] = "bytes requested",
        [HS_WEIGHT_LIVE] = "bytes live at the end",
        [HS_WEIGHT_PEAK] = "bytes live when the heap was fullest",
    };
    const struct hs_summary *s = &r->summary;
    const struct hs_knowledge *k = known(r);
    char a[32], b[32], c[32], seconds[32];
    hs_format(seconds, sizeof seconds, HS_VALUE_SECONDS, (struct hs_value){.d = s->seconds});
    fprintf(out, "# Heap report of '%s'\n", r->head.path);
    hs_head_text(&r->head, out, "# ");
    headline_text(r, out);
    if (k->text)
        fputs("# events: not known\n", out);
    else
        fprintf(out, "# events: %s in %s, %s allocations%s, %s collection%s%s%s\n", grouped(a, sizeof a, s->events), seconds,
                grouped(b, sizeof b, s->heap.allocs + (k->split == HS_NOT_KNOWN ? s->heap.reallocs : 0)),
                k->split == HS_NOT_KNOWN ? " and reallocs" : "", grouped(c, sizeof c, s->collections),
                s->collections == 1 ? "" : "s", k->requests == HS_EXACT ? "" : ": ",
                k->requests == HS_EXACT ? "" : hs_certainty_name(k->requests));
    fprintf(out, "# failed allocations: %s",
            k->failures == HS_NOT_KNOWN ? hs_certainty_name(k->failures) : grouped(a, sizeof a, s->failed));
    verdicts_text(r->head.model, out);
    fprintf(out, "# overhead: share of the %s %s\n", grouped(a, sizeof a, hs_weight_of(&r->groups->total, r->groups->by.weight)),
            weights[r->groups->by.weight]);
    fputs("# bytes: requested; allocs: with reallocs; live: not freed at the end, in whole granules;\n"
          "# lifetime and collections survived: mean of the blocks that were freed\n",
          out);
    if (k->lines == HS_AT_LEAST && hs_model_saw_level(r->head.model, HS_LEVEL_SUMMARY))
        fputs("# a line is counted in the intervals in which it was among the largest: its bytes and allocs are at least these\n",
              out);
    if (k->live == HS_AT_LEAST)
        fputs("# live: of \"(before recording)\" the line is not in this trace; of the others at least these\n", out);
    fputs(r->groups->total.sampled.samples ? "# from, to: interval that contains the bytes requested in 95 of 100 cases\n#\n"
                                           : "#\n",
          out);
}

/* One caller, then its own callers. A chain of only callers stays in one column. */
static void caller_text(const struct hs_callers *c, uint32_t at, uint64_t whole, const char *margin, FILE *out)
{
    char name[HS_NAME_MAX], shown_name[HS_NAME_MAX], inner[HS_DEPTH_MAX * 2 + 40];
    bool only = c->node[at].sibling == HS_NO_CALLER && c->node[at].weight == whole;
    const char *after = c->node[at].sibling == HS_NO_CALLER ? " " : "|";
    hs_name_of_frame(&c->node[at].frame, HS_KEY_LINE, name);
    hs_format(shown_name, sizeof shown_name, HS_VALUE_TEXT, (struct hs_value){.s = name});
    if (only) {
        fprintf(out, "%s%s\n", margin, shown_name);
        snprintf(inner, sizeof inner, "%s", margin);
    } else {
        fprintf(out, "%s%s--%5.2f%%-- %s\n", margin, *after == ' ' ? "`" : "|",
                whole ? 100.0 * (double)c->node[at].weight / (double)whole : 0, shown_name);
        snprintf(inner, sizeof inner, "%.200s%s  ", margin, after);
    }
    for (uint32_t i = c->node[at].child; i != HS_NO_CALLER; i = c->node[i].sibling)
        caller_text(c, i, c->node[at].weight, inner, out);
}

static void callers_text(const struct hs_report *r, const struct hs_group *group, FILE *out)
{
    struct hs_callers c;
    if (hs_callers_build(&c, group, r->head.model, r->names, r->groups->by.weight) == HS_OK)
        for (uint32_t i = c.node[0].child; i != HS_NO_CALLER; i = c.node[i].sibling)
            caller_text(&c, i, c.node[0].weight, "            ", out);
    hs_callers_free(&c);
}

static void table_text(const struct hs_report *r, FILE *out)
{
    struct layout l = lay_out(r);
    struct hs_table *table = make_table(r, &l);
    size_t n = shown(r);
    if (!table)
        return;
    hs_table_titles(table, out, (struct hs_table_style){.color = r->color});
    for (size_t i = 0; i < n; i++) {
        hs_table_row(table, i, out, (struct hs_table_style){.color = r->color});
        if (r->call_graph)
            callers_text(r, &r->groups->group[i], out);
    }
    if (n < r->groups->n)
        fprintf(out, "# %zu more not shown (--limit 0 shows all)\n", r->groups->n - n);
    hs_table_free(table);
}

static void failures_text(const struct hs_report *r, FILE *out)
{
    const struct hs_model *m = r->head.model;
    struct hs_table *table = failure_table(r, FAILURES_SHOWN);
    char number[32];
    if (!m->n_failures || !table) {
        hs_table_free(table);
        return;
    }
    const struct hs_failure *last = &m->failure[(m->n_failures - 1) % HS_FAILURES_KEPT];
    fprintf(out, "\n# Failed allocations: %s", grouped(number, sizeof number, m->n_failures));
    fprintf(out, m->n_failures > FAILURES_SHOWN ? ", the last %u:\n#\n" : "\n#\n", FAILURES_SHOWN);
    hs_table_text(table, out, (struct hs_table_style){.color = r->color});
    fprintf(out, "#\n# %s: %s\n", hs_verdict_name(last->verdict), hs_verdict_text(last->verdict));
    hs_table_free(table);
}

static void needed_text(const struct hs_report *r, FILE *out)
{
    size_t n = r->separators_asked ? hs_separators_needed(r->separators, r->separators_asked) : 0;
    char a[32], b[32];
    if (!n)
        return;
    if (n > 1)
        fprintf(out, "# => without the blocks of the first %zu lines", n);
    else
        fputs("# => without the blocks of the first line", out);
    fprintf(out, " %s contiguous bytes would be free: enough for the\n#    %s that were requested\n",
            grouped(a, sizeof a, r->separators->separator[n - 1].together), grouped(b, sizeof b, r->separators_asked));
}

static void pins_text(const struct hs_report *r, FILE *out)
{
    struct hs_table *table = r->separators ? separator_table(r, SEPARATORS_SHOWN, SEPARATOR_SHARE) : NULL;
    char a[32], b[32], c[32];
    if (!table)
        return;
    fprintf(out,
            "\n# Blocks that split the free space %s:\n"
            "# %s bytes were free in %s runs, the longest %s bytes\n#\n",
            r->separators_when, grouped(a, sizeof a, r->separators->free), grouped(b, sizeof b, r->separators->free_runs),
            grouped(c, sizeof c, r->separators->largest_free));
    hs_table_text(table, out, (struct hs_table_style){.color = r->color});
    fputs("#\n# longest if removed: the longest free run without the blocks of that line; cumulative: without those of the\n"
          "# lines above it either; adjacent: share of the ends of free runs that are next to its blocks\n",
          out);
    needed_text(r, out);
    hs_table_free(table);
}

void hs_report_text(const struct hs_report *r, FILE *out)
{
    head_text(r, out);
    table_text(r, out);
    failures_text(r, out);
    pins_text(r, out);
}

/* ---- CSV and JSON ---- */

void hs_report_csv(const struct hs_report *r, FILE *out)
{
    struct layout l = lay_out(r);
    struct hs_table *table = make_table(r, &l);
    if (table)
        hs_table_csv(table, out);
    hs_table_free(table);
}

static void add_table(struct hs_json *json, const char *key, struct hs_table *table)
{
    if (table)
        hs_table_json(table, json, key);
    hs_table_free(table);
}

/* Flat, each caller with its depth: nesting it would limit the depth of stacks. */
static void caller_json(const struct hs_callers *c, uint32_t at, unsigned depth, struct hs_json *json)
{
    char name[HS_NAME_MAX];
    hs_json_object(json, NULL);
    hs_json_uint(json, "depth", depth);
    hs_json_text(json, "line", hs_name_of_frame(&c->node[at].frame, HS_KEY_LINE, name));
    hs_json_uint(json, "weight", c->node[at].weight);
    hs_json_end(json);
    for (uint32_t i = c->node[at].child; i != HS_NO_CALLER; i = c->node[i].sibling)
        caller_json(c, i, depth + 1, json);
}

static void callers_json(const struct hs_report *r, const struct hs_group *group, struct hs_json *json)
{
    struct hs_callers c;
    hs_json_object(json, NULL);
    hs_json_text(json, hs_group_by_name(r->groups->by.key[0]), group->name[0]);
    hs_json_array(json, "callers");
    if (hs_callers_build(&c, group, r->head.model, r->names, r->groups->by.weight) == HS_OK)
        for (uint32_t i = c.node[0].child; i != HS_NO_CALLER; i = c.node[i].sibling)
            caller_json(&c, i, 1, json);
    hs_callers_free(&c);
    hs_json_end(json);
    hs_json_end(json);
}

static void call_graph_json(const struct hs_report *r, struct hs_json *json)
{
    size_t n = shown(r);
    hs_json_array(json, "call_graph");
    for (size_t i = 0; i < n; i++)
        callers_json(r, &r->groups->group[i], json);
    hs_json_end(json);
}

static void pins_json(const struct hs_report *r, struct hs_json *json)
{
    hs_json_object(json, "pins");
    hs_json_text(json, "when", r->separators_when);
    hs_json_uint(json, "free_bytes", r->separators->free);
    hs_json_uint(json, "free_runs", r->separators->free_runs);
    hs_json_uint(json, "largest_free_bytes", r->separators->largest_free);
    hs_json_uint(json, "asked_bytes", r->separators_asked);
    hs_json_uint(json, "lines_needed", r->separators_asked ? hs_separators_needed(r->separators, r->separators_asked) : 0);
    add_table(json, "lines", separator_table(r, SIZE_MAX, 0));
    hs_json_end(json);
}

int hs_report_json(const struct hs_report *r, FILE *out)
{
    struct layout l = lay_out(r);
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    hs_head_json(&r->head, json);
    hs_json_uint_or_null(json, "events", r->summary.events, r->summary.events_known == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "total_bytes", hs_all_bytes(&r->groups->total), known(r)->requests == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "live_bytes", hs_all_live(&r->groups->total), known(r)->live == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "peak_bytes", r->groups->total.at_peak, known(r)->at_peak == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "failed", r->summary.failed, known(r)->failures == HS_NOT_KNOWN);
    hs_json_text(json, "finding", r->headline);
    add_table(json, "rows", make_table(r, &l));
    add_table(json, "failures", failure_table(r, HS_FAILURES_KEPT));
    if (r->separators)
        pins_json(r, json);
    if (r->call_graph)
        call_graph_json(r, json);
    hs_json_end(json);
    int error = hs_json_print(json, out, true);
    hs_json_free(json);
    return error;
}
