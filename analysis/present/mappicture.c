/* SPDX-License-Identifier: MIT
 *
 * A region is drawn from an array of its cells' kinds, in strokes as long as neighbours are alike, all strokes of one
 * kind as one path: that keeps a picture of thousands of blocks small.
 */
#include "analysis/present/mappicture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/present/table.h"

#define LINE        18.0
#define MAP_WIDTH   832.0 /* 64 cells of 13 pixels, or 128 of 6.5 */
#define FEW_ROWS    40u
#define ROWS_MAX    96u   /* of all regions */
#define LISTED      HS_THEME_CLASSES

/* Kinds of cells of one moment: the classes of the legend, and these. */
enum { KIND_OTHER = HS_THEME_CLASSES, KIND_FREE, KIND_RUN, KINDS, PARTLY = 16 };

struct grid {
    uint32_t columns, per, cells; /* per: granules of a cell */
    double cell, top;             /* pixels */
};

struct drawing {
    const struct hs_mappicture *of;
    const struct hs_mapview *view;
    const struct hs_picture *picture;
    struct hs_sheet sheet;
    struct hs_ink ink[KINDS];
    struct grid grid[HS_REGION_LIMIT];
    unsigned n_regions, n_kinds;
    uint64_t bytes[KINDS];         /* of all cells drawn, by kind */
    double y;
};

static bool wanted(const struct drawing *d, unsigned i)
{
    return d->picture->region[i].present;
}

/* ---- layout of the page ---- */

static struct grid fit(const struct hs_region_state *region, unsigned rows)
{
    struct grid g = { .columns = 64, .per = 1, .cell = MAP_WIDTH / 64 };
    if (region->granules > g.columns * (rows < FEW_ROWS ? rows : FEW_ROWS)) {
        g.columns = 128;
        g.cell = MAP_WIDTH / 128;
    }
    while ((uint64_t)g.columns * g.per * rows < region->granules)
        g.per *= 2;
    g.cells = (region->granules + g.per - 1) / g.per;
    return g;
}

static uint32_t rows_of(const struct grid *g)
{
    return (g->cells + g->columns - 1) / g->columns;
}

static double lay_out(struct drawing *d)
{
    unsigned n = 0;
    double height = 0;
    for (unsigned i = 0; i < d->picture->n_regions; i++)
        n += wanted(d, i);
    for (unsigned i = 0; n && i < d->picture->n_regions; i++) {
        if (!wanted(d, i))
            continue;
        d->grid[i] = fit(&d->picture->region[i], ROWS_MAX / n > 4 ? ROWS_MAX / n : 4);
        height += LINE + 12 + rows_of(&d->grid[i]) * d->grid[i].cell;
    }
    d->n_regions = n;
    return height;
}

/* ---- kinds of cells ---- */

static struct hs_extent extent_of(const struct hs_region_state *region, const struct grid *g, uint32_t cell)
{
    uint32_t at = cell * g->per, left = region->granules - at;
    return (struct hs_extent){ region->first + at, left < g->per ? left : g->per };
}

/* With one granule to a cell, a block's first granule begins a new stroke. */
static bool is_head(const struct drawing *d, const struct grid *g, struct hs_extent e)
{
    uint32_t i = hs_picture_find(d->picture, e.pos);
    return g->per == 1 && i < d->picture->n_blocks && d->picture->block[i].pos == e.pos;
}

static bool in_longest_run(const struct hs_layout *layout, const struct hs_region_state *region, struct hs_extent e)
{
    uint64_t run = layout->largest_free >> region->shift;
    return e.pos >= layout->largest_free_pos && e.pos + e.granules <= layout->largest_free_pos + run;
}

static uint8_t kind_at(const struct drawing *d, unsigned region, uint32_t cell)
{
    const struct hs_region_state *r = &d->picture->region[region];
    struct hs_extent e = extent_of(r, &d->grid[region], cell);
    struct hs_dominant most = hs_legend_dominant(d->of->legend, d->picture, e, LISTED);
    if (!most.used)
        return in_longest_run(&d->picture->layout[region], r, e) ? KIND_RUN : KIND_FREE;
    return (uint8_t)(most.class | (most.used < e.granules ? PARTLY : 0));
}

static bool moment_cells(struct drawing *d, unsigned region, uint8_t *kind, bool *head)
{
    const struct grid *g = &d->grid[region];
    for (uint32_t i = 0; i < g->cells; i++) {
        struct hs_extent e = extent_of(&d->picture->region[region], g, i);
        kind[i] = kind_at(d, region, i);
        head[i] = is_head(d, g, e);
        d->bytes[kind[i] & (PARTLY - 1)] += (uint64_t)e.granules << d->picture->region[region].shift;
    }
    return true;
}

/* A change, where there is any, goes before what stayed. */
static uint8_t change_of(const uint8_t *change, uint32_t n)
{
    uint32_t count[HS_CHANGES] = {0};
    unsigned best = HS_CHANGE_NEW;
    for (uint32_t i = 0; i < n; i++)
        count[change[i]]++;
    for (unsigned c = HS_CHANGE_NEW; c < HS_CHANGES; c++)
        best = count[c] > count[best] ? c : best;
    return (uint8_t)(count[best] ? best : count[HS_CHANGE_KEPT] ? HS_CHANGE_KEPT : HS_CHANGE_FREE);
}

static bool change_cells(struct drawing *d, unsigned region, uint8_t *kind, bool *head)
{
    const struct hs_region_state *r = &d->picture->region[region];
    const struct grid *g = &d->grid[region];
    uint8_t *change = malloc(r->granules + 1);
    if (!change)
        return false;
    hs_compare(d->of->comparison, (struct hs_extent){ r->first, r->granules }, change);
    for (uint32_t i = 0; i < r->granules; i++)
        d->bytes[change[i]] += UINT64_C(1) << r->shift;
    for (uint32_t i = 0; i < g->cells; i++) {
        struct hs_extent e = extent_of(r, g, i);
        kind[i] = change_of(change + (e.pos - r->first), e.granules);
        head[i] = is_head(d, g, e) && kind[i] != HS_CHANGE_GONE;
    }
    free(change);
    return true;
}

/* ---- a region ---- */

/* A stroke goes over cells of one row that are alike, up to the next block's first. */
static void strokes(struct drawing *d, const struct grid *g, const uint8_t *kind, const bool *head, uint8_t wanted_kind)
{
    double gap = g->cell / 13;
    for (uint32_t i = 0, n; i < g->cells; i += n) {
        n = 1;
        if (kind[i] != wanted_kind)
            continue;
        while (i + n < g->cells && (i + n) % g->columns && kind[i + n] == wanted_kind && !head[i + n])
            n++;
        double x = HS_SHEET_LEFT + i % g->columns * g->cell, y = g->top + (i / g->columns + 0.5) * g->cell;
        hs_canvas_move(d->sheet.canvas, (struct hs_spot){ x + (head[i] ? gap : 0), y });
        hs_canvas_line(d->sheet.canvas, (struct hs_spot){ x + n * g->cell, y });
    }
}

static void draw_cells(struct drawing *d, const struct grid *g, const uint8_t *kind, const bool *head)
{
    for (uint8_t partly = 0; partly <= PARTLY; partly += PARTLY) {
        for (uint8_t k = 0; k < d->n_kinds; k++) {
            struct hs_pen pen = { .ink = { d->ink[k].rgb, partly ? 0.55 : 1 }, .width = g->cell * 12 / 13 };
            strokes(d, g, kind, head, k | partly);
            hs_canvas_stroke(d->sheet.canvas, &pen);
        }
    }
}

/* Offsets beside every few rows. */
static void row_labels(struct drawing *d, const struct hs_region_state *region, const struct grid *g)
{
    uint32_t rows = rows_of(g), every = g->cell > 10 ? 4 : 8;
    double step = (double)(((uint64_t)every * g->columns * g->per) << region->shift);
    struct hs_scale scale = { .unit = HS_UNIT_BYTES };
    char text[40];
    for (uint32_t row = 0; row < rows; row += every) {
        hs_scale_label(&scale, step, row / every * step, text, sizeof text);
        hs_sheet_put(&d->sheet, HS_SHEET_LEFT - 8, g->top + (row + 0.5) * g->cell + 4, HS_ALIGN_RIGHT, HS_FACE_TEXT,
                     d->sheet.theme->dim, text);
    }
}

static void describe(struct drawing *d, unsigned i)
{
    const struct grid *g = &d->grid[i];
    struct hs_json *json = d->sheet.data;
    hs_json_object(json, NULL);
    hs_json_uint(json, "region", i);
    hs_json_real(json, "left", HS_SHEET_LEFT);
    hs_json_real(json, "top", g->top);
    hs_json_real(json, "cell", g->cell);
    hs_json_uint(json, "columns", g->columns);
    hs_json_uint(json, "granules", d->picture->region[i].granules);
    hs_json_uint(json, "granules_per_cell", g->per);
    hs_json_uint(json, "granule_bytes", UINT64_C(1) << d->picture->region[i].shift);
    hs_json_end(json);
}

static void region_heading(struct drawing *d, unsigned i)
{
    const struct hs_region_state *r = &d->picture->region[i];
    char text[200], name[64], several[40] = "";
    hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){ .s = r->name[0] ? r->name : "unnamed" });
    if (d->grid[i].per > 1)
        snprintf(several, sizeof several, ", %" PRIu32 " to a cell", d->grid[i].per);
    snprintf(text, sizeof text, "Region %u '%s' at 0x%" PRIx64 ": %" PRIu32 " granules of %u bytes%s", i, name, r->base, r->granules,
             1u << r->shift, several);
    hs_sheet_put(&d->sheet, HS_SHEET_LEFT, d->y, HS_ALIGN_LEFT, HS_FACE_BOLD, d->sheet.theme->text, text);
}

static bool draw_region(struct drawing *d, unsigned i)
{
    struct grid *g = &d->grid[i];
    uint8_t *kind = malloc(g->cells + 1);
    bool *head = calloc(g->cells + 1, sizeof *head);
    bool known = kind && head && (d->of->comparison ? change_cells : moment_cells)(d, i, kind, head);
    g->top = d->y + 9;
    if (known) {
        region_heading(d, i);
        row_labels(d, &d->picture->region[i], g);
        draw_cells(d, g, kind, head);
        describe(d, i);
    }
    d->y = g->top + rows_of(g) * g->cell + LINE + 3;
    free(kind);
    free(head);
    return known;
}

/* ---- legend ---- */

/* An entry in one of two columns: a swatch, what it stands for, how much of it there is. */
static void entry(struct drawing *d, unsigned i, struct hs_ink ink, const char *name, const char *amount)
{
    double left = HS_SHEET_LEFT + (i % 2) * (MAP_WIDTH + 24) / 2, y = d->y + i / 2 * LINE, width = (MAP_WIDTH - 24) / 2;
    char fitted[HS_FITTED];
    double room = width - 18 - 12 - hs_canvas_width(d->sheet.canvas, HS_FACE_TEXT, amount);
    hs_canvas_round_box(d->sheet.canvas, (struct hs_box){ left, y - 10, 12, 12 }, 2, ink);
    hs_canvas_fit(d->sheet.canvas, &(struct hs_fit){ HS_FACE_TEXT, room, true }, name, fitted);
    hs_sheet_put(&d->sheet, left + 18, y, HS_ALIGN_LEFT, HS_FACE_TEXT, d->sheet.theme->text, fitted);
    hs_sheet_put(&d->sheet, left + width, y, HS_ALIGN_RIGHT, HS_FACE_TEXT, d->sheet.theme->dim, amount);
}

static void entry_of_bytes(struct drawing *d, unsigned i, struct hs_ink ink, const char *name, uint64_t bytes, uint64_t blocks)
{
    char amount[120], number[2][40];
    struct hs_json *json = d->sheet.data;
    hs_format(number[0], 40, HS_VALUE_BYTES, (struct hs_value){ .u = bytes });
    hs_format(number[1], 40, HS_VALUE_COUNT, (struct hs_value){ .u = blocks });
    snprintf(amount, sizeof amount, blocks ? "%s bytes, %s block%s" : "%s bytes", number[0], number[1], blocks == 1 ? "" : "s");
    entry(d, i, ink, name, amount);
    hs_json_object(json, NULL);
    hs_json_text(json, "name", name);
    hs_sheet_ink(&d->sheet, "colour", ink);
    hs_json_uint(json, "bytes", bytes);
    hs_json_uint(json, "blocks", blocks);
    hs_json_end(json);
}

static unsigned classes_listed(const struct hs_legend *legend)
{
    return legend->n < LISTED ? legend->n : LISTED;
}

static void moment_legend(struct drawing *d)
{
    const struct hs_legend *legend = d->of->legend;
    uint64_t bytes = 0, blocks = 0, free = 0, run = 0;
    unsigned n = classes_listed(legend);
    char others[60];
    for (unsigned i = 0; i < n; i++)
        entry_of_bytes(d, i, d->ink[i], legend->of[i].name, legend->of[i].bytes, legend->of[i].blocks);
    for (unsigned i = n; i < legend->n; i++) {
        bytes += legend->of[i].bytes;
        blocks += legend->of[i].blocks;
    }
    snprintf(others, sizeof others, "%" PRIu32 " others", legend->n - n);
    if (legend->n > n)
        entry_of_bytes(d, n++, d->ink[KIND_OTHER], others, bytes, blocks);
    for (unsigned i = 0; i < d->picture->n_regions; i++) {
        const struct hs_layout *layout = &d->picture->layout[i];
        if (!wanted(d, i))
            continue;
        free += layout->free;
        run = layout->largest_free > run ? layout->largest_free : run;
    }
    n += n % 2;
    entry_of_bytes(d, n++, d->ink[KIND_FREE], "free", free, 0);
    entry_of_bytes(d, n, d->ink[KIND_RUN], d->n_regions > 1 ? "of it the longest run of each region, the longest of all" : "of it the longest run", run, 0);
}

static const char *const change_names[HS_CHANGES] = {
    [HS_CHANGE_FREE] = "free in both", [HS_CHANGE_KEPT] = "the same block in both", [HS_CHANGE_NEW] = "came: was free",
    [HS_CHANGE_GONE] = "went: is free", [HS_CHANGE_REPLACED] = "another block",
};

static void change_legend(struct drawing *d)
{
    const struct hs_legend *legend = d->of->legend;
    static const uint8_t order[HS_CHANGES] = { HS_CHANGE_NEW, HS_CHANGE_GONE, HS_CHANGE_REPLACED, HS_CHANGE_KEPT, HS_CHANGE_FREE };
    for (unsigned i = 0; i < HS_CHANGES; i++)
        entry_of_bytes(d, i, d->ink[order[i]], change_names[order[i]], d->bytes[order[i]], 0);
    d->y += (HS_CHANGES + 1) / 2 * LINE + 10;
    for (unsigned i = 0; i < classes_listed(legend); i++) {
        const struct hs_class *c = &legend->of[i];
        char amount[120], number[2][40];
        hs_format(number[0], 40, HS_VALUE_CHANGE, (struct hs_value){ .i = (int64_t)c->came });
        hs_format(number[1], 40, HS_VALUE_CHANGE, (struct hs_value){ .i = -(int64_t)c->went });
        snprintf(amount, sizeof amount, "%s / %s", c->came ? number[0] : "0", c->went ? number[1] : "0");
        entry(d, i, c->came >= c->went ? d->ink[HS_CHANGE_NEW] : d->ink[HS_CHANGE_GONE], c->name, amount);
    }
}

static double legend_height(const struct drawing *d)
{
    unsigned n = classes_listed(d->of->legend);
    if (d->of->comparison)
        return (3 + (n + 1) / 2) * LINE + 10;
    n += d->of->legend->n > n;
    return ((n + 1) / 2 + 1) * LINE;
}

/* ---- heading ---- */

static char *moment_text(const struct drawing *d, const struct hs_picture *p, char text[80])
{
    char time[40];
    hs_format(time, sizeof time, HS_VALUE_SECONDS, (struct hs_value){ .d = d->view->hz ? (double)p->elapsed / d->view->hz : 0 });
    snprintf(text, 80, "%s, event %" PRIu64, time, p->number);
    return text;
}

static void heading(struct drawing *d)
{
    char title[200], moment[2][80];
    moment_text(d, d->picture, moment[0]);
    if (d->of->comparison)
        snprintf(title, sizeof title, "Between %s and %s", moment_text(d, d->of->comparison->before, moment[1]), moment[0]);
    else
        snprintf(title, sizeof title, "At %s", moment[0]);
    hs_sheet_title(&d->sheet, d->of->comparison ? "What changed in the heap" : "The heap, granule by granule", d->of->subject);
    hs_sheet_line(&d->sheet, 0, d->picture->synced ? d->sheet.theme->dim : d->sheet.theme->failure, d->picture->synced ? title :
                  "Records were lost before: the layout is not certain");
}

static void say_figures(struct drawing *d)
{
    struct hs_layout sum = {0};
    char text[300], number[5][40];
    for (unsigned i = 0; i < d->picture->n_regions; i++) {
        const struct hs_layout *l = &d->picture->layout[i];
        if (!wanted(d, i))
            continue;
        sum.used += l->used;
        sum.free += l->free;
        sum.blocks += l->blocks;
        sum.free_runs += l->free_runs;
        sum.largest_free = l->largest_free > sum.largest_free ? l->largest_free : sum.largest_free;
    }
    const uint64_t figures[] = { sum.used, sum.used + sum.free, sum.blocks, sum.free, sum.free_runs };
    for (int i = 0; i < 5; i++)
        hs_format(number[i], 40, HS_VALUE_COUNT, (struct hs_value){ .u = figures[i] });
    char longest[40];
    hs_format(longest, sizeof longest, HS_VALUE_COUNT, (struct hs_value){ .u = sum.largest_free });
    snprintf(text, sizeof text, "%s of %s bytes used by %s block%s; %s free in %s run%s, the longest %s bytes", number[0], number[1],
             number[2], sum.blocks == 1 ? "" : "s", number[3], number[4], sum.free_runs == 1 ? "" : "s", longest);
    hs_sheet_line(&d->sheet, 1, d->sheet.theme->dim, text);
}

static void choose_inks(struct drawing *d)
{
    const struct hs_theme *t = d->sheet.theme;
    const struct hs_ink changes[HS_CHANGES] = {
        [HS_CHANGE_FREE] = t->free, [HS_CHANGE_KEPT] = t->kept, [HS_CHANGE_NEW] = t->came, [HS_CHANGE_GONE] = t->went,
        [HS_CHANGE_REPLACED] = t->replaced,
    };
    memcpy(d->ink, d->of->legend->by_age ? t->age : t->class, sizeof t->class);
    d->ink[KIND_OTHER] = t->other;
    d->ink[KIND_FREE] = t->free;
    d->ink[KIND_RUN] = t->run;
    d->n_kinds = d->of->comparison ? HS_CHANGES : KINDS;
    if (d->of->comparison)
        memcpy(d->ink, changes, sizeof changes);
}

int hs_mappicture_draw(const struct hs_mappicture *of, const struct hs_sheet_style *style, FILE *out)
{
    struct drawing d = { .of = of, .view = of->view, .picture = of->view->picture, .y = HS_SHEET_TOP + 2 * LINE - 8 };
    double height = lay_out(&d) + HS_SHEET_TOP + 2 * LINE - 8 + legend_height(&d) + 4;
    bool good = hs_sheet_begin(&d.sheet, style, height);
    if (!good)
        return hs_sheet_end(&d.sheet, HS_ERR_MEMORY, out);
    choose_inks(&d);
    heading(&d);
    say_figures(&d);
    hs_json_array(d.sheet.data, "regions");
    for (unsigned i = 0; i < d.picture->n_regions && good; i++)
        good = !wanted(&d, i) || draw_region(&d, i);
    hs_json_end(d.sheet.data);
    hs_json_array(d.sheet.data, "classes");
    (of->comparison ? change_legend : moment_legend)(&d);
    hs_json_end(d.sheet.data);
    return hs_sheet_end(&d.sheet, good && !of->legend->short_of_memory ? HS_OK : HS_ERR_MEMORY, out);
}
