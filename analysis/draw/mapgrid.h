/* SPDX-License-Identifier: MIT
 *
 * Regions of a heap drawn as grids of cells: a cell for each granule, or for several where there are many, in the ink of
 * what kind it is.
 */
#ifndef HS_DRAW_MAPGRID_H
#define HS_DRAW_MAPGRID_H

#include "analysis/space/snapshot.h"
#include "analysis/draw/sheet.h"

#define HS_MAPGRID_WIDTH  832.0 /* 64 cells of 13 pixels, or 128 of 6.5 */
#define HS_MAPGRID_PARTLY 16u   /* added to a kind: some of the cell is free */

/* A region's cells. */
struct hs_cells {
    uint32_t columns, per, n; /* per: granules of a cell */
    double size, top;         /* pixels */
    uint8_t *kind;            /* of each */
    bool *head;               /* whether a stroke begins there, though its neighbour is alike */
};

struct hs_mapgrid {
    struct hs_sheet *sheet;
    const struct hs_heap_snapshot *snapshot;
    const struct hs_ink *ink; /* of each kind */
    unsigned n_kinds;
    /* Fills kinds and heads of a region's cells, which are zeroed. False when memory is short. */
    bool (*fill)(void *context, unsigned region, struct hs_cells *cells);
    void *context;
    struct hs_cells cells[HS_REGION_LIMIT]; /* set by hs_mapgrid_lay_out, without kinds */
    unsigned n_regions;       /* that are drawn */
};

/* Whether a region is drawn. */
bool hs_mapgrid_wanted(const struct hs_mapgrid *grid, unsigned region);

/* Chooses sizes of cells. `picture` is set. Returns how high all regions are. */
double hs_mapgrid_lay_out(struct hs_mapgrid *grid);

/* Granules of a cell; whether a block begins there, where a cell is a granule. */
struct hs_extent hs_mapgrid_extent(const struct hs_mapgrid *grid, unsigned region, uint32_t cell);
bool hs_mapgrid_is_head(const struct hs_mapgrid *grid, unsigned region, uint32_t cell);

/* Draws the regions, from the line `y` on; the array "regions" becomes part of the sheet's data. Returns the line behind
 * them, negative when memory is short. */
double hs_mapgrid_draw(struct hs_mapgrid *grid, double y);

#endif
