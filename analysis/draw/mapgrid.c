/* SPDX-License-Identifier: MIT
 *
 * Equal neighbouring cells are drawn as one stroke, and all strokes of one kind as one path. This keeps a picture of
 * thousands of blocks small.
 */
#include "analysis/draw/mapgrid.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analysis/draw/table.h"

#define FEW_ROWS 40u
#define ROWS_MAX 96u /* sum over all regions */
#define HEADING 9.0  /* pixels between a region's name and its cells */
#define BEHIND 21.0

bool hs_mapgrid_wanted(const struct hs_mapgrid *g, unsigned i) { return g->snapshot->region[i].present; }

/* ---- layout ---- */

static struct hs_cells fit(const struct hs_region_state *region, unsigned rows)
{
    struct hs_cells c = {.columns = 64, .per = 1, .size = HS_MAPGRID_WIDTH / 64};
    if (region->granules > c.columns * (rows < FEW_ROWS ? rows : FEW_ROWS)) {
        c.columns = 128;
        c.size = HS_MAPGRID_WIDTH / 128;
    }
    while ((uint64_t)c.columns * c.per * rows < region->granules)
        c.per *= 2;
    c.n = (region->granules + c.per - 1) / c.per;
    return c;
}

static uint32_t rows_of(const struct hs_cells *c) { return (c->n + c->columns - 1) / c->columns; }

double hs_mapgrid_lay_out(struct hs_mapgrid *g)
{
    double height = 0;
    g->n_regions = 0;
    for (unsigned i = 0; i < g->snapshot->n_regions; i++)
        g->n_regions += hs_mapgrid_wanted(g, i);
    for (unsigned i = 0; i < g->snapshot->n_regions; i++) {
        if (!hs_mapgrid_wanted(g, i))
            continue;
        g->cells[i] = fit(&g->snapshot->region[i], ROWS_MAX / g->n_regions > 4 ? ROWS_MAX / g->n_regions : 4);
        height += HEADING + rows_of(&g->cells[i]) * g->cells[i].size + BEHIND;
    }
    return height;
}

struct hs_extent hs_mapgrid_extent(const struct hs_mapgrid *g, unsigned region, uint32_t cell)
{
    const struct hs_region_state *r = &g->snapshot->region[region];
    uint32_t per = g->cells[region].per, at = cell * per, left = r->granules - at;
    return (struct hs_extent){r->first + at, left < per ? left : per};
}

bool hs_mapgrid_is_head(const struct hs_mapgrid *g, unsigned region, uint32_t cell)
{
    struct hs_extent e = hs_mapgrid_extent(g, region, cell);
    uint32_t i = hs_heap_snapshot_find(g->snapshot, e.pos);
    return g->cells[region].per == 1 && i < g->snapshot->n_blocks && g->snapshot->block[i].pos == e.pos;
}

/* ---- a region ---- */

/* A stroke covers equal cells of one row, up to the start of the next block. */
static void strokes(struct hs_mapgrid *g, const struct hs_cells *c, uint8_t kind)
{
    double gap = c->size / 13;
    for (uint32_t i = 0, n; i < c->n; i += n) {
        n = 1;
        if (c->kind[i] != kind)
            continue;
        while (i + n < c->n && (i + n) % c->columns && c->kind[i + n] == kind && !c->head[i + n])
            n++;
        double x = HS_SHEET_LEFT + i % c->columns * c->size, y = c->top + (i / c->columns + 0.5) * c->size;
        hs_canvas_move(g->sheet->canvas, (struct hs_spot){x + (c->head[i] ? gap : 0), y});
        hs_canvas_line(g->sheet->canvas, (struct hs_spot){x + n * c->size, y});
    }
}

static void draw_cells(struct hs_mapgrid *g, const struct hs_cells *c)
{
    for (unsigned partly = 0; partly <= HS_MAPGRID_PARTLY; partly += HS_MAPGRID_PARTLY) {
        for (unsigned k = 0; k < g->n_kinds; k++) {
            struct hs_pen pen = {.ink = {g->ink[k].rgb, partly ? 0.55 : 1}, .width = c->size * 12 / 13};
            strokes(g, c, (uint8_t)(k | partly));
            hs_canvas_stroke(g->sheet->canvas, &pen);
        }
    }
}

/* Address offsets at every few rows. */
static void row_labels(struct hs_mapgrid *g, const struct hs_region_state *region, const struct hs_cells *c)
{
    uint32_t rows = rows_of(c), every = c->size > 10 ? 4 : 8;
    double step = (double)(((uint64_t)every * c->columns * c->per) << region->shift);
    struct hs_scale scale = {.unit = HS_UNIT_BYTES};
    char text[40];
    for (uint32_t row = 0; row < rows; row += every) {
        hs_scale_label(&scale, step, row / every * step, text, sizeof text);
        hs_sheet_put(g->sheet, HS_SHEET_LEFT - 8, c->top + (row + 0.5) * c->size + 4, HS_ALIGN_RIGHT, HS_FACE_TEXT,
                     g->sheet->theme->dim, text);
    }
}

static void describe(struct hs_mapgrid *g, unsigned i)
{
    const struct hs_cells *c = &g->cells[i];
    struct hs_json *json = g->sheet->data;
    hs_json_object(json, NULL);
    hs_json_uint(json, "region", i);
    hs_json_real(json, "left", HS_SHEET_LEFT);
    hs_json_real(json, "top", c->top);
    hs_json_real(json, "cell", c->size);
    hs_json_uint(json, "columns", c->columns);
    hs_json_uint(json, "granules", g->snapshot->region[i].granules);
    hs_json_uint(json, "granules_per_cell", c->per);
    hs_json_uint(json, "granule_bytes", UINT64_C(1) << g->snapshot->region[i].shift);
    hs_json_end(json);
}

static void heading(struct hs_mapgrid *g, unsigned i, double y)
{
    const struct hs_region_state *r = &g->snapshot->region[i];
    char text[200], name[64], several[40] = "";
    hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){.s = r->name[0] ? r->name : "unnamed"});
    if (g->cells[i].per > 1)
        snprintf(several, sizeof several, ", %" PRIu32 " to a cell", g->cells[i].per);
    snprintf(text, sizeof text, "Region %u '%s' at 0x%" PRIx64 ": %" PRIu32 " granules of %u bytes%s", i, name, r->base,
             r->granules, 1u << r->shift, several);
    hs_sheet_put(g->sheet, HS_SHEET_LEFT, y, HS_ALIGN_LEFT, HS_FACE_BOLD, g->sheet->theme->text, text);
}

static bool draw_region(struct hs_mapgrid *g, unsigned i, double y)
{
    struct hs_cells *c = &g->cells[i];
    c->kind = calloc(c->n + 1, sizeof *c->kind);
    c->head = calloc(c->n + 1, sizeof *c->head);
    c->top = y + HEADING;
    bool known = c->kind && c->head && g->fill(g->context, i, c);
    if (known) {
        heading(g, i, y);
        row_labels(g, &g->snapshot->region[i], c);
        draw_cells(g, c);
        describe(g, i);
    }
    free(c->kind);
    free(c->head);
    c->kind = NULL;
    c->head = NULL;
    return known;
}

double hs_mapgrid_draw(struct hs_mapgrid *g, double y)
{
    bool good = true;
    hs_json_array(g->sheet->data, "regions");
    for (unsigned i = 0; i < g->snapshot->n_regions && good; i++) {
        if (!hs_mapgrid_wanted(g, i))
            continue;
        good = draw_region(g, i, y);
        y = g->cells[i].top + rows_of(&g->cells[i]) * g->cells[i].size + BEHIND;
    }
    hs_json_end(g->sheet->data);
    return good ? y : -1;
}
