/* SPDX-License-Identifier: MIT
 *
 * The chart's upper panel is the heap: used bytes at the bottom, the longest free run at the top, and
 * between them free memory in shorter runs.
 */
#include "analysis/timeline/timeview.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analysis/draw/chart.h"
#include "analysis/draw/table.h"

#define COLUMNS_MAX 400u
#define MARKS_LISTED 20u
#define FAILURES_LISTED 8u

static double seconds(const struct hs_timeview *view, uint64_t ticks) { return view->hz ? (double)ticks / view->hz : 0.0; }

/* ---- CSV and JSON: one table ---- */

enum column {
    TIME,
    EVENT,
    LEVEL,
    SAMPLES,
    UNSYNCED,
    FIGURE,
    UNUSABLE = FIGURE + 3 * HS_FIGURES,
    COLLECTIONS,
    PAUSE,
    LONGEST_PAUSE,
    FAILURES,
    MARKS,
    RESETS,
    RUNS,
    COLUMNS = RUNS + HS_RUN_CLASSES,
};

#define FIGURE_COLUMNS(figure, name, last, kind_) \
    [FIGURE + 3 * (figure)] = {.key = last, .kind = kind_}, [FIGURE + 3 * (figure) + 1] = {.key = name "_min", .kind = kind_}, \
                  [FIGURE + 3 * (figure) + 2] = {.key = name "_max", .kind = kind_}

static const struct hs_column columns[RUNS] = {
    [TIME] = {.key = "time_s", .kind = HS_VALUE_SECONDS},
    [EVENT] = {.key = "event", .kind = HS_VALUE_COUNT},
    [LEVEL] = {.key = "level", .kind = HS_VALUE_TEXT},
    [SAMPLES] = {.key = "samples", .kind = HS_VALUE_COUNT},
    [UNSYNCED] = {.key = "unsynced", .kind = HS_VALUE_COUNT},
    FIGURE_COLUMNS(HS_FIGURE_USED, "used", "used_bytes", HS_VALUE_BYTES),
    FIGURE_COLUMNS(HS_FIGURE_FREE, "free", "free_bytes", HS_VALUE_BYTES),
    FIGURE_COLUMNS(HS_FIGURE_LARGEST, "largest_free", "largest_free_bytes", HS_VALUE_BYTES),
    FIGURE_COLUMNS(HS_FIGURE_EXTERNAL, "fragmentation", "fragmentation", HS_VALUE_SHARE),
    FIGURE_COLUMNS(HS_FIGURE_WASTE, "waste", "waste_bytes", HS_VALUE_BYTES),
    [UNUSABLE] = {.key = "unusable", .kind = HS_VALUE_SHARE},
    [COLLECTIONS] = {.key = "collections", .kind = HS_VALUE_COUNT},
    [PAUSE] = {.key = "pause_s", .kind = HS_VALUE_SECONDS},
    [LONGEST_PAUSE] = {.key = "longest_pause_s", .kind = HS_VALUE_SECONDS},
    [FAILURES] = {.key = "failures", .kind = HS_VALUE_COUNT},
    [MARKS] = {.key = "marks", .kind = HS_VALUE_COUNT},
    [RESETS] = {.key = "resets", .kind = HS_VALUE_COUNT},
};

static struct hs_value figure_value(enum hs_value_kind kind, double value)
{
    if (!isfinite(value))
        return (struct hs_value){.none = true};
    return kind == HS_VALUE_BYTES ? (struct hs_value){.u = (uint64_t)value} : (struct hs_value){.d = value};
}

static void fill_row(const struct hs_timeview *view, const struct hs_point *p, struct hs_value *row)
{
    bool by_number = view->timeline->by_number;
    row[TIME].d = seconds(view, by_number ? p->time : p->at);
    row[EVENT].u = by_number ? p->at : p->number;
    row[LEVEL].s = hs_level_name(p->level);
    row[SAMPLES].u = p->samples;
    row[UNSYNCED].u = p->unsynced;
    for (int i = 0; i < HS_FIGURES; i++) {
        struct hs_value *value = &row[FIGURE + 3 * i];
        enum hs_value_kind kind = columns[FIGURE + 3 * i].kind;
        value[0] = figure_value(kind, p->end.last.value[i]);
        value[1] = figure_value(kind, p->min.value[i]);
        value[2] = figure_value(kind, p->max.value[i]);
    }
    bool unknown = !isfinite(p->end.last.value[HS_FIGURE_FREE]);
    row[UNUSABLE] = (struct hs_value){.d = p->end.unusable, .none = unknown || !view->timeline->unusable_size};
    row[COLLECTIONS].u = p->collections;
    row[PAUSE].d = seconds(view, p->pause);
    row[LONGEST_PAUSE].d = seconds(view, p->longest_pause);
    row[FAILURES].u = p->failures;
    row[MARKS].u = p->marks;
    row[RESETS].u = p->resets;
    for (unsigned c = 0; c < HS_RUN_CLASSES; c++)
        row[RUNS + c] = (struct hs_value){.u = p->end.histogram.runs[c], .none = unknown};
}

/* Classes of free runs, up to the longest run at any point. */
static unsigned classes_used(const struct hs_series *s)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        for (unsigned c = n; c < HS_RUN_CLASSES; c++)
            if (s->point[i].end.histogram.runs[c])
                n = c + 1;
    return n;
}

/* The columns of a table: the fixed ones, then one for each class of free runs. */
struct layout {
    struct hs_column column[COLUMNS];
    char key[HS_RUN_CLASSES][24];
    unsigned n;
};

static void lay_out(struct layout *layout, unsigned classes)
{
    memcpy(layout->column, columns, sizeof columns);
    for (unsigned c = 0; c < classes; c++) {
        snprintf(layout->key[c], sizeof layout->key[c], "free_runs_%" PRIu32, UINT32_C(1) << c);
        layout->column[RUNS + c] = (struct hs_column){.key = layout->key[c], .kind = HS_VALUE_COUNT};
    }
    layout->n = RUNS + classes;
}

static struct hs_table *make_table(const struct hs_timeview *view, struct layout *layout)
{
    const struct hs_series *s = &view->timeline->series;
    lay_out(layout, classes_used(s));
    struct hs_table *table = hs_table_new(layout->column, layout->n);
    for (uint32_t i = 0; table && i < s->n; i++) {
        struct hs_value row[COLUMNS] = {0};
        fill_row(view, &s->point[i], row);
        hs_table_add(table, row);
    }
    return table;
}

int hs_timeview_csv(const struct hs_timeview *view, FILE *out)
{
    struct layout layout;
    struct hs_table *table = make_table(view, &layout);
    if (!table)
        return HS_ERR_MEMORY;
    hs_table_csv(table, out);
    hs_table_free(table);
    return HS_OK;
}

static void json_note(const struct hs_timeview *view, struct hs_json *json, const struct hs_note *note)
{
    char name[HS_NAME_MAX];
    hs_json_object(json, NULL);
    hs_json_real(json, "time_s", seconds(view, note->time));
    hs_json_uint(json, "event", note->number);
    switch (note->kind) {
    case HS_NOTE_MARK: hs_json_text(json, "label", note->label); break;
    case HS_NOTE_COLLECTION:
        hs_json_real(json, "pause_s", seconds(view, note->pause));
        hs_json_uint(json, "freed_bytes", note->bytes);
        break;
    case HS_NOTE_FAILURE:
        hs_json_uint(json, "size", note->bytes);
        hs_json_uint(json, "free_bytes", note->free);
        hs_json_uint(json, "largest_free_bytes", note->largest);
        hs_json_text(json, "verdict", hs_verdict_name(note->cause));
        hs_json_text(json, "site", hs_name_of_site(view->names, note->site, HS_KEY_LINE, name));
        break;
    case HS_NOTE_RESET: hs_json_uint(json, "cause", note->cause); break;
    case HS_NOTE_LOSS: hs_json_uint(json, "records", note->bytes); break;
    }
    hs_json_end(json);
}

static const char *const note_keys[HS_NOTE_KINDS] = {
    [HS_NOTE_MARK] = "marks",  [HS_NOTE_COLLECTION] = "collections", [HS_NOTE_FAILURE] = "failures", [HS_NOTE_RESET] = "resets",
    [HS_NOTE_LOSS] = "losses",
};

/* Notes beyond the first HS_NOTES_KEPT are only counted. */
static void json_notes(const struct hs_timeview *view, struct hs_json *json)
{
    const struct hs_timeline *t = view->timeline;
    for (unsigned kind = 0; kind < HS_NOTE_KINDS; kind++) {
        hs_json_array(json, note_keys[kind]);
        for (uint32_t i = 0; i < t->n_notes; i++)
            if (t->note[i].kind == kind)
                json_note(view, json, &t->note[i]);
        hs_json_end(json);
    }
    hs_json_object(json, "totals");
    for (unsigned kind = 0; kind < HS_NOTE_KINDS; kind++)
        hs_json_uint(json, note_keys[kind], t->noted[kind]);
    hs_json_end(json);
}

int hs_timeview_json(const struct hs_timeview *view, FILE *out)
{
    const struct hs_timeline *t = view->timeline;
    struct layout layout;
    struct hs_table *table = make_table(view, &layout);
    struct hs_json *json = hs_json_new();
    int error = HS_ERR_MEMORY;
    if (table && json) {
        hs_json_object(json, NULL);
        hs_json_text(json, "by", t->by_number ? "event" : "time");
        hs_json_real(json, "width", t->by_number ? (double)t->series.width : seconds(view, t->series.width));
        hs_json_uint(json, "total_bytes", hs_timeline_total(t));
        hs_table_json(table, json, "points");
        json_notes(view, json);
        hs_json_end(json);
        error = hs_json_print(json, out, true);
    }
    if (json)
        hs_json_free(json);
    hs_table_free(table);
    return error;
}

/* ---- chart ---- */

struct chart {
    const struct hs_timeview *view;
    const struct hs_terminal *terminal;
    FILE *out;
    unsigned columns;
    double total; /* bytes: the maximum of used plus free */
};

uint32_t hs_timeview_columns(const struct hs_terminal *terminal) { return terminal->width - HS_CHART_MARGIN; }

static char *short_bytes(char text[24], double bytes)
{
    static const char *const unit[] = {"", "K", "M", "G", "T"};
    unsigned i = 0;
    for (; bytes >= 1024 && i < 4; i++)
        bytes /= 1024;
    snprintf(text, 24, bytes < 9.95 && i ? "%.1f%s%s" : "%.0f%s%s", bytes, i ? " " : "", unit[i]);
    return text;
}

static const struct hs_point *point_of(const struct chart *c, unsigned column)
{
    const struct hs_series *s = &c->view->timeline->series;
    return &s->point[(uint64_t)column * s->n / c->columns];
}

static double most_bytes(const struct hs_series *s)
{
    double most = 1;
    for (uint32_t i = 0; i < s->n; i++) {
        const double *v = s->point[i].end.last.value;
        double total = v[HS_FIGURE_USED] + v[HS_FIGURE_FREE];
        most = total > most ? total : most;
    }
    return most;
}

/* Unknown values are drawn as 0. */
static double drawn(double value) { return isfinite(value) ? value : 0; }

/* Remark on the longest free run, which may be unknown where used and free bytes are known. */
static const char *run_told(const struct hs_series *s)
{
    bool some = false, all = true;
    for (uint32_t i = 0; i < s->n; i++) {
        const double *last = s->point[i].end.last.value;
        some |= (bool)isfinite(last[HS_FIGURE_LARGEST]);
        all &= isfinite(last[HS_FIGURE_LARGEST]) || !isfinite(last[HS_FIGURE_USED]);
    }
    return all ? "" : some ? " (not known at all times)" : " (not known)";
}

static void title(const struct chart *c, const char *text) { fprintf(c->out, "%*s%s\n", (int)HS_CHART_MARGIN, "", text); }

static void heap_panel(const struct chart *c)
{
    struct hs_bar bar[COLUMNS_MAX];
    char top[24], text[200];
    for (unsigned i = 0; i < c->columns; i++) {
        const struct hs_point *p = point_of(c, i);
        double used = drawn(p->min.value[HS_FIGURE_USED]) / c->total;
        bar[i] = (struct hs_bar){
            .solid = used,
            .light = drawn(p->max.value[HS_FIGURE_USED]) / c->total,
            .hang = drawn(p->min.value[HS_FIGURE_LARGEST]) / c->total,
        };
    }
    struct hs_shades shade = hs_chart_shades(c->terminal);
    const char *run = run_told(&c->view->timeline->series);
    snprintf(text, sizeof text, "%s used  %s used at times  %s longest free run%s  else free%s", shade.solid, shade.light,
             shade.hang, run, *run ? "" : ", in pieces");
    title(c, text);
    hs_chart_panel(c->out, c->terminal,
                   &(struct hs_panel){
                       .top = short_bytes(top, c->total),
                       .bottom = "0",
                       .rows = 10,
                       .columns = c->columns,
                       .bar = bar,
                       .solid = HS_HUE_BLUE,
                       .hang = HS_HUE_GREEN,
                   });
}

/* The range of a figure in every column, as a share of `whole`. */
static void figure_panel(const struct chart *c, enum hs_figure figure, double whole, struct hs_panel panel)
{
    struct hs_bar bar[COLUMNS_MAX];
    for (unsigned i = 0; i < c->columns; i++) {
        const struct hs_point *p = point_of(c, i);
        bar[i] = (struct hs_bar){.solid = drawn(p->min.value[figure]) / whole, .light = drawn(p->max.value[figure]) / whole};
    }
    panel.bar = bar;
    panel.columns = c->columns;
    hs_chart_panel(c->out, c->terminal, &panel);
}

static void unusable_panel(const struct chart *c)
{
    struct hs_bar bar[COLUMNS_MAX];
    char text[100];
    for (unsigned i = 0; i < c->columns; i++)
        bar[i] = (struct hs_bar){.solid = point_of(c, i)->end.unusable};
    snprintf(text, sizeof text, "free space without room for %" PRIu64 " bytes", c->view->timeline->unusable_size);
    title(c, text);
    hs_chart_panel(c->out, c->terminal,
                   &(struct hs_panel){
                       .top = "100%",
                       .bottom = "0",
                       .rows = 3,
                       .columns = c->columns,
                       .bar = bar,
                       .solid = HS_HUE_MAGENTA,
                   });
}

static void waste_panel(const struct chart *c)
{
    const struct hs_series *s = &c->view->timeline->series;
    double most = 0;
    char top[24];
    for (uint32_t i = 0; i < s->n; i++)
        most = s->point[i].max.value[HS_FIGURE_WASTE] > most ? s->point[i].max.value[HS_FIGURE_WASTE] : most;
    if (most <= 0)
        return;
    title(c, "internal fragmentation: allocated minus requested");
    figure_panel(c, HS_FIGURE_WASTE, most,
                 (struct hs_panel){
                     .top = short_bytes(top, most),
                     .bottom = "0",
                     .rows = 3,
                     .solid = HS_HUE_CYAN,
                 });
}

static unsigned column_of(const struct chart *c, uint64_t at)
{
    const struct hs_series *s = &c->view->timeline->series;
    uint64_t point = (at - s->point[0].at) / s->width;
    unsigned column = (unsigned)(point * c->columns / s->n);
    return column < c->columns ? column : c->columns - 1;
}

static char mark_letter(unsigned i)
{
    static const char letters[] = "123456789abcdefghijklmnopqrstuvwxyz";
    return i < sizeof letters - 1 ? letters[i] : '*';
}

static const struct {
    uint8_t kind;
    const char *label;
    char flag; /* 0: numbered */
    enum hs_hue hue;
} flag_rows[] = {
    {HS_NOTE_COLLECTION, "collect", 'v', HS_HUE_DIM}, {HS_NOTE_FAILURE, "failed", 'x', HS_HUE_RED},
    {HS_NOTE_RESET, "reset", '^', HS_HUE_YELLOW},     {HS_NOTE_LOSS, "lost", '!', HS_HUE_RED},
    {HS_NOTE_MARK, "marks", 0, HS_HUE_YELLOW},
};

/* Notes in the same column share one flag. For marks it is the number of the first one; the list below has all of
 * them in order. */
static void flag_row(const struct chart *c, size_t row)
{
    const struct hs_timeline *t = c->view->timeline;
    char flag[COLUMNS_MAX + 1];
    unsigned number = 0;
    if (!t->noted[flag_rows[row].kind])
        return;
    memset(flag, ' ', sizeof flag);
    for (uint32_t i = 0; i < t->n_notes; i++) {
        if (t->note[i].kind != flag_rows[row].kind)
            continue;
        char letter = flag_rows[row].flag ? flag_rows[row].flag : mark_letter(number++);
        char *place = &flag[column_of(c, t->note[i].at)];
        if (*place == ' ')
            *place = letter;
    }
    hs_chart_flags(c->out, c->terminal,
                   &(struct hs_flags){
                       .label = flag_rows[row].label,
                       .flag = flag,
                       .columns = c->columns,
                       .hue = flag_rows[row].hue,
                   });
}

/* Where the layout is not known, the figures are the last known ones. */
static void unsure_row(const struct chart *c)
{
    char flag[COLUMNS_MAX];
    bool any = false;
    for (unsigned i = 0; i < c->columns; i++) {
        bool unsure = point_of(c, i)->unsynced > 0;
        flag[i] = unsure ? '?' : ' ';
        any = any || unsure;
    }
    if (any)
        hs_chart_flags(c->out, c->terminal,
                       &(struct hs_flags){
                           .label = "unsure",
                           .flag = flag,
                           .columns = c->columns,
                           .hue = HS_HUE_RED,
                       });
}

/* Where not every event was recorded, the figures come from summaries. */
static void level_row(const struct chart *c)
{
    static const char letters[] = {[HS_LEVEL_SAMPLED] = 's', [HS_LEVEL_SUMMARY] = 'm'};
    char flag[COLUMNS_MAX];
    bool any = false;
    for (unsigned i = 0; i < c->columns; i++) {
        unsigned level = point_of(c, i)->level;
        flag[i] = level > HS_LEVEL_FULL && level < sizeof letters ? letters[level] : ' ';
        any = any || flag[i] != ' ';
    }
    if (!any)
        return;
    hs_chart_flags(c->out, c->terminal,
                   &(struct hs_flags){
                       .label = "level",
                       .flag = flag,
                       .columns = c->columns,
                       .hue = HS_HUE_DIM,
                   });
    title(c, "level s: sampled, m: summary; figures there are those of the last collection");
}

static void axis(const struct chart *c)
{
    const struct hs_series *s = &c->view->timeline->series;
    const struct hs_point *last = &s->point[s->n - 1];
    char text[3][40];
    bool by_number = c->view->timeline->by_number;
    uint64_t end = by_number ? last->number : last->time;
    uint64_t at[3] = {s->point[0].at, s->point[0].at + (end - s->point[0].at) / 2, end};
    for (int i = 0; i < 3; i++) {
        struct hs_value value = by_number ? (struct hs_value){.u = at[i]} : (struct hs_value){.d = seconds(c->view, at[i])};
        hs_format(text[i], sizeof text[i], by_number ? HS_VALUE_COUNT : HS_VALUE_SECONDS, value);
    }
    hs_chart_axis(c->out, c->terminal, &(struct hs_axis){text[0], text[1], text[2], c->columns});
}

static void list_note(const struct chart *c, const struct hs_note *note, char letter)
{
    char time[40], text[HS_NAME_MAX], name[HS_NAME_MAX];
    hs_format(time, sizeof time, HS_VALUE_SECONDS, (struct hs_value){.d = seconds(c->view, note->time)});
    if (note->kind == HS_NOTE_MARK) {
        hs_format(text, sizeof text, HS_VALUE_TEXT, (struct hs_value){.s = note->label});
        fprintf(c->out, "%*c  %-10s %s\n", (int)HS_CHART_MARGIN, letter, time, text);
    } else {
        hs_format(text, sizeof text, HS_VALUE_TEXT,
                  (struct hs_value){.s = hs_name_of_site(c->view->names, note->site, HS_KEY_LINE, name)});
        fprintf(c->out, "%*s  %-10s %" PRIu64 " bytes requested, %" PRIu64 " free, longest run %" PRIu64 ": %s, at %s\n",
                (int)HS_CHART_MARGIN, "failed", time, note->bytes, note->free, note->largest, hs_verdict_name(note->cause), text);
    }
}

static void list_notes(const struct chart *c, enum hs_note_kind kind, unsigned most)
{
    const struct hs_timeline *t = c->view->timeline;
    unsigned n = 0;
    for (uint32_t i = 0; i < t->n_notes && n < most; i++) {
        if (t->note[i].kind == kind) {
            list_note(c, &t->note[i], mark_letter(n));
            n++;
        }
    }
    if (t->noted[kind] > n)
        fprintf(c->out, "%*s  ... and %" PRIu64 " more\n", (int)HS_CHART_MARGIN, "", t->noted[kind] - n);
}

static void totals(const struct chart *c)
{
    const struct hs_timeline *t = c->view->timeline;
    uint64_t pause = 0, longest = 0;
    char text[2][40];
    for (uint32_t i = 0; i < t->series.n; i++) {
        const struct hs_point *p = &t->series.point[i];
        pause += p->pause;
        longest = p->longest_pause > longest ? p->longest_pause : longest;
    }
    if (!t->noted[HS_NOTE_COLLECTION])
        return;
    fprintf(c->out, "%*s%" PRIu64 " collection%s, %s in all, the longest %s\n", (int)HS_CHART_MARGIN, "",
            t->noted[HS_NOTE_COLLECTION], t->noted[HS_NOTE_COLLECTION] == 1 ? "" : "s",
            hs_format(text[0], sizeof text[0], HS_VALUE_SECONDS, (struct hs_value){.d = seconds(c->view, pause)}),
            hs_format(text[1], sizeof text[1], HS_VALUE_SECONDS, (struct hs_value){.d = seconds(c->view, longest)}));
}

static void histogram(const struct chart *c)
{
    const struct hs_series *s = &c->view->timeline->series;
    const struct hs_run_histogram *h = &s->point[s->n - 1].end.histogram;
    double all = 0;
    for (unsigned i = 0; i < HS_RUN_CLASSES; i++)
        all += h->granules[i];
    if (all <= 0)
        return;
    title(c, "free space at the end, by the length of its runs in granules");
    for (unsigned i = 0; i < HS_RUN_CLASSES; i++) {
        char label[24], text[80];
        if (!h->runs[i])
            continue;
        snprintf(label, sizeof label, i ? "%" PRIu32 "+" : "%" PRIu32, UINT32_C(1) << i);
        snprintf(text, sizeof text, "%.1f%%, %" PRIu32 " run%s", 100 * h->granules[i] / all, h->runs[i],
                 h->runs[i] == 1 ? "" : "s");
        hs_chart_stripe(c->out, c->terminal,
                        &(struct hs_stripe){
                            .label = label,
                            .text = text,
                            .share = h->granules[i] / all,
                            .width = c->columns / 2,
                            .hue = HS_HUE_GREEN,
                        });
    }
}

void hs_timeview_chart(const struct hs_timeview *view, const struct hs_terminal *terminal, FILE *out)
{
    const struct hs_timeline *t = view->timeline;
    if (!t->series.n) {
        fputs("nothing happened in this range\n", out);
        return;
    }
    char text[200];
    struct chart c = {view, terminal, out, hs_timeview_columns(terminal), most_bytes(&t->series)};
    heap_panel(&c);
    snprintf(text, sizeof text, "external fragmentation: 1 - largest free run / free%s", run_told(&t->series));
    title(&c, text);
    figure_panel(&c, HS_FIGURE_EXTERNAL, 1.0,
                 (struct hs_panel){
                     .top = "100%",
                     .bottom = "0",
                     .rows = 4,
                     .solid = HS_HUE_YELLOW,
                 });
    if (t->unusable_size)
        unusable_panel(&c);
    waste_panel(&c);
    for (size_t i = 0; i < sizeof flag_rows / sizeof *flag_rows; i++)
        flag_row(&c, i);
    unsure_row(&c);
    level_row(&c);
    axis(&c);
    if (!hs_timeline_has_layout(t))
        title(&c, "the trace does not tell the heap's layout: no snapshot is left in it");
    list_notes(&c, HS_NOTE_MARK, MARKS_LISTED);
    list_notes(&c, HS_NOTE_FAILURE, FAILURES_LISTED);
    totals(&c);
    histogram(&c);
}
