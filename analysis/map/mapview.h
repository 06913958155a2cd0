/* SPDX-License-Identifier: MIT
 *
 * Pictures of the heap: in MicroPython's own form, in colour for people, and compared.
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
    bool full; /* every granule: no lines left out, none put together */
    uint32_t hz;
};

/* As micropython.mem_info(1) prints it from "GC:" on, character by character, but for the type letters:
 * every head is `h`. Without auto split, which adds "max new split" to the figures. Numbers are cut to 32
 * bits as there. Returns HS_OK or HS_ERR_MEMORY; so do the others. */
int hs_mapview_meminfo(const struct hs_mapview *view, FILE *out);

/* A character of a map: '.' for what is free, else the letter of the class that most of the extent belongs to. Where `per`
 * granules make a character, a capital has none free; where it is one, a capital is a block's head. */
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

/* The letter of a class, by its rank: capital, or + for those that share one. */
struct hs_map_cell hs_mapview_class(uint32_t class);

/* For people: a letter for each class of the legend, several granules to a letter when the heap is large. */
int hs_mapview_classes(const struct hs_mapview *view, const struct hs_map_classes *classes, const struct hs_terminal *terminal,
                       FILE *out);

/* What changed between two pictures; `view` holds the later one. */
int hs_mapview_changes(const struct hs_mapview *view, const struct hs_comparison *comparison,
                       const struct hs_map_classes *classes, const struct hs_terminal *terminal, FILE *out);

/* The figures, every region's granules as a string of h, = and ., and every block, into the innermost object. */
int hs_mapview_json(const struct hs_mapview *view, const struct hs_names *names, struct hs_json *json);

/* Regions' granules as a string of the characters for changes, and what came and went by class. */
int hs_mapview_changes_json(const struct hs_mapview *view, const struct hs_comparison *comparison,
                            const struct hs_map_classes *classes, struct hs_json *json);

#endif
