/* SPDX-License-Identifier: MIT
 *
 * Regions of a heap drawn as grids of cells. A cell is one granule, or several in a large region. Its colour is its
 * kind.
 */
#ifndef HS_DRAW_MAPGRID_H
#define HS_DRAW_MAPGRID_H

#include "analysis/space/snapshot.h"
#include "analysis/draw/sheet.h"

#define HS_MAPGRID_WIDTH 832.0 /* 64 cells of 13 pixels, or 128 of 6.5 */
#define HS_MAPGRID_PARTLY 16u  /* flag added to a kind: part of the cell is free */

/* A region's cells. */
struct hs_cells {
    uint32_t columns, per, n; /* per: granules per cell */
    double size, top;         /* pixels */
    uint8_t *kind;            /* of each cell */
    bool *head;               /* whether a stroke starts here, although the neighbour has the same kind */
};

struct hs_mapgrid {
    struct hs_sheet *sheet;
    const struct hs_heap_snapshot *snapshot;
    const struct hs_ink *ink; /* of each kind */
    unsigned n_kinds;
    /* Callback that sets kinds and heads of a region's cells, initially zero. Returns false when out of memory. */
    bool (*fill)(void *context, unsigned region, struct hs_cells *cells);
    void *context;
    struct hs_cells cells[HS_REGION_LIMIT]; /* hs_mapgrid_lay_out sets all but the kinds */
    unsigned n_regions;                     /* how many are drawn */
};

/* Whether a region is drawn. */
bool hs_mapgrid_wanted(const struct hs_mapgrid *grid, unsigned region);

/* Chooses the sizes of cells; set `snapshot` before. Returns the total height of all regions. */
double hs_mapgrid_lay_out(struct hs_mapgrid *grid);

/* The granules of a cell; and whether a block starts there, when a cell is one granule. */
struct hs_extent hs_mapgrid_extent(const struct hs_mapgrid *grid, unsigned region, uint32_t cell);
bool hs_mapgrid_is_head(const struct hs_mapgrid *grid, unsigned region, uint32_t cell);

/* Draws the regions from line `y` down, and adds the array "regions" to the sheet's data. Returns the next free line,
 * negative when out of memory. */
double hs_mapgrid_draw(struct hs_mapgrid *grid, double y);

#endif
