/* SPDX-License-Identifier: MIT
 *
 * Maps of the heap in text: in MicroPython's own form, with classes in colour, and compared.
 */
#ifndef HS_MAP_MAPVIEW_H
#define HS_MAP_MAPVIEW_H

#include <stdio.h>

#include "analysis/space/map_classes.h"
#include "analysis/space/snapshot.h"
#include "analysis/draw/chart.h"
#include "analysis/draw/json.h"
#include "analysis/draw/terminal.h"

/* What is drawn, and how. */
struct hs_mapview {
    const struct hs_heap_snapshot *snapshot;
    bool full; /* every granule: no lines omitted, no granules combined */
    uint32_t hz;
};

/* Exactly what micropython.mem_info(1) prints from "GC:" on, except the type letters: every head is `h`.
 * As in a build without auto split, which adds "max new split". Numbers are cut to 32 bits as there.
 * Returns HS_OK or HS_ERR_MEMORY; so do the others. */
int hs_mapview_meminfo(const struct hs_mapview *view, FILE *out);

/* A character of a map: '.' for free, else the letter of the class that has most of the extent. With several granules per
 * character, a capital means that none is free; with one, a capital is a block's head. */
struct hs_map_cell {
    char letter;
    enum hs_hue hue;
};
struct hs_map_of {
    const struct hs_heap_snapshot *snapshot;
    const struct hs_map_classes *classes;
    uint32_t per;
};
struct hs_map_cell hs_mapview_cell(const struct hs_map_of *map, struct hs_extent extent);

/* The letter of a class, by its rank: a capital, or + for the classes that share one. */
struct hs_map_cell hs_mapview_class(uint32_t class);

/* The map with a letter for each class of the legend; several granules per letter when the heap is large. */
int hs_mapview_classes(const struct hs_mapview *view, const struct hs_map_classes *classes, const struct hs_terminal *terminal,
                       FILE *out);

/* The changes between two snapshots; `view` has the later one. */
int hs_mapview_changes(const struct hs_mapview *view, const struct hs_comparison *comparison,
                       const struct hs_map_classes *classes, const struct hs_terminal *terminal, FILE *out);

/* Adds to the current object: figures, each region's granules as a string of h, = and ., and all blocks. */
int hs_mapview_json(const struct hs_mapview *view, const struct hs_names *names, struct hs_json *json);

/* Adds each region's granules as a string of change characters, and the bytes allocated and freed by class. */
int hs_mapview_changes_json(const struct hs_mapview *view, const struct hs_comparison *comparison,
                            const struct hs_map_classes *classes, struct hs_json *json);

#endif
