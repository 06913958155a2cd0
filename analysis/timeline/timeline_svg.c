/* SPDX-License-Identifier: MIT
 *
 * The upper panel is the heap: used bytes at the bottom, the longest free run at the top, and between them free memory in
 * shorter runs. Every point keeps the extremes of its events: the least used bytes and the most.
 */
#include "analysis/timeline/timeline_svg.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analysis/draw/table.h"

#define MARK_ROWS 2u
#define ROW 15.0

struct drawing {
    const struct hs_timeview *view;
    const struct hs_timeline *t;
    struct hs_sheet sheet;
    struct hs_scale x;
    double total;         /* bytes */
    struct hs_scale y[3]; /* of the panels drawn */
    unsigned n_panels, lines;
};

static double axis_value(const struct drawing *d, uint64_t at)
{
    return d->t->by_number || !d->view->hz ? (double)at : (double)at / d->view->hz;
}

/* Quarters of a pixel are exact enough and make short files. */
static double quarter(double pixels) { return round(4 * pixels) / 4; }

static double across(const struct drawing *d, uint64_t at)
{
    double x = quarter(hs_scale_at(&d->x, axis_value(d, at)));
    return x < d->x.from ? d->x.from : x > d->x.to ? d->x.to : x;
}

/* ---- areas ---- */

typedef double figure_of(const struct drawing *d, const struct hs_point *p);

/* Unknown values are drawn as 0. */
static double drawn(double value) { return isfinite(value) ? value : 0; }

static double nothing(const struct drawing *d, const struct hs_point *p)
{
    (void)d;
    (void)p;
    return 0;
}
static double used_always(const struct drawing *d, const struct hs_point *p)
{
    (void)d;
    return drawn(p->min.value[HS_FIGURE_USED]);
}
static double used_at_times(const struct drawing *d, const struct hs_point *p)
{
    (void)d;
    return drawn(p->max.value[HS_FIGURE_USED]);
}
static double external_min(const struct drawing *d, const struct hs_point *p)
{
    (void)d;
    return drawn(p->min.value[HS_FIGURE_EXTERNAL]);
}
static double external_max(const struct drawing *d, const struct hs_point *p)
{
    (void)d;
    return drawn(p->max.value[HS_FIGURE_EXTERNAL]);
}
static double size_of(const struct drawing *d, const struct hs_point *p)
{
    (void)d;
    return drawn(p->end.last.value[HS_FIGURE_USED] + p->end.last.value[HS_FIGURE_FREE]);
}
/* At the point where the heap appears the minimum is 0, from before it: use the last value instead. */
static double below_run(const struct drawing *d, const struct hs_point *p)
{
    bool came = p->min.value[HS_FIGURE_FREE] + p->min.value[HS_FIGURE_USED] <= 0;
    return size_of(d, p) - drawn((came ? &p->end.last : &p->min)->value[HS_FIGURE_LARGEST]);
}

/* Whether used and free bytes are known at a point but the longest run is not. */
static bool no_run(const struct hs_point *p)
{
    return isfinite(p->end.last.value[HS_FIGURE_USED]) && !isfinite(p->end.last.value[HS_FIGURE_LARGEST]);
}

static bool some_without_run(const struct hs_series *s)
{
    bool some = false;
    for (uint32_t i = 0; i < s->n; i++)
        some |= no_run(&s->point[i]);
    return some;
}

static double right_of(const struct drawing *d, uint32_t i)
{
    const struct hs_series *s = &d->t->series;
    return i + 1 < s->n ? across(d, s->point[i + 1].at) : d->x.to;
}

/* Draws steps along the points, forward or backward. */
static void steps(struct drawing *d, const struct hs_scale *y, figure_of *figure, bool forward)
{
    const struct hs_series *s = &d->t->series;
    double level = NAN;
    for (uint32_t k = 0; k < s->n; k++) {
        uint32_t i = forward ? k : s->n - 1 - k;
        double here = quarter(hs_scale_at(y, figure(d, &s->point[i])));
        double x = forward ? across(d, s->point[i].at) : right_of(d, i);
        if (here == level)
            continue;
        if (level == level)
            hs_canvas_line(d->sheet.canvas, (struct hs_spot){x, level});
        hs_canvas_line(d->sheet.canvas, (struct hs_spot){x, here});
        level = here;
    }
    hs_canvas_line(d->sheet.canvas, (struct hs_spot){forward ? d->x.to : across(d, s->point[0].at), level});
}

static void area(struct drawing *d, const struct hs_scale *y, figure_of *low, figure_of *high, struct hs_ink ink)
{
    steps(d, y, high, true);
    steps(d, y, low, false);
    hs_canvas_fill(d->sheet.canvas, ink);
}

/* ---- panels ---- */

static void heading(struct drawing *d, double y, const char *title)
{
    hs_sheet_put(&d->sheet, HS_SHEET_LEFT, y, HS_ALIGN_LEFT, HS_FACE_BOLD, d->sheet.theme->text, title);
}

static double end_panel(struct drawing *d, const struct hs_plot *plot)
{
    d->y[d->n_panels++] = plot->y;
    hs_sheet_panel(&d->sheet, plot);
    return plot->y.from;
}

static double heap_panel(struct drawing *d, double y)
{
    const struct hs_theme *theme = d->sheet.theme;
    struct hs_plot plot = {.name = "heap", .x = d->x, .ticks_y = 6, .y = {HS_UNIT_BYTES, 0, d->total, y + 238, y + 18}};
    bool partly = some_without_run(&d->t->series);
    const struct hs_swatch legend[] = {{theme->used, "used"},
                                       {theme->used_at_times, "used at times"},
                                       {theme->pieces, partly ? "free" : "free, in pieces"},
                                       {theme->run, partly ? "longest free run, where known" : "longest free run"}};
    heading(d, y, "Heap, bytes");
    hs_sheet_legend(&d->sheet, y, legend, sizeof legend / sizeof *legend);
    area(d, &plot.y, nothing, size_of, theme->pieces);
    area(d, &plot.y, below_run, size_of, theme->run);
    area(d, &plot.y, nothing, used_at_times, theme->used_at_times);
    area(d, &plot.y, nothing, used_always, theme->used);
    return end_panel(d, &plot);
}

static double fragmentation_panel(struct drawing *d, double y)
{
    struct hs_ink ink = d->sheet.theme->fragmentation, faint = {ink.rgb, 0.4};
    struct hs_plot plot = {.name = "fragmentation", .x = d->x, .ticks_y = 2, .y = {HS_UNIT_SHARE, 0, 1, y + 76, y + 12}};
    const struct hs_swatch legend[] = {{ink, "at all times"}, {faint, "at times"}};
    heading(d, y,
            some_without_run(&d->t->series) ? "Fragmentation, where the longest free run is known"
                                            : "Fragmentation: the share of the free space outside the longest run");
    hs_sheet_legend(&d->sheet, y, legend, 2);
    area(d, &plot.y, nothing, external_max, faint);
    area(d, &plot.y, nothing, external_min, ink);
    return end_panel(d, &plot);
}

static double seconds(const struct drawing *d, uint64_t ticks) { return d->view->hz ? (double)ticks / d->view->hz : 0; }

static double pause_panel(struct drawing *d, double y)
{
    const struct hs_series *s = &d->t->series;
    double longest = 0;
    struct hs_pen pen = {.ink = d->sheet.theme->pause, .width = 3};
    for (uint32_t i = 0; i < s->n; i++)
        longest = fmax(longest, seconds(d, s->point[i].longest_pause));
    struct hs_plot plot = {
        .name = "pauses", .x = d->x, .ticks_y = 2, .y = {HS_UNIT_SECONDS, 0, longest > 0 ? longest : 1, y + 60, y + 12}};
    heading(d, y, "Collections, and how long each was");
    for (uint32_t i = 0; i < s->n; i++) {
        if (!s->point[i].collections)
            continue;
        double x = (across(d, s->point[i].at) + right_of(d, i)) / 2;
        hs_canvas_move(d->sheet.canvas, (struct hs_spot){quarter(x), plot.y.from});
        hs_canvas_line(d->sheet.canvas,
                       (struct hs_spot){quarter(x), quarter(fmin(hs_scale_at(&plot.y, seconds(d, s->point[i].longest_pause)),
                                                                 plot.y.from - 3))});
    }
    hs_canvas_stroke(d->sheet.canvas, &pen);
    return end_panel(d, &plot);
}

/* A bar along the axis where the layout is not known: there the figures are the last known ones. */
static void unknown_bar(struct drawing *d)
{
    const struct hs_series *s = &d->t->series;
    for (uint32_t i = 0; i < s->n; i++) {
        if (!s->point[i].unsynced)
            continue;
        double from = across(d, s->point[i].at);
        hs_canvas_box(d->sheet.canvas, (struct hs_box){from, d->y[0].to - 4, right_of(d, i) - from, 4}, d->sheet.theme->unknown);
    }
}

/* ---- flags ---- */

static const struct {
    uint8_t kind;
    const char *text;
    size_t ink; /* of the theme */
    double width, dash;
} flags[] = {
    {HS_NOTE_MARK, "mark", offsetof(struct hs_theme, mark), 1, 4},
    {HS_NOTE_LOSS, "records lost", offsetof(struct hs_theme, loss), 1, 2},
    {HS_NOTE_RESET, "reset", offsetof(struct hs_theme, reset), 1.5, 0},
    {HS_NOTE_FAILURE, "failed allocation", offsetof(struct hs_theme, failure), 1.5, 0},
};

#define N_FLAGS (sizeof flags / sizeof *flags)

static struct hs_ink flag_ink(const struct drawing *d, size_t flag)
{
    return *(const struct hs_ink *)(const void *)((const char *)d->sheet.theme + flags[flag].ink);
}

/* A trace begins with a reset, which needs no line. */
static bool flagged(const struct drawing *d, const struct hs_note *note, size_t flag)
{
    return note->kind == flags[flag].kind && (note->kind != HS_NOTE_RESET || note->at > d->t->series.point[0].at);
}

static void flag_line(struct drawing *d, double x)
{
    for (unsigned i = 0; i < d->n_panels; i++) {
        hs_canvas_move(d->sheet.canvas, (struct hs_spot){x, d->y[i].to - (i ? 0 : 4)});
        hs_canvas_line(d->sheet.canvas, (struct hs_spot){x, d->y[i].from});
    }
}

/* Flags of one kind in the same pixel become one line. Returns whether there are any. */
static bool flag_lines(struct drawing *d, size_t flag)
{
    struct hs_pen pen = {.ink = flag_ink(d, flag), .width = flags[flag].width, .dash = flags[flag].dash};
    double last = -1;
    for (uint32_t i = 0; i < d->t->n_notes; i++) {
        double x = floor(across(d, d->t->note[i].at)) + 0.5;
        if (!flagged(d, &d->t->note[i], flag) || x == last)
            continue;
        flag_line(d, x);
        last = x;
    }
    hs_canvas_stroke(d->sheet.canvas, &pen);
    return last >= 0;
}

/* A cross on the line of each failure, to distinguish it without colour. */
static void crosses(struct drawing *d)
{
    struct hs_pen pen = {.ink = d->sheet.theme->failure, .width = 2};
    double last = -1;
    for (uint32_t i = 0; i < d->t->n_notes; i++) {
        double x = floor(across(d, d->t->note[i].at)) + 0.5, y = d->y[0].to - 8;
        if (d->t->note[i].kind != HS_NOTE_FAILURE || x == last)
            continue;
        hs_canvas_move(d->sheet.canvas, (struct hs_spot){x - 4, y - 4});
        hs_canvas_line(d->sheet.canvas, (struct hs_spot){x + 4, y + 4});
        hs_canvas_move(d->sheet.canvas, (struct hs_spot){x - 4, y + 4});
        hs_canvas_line(d->sheet.canvas, (struct hs_spot){x + 4, y - 4});
        last = x;
    }
    hs_canvas_stroke(d->sheet.canvas, &pen);
}

/* Labels of marks, above the heap's heading, each in the first row with room. A mark without room is only a line. */
static void mark_labels(struct drawing *d, double y)
{
    double end[MARK_ROWS] = {0};
    for (uint32_t i = 0; i < d->t->n_notes; i++) {
        const struct hs_note *note = &d->t->note[i];
        char label[HS_FITTED];
        if (note->kind != HS_NOTE_MARK || !note->label)
            continue;
        hs_canvas_fit(d->sheet.canvas, &(struct hs_fit){HS_FACE_TEXT, 150, false}, note->label, label);
        double width = hs_canvas_width(d->sheet.canvas, HS_FACE_TEXT, label), x = across(d, note->at) + 3;
        x = x + width > HS_SHEET_RIGHT ? HS_SHEET_RIGHT - width : x;
        for (unsigned row = 0; row < MARK_ROWS; row++) {
            if (x < end[row])
                continue;
            hs_sheet_put(&d->sheet, x, y + row * ROW, HS_ALIGN_LEFT, HS_FACE_TEXT, d->sheet.theme->mark, label);
            end[row] = x + width + 8;
            break;
        }
    }
}

static void draw_flags(struct drawing *d, double y)
{
    struct hs_swatch swatch[N_FLAGS + 1];
    unsigned n = 0;
    uint64_t unsynced = 0;
    for (uint32_t i = 0; i < d->t->series.n; i++)
        unsynced += d->t->series.point[i].unsynced;
    for (size_t i = 0; i < N_FLAGS; i++)
        if (flag_lines(d, i))
            swatch[n++] = (struct hs_swatch){flag_ink(d, i), flags[i].text};
    if (unsynced)
        swatch[n++] = (struct hs_swatch){d->sheet.theme->unknown, "layout not known: figures are those known last"};
    hs_sheet_legend(&d->sheet, y, swatch, n);
}

/* ---- text ---- */

static char *bytes_text(char text[40], double bytes)
{
    return hs_format(text, 40, HS_VALUE_BYTES, (struct hs_value){.u = (uint64_t)bytes});
}

static void say_figures(struct drawing *d)
{
    const struct hs_series *s = &d->t->series;
    char text[400], number[4][40];
    double peak = 0, last = drawn(s->point[s->n - 1].end.last.value[HS_FIGURE_USED]);
    uint64_t pause = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        peak = fmax(peak, used_at_times(d, &s->point[i]));
        pause += s->point[i].pause;
    }
    hs_format(number[3], 40, HS_VALUE_SECONDS, (struct hs_value){.d = seconds(d, pause)});
    snprintf(text, sizeof text,
             "%s of %s bytes used at most, %s at the end; %" PRIu64 " collection%s, %s in all; %" PRIu64 " failed allocation%s",
             bytes_text(number[0], peak), bytes_text(number[1], d->total), bytes_text(number[2], last),
             d->t->noted[HS_NOTE_COLLECTION], d->t->noted[HS_NOTE_COLLECTION] == 1 ? "" : "s", number[3],
             d->t->noted[HS_NOTE_FAILURE], d->t->noted[HS_NOTE_FAILURE] == 1 ? "" : "s");
    hs_sheet_line(&d->sheet, d->lines++, d->sheet.theme->dim, text);
}

static void say_failure(struct drawing *d)
{
    const struct hs_note *note = NULL;
    char text[HS_NAME_MAX + 200], name[HS_NAME_MAX], number[3][40];
    for (uint32_t i = 0; i < d->t->n_notes && !note; i++)
        note = d->t->note[i].kind == HS_NOTE_FAILURE ? &d->t->note[i] : NULL;
    if (!note)
        return;
    snprintf(text, sizeof text, "%s: %s bytes requested, %s free, longest run %s: %s",
             hs_name_of_site(d->view->names, note->site, HS_KEY_LINE, name), bytes_text(number[0], (double)note->bytes),
             bytes_text(number[1], (double)note->free), bytes_text(number[2], (double)note->largest),
             hs_verdict_name(note->cause));
    hs_sheet_line(&d->sheet, d->lines++, d->sheet.theme->failure, text);
}

/* ---- page ---- */

static void set_axes(struct drawing *d)
{
    const struct hs_series *s = &d->t->series;
    const struct hs_point *last = &s->point[s->n - 1];
    bool by_number = d->t->by_number || !d->view->hz;
    d->x = (struct hs_scale){by_number ? HS_UNIT_COUNT : HS_UNIT_SECONDS, axis_value(d, s->point[0].at),
                             axis_value(d, d->t->by_number ? last->number : last->time), HS_SHEET_LEFT, HS_SHEET_RIGHT};
    for (uint32_t i = 0; i < s->n; i++)
        d->total = fmax(d->total, size_of(d, &s->point[i]));
    d->total = d->total > 0 ? d->total : 1;
}

static void colours(struct drawing *d)
{
    const struct hs_theme *theme = d->sheet.theme;
    hs_json_object(d->sheet.data, "colours");
    hs_sheet_ink(&d->sheet, "used", theme->used);
    hs_sheet_ink(&d->sheet, "used_at_times", theme->used_at_times);
    hs_sheet_ink(&d->sheet, "longest_free_run", theme->run);
    hs_sheet_ink(&d->sheet, "free", theme->pieces);
    hs_sheet_ink(&d->sheet, "fragmentation", theme->fragmentation);
    hs_sheet_ink(&d->sheet, "pause", theme->pause);
    for (size_t i = 0; i < N_FLAGS; i++)
        hs_sheet_ink(&d->sheet, flags[i].text, flag_ink(d, i));
    hs_json_end(d->sheet.data);
}

/* Height of a page: heading, rows of labels, panels, axis, legend. */
static double height_of(const struct hs_timeline *t)
{
    double head = HS_SHEET_TOP + (t->noted[HS_NOTE_FAILURE] ? HS_SHEET_LINE : 0) +
                  (t->noted[HS_NOTE_MARK] ? MARK_ROWS * ROW + 6 : 0);
    return head + 254 + 34 + 76 + (t->noted[HS_NOTE_COLLECTION] ? 34 + 60 : 0) + 56;
}

static void draw(struct drawing *d)
{
    double y = HS_SHEET_TOP + 10;
    set_axes(d);
    colours(d);
    say_figures(d);
    say_failure(d);
    y += (d->lines - 1) * HS_SHEET_LINE;
    if (d->t->noted[HS_NOTE_MARK]) {
        mark_labels(d, y);
        y += MARK_ROWS * ROW + 6;
    }
    y = heap_panel(d, y);
    y = fragmentation_panel(d, y + 34);
    if (d->t->noted[HS_NOTE_COLLECTION])
        y = pause_panel(d, y + 34);
    unknown_bar(d);
    draw_flags(d, y + 40);
    crosses(d);
    hs_sheet_panel(&d->sheet, &(struct hs_plot){.name = "axis", .x = d->x, .ticks_x = 10, .y = {HS_UNIT_SHARE, 0, 0, y, y}});
}

int hs_timepicture_draw(const struct hs_timepicture *picture, const struct hs_sheet_style *style, FILE *out)
{
    const struct hs_timeline *t = picture->view->timeline;
    struct drawing d = {.view = picture->view, .t = t};
    if (!hs_sheet_begin(&d.sheet, style, height_of(t)))
        return hs_sheet_end(&d.sheet, HS_ERR_MEMORY, out);
    hs_sheet_title(&d.sheet, "The heap over time", picture->subject);
    if (t->series.n)
        draw(&d);
    else
        hs_sheet_line(&d.sheet, 0, d.sheet.theme->dim, "nothing happened in this range");
    return hs_sheet_end(&d.sheet, HS_OK, out);
}
