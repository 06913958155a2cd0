/* SPDX-License-Identifier: MIT
 *
 * Matches the lines of one text to the lines of another, so that sites are comparable although lines moved.
 */
#ifndef HS_SITES_ALIGN_H
#define HS_SITES_ALIGN_H

#include <stdbool.h>
#include <stdint.h>

/* Lines of a text, counted from 1. `to[n]` is the line of the other text that corresponds to line n; 0: none. */
struct hs_line_map {
    uint32_t *to; /* `lines` + 1 */
    uint32_t lines;
};

/* Fills *map with the lines of `from` in `to`. As many equal lines as possible are matched, in order. Between two
 * matched lines the first line corresponds to the first, and so on, so that an edited line keeps its identity. Texts
 * whose differing middles are longer than 4,000 lines are paired line by line there. Free with hs_line_map_free.
 * Returns HS_OK or HS_ERR_MEMORY. */
int hs_line_map_make(struct hs_line_map *map, const char *from, const char *to);
void hs_line_map_free(struct hs_line_map *map);

/* The corresponding line of `line`; 0: none, or no such line. */
static inline uint32_t hs_line_map_at(const struct hs_line_map *map, uint32_t line)
{
    return line <= map->lines ? map->to[line] : 0;
}

#endif
