/* SPDX-License-Identifier: MIT */
#include "analysis/whatif/whatifview.h"

#include <string.h>

#include "analysis/time/summary.h"
#include "analysis/draw/chart.h"
#include "analysis/draw/table.h"

#define PANEL_ROWS 8u

static const char *count(char *buffer, uint64_t value)
{
    return hs_format(buffer, 32, HS_VALUE_COUNT, (struct hs_value){.u = value});
}

static double seconds(const struct hs_whatifview *v, uint64_t ticks) { return hs_seconds(v->head.reader, ticks); }

static const struct hs_program_step *failing(const struct hs_whatifview *v, const struct hs_whatif *w)
{
    return w->result.failed && w->result.step < v->program->n ? &v->program->step[w->result.step] : NULL;
}

static double share(uint64_t part, uint64_t whole) { return whole ? (double)part / (double)whole : 1; }

/* ---- table ---- */

static const struct hs_column columns[] = {
    {"Policy", "policy", HS_VALUE_TEXT},
    {"Heap", "heap_bytes", HS_VALUE_BYTES},
    {"Granule", "granule_bytes", HS_VALUE_BYTES},
    {"Threshold", "threshold_bytes", HS_VALUE_BYTES},
    {"Enough", "enough", HS_VALUE_TEXT},
    {"Fails at", "failed_seconds", HS_VALUE_SECONDS},
    {NULL, "failed_number", HS_VALUE_COUNT},
    {"Requested", "asked_bytes", HS_VALUE_BYTES},
    {"Free", "free_bytes", HS_VALUE_BYTES},
    {"Longest run", "largest_free_bytes", HS_VALUE_BYTES},
    {"Collections", "collections", HS_VALUE_COUNT},
    {NULL, "collections_without_room", HS_VALUE_COUNT},
    {NULL, "collections_by_threshold", HS_VALUE_COUNT},
    {"Peak", "peak_used_bytes", HS_VALUE_BYTES},
    {"Peak live", "peak_live_bytes", HS_VALUE_BYTES},
    {"Fragmented", "fragmentation", HS_VALUE_SHARE},
    {"At worst", "worst_fragmentation", HS_VALUE_SHARE},
    {"Smallest heap", "smallest_heap_bytes", HS_VALUE_BYTES},
    {NULL, "least_heap_bytes", HS_VALUE_BYTES},
    {NULL, "reached", HS_VALUE_SHARE},
    {NULL, "rescued", HS_VALUE_COUNT},
    {NULL, "moved", HS_VALUE_COUNT},
    {NULL, "failed_line", HS_VALUE_TEXT},
};

static void add_row(const struct hs_whatifview *v, struct hs_table *table, const struct hs_whatif *w)
{
    const struct hs_rerun_result *r = &w->result;
    const struct hs_program_step *at = failing(v, w);
    bool none = !w->setting.threshold || w->setting.threshold == HS_THRESHOLD_NONE;
    char line[HS_NAME_MAX];
    const struct hs_value row[] = {
        {.s = w->setting.policy->name},
        {.u = w->bytes},
        {.u = UINT64_C(1) << w->setting.shift},
        {.u = w->setting.threshold, .none = none},
        {.s = r->failed ? "no" : "yes"},
        {.d = at ? seconds(v, at->time) : 0, .none = !at},
        {.u = at ? at->number : 0, .none = !at},
        {.u = r->asked, .none = !at},
        {.u = r->free, .none = !at},
        {.u = r->largest, .none = !at},
        {.u = r->collections},
        {.u = r->without_room},
        {.u = r->by_threshold},
        {.u = r->peak_used},
        {.u = r->peak_live},
        {.d = r->fragmentation},
        {.d = r->worst},
        {.u = w->smallest.bytes, .none = !w->smallest.granules},
        {.u = w->smallest.least_bytes, .none = !w->smallest.granules},
        {.d = share(r->step, v->program->n)},
        {.u = r->rescued},
        {.u = r->moved},
        {.s = at ? hs_name_of_site(v->names, at->site, HS_KEY_LINE, line) : "", .none = !at},
    };
    hs_table_add(table, row);
}

static struct hs_table *make_table(const struct hs_whatifview *v)
{
    struct hs_table *table = hs_table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; table && i < v->n; i++)
        add_row(v, table, &v->row[i]);
    return table;
}

/* ---- text ---- */

static void faithful_text(const struct hs_whatifview *v, FILE *out)
{
    const struct hs_rerun_result *r = &v->recorded->result;
    char same[32], all[32], collections[32];
    fprintf(out,
            "# replayed as recorded: %s of %s allocations and resizes were placed where the real heap\n"
            "# placed them (%.2f%%), with %s collection%s\n",
            count(same, r->same), count(all, r->requests), 100 * share(r->same, r->requests), count(collections, r->collections),
            r->collections == 1 ? "" : "s");
    if (!v->program->micropython)
        fputs("# warning: this heap does not follow MicroPython's placement rule; the replay as recorded shows how far it is "
              "from first fit\n",
              out);
}

static void scope_text(const struct hs_whatifview *v, FILE *out)
{
    const struct hs_program *p = v->program;
    char a[32];
    if (p->left_out)
        fprintf(out,
                "# warning: %s events are left out: they are from before the last boot, or from before the first moment at which "
                "the layout is known\n",
                count(a, p->left_out));
    if (p->given)
        fprintf(out, "# warning: %s blocks were there when the replay begins; on another heap they come first\n",
                count(a, p->given));
    if (p->locked)
        fprintf(out, "# %s allocations that failed while the heap was locked are left out\n", count(a, p->locked));
    if (p->areas > 1)
        fprintf(out, "# the heap had %s regions in all; other heaps have one\n", count(a, p->areas));
}

static void death_text(const struct hs_whatifview *v, FILE *out)
{
    const char *when = v->death <= 0   ? "dead as soon as nothing proves it alive"
                       : v->death >= 1 ? "alive until then"
                                       : "dead half-way between the last proof that it was alive and then";
    char every[32];
    fprintf(out, "# garbage: what a collection freed in the trace is taken to be %s (--death)", when);
    if (v->collect_every)
        fprintf(out, ";\n# recorded with a collection every %s bytes, so the time of death is about as exact\n",
                count(every, v->collect_every));
    else
        fputs(";\n# a trace made with heapstrata record --collect-every 1K shows better when blocks died\n", out);
    if (v->death >= 1 && !v->collect_every && v->row[0].result.by_threshold)
        fputs("# warning: with --death late a collection finds only what one freed in the trace by then, so a threshold seems to "
              "be\n# of little use. Try --death early, or record with --collect-every\n",
              out);
}

static void bounds_text(const struct hs_whatifview *v, FILE *out)
{
    const struct hs_whatif_bounds *b = v->bounds;
    char early[32], taken[32], late[32];
    if (!b->taken.granules)
        return;
    fprintf(out, "#\n# smallest heap that would have been enough, %s: %s bytes", v->row[0].setting.policy->name,
            count(taken, b->taken.bytes));
    if (v->program->micropython)
        fprintf(out, " (-X heapsize=%llu on the unix port)", (unsigned long long)b->taken.bytes);
    if (b->taken.least < b->taken.granules)
        fprintf(out, ",\n# and so would larger ones; %s bytes too, but some of those in between not",
                count(early, b->taken.least_bytes));
    fprintf(out, "\n# bounds: %s if garbage was unreachable as early as possible, %s if as late as possible\n",
            count(early, b->early.bytes), count(late, b->late.bytes));
}

/* ---- chart ---- */

/* The chart of a mostly empty heap ends above what was used. */
static double top_of(const struct hs_whatif *w)
{
    uint64_t most = w->result.peak_used + w->result.peak_used / 2;
    return (double)(most < w->bytes ? most : w->bytes);
}

static double height(uint64_t granules, const struct hs_whatif *w)
{
    double share_of_top = (double)(granules << w->setting.shift) / top_of(w);
    return share_of_top < 1 ? share_of_top : 1;
}

static void merge(struct hs_course_point *sum, const struct hs_course_point *p)
{
    sum->collections += p->collections;
    sum->failures += p->failures;
    if (!p->any)
        return;
    sum->live_most = !sum->any || p->live_most > sum->live_most ? p->live_most : sum->live_most;
    sum->used_most = !sum->any || p->used_most > sum->used_most ? p->used_most : sum->used_most;
    sum->largest_least = !sum->any || p->largest_least < sum->largest_least ? p->largest_least : sum->largest_least;
    sum->any = true;
}

struct course {
    struct hs_bar bar[HS_COURSE_POINTS];
    char collected[HS_COURSE_POINTS], failed[HS_COURSE_POINTS];
    unsigned n;
};

/* A column without allocations repeats the previous one; after a failure columns are empty. */
static void lay_out(struct course *c, const struct hs_whatif *w)
{
    struct hs_bar last = {0, 0, 0};
    bool over = false;
    for (unsigned i = 0; i < c->n; i++) {
        struct hs_course_point sum = {.any = false};
        for (unsigned p = i * HS_COURSE_POINTS / c->n; p < (i + 1) * HS_COURSE_POINTS / c->n; p++)
            merge(&sum, &w->result.course[p]);
        if (sum.any)
            last = (struct hs_bar){height(sum.live_most, w), height(sum.used_most, w), height(sum.largest_least, w)};
        c->bar[i] = over ? (struct hs_bar){0, 0, 0} : last;
        c->collected[i] = sum.collections ? 'v' : ' ';
        c->failed[i] = sum.failures ? 'x' : ' ';
        over = over || sum.failures;
    }
}

static void course_text(const struct hs_whatifview *v, const struct hs_whatif *w, FILE *out)
{
    unsigned room = v->terminal.width - HS_CHART_MARGIN - 2;
    struct course c = {.n = room < HS_COURSE_POINTS ? room : HS_COURSE_POINTS};
    char top[32], end[32], size[32];
    struct hs_shades shades = hs_chart_shades(&v->terminal);
    lay_out(&c, w);
    count(top, (uint64_t)top_of(w));
    count(size, w->bytes);
    hs_format(end, sizeof end, HS_VALUE_SECONDS, (struct hs_value){.d = seconds(v, v->program->step[v->program->n - 1].time)});
    fprintf(out, "\n%*s%s, %s bytes: %s live  %s and garbage  %s longest free run\n", (int)HS_CHART_MARGIN, "",
            w->setting.policy->name, size, shades.solid, shades.light, shades.hang);
    hs_chart_panel(
        out, &v->terminal,
        &(struct hs_panel){
            .top = top, .bottom = "0", .rows = PANEL_ROWS, .columns = c.n, .bar = c.bar, .solid = HS_HUE_BLUE, .hang = HS_HUE_DIM});
    hs_chart_flags(out, &v->terminal, &(struct hs_flags){"collect", c.collected, c.n, HS_HUE_CYAN});
    if (w->result.failed)
        hs_chart_flags(out, &v->terminal, &(struct hs_flags){"failed", c.failed, c.n, HS_HUE_RED});
    hs_chart_axis(out, &v->terminal, &(struct hs_axis){"0 s", "by allocations", end, c.n});
}

/* The smallest heaps of the policies, one below the other. */
static void smallest_text(const struct hs_whatifview *v, FILE *out)
{
    uint64_t most = 0;
    for (size_t i = 0; i < v->n; i++)
        most = v->row[i].smallest.bytes > most ? v->row[i].smallest.bytes : most;
    if (!most)
        return;
    fprintf(out, "\n%*ssmallest heap that would have been enough\n", (int)HS_CHART_MARGIN, "");
    for (size_t i = 0; i < v->n; i++) {
        const struct hs_whatif *w = &v->row[i];
        char text[64], bytes[32];
        if (i && w->setting.policy == v->row[i - 1].setting.policy)
            continue; /* another heap of the same policy: the same smallest */
        snprintf(text, sizeof text, "%s  %s", w->smallest.granules ? count(bytes, w->smallest.bytes) : "none",
                 w->setting.policy->name);
        hs_chart_stripe(out, &v->terminal,
                        &(struct hs_stripe){"", text, (double)w->smallest.bytes / (double)most,
                                            v->terminal.width > 60 ? v->terminal.width - 40 : 20, HS_HUE_GREEN});
    }
}

static void first_failure_text(const struct hs_whatifview *v, FILE *out)
{
    char name[HS_NAME_MAX], shown[HS_NAME_MAX], asked[32], heap[32];
    for (size_t i = 0; i < v->n; i++) {
        const struct hs_program_step *at = failing(v, &v->row[i]);
        if (!at)
            continue;
        hs_name_of_site(v->names, at->site, HS_KEY_LINE, name);
        fprintf(out, "# %s, %s bytes: the %s bytes requested by %s did not fit\n", v->row[i].setting.policy->name,
                count(heap, v->row[i].bytes), count(asked, v->row[i].result.asked),
                hs_format(shown, sizeof shown, HS_VALUE_TEXT, (struct hs_value){.s = name}));
    }
    if (v->recorded->result.failures)
        fputs("# what failed in the trace is replayed for a moment only: what the program would have done next is unknown\n", out);
}

void hs_whatifview_text(const struct hs_whatifview *v, FILE *out)
{
    struct hs_table *table = make_table(v);
    fprintf(out, "# What if, by '%s'\n", v->head.path);
    hs_head_text(&v->head, out, "# ");
    faithful_text(v, out);
    scope_text(v, out);
    death_text(v, out);
    fputs("#\n", out);
    if (table)
        hs_table_text(table, out, (struct hs_table_style){.color = v->terminal.color});
    hs_table_free(table);
    fputs("#\n# peak: most bytes in use; live: without garbage; fragmented: external, mean after collections, and worst\n", out);
    first_failure_text(v, out);
    bounds_text(v, out);
    course_text(v, &v->row[0], out);
    smallest_text(v, out);
}

/* ---- CSV and JSON ---- */

void hs_whatifview_csv(const struct hs_whatifview *v, FILE *out)
{
    struct hs_table *table = make_table(v);
    if (table)
        hs_table_csv(table, out);
    hs_table_free(table);
}

static void recorded_json(const struct hs_whatifview *v, struct hs_json *json)
{
    const struct hs_rerun_result *r = &v->recorded->result;
    hs_json_object(json, "recorded");
    hs_json_uint(json, "requests", r->requests);
    hs_json_uint(json, "same_place", r->same);
    hs_json_real(json, "faithful", share(r->same, r->requests));
    hs_json_uint(json, "collections", r->collections);
    hs_json_uint(json, "failures", r->failures);
    hs_json_uint(json, "left_out_events", v->program->left_out);
    hs_json_uint(json, "given_blocks", v->program->given);
    hs_json_uint(json, "collect_every_bytes", v->collect_every);
    hs_json_end(json);
}

int hs_whatifview_json(const struct hs_whatifview *v, FILE *out)
{
    struct hs_json *json = hs_json_new();
    struct hs_table *table = json ? make_table(v) : NULL;
    if (!table) {
        hs_json_free(json);
        return HS_ERR_MEMORY;
    }
    hs_json_object(json, NULL);
    hs_head_json(&v->head, json);
    recorded_json(v, json);
    hs_json_real(json, "death", v->death);
    hs_table_json(table, json, "heaps");
    hs_json_object(json, "smallest");
    hs_json_uint(json, "bytes", v->bounds->taken.bytes);
    hs_json_uint(json, "granules", v->bounds->taken.granules);
    hs_json_uint(json, "least_bytes", v->bounds->taken.least_bytes);
    hs_json_uint(json, "early_bytes", v->bounds->early.bytes);
    hs_json_uint(json, "late_bytes", v->bounds->late.bytes);
    hs_json_end(json);
    hs_json_end(json);
    hs_table_free(table);
    int error = hs_json_print(json, out, true);
    hs_json_free(json);
    return error;
}
