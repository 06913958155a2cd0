/* SPDX-License-Identifier: MIT
 *
 * Which line of one text is which line of another: what makes places comparable although lines moved.
 */
#ifndef HS_SITES_ALIGN_H
#define HS_SITES_ALIGN_H

#include <stdbool.h>
#include <stdint.h>

/* Lines of a text, counted from 1; `to[n]` is the line of the other text that line n of this one became,
 * 0 when it has none. */
struct hs_line_map {
    uint32_t *to; /* `lines` + 1 */
    uint32_t lines;
};

/* Fills *map with the lines of `from` in `to`: equal lines in their order, as many as possible; of what lies
 * between two of them the first line stands for the first and so on, so that an edited line stays one. Texts
 * whose differing middles are longer than 4,000 lines are paired line by line there. Free with
 * hs_line_map_free. Returns HS_OK or HS_ERR_MEMORY. */
int hs_line_map_make(struct hs_line_map *map, const char *from, const char *to);
void hs_line_map_free(struct hs_line_map *map);

/* The line that `line` became; 0: none, or no such line. */
static inline uint32_t hs_line_map_at(const struct hs_line_map *map, uint32_t line)
{
    return line <= map->lines ? map->to[line] : 0;
}

#endif
