/* SPDX-License-Identifier: MIT */
#include "analysis/map/map_svg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draw/mapgrid.h"
#include "analysis/draw/table.h"

#define LISTED HS_THEME_CLASSES
#define TOP (HS_SHEET_TOP + 2 * HS_SHEET_LINE - 8) /* of the first region */

/* Kinds of cells of one moment: the classes of the legend, then these. */
enum { KIND_OTHER = HS_THEME_CLASSES, KIND_FREE, KIND_RUN, KINDS };

struct drawing {
    const struct hs_mappicture *of;
    const struct hs_mapview *view;
    const struct hs_heap_snapshot *snapshot;
    struct hs_sheet sheet;
    struct hs_mapgrid grid;
    struct hs_ink ink[KINDS];
    uint64_t changed[HS_CHANGES]; /* bytes, of the regions drawn */
    double y;
};

/* ---- kinds of cells ---- */

static bool in_longest_run(const struct hs_space_stats *layout, const struct hs_region_state *region, struct hs_extent e)
{
    uint64_t run = layout->largest_free >> region->shift;
    return e.pos >= layout->largest_free_pos && e.pos + e.granules <= layout->largest_free_pos + run;
}

static bool moment_cells(void *context, unsigned region, struct hs_cells *cells)
{
    struct drawing *d = context;
    const struct hs_space_stats *layout = &d->snapshot->layout[region];
    for (uint32_t i = 0; i < cells->n; i++) {
        struct hs_extent e = hs_mapgrid_extent(&d->grid, region, i);
        struct hs_dominant most = hs_map_classes_dominant(d->of->classes, d->snapshot, e, LISTED);
        if (most.used)
            cells->kind[i] = (uint8_t)(most.class | (most.used < e.granules ? HS_MAPGRID_PARTLY : 0));
        else
            cells->kind[i] = in_longest_run(layout, &d->snapshot->region[region], e) ? KIND_RUN : KIND_FREE;
        cells->head[i] = hs_mapgrid_is_head(&d->grid, region, i);
    }
    return true;
}

/* A cell shows its most frequent change, if any; else what stayed. */
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

static bool change_cells(void *context, unsigned region, struct hs_cells *cells)
{
    struct drawing *d = context;
    const struct hs_region_state *r = &d->snapshot->region[region];
    uint8_t *change = malloc(r->granules + 1);
    if (!change)
        return false;
    hs_compare(d->of->comparison, (struct hs_extent){r->first, r->granules}, change);
    for (uint32_t i = 0; i < r->granules; i++)
        d->changed[change[i]] += UINT64_C(1) << r->shift;
    for (uint32_t i = 0; i < cells->n; i++) {
        struct hs_extent e = hs_mapgrid_extent(&d->grid, region, i);
        cells->kind[i] = change_of(change + (e.pos - r->first), e.granules);
        cells->head[i] = hs_mapgrid_is_head(&d->grid, region, i) && cells->kind[i] != HS_CHANGE_GONE;
    }
    free(change);
    return true;
}

/* ---- legend ---- */

static void entry(struct drawing *d, unsigned i, struct hs_entry of) { hs_sheet_entry(&d->sheet, d->y, i, &of); }

static unsigned classes_listed(const struct hs_map_classes *classes) { return classes->n < LISTED ? classes->n : LISTED; }

static void moment_legend(struct drawing *d)
{
    const struct hs_map_classes *classes = d->of->classes;
    uint64_t bytes = 0, blocks = 0, free = 0, run = 0;
    unsigned n = classes_listed(classes);
    char others[60];
    for (unsigned i = 0; i < n; i++)
        entry(d, i, (struct hs_entry){d->ink[i], classes->of[i].name, NULL, classes->of[i].bytes, classes->of[i].blocks});
    for (unsigned i = n; i < classes->n; i++) {
        bytes += classes->of[i].bytes;
        blocks += classes->of[i].blocks;
    }
    snprintf(others, sizeof others, "%" PRIu32 " others", classes->n - n);
    if (classes->n > n)
        entry(d, n++, (struct hs_entry){d->ink[KIND_OTHER], others, NULL, bytes, blocks});
    for (unsigned i = 0; i < d->snapshot->n_regions; i++) {
        const struct hs_space_stats *layout = &d->snapshot->layout[i];
        if (!hs_mapgrid_wanted(&d->grid, i))
            continue;
        free += layout->free;
        run = layout->largest_free > run ? layout->largest_free : run;
    }
    n += n % 2;
    entry(d, n++, (struct hs_entry){d->ink[KIND_FREE], "free", NULL, free, 0});
    entry(d, n,
          (struct hs_entry){d->ink[KIND_RUN],
                            d->grid.n_regions > 1 ? "of it the longest run of each region, at most" : "of it the longest run",
                            NULL, run, 0});
}

static const char *const change_names[HS_CHANGES] = {
    [HS_CHANGE_FREE] = "free in both",  [HS_CHANGE_KEPT] = "the same block in both", [HS_CHANGE_NEW] = "came: was free",
    [HS_CHANGE_GONE] = "went: is free", [HS_CHANGE_REPLACED] = "another block",
};

static void change_legend(struct drawing *d)
{
    const struct hs_map_classes *classes = d->of->classes;
    static const uint8_t order[HS_CHANGES] = {HS_CHANGE_NEW, HS_CHANGE_GONE, HS_CHANGE_REPLACED, HS_CHANGE_KEPT, HS_CHANGE_FREE};
    for (unsigned i = 0; i < HS_CHANGES; i++)
        entry(d, i, (struct hs_entry){d->ink[order[i]], change_names[order[i]], NULL, d->changed[order[i]], 0});
    d->y += (HS_CHANGES + 1) / 2 * HS_SHEET_LINE + 10;
    for (unsigned i = 0; i < classes_listed(classes); i++) {
        const struct hs_class *c = &classes->of[i];
        char amount[120], number[2][40];
        hs_format(number[0], 40, HS_VALUE_CHANGE, (struct hs_value){.i = (int64_t)c->added});
        hs_format(number[1], 40, HS_VALUE_CHANGE, (struct hs_value){.i = -(int64_t)c->removed});
        snprintf(amount, sizeof amount, "%s / %s", c->added ? number[0] : "0", c->removed ? number[1] : "0");
        entry(d, i,
              (struct hs_entry){d->ink[c->added >= c->removed ? HS_CHANGE_NEW : HS_CHANGE_GONE], c->name, amount,
                                c->added >= c->removed ? c->added : c->removed, 0});
    }
}

static double legend_height(const struct drawing *d)
{
    unsigned n = classes_listed(d->of->classes);
    if (d->of->comparison)
        return (3 + (n + 1) / 2) * HS_SHEET_LINE + 10;
    n += d->of->classes->n > n;
    return ((n + 1) / 2 + 1) * HS_SHEET_LINE;
}

/* ---- heading ---- */

static char *moment_text(const struct drawing *d, const struct hs_heap_snapshot *p, char text[80])
{
    char time[40];
    hs_format(time, sizeof time, HS_VALUE_SECONDS, (struct hs_value){.d = d->view->hz ? (double)p->elapsed / d->view->hz : 0});
    snprintf(text, 80, "%s, record %" PRIu64, time, p->number);
    return text;
}

static void heading(struct drawing *d)
{
    char title[200], moment[2][80];
    moment_text(d, d->snapshot, moment[0]);
    if (d->of->comparison)
        snprintf(title, sizeof title, "Between %s and %s", moment_text(d, d->of->comparison->before, moment[1]), moment[0]);
    else
        snprintf(title, sizeof title, "At %s", moment[0]);
    hs_sheet_title(&d->sheet, d->of->comparison ? "What changed in the heap" : "The heap, granule by granule", d->of->subject);
    hs_sheet_line(&d->sheet, 0, d->snapshot->synced ? d->sheet.theme->dim : d->sheet.theme->failure,
                  d->snapshot->synced ? title : "Records were lost before: the layout is not certain");
}

static void say_figures(struct drawing *d)
{
    struct hs_space_stats sum = {0};
    char text[300], number[5][40];
    for (unsigned i = 0; i < d->snapshot->n_regions; i++) {
        const struct hs_space_stats *l = &d->snapshot->layout[i];
        if (!hs_mapgrid_wanted(&d->grid, i))
            continue;
        sum.used += l->used;
        sum.free += l->free;
        sum.blocks += l->blocks;
        sum.free_runs += l->free_runs;
        sum.largest_free = l->largest_free > sum.largest_free ? l->largest_free : sum.largest_free;
    }
    const uint64_t figures[] = {sum.used, sum.used + sum.free, sum.blocks, sum.free, sum.free_runs};
    for (int i = 0; i < 5; i++)
        hs_format(number[i], 40, HS_VALUE_COUNT, (struct hs_value){.u = figures[i]});
    char longest[40];
    hs_format(longest, sizeof longest, HS_VALUE_COUNT, (struct hs_value){.u = sum.largest_free});
    snprintf(text, sizeof text, "%s of %s bytes used by %s block%s; %s free in %s run%s, the longest %s bytes", number[0],
             number[1], number[2], sum.blocks == 1 ? "" : "s", number[3], number[4], sum.free_runs == 1 ? "" : "s", longest);
    hs_sheet_line(&d->sheet, 1, d->sheet.theme->dim, text);
}

static void choose_inks(struct drawing *d)
{
    const struct hs_theme *t = d->sheet.theme;
    const struct hs_ink changes[HS_CHANGES] = {
        [HS_CHANGE_FREE] = t->free,    [HS_CHANGE_KEPT] = t->kept,         [HS_CHANGE_NEW] = t->added,
        [HS_CHANGE_GONE] = t->removed, [HS_CHANGE_REPLACED] = t->replaced,
    };
    memcpy(d->ink, d->of->classes->by_age ? t->age : t->class, sizeof t->class);
    d->ink[KIND_OTHER] = t->other;
    d->ink[KIND_FREE] = t->free;
    d->ink[KIND_RUN] = t->run;
    if (d->of->comparison)
        memcpy(d->ink, changes, sizeof changes);
}

int hs_mappicture_draw(const struct hs_mappicture *of, const struct hs_sheet_style *style, FILE *out)
{
    struct drawing d = {.of = of, .view = of->view, .snapshot = of->view->snapshot};
    d.grid = (struct hs_mapgrid){
        .sheet = &d.sheet,
        .snapshot = d.snapshot,
        .ink = d.ink,
        .n_kinds = of->comparison ? HS_CHANGES : KINDS,
        .fill = of->comparison ? change_cells : moment_cells,
        .context = &d,
    };
    double height = TOP + hs_mapgrid_lay_out(&d.grid) + legend_height(&d) + 4;
    if (!hs_sheet_begin(&d.sheet, style, height))
        return hs_sheet_end(&d.sheet, HS_ERR_MEMORY, out);
    choose_inks(&d);
    heading(&d);
    say_figures(&d);
    d.y = hs_mapgrid_draw(&d.grid, TOP);
    hs_json_array(d.sheet.data, "classes");
    (of->comparison ? change_legend : moment_legend)(&d);
    hs_json_end(d.sheet.data);
    return hs_sheet_end(&d.sheet, d.y >= 0 && !of->classes->short_of_memory ? HS_OK : HS_ERR_MEMORY, out);
}
