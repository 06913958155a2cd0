/* SPDX-License-Identifier: MIT
 *
 * The longest common subsequence of the lines of two texts, from the table of its lengths.
 */
#include "analysis/sites/align.h"

#include <stdlib.h>
#include <string.h>

#include "lib/record.h"

#define MIDDLE_MAX 4000u

struct line {
    const char *text;
    size_t len;
};

struct text {
    struct line *line;
    uint32_t n;
};

static uint32_t count_lines(const char *text)
{
    uint32_t n = 0;
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        n++;
    return n;
}

static int split(struct text *t, const char *text)
{
    t->n = count_lines(text);
    t->line = calloc(t->n + 1u, sizeof *t->line);
    for (uint32_t i = 0; t->line && i < t->n; i++) {
        t->line[i] = (struct line){text, strcspn(text, "\n")};
        text += t->line[i].len + (text[t->line[i].len] == '\n');
    }
    return t->line ? HS_OK : HS_ERR_MEMORY;
}

static bool same(const struct line *a, const struct line *b) { return a->len == b->len && !memcmp(a->text, b->text, a->len); }

/* Lines i to `n` of one text against lines j to `m` of the other, between two matched lines. */
struct gap {
    uint32_t i, n, j, m;
};

static void pair_up(struct hs_line_map *map, struct gap gap)
{
    for (; gap.i < gap.n && gap.j < gap.m; gap.i++, gap.j++)
        map->to[gap.i + 1] = gap.j + 1;
}

/* Row i of the table: the number of lines from `i` and `j` on that can match. */
static uint16_t *at(uint16_t *table, const struct gap *g, uint32_t i, uint32_t j)
{
    return &table[(size_t)(i - g->i) * (g->m - g->j + 1) + (j - g->j)];
}

static void fill(uint16_t *table, const struct gap *g, const struct text *a, const struct text *b)
{
    for (uint32_t i = g->n; i-- > g->i;)
        for (uint32_t j = g->m; j-- > g->j;) {
            uint16_t down = *at(table, g, i + 1, j), right = *at(table, g, i, j + 1);
            *at(table, g, i, j) = same(&a->line[i], &b->line[j]) ? (uint16_t)(*at(table, g, i + 1, j + 1) + 1)
                                  : down > right                 ? down
                                                                 : right;
        }
}

static void walk(uint16_t *table, const struct gap *g, struct hs_line_map *map, const struct text *a, const struct text *b)
{
    uint32_t i = g->i, j = g->j, from = i, with = j;
    while (i < g->n && j < g->m) {
        if (same(&a->line[i], &b->line[j])) {
            pair_up(map, (struct gap){from, i, with, j});
            map->to[i + 1] = j + 1;
            from = ++i;
            with = ++j;
        } else if (*at(table, g, i + 1, j) >= *at(table, g, i, j + 1)) {
            i++;
        } else {
            j++;
        }
    }
    pair_up(map, (struct gap){from, g->n, with, g->m});
}

static int align(struct hs_line_map *map, const struct text *a, const struct text *b)
{
    struct gap g = {0, a->n, 0, b->n};
    for (; g.i < g.n && g.j < g.m && same(&a->line[g.i], &b->line[g.j]); g.i++, g.j++)
        map->to[g.i + 1] = g.j + 1;
    for (; g.i < g.n && g.j < g.m && same(&a->line[g.n - 1], &b->line[g.m - 1]); g.n--, g.m--)
        map->to[g.n] = g.m;
    if (g.n - g.i > MIDDLE_MAX || g.m - g.j > MIDDLE_MAX) {
        pair_up(map, g);
        return HS_OK;
    }
    uint16_t *table = calloc((size_t)(g.n - g.i + 1) * (g.m - g.j + 1), sizeof *table);
    if (!table)
        return HS_ERR_MEMORY;
    fill(table, &g, a, b);
    walk(table, &g, map, a, b);
    free(table);
    return HS_OK;
}

int hs_line_map_make(struct hs_line_map *map, const char *from, const char *to)
{
    struct text a = {0}, b = {0};
    int error = split(&a, from);
    error = error ? error : split(&b, to);
    *map = (struct hs_line_map){.lines = a.n, .to = calloc(a.n + 1u, sizeof *map->to)};
    error = error ? error : map->to ? align(map, &a, &b) : HS_ERR_MEMORY;
    if (error)
        hs_line_map_free(map);
    free(a.line);
    free(b.line);
    return error;
}

void hs_line_map_free(struct hs_line_map *map)
{
    free(map->to);
    *map = (struct hs_line_map){0};
}
