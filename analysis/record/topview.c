/* SPDX-License-Identifier: MIT */
#include "analysis/record/topview.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/map/mapview.h"
#include "analysis/draw/summaryjson.h"
#include "analysis/draw/table.h"
#include "lib/host/util/clean_text.h"
#include "lib/host/util/sort.h"

#define BAR_MOST 24u
#define MAP_SHARE 3u /* a map takes at most this fraction of the rows: 1/MAP_SHARE */
#define LABEL 10u    /* columns of the labels at the left */
#define ROW_BYTES 600u
#define FINDING_SHARE 6u /* a finding takes at most this fraction of the rows */

struct drawing {
    const struct hs_topview *view;
    const struct hs_overview *o;
    struct hs_pane *pane;
    unsigned row;
};

static const struct hs_look plain = {0}, bold = {.bold = true}, dim = {.hue = HS_HUE_DIM};

static char *count_text(char text[40], uint64_t n) { return hs_format(text, 40, HS_VALUE_COUNT, (struct hs_value){.u = n}); }

/* Too long for its column: in millions. */
static char *short_text(char text[40], uint64_t n)
{
    if (n < 10000000)
        return count_text(text, n);
    snprintf(text, 40, "%.1fM", (double)n / 1e6);
    return text;
}

static char *seconds_text(char text[40], double seconds)
{
    return hs_format(text, 40, HS_VALUE_SECONDS, (struct hs_value){.d = seconds});
}

static unsigned put(struct drawing *d, unsigned column, struct hs_look look, const char *text)
{
    return hs_pane_put(d->pane, (struct hs_cell_at){d->row, column}, look, text);
}

/* ---- figures ---- */

static void head(struct drawing *d)
{
    char time[40], text[120];
    unsigned column = put(d, 0, bold, "heapstrata top");
    column = put(d, column + 2, plain, d->view->subject);
    unsigned h = (unsigned)d->view->seconds / 3600, m = (unsigned)d->view->seconds / 60 % 60, s = (unsigned)d->view->seconds % 60;
    snprintf(time, sizeof time, "%u:%02u:%02u", h, m, s);
    snprintf(text, sizeof text, "%s  %s", time, d->view->state);
    unsigned length = (unsigned)strlen(text);
    if (column + length >= d->pane->columns) { /* only the first word of the state */
        length = (unsigned)(strlen(time) + 2 + strcspn(d->view->state, " "));
        text[length] = '\0';
    }
    bool good = !strcmp(d->view->state, "following");
    unsigned at = d->pane->columns > length ? d->pane->columns - length : 0;
    if (at > column)
        hs_pane_put(d->pane, (struct hs_cell_at){d->row, at}, (struct hs_look){good ? HS_HUE_GREEN : HS_HUE_YELLOW, true, false},
                    text);
    d->row++;
}

/* Returns the column after it. */
static unsigned bar(struct drawing *d, unsigned column, double share)
{
    unsigned columns = d->pane->columns / 6 < BAR_MOST ? d->pane->columns / 6 : BAR_MOST, n = (unsigned)(share * columns + 0.5);
    put(d, column, plain, "[");
    for (unsigned i = 0; i < columns; i++)
        put(d, column + 1 + i, (struct hs_look){.hue = i < n ? HS_HUE_BLUE : HS_HUE_DIM},
            i < n              ? d->view->unicode ? "\xe2\x96\x88" : "#"
            : d->view->unicode ? "\xc2\xb7"
                               : ".");
    return put(d, column + 1 + columns, plain, "]");
}

static void heap_rows(struct drawing *d)
{
    const struct hs_space *heap = &d->o->summary.heap;
    char number[4][40];
    uint64_t total = heap->end.used + heap->end.free;
    double share = total ? (double)heap->end.used / (double)total : 0;
    put(d, 0, dim, "heap");
    unsigned column = bar(d, LABEL, share);
    hs_pane_print(d->pane, (struct hs_cell_at){d->row, column + 1}, plain, "%s of %s bytes used (%.1f%%), peak %s%s",
                  count_text(number[0], heap->end.used), count_text(number[1], total), 100 * share,
                  count_text(number[2], heap->peak),
                  d->o->snapshot.synced || d->o->level > HS_LEVEL_FULL ? "" : "; layout not known");
    d->row++;
    put(d, 0, dim, "free");
    hs_pane_print(d->pane, (struct hs_cell_at){d->row, LABEL}, plain, "%s bytes in %s runs, the longest %s: fragmentation %.1f%%",
                  count_text(number[0], heap->end.free), count_text(number[1], heap->end.free_runs),
                  count_text(number[2], heap->end.largest_free), 100 * heap->fragmentation);
    d->row++;
}

static void event_row(struct drawing *d)
{
    const struct hs_summary *s = &d->o->summary;
    char number[4][40];
    put(d, 0, dim, "events");
    unsigned column = hs_pane_print(d->pane, (struct hs_cell_at){d->row, LABEL}, plain, "%s, %s/s",
                                    count_text(number[0], s->events), count_text(number[1], (uint64_t)(d->o->event_rate + 0.5)));
    if (d->view->stream_bytes)
        column = hs_pane_print(d->pane, (struct hs_cell_at){d->row, column}, plain, "; stream %s bytes, %s/s",
                               count_text(number[0], d->view->stream_bytes),
                               count_text(number[1], (uint64_t)(d->view->byte_rate + 0.5)));
    column = put(d, column, plain, "; ");
    hs_pane_print(d->pane, (struct hs_cell_at){d->row, column}, (struct hs_look){.hue = s->lost ? HS_HUE_RED : HS_HUE_NONE},
                  s->lost ? "lost %s of %s (%.1f%%)" : "lost %s of %s", count_text(number[0], s->lost),
                  count_text(number[1], s->emitted), s->emitted ? 100.0 * (double)s->lost / (double)s->emitted : 0.0);
    d->row++;
}

static void collection_row(struct drawing *d)
{
    const struct hs_summary *s = &d->o->summary;
    char number[4][40];
    put(d, 0, dim, "collected");
    hs_pane_print(d->pane, (struct hs_cell_at){d->row, LABEL}, plain, "%s times, %.1f/s; %s bytes freed; paused %s, longest %s",
                  count_text(number[0], s->collections), d->o->collection_rate, count_text(number[1], s->collected),
                  seconds_text(number[2], s->pause), seconds_text(number[3], s->longest_pause));
    d->row++;
}

/* The bytes of a text that fit into a row: whole words, unless one is longer. */
static size_t row_of_words(const char *text, unsigned columns)
{
    size_t n = strlen(text), end;
    if (n <= columns)
        return n;
    for (end = columns; end && text[end] != ' ';)
        end--;
    return end ? end : columns;
}

/* The doctor's first finding, in its words. */
static void finding_rows(struct drawing *d)
{
    char row[ROW_BYTES];
    unsigned columns = d->pane->columns > LABEL ? d->pane->columns - LABEL : 0, most = d->pane->rows / FINDING_SHARE;
    const char *text = d->view->finding;
    if (!text || !columns || !most)
        return;
    columns = columns < sizeof row ? columns : (unsigned)sizeof row - 1;
    put(d, 0, dim, "finding");
    for (unsigned i = 0; *text && i < most; i++) {
        size_t n = row_of_words(text, columns);
        snprintf(row, sizeof row, "%.*s", (int)n, text);
        put(d, LABEL, (struct hs_look){.hue = HS_HUE_RED}, row);
        text += n;
        text += *text == ' ';
        d->row++;
    }
}

static void failure_row(struct drawing *d)
{
    const struct hs_failure *f = &d->o->failure;
    char number[4][40];
    if (!d->o->summary.failed)
        return;
    put(d, 0, dim, "failed");
    hs_pane_print(d->pane, (struct hs_cell_at){d->row, LABEL}, (struct hs_look){.hue = HS_HUE_RED},
                  "%s; last: %s bytes at %s, %s: longest run %s", count_text(number[0], d->o->summary.failed),
                  count_text(number[1], f->size), d->o->failed_at, hs_verdict_name(f->verdict),
                  count_text(number[2], f->largest_free));
    d->row++;
}

static void mark_row(struct drawing *d)
{
    if (!d->o->summary.marks)
        return;
    put(d, 0, dim, "mark");
    put(d, LABEL, plain, d->o->mark);
    d->row++;
}

/* ---- map ---- */

static uint32_t cells_of(const struct hs_heap_snapshot *p, uint32_t per)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < p->n_regions; i++)
        n += p->region[i].present ? (p->region[i].granules + per - 1) / per : 0;
    return n;
}

/* Regions follow each other without a gap; a dot is free. */
static void map_rows(struct drawing *d)
{
    const struct hs_heap_snapshot *p = &d->o->snapshot;
    struct hs_map_of map = {p, &d->o->classes, 1};
    unsigned columns = d->pane->columns, rows = d->pane->rows / MAP_SHARE;
    if (!d->view->map || !columns || rows < 2 || d->o->level > HS_LEVEL_FULL || !cells_of(p, 1))
        return;
    while (cells_of(p, map.per) > columns * rows)
        map.per *= 2;
    uint32_t cell = 0;
    for (unsigned i = 0; i < p->n_regions; i++) {
        const struct hs_region_state *r = &p->region[i];
        for (uint32_t at = 0; r->present && at < r->granules; at += map.per, cell++) {
            uint32_t left = r->granules - at;
            struct hs_map_cell c = hs_mapview_cell(&map, (struct hs_extent){r->first + at, left < map.per ? left : map.per});
            char text[2] = {c.letter, '\0'};
            hs_pane_put(d->pane, (struct hs_cell_at){d->row + cell / columns, cell % columns},
                        (struct hs_look){.hue = c.letter == '.' ? HS_HUE_DIM : c.hue},
                        c.letter == '.' && d->view->unicode ? "\xc2\xb7" : text);
        }
    }
    d->row += (cell + columns - 1) / columns;
}

/* ---- lines ---- */

static double weight(const struct hs_hot *h, enum hs_top_order order)
{
    switch (order) {
    case HS_TOP_RATE: return h->requests;
    case HS_TOP_BYTES: return h->bytes;
    case HS_TOP_LIVE: return (double)h->live;
    case HS_TOP_BLOCKS: return (double)h->blocks;
    default: return (double)h->all_bytes;
    }
}

static int heavier(const void *a, const void *b, void *context)
{
    enum hs_top_order order = *(const enum hs_top_order *)context;
    const struct hs_hot *x = a, *y = b;
    double first = weight(x, order), second = weight(y, order);
    if (first == second) { /* lines of equal weight are sorted by their totals */
        first = (double)x->all_bytes;
        second = (double)y->all_bytes;
    }
    return first < second ? 1 : first > second ? -1 : strcmp(x->name, y->name);
}

static const char *const titles[HS_TOP_ORDERS] = {
    [HS_TOP_RATE] = "ALLOCS/S", [HS_TOP_BYTES] = "BYTES/S", [HS_TOP_LIVE] = "LIVE",
    [HS_TOP_BLOCKS] = "BLOCKS", [HS_TOP_ALL] = "TOTAL",
};

#define COLUMN_WIDTH 10u

static bool passes(const struct hs_topview *view, const struct hs_hot *hot)
{
    return !*view->filter || strcasestr(hot->name, view->filter);
}

static void table_titles(struct drawing *d)
{
    char title[40], text[40];
    hs_pane_paint(d->pane, (struct hs_cell_at){d->row, 0}, (struct hs_look){.reverse = true});
    for (unsigned i = 0; i < HS_TOP_ORDERS; i++) {
        bool sorted = i == (unsigned)d->view->order;
        snprintf(text, sizeof text, "%s%s", titles[i], sorted ? "*" : "");
        snprintf(title, sizeof title, "%*s", (int)COLUMN_WIDTH - 1, text);
        put(d, i * COLUMN_WIDTH, (struct hs_look){.reverse = true, .bold = sorted}, title);
    }
    hs_pane_print(d->pane, (struct hs_cell_at){d->row, HS_TOP_ORDERS * COLUMN_WIDTH}, (struct hs_look){.reverse = true},
                  "M LINE%s%s", *d->view->filter ? " with " : "", d->view->filter);
    d->row++;
}

/* The end of a long name says more than its start. */
static const char *fit_name(const struct drawing *d, const char *name, char text[HS_NAME_MAX])
{
    const char *dots = d->view->unicode ? "\xe2\x80\xa6" : "~";
    size_t room = d->pane->columns > HS_TOP_ORDERS * COLUMN_WIDTH + 3 ? d->pane->columns - HS_TOP_ORDERS * COLUMN_WIDTH - 2 : 1;
    size_t n = strlen(name);
    if (n <= room)
        return name;
    snprintf(text, HS_NAME_MAX, "%s%s", dots, hs_text_tail(name, room - 1));
    return text;
}

static void table_row(struct drawing *d, const struct hs_hot *h)
{
    const uint64_t value[HS_TOP_ORDERS] = {
        [HS_TOP_RATE] = (uint64_t)(h->requests + 0.5),
        [HS_TOP_BYTES] = (uint64_t)(h->bytes + 0.5),
        [HS_TOP_LIVE] = h->live,
        [HS_TOP_BLOCKS] = h->blocks,
        [HS_TOP_ALL] = h->all_bytes,
    };
    char number[40], text[80], name[HS_NAME_MAX];
    for (unsigned i = 0; i < HS_TOP_ORDERS; i++) {
        snprintf(text, sizeof text, "%*s", (int)COLUMN_WIDTH - 1, value[i] ? short_text(number, value[i]) : "0");
        put(d, i * COLUMN_WIDTH, value[i] ? plain : dim, text);
    }
    if (h->class != UINT32_MAX) {
        struct hs_map_cell c = hs_mapview_class(h->class);
        put(d, HS_TOP_ORDERS * COLUMN_WIDTH, (struct hs_look){.hue = c.hue}, (char[2]){c.letter, '\0'});
    }
    put(d, HS_TOP_ORDERS * COLUMN_WIDTH + 2, h->requests > 0 ? bold : plain, fit_name(d, h->name, name));
    d->row++;
}

static size_t table(struct drawing *d, unsigned end)
{
    size_t passed = 0;
    table_titles(d);
    for (size_t i = 0; i < d->o->n; i++) {
        if (!passes(d->view, &d->o->hot[i]))
            continue;
        if (passed++ >= d->view->first && d->row < end)
            table_row(d, &d->o->hot[i]);
    }
    return passed;
}

/* ---- view ---- */

static void bottom_rows(struct drawing *d, unsigned row)
{
    static const char keys[] = "q quit  s sort  / filter  p pause  d delay  m map  k kinds  h help";
    if (d->view->output) {
        d->row = row++;
        put(d, 0, dim, "prints");
        put(d, LABEL, plain, d->view->output);
    }
    d->row = row;
    if (d->view->keys)
        put(d, 0, d->view->prompt ? bold : dim, d->view->prompt ? d->view->prompt : keys);
}

size_t hs_topview_draw(const struct hs_topview *view, struct hs_pane *pane)
{
    struct drawing d = {view, view->overview, pane, 0};
    enum hs_top_order order = view->order;
    unsigned bottom = (view->output != NULL) + view->keys;
    unsigned end = pane->rows > bottom ? pane->rows - bottom : 0;
    if (view->overview->n)
        hs_sort(view->overview->hot, view->overview->n, sizeof *view->overview->hot, heavier, &order);
    head(&d);
    heap_rows(&d);
    event_row(&d);
    collection_row(&d);
    finding_rows(&d);
    failure_row(&d);
    mark_row(&d);
    map_rows(&d);
    size_t passed = table(&d, end);
    bottom_rows(&d, view->keys ? end : d.row);
    return passed;
}

void hs_topview_help(struct hs_pane *pane)
{
    static const char *const lines[] = {
        "heapstrata top: keys",
        "",
        "q           quit",
        "h ?         this help, and back",
        "s S         sort by the next column, by the one before",
        "/           show only lines that hold a text; empty: all",
        "p           pause: the picture stays, the firmware does not",
        "d           refresh interval, in seconds",
        "space       refresh now",
        "m           map on or off",
        "k           by line, kind, function, file",
        "arrows, page up, page down, home, end   scroll",
        "",
        "ALLOCS/S and BYTES/S: since the look before. LIVE and BLOCKS: bytes and blocks in the heap now.",
        "TOTAL: bytes requested since the trace begins. M: the letter in the map. In the map a dot is free;",
        "a capital has nothing free where a letter is several granules, and is a block's head where it is one.",
    };
    for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++)
        hs_pane_put(pane, (struct hs_cell_at){i, 0}, i ? plain : bold, lines[i]);
}

static void line_json(const struct hs_hot *h, struct hs_json *json)
{
    hs_json_object(json, NULL);
    hs_json_text(json, "line", h->name);
    hs_json_real(json, "requests_per_second", h->requests);
    hs_json_real(json, "bytes_per_second", h->bytes);
    hs_json_uint(json, "live_bytes", h->live);
    hs_json_uint(json, "live_blocks", h->blocks);
    hs_json_uint(json, "requests", h->all_requests);
    hs_json_uint(json, "requested_bytes", h->all_bytes);
    hs_json_end(json);
}

void hs_topview_json(const struct hs_topview *view, struct hs_json *json)
{
    const struct hs_overview *o = view->overview;
    enum hs_top_order order = view->order;
    if (o->n)
        hs_sort(view->overview->hot, o->n, sizeof *o->hot, heavier, &order);
    hs_json_text(json, "source", view->subject);
    hs_json_text(json, "state", view->state);
    hs_json_real(json, "watched_seconds", view->seconds);
    hs_json_real(json, "events_per_second", o->event_rate);
    hs_json_real(json, "collections_per_second", o->collection_rate);
    hs_summary_json(&o->summary, json);
    hs_summary_space_json(&o->summary.heap, json);
    hs_json_text(json, "finding", view->finding);
    hs_json_array(json, "lines");
    for (size_t i = 0; i < o->n; i++)
        if (passes(view, &o->hot[i]))
            line_json(&o->hot[i], json);
    hs_json_end(json);
}
