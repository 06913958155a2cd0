/* SPDX-License-Identifier: MIT */
#include "analysis/map/mapview.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draw/table.h"

#define MEMINFO_LINE 64u /* granules */
#define MAP_ROWS 32u     /* of one region, unless `full` */
#define LETTERS 26u
#define CHANGES_LISTED 20u

static bool present(const struct hs_mapview *view, unsigned i) { return view->snapshot->region[i].present; }

/* One byte per granule: h, = and . as in the firmware's table. The caller frees it; NULL when out of memory. */
static char *granules_of(const struct hs_heap_snapshot *p, const struct hs_region_state *region)
{
    char *cell = malloc((size_t)region->granules + 1);
    if (!cell)
        return NULL;
    memset(cell, '.', region->granules);
    cell[region->granules] = '\0';
    for (uint32_t i = hs_heap_snapshot_find(p, region->first); i < p->n_blocks; i++) {
        uint32_t at = p->block[i].pos - region->first;
        if (at >= region->granules)
            break;
        memset(cell + at, '=', p->block[i].granules);
        cell[at] = 'h';
    }
    return cell;
}

/* ---- MicroPython's form: py/gc.c, gc_dump_info and gc_dump_alloc_table ---- */

struct info {
    uint64_t total, used, free, ones, twos, max_block, max_free; /* bytes, counts, granules */
};

static struct info sum_info(const struct hs_mapview *view)
{
    struct info sum = {0};
    for (unsigned i = 0; i < view->snapshot->n_regions; i++) {
        const struct hs_region_state *region = &view->snapshot->region[i];
        const struct hs_space_stats *layout = &view->snapshot->layout[i];
        if (!present(view, i))
            continue;
        uint64_t block = layout->largest_block >> region->shift, free = layout->largest_free >> region->shift;
        sum.total += (uint64_t)region->granules << region->shift;
        sum.used += layout->used;
        sum.free += layout->free;
        sum.ones += layout->blocks_1;
        sum.twos += layout->blocks_2;
        sum.max_block = block > sum.max_block ? block : sum.max_block;
        sum.max_free = free > sum.max_free ? free : sum.max_free;
    }
    return sum;
}

/* How many whole free lines from granule `at` on are omitted: none if there are fewer than two. Free granules
 * after them, less than a line, are printed. */
static uint32_t free_lines(const char *cell, uint32_t n, uint32_t at)
{
    uint32_t end = at;
    while (end < n && cell[end] == '.')
        end++;
    return end - at >= 2 * MEMINFO_LINE ? (end - at) / MEMINFO_LINE : 0;
}

static void meminfo_table(const struct hs_mapview *view, const struct hs_region_state *region, const char *cell, FILE *out)
{
    fprintf(out, "GC memory layout; from %" PRIx64 ":", region->base);
    for (uint32_t at = 0; at < region->granules; at += MEMINFO_LINE) {
        uint32_t lines = view->full ? 0 : free_lines(cell, region->granules, at);
        if (lines) {
            fprintf(out, "\n       (%" PRIu32 " lines all free)", lines);
            at += lines * MEMINFO_LINE;
            if (at >= region->granules)
                break;
        }
        uint32_t left = region->granules - at;
        fprintf(out, "\n%08" PRIx32 ": %.*s", at << region->shift, (int)(left < MEMINFO_LINE ? left : MEMINFO_LINE), cell + at);
    }
    fputc('\n', out);
}

int hs_mapview_meminfo(const struct hs_mapview *view, FILE *out)
{
    struct info info = sum_info(view);
    fprintf(out, "GC: total: %" PRIu32 ", used: %" PRIu32 ", free: %" PRIu32 "\n", (uint32_t)info.total, (uint32_t)info.used,
            (uint32_t)info.free);
    fprintf(out, " No. of 1-blocks: %" PRIu32 ", 2-blocks: %" PRIu32 ", max blk sz: %" PRIu32 ", max free sz: %" PRIu32 "\n",
            (uint32_t)info.ones, (uint32_t)info.twos, (uint32_t)info.max_block, (uint32_t)info.max_free);
    for (unsigned i = 0; i < view->snapshot->n_regions; i++) {
        if (!present(view, i))
            continue;
        char *cell = granules_of(view->snapshot, &view->snapshot->region[i]);
        if (!cell)
            return HS_ERR_MEMORY;
        meminfo_table(view, &view->snapshot->region[i], cell, out);
        free(cell);
    }
    return HS_OK;
}

/* ---- classes ---- */

/* A region as characters of `per` granules each. */
struct grid {
    uint32_t per, columns;
};

static struct grid fit(const struct hs_region_state *region, const struct hs_terminal *terminal, bool full)
{
    struct grid grid = {.per = 1, .columns = terminal->width >= 10 + 2 * MEMINFO_LINE ? 2 * MEMINFO_LINE : MEMINFO_LINE};
    if (terminal->width < 10 + MEMINFO_LINE)
        grid.columns = MEMINFO_LINE / 2;
    while (!full && region->granules / grid.per > grid.columns * MAP_ROWS)
        grid.per *= 2;
    return grid;
}

static const enum hs_hue class_hues[] = {
    HS_HUE_BLUE, HS_HUE_YELLOW, HS_HUE_CYAN, HS_HUE_MAGENTA, HS_HUE_GREEN, HS_HUE_RED,
};

typedef struct hs_map_cell draw_cell(const void *context, uint32_t at, uint32_t n);

static bool blank(struct hs_map_cell cell) { return cell.letter == '.'; }

static uint32_t blank_rows(const struct hs_region_state *region, const struct grid *grid, draw_cell *draw, const void *context,
                           uint32_t at)
{
    uint32_t start = at;
    for (; at < region->granules; at += grid->per) {
        uint32_t left = region->granules - at;
        if (!blank(draw(context, at, left < grid->per ? left : grid->per)))
            break;
    }
    uint32_t rows = (at - start) / (grid->per * grid->columns);
    return rows >= 2 ? rows : 0;
}

static void draw_row(const struct hs_region_state *region, const struct grid *grid, draw_cell *draw, const void *context,
                     uint32_t at, const struct hs_terminal *terminal, FILE *out)
{
    enum hs_hue hue = HS_HUE_NONE;
    for (uint32_t c = 0; c < grid->columns && at < region->granules; c++, at += grid->per) {
        uint32_t left = region->granules - at;
        struct hs_map_cell cell = draw(context, at, left < grid->per ? left : grid->per);
        if (cell.hue != hue)
            hs_hue(out, terminal, hue = cell.hue);
        if (blank(cell) && terminal->unicode)
            fputs("·", out);
        else
            fputc(cell.letter, out);
    }
    if (hue != HS_HUE_NONE)
        hs_hue(out, terminal, HS_HUE_NONE);
    fputc('\n', out);
}

static void draw_grid(const struct hs_region_state *region, const struct grid *grid, draw_cell *draw, const void *context,
                      const struct hs_terminal *terminal, FILE *out)
{
    uint64_t row = (uint64_t)grid->per * grid->columns;
    for (uint64_t at = 0; at < region->granules; at += row) {
        uint32_t rows = blank_rows(region, grid, draw, context, (uint32_t)at);
        if (rows) {
            fprintf(out, "       (%" PRIu32 " lines all free)\n", rows);
            at += row * (rows - 1);
            continue;
        }
        fprintf(out, "%08" PRIx64 ": ", at << region->shift);
        draw_row(region, grid, draw, context, (uint32_t)at, terminal, out);
    }
}

static double seconds(const struct hs_mapview *view, uint64_t ticks) { return view->hz ? (double)ticks / view->hz : 0; }

static double share(uint64_t part, uint64_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

static void region_head(const struct hs_mapview *view, unsigned i, const struct grid *grid, FILE *out)
{
    const struct hs_region_state *region = &view->snapshot->region[i];
    const struct hs_space_stats *layout = &view->snapshot->layout[i];
    char name[64];
    hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){.s = region->name[0] ? region->name : "unnamed"});
    fprintf(out, "Region %u '%s' at 0x%" PRIx64 ", %" PRIu32 " granules of %u bytes", i, name, region->base, region->granules,
            1u << region->shift);
    if (grid->per > 1)
        fprintf(out, ", %" PRIu32 " to a letter", grid->per);
    fprintf(out, "\n  used %" PRIu64 " (%.1f%%), free %" PRIu64 " in %" PRIu64 " run%s, largest %" PRIu64 " (%.1f%% of it)\n",
            layout->used, share(layout->used, layout->used + layout->free), layout->free, layout->free_runs,
            layout->free_runs == 1 ? "" : "s", layout->largest_free, share(layout->largest_free, layout->free));
}

static void picture_head(const struct hs_mapview *view, const char *what, FILE *out)
{
    char time[40];
    hs_format(time, sizeof time, HS_VALUE_SECONDS, (struct hs_value){.d = seconds(view, view->snapshot->elapsed)});
    fprintf(out, "%s at %s, record %" PRIu64 "%s\n", what, time, view->snapshot->number,
            view->snapshot->synced ? "" : "; records were lost before: the layout is not certain");
}

struct hs_map_cell hs_mapview_class(uint32_t class)
{
    if (class >= LETTERS)
        return (struct hs_map_cell){'+', HS_HUE_DIM};
    return (struct hs_map_cell){(char)('A' + class), class_hues[class % (sizeof class_hues / sizeof *class_hues)]};
}

struct hs_map_cell hs_mapview_cell(const struct hs_map_of *map, struct hs_extent extent)
{
    struct hs_dominant most = hs_map_classes_dominant(map->classes, map->snapshot, extent, LETTERS);
    struct hs_map_cell cell = hs_mapview_class(most.class);
    if (!most.used)
        return (struct hs_map_cell){'.', HS_HUE_NONE};
    uint32_t first = map->snapshot->block[hs_heap_snapshot_find(map->snapshot, extent.pos)].pos;
    bool capital = map->per > 1 ? most.used == extent.granules : first == extent.pos;
    if (!capital && cell.letter != '+')
        cell.letter = (char)(cell.letter | 0x20);
    return cell;
}

struct class_grid {
    struct hs_map_of map;
    const struct hs_region_state *region;
};

static struct hs_map_cell draw_class(const void *context, uint32_t at, uint32_t n)
{
    const struct class_grid *c = context;
    return hs_mapview_cell(&c->map, (struct hs_extent){c->region->first + at, n});
}

static void print_legend(const struct hs_map_classes *classes, const struct hs_terminal *terminal, FILE *out)
{
    uint64_t total = 0, rest = 0, rest_blocks = 0;
    for (uint32_t i = 0; i < classes->n; i++)
        total += classes->of[i].bytes;
    for (uint32_t i = 0; i < classes->n; i++) {
        const struct hs_class *c = &classes->of[i];
        struct hs_map_cell cell = hs_mapview_class(i);
        char name[200];
        if (i >= LETTERS) {
            rest += c->bytes;
            rest_blocks += c->blocks;
            continue;
        }
        hs_hue(out, terminal, cell.hue);
        fprintf(out, "  %c", cell.letter);
        hs_hue(out, terminal, HS_HUE_NONE);
        hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){.s = c->name});
        fprintf(out, " %9" PRIu64 " bytes %5.1f%% %7" PRIu64 " blocks  %s\n", c->bytes, share(c->bytes, total), c->blocks, name);
    }
    if (classes->n > LETTERS)
        fprintf(out, "  + %9" PRIu64 " bytes %5.1f%% %7" PRIu64 " blocks  %" PRIu32 " others\n", rest, share(rest, total),
                rest_blocks, classes->n - LETTERS);
}

static const char *letter_key(bool several)
{
    return several ? "capital: no granule of the letter is free; small: some are" : "capital: head of a block; small: its tail";
}

int hs_mapview_classes(const struct hs_mapview *view, const struct hs_map_classes *classes, const struct hs_terminal *terminal,
                       FILE *out)
{
    bool several = false;
    picture_head(view, "The heap", out);
    for (unsigned i = 0; i < view->snapshot->n_regions; i++) {
        const struct hs_region_state *region = &view->snapshot->region[i];
        if (!present(view, i))
            continue;
        struct grid grid = fit(region, terminal, view->full);
        struct class_grid context = {{view->snapshot, classes, grid.per}, region};
        region_head(view, i, &grid, out);
        draw_grid(region, &grid, draw_class, &context, terminal, out);
        several = several || grid.per > 1;
    }
    fprintf(out, "\n%s\n", letter_key(several));
    print_legend(classes, terminal, out);
    return classes->short_of_memory ? HS_ERR_MEMORY : HS_OK;
}

/* ---- changes ---- */

static const struct {
    struct hs_map_cell cell;
    const char *what;
} changes[HS_CHANGES] = {
    [HS_CHANGE_FREE] = {{'.', HS_HUE_NONE}, "free in both"},
    [HS_CHANGE_KEPT] = {{'=', HS_HUE_DIM}, "same block"},
    [HS_CHANGE_NEW] = {{'+', HS_HUE_RED}, "came"},
    [HS_CHANGE_GONE] = {{'-', HS_HUE_GREEN}, "went"},
    [HS_CHANGE_REPLACED] = {{'~', HS_HUE_YELLOW}, "another block"},
};

/* A cell shows its most frequent change, if any; else what stayed. */
static struct hs_map_cell draw_change(const void *context, uint32_t at, uint32_t n)
{
    const uint8_t *change = context;
    uint32_t count[HS_CHANGES] = {0};
    unsigned best = HS_CHANGE_NEW;
    for (uint32_t i = 0; i < n; i++)
        count[change[at + i]]++;
    for (unsigned c = HS_CHANGE_NEW; c < HS_CHANGES; c++)
        best = count[c] > count[best] ? c : best;
    if (!count[best])
        best = count[HS_CHANGE_KEPT] ? HS_CHANGE_KEPT : HS_CHANGE_FREE;
    return changes[best].cell;
}

static uint8_t *changes_of(const struct hs_comparison *comparison, const struct hs_region_state *region)
{
    uint8_t *change = malloc((size_t)region->granules + 1);
    if (change)
        hs_compare(comparison, (struct hs_extent){region->first, region->granules}, change);
    return change;
}

static void count_changes(const struct hs_region_state *region, const uint8_t *change, FILE *out)
{
    uint64_t count[HS_CHANGES] = {0};
    for (uint32_t i = 0; i < region->granules; i++)
        count[change[i]]++;
    for (unsigned c = 0; c < HS_CHANGES; c++)
        fprintf(out, "  %c %s: %" PRIu64 " bytes", changes[c].cell.letter, changes[c].what, count[c] << region->shift);
    fputc('\n', out);
}

static void print_changes(const struct hs_map_classes *classes, FILE *out)
{
    static const struct hs_column columns[] = {
        {"came", "came_bytes", HS_VALUE_BYTES}, {"blocks", "came_blocks", HS_VALUE_COUNT},
        {"went", "went_bytes", HS_VALUE_BYTES}, {"blocks", "went_blocks", HS_VALUE_COUNT},
        {"site", "site", HS_VALUE_TEXT},
    };
    struct hs_table *table = hs_table_new(columns, sizeof columns / sizeof *columns);
    for (uint32_t i = 0; table && i < classes->n && i < CHANGES_LISTED; i++) {
        const struct hs_class *c = &classes->of[i];
        struct hs_value row[] = {
            {.u = c->added}, {.u = c->added_blocks}, {.u = c->removed}, {.u = c->removed_blocks}, {.s = c->name}};
        hs_table_add(table, row);
    }
    if (table)
        hs_table_text(table, out, (struct hs_table_style){.indent = "  "});
    hs_table_free(table);
    if (classes->n > CHANGES_LISTED)
        fprintf(out, "  ... and %" PRIu32 " more\n", classes->n - CHANGES_LISTED);
}

int hs_mapview_changes(const struct hs_mapview *view, const struct hs_comparison *comparison,
                       const struct hs_map_classes *classes, const struct hs_terminal *terminal, FILE *out)
{
    struct hs_mapview before = *view;
    before.snapshot = comparison->before;
    picture_head(&before, "Before: the heap", out);
    picture_head(view, "After: ", out);
    for (unsigned i = 0; i < view->snapshot->n_regions; i++) {
        const struct hs_region_state *region = &view->snapshot->region[i];
        if (!present(view, i))
            continue;
        struct grid grid = fit(region, terminal, view->full);
        uint8_t *change = changes_of(comparison, region);
        if (!change)
            return HS_ERR_MEMORY;
        region_head(view, i, &grid, out);
        draw_grid(region, &grid, draw_change, change, terminal, out);
        count_changes(region, change, out);
        free(change);
    }
    fputc('\n', out);
    print_changes(classes, out);
    return classes->short_of_memory ? HS_ERR_MEMORY : HS_OK;
}

/* ---- JSON ---- */

static void json_region_head(const struct hs_mapview *view, unsigned i, struct hs_json *json)
{
    const struct hs_region_state *region = &view->snapshot->region[i];
    const struct hs_space_stats *layout = &view->snapshot->layout[i];
    hs_json_object(json, NULL);
    hs_json_uint(json, "region", i);
    hs_json_text(json, "name", region->name);
    hs_json_hex(json, "base", region->base);
    hs_json_uint(json, "granule_bytes", 1u << region->shift);
    hs_json_uint(json, "granules", region->granules);
    hs_json_uint(json, "used_bytes", layout->used);
    hs_json_uint(json, "requested_bytes", layout->requested);
    hs_json_uint(json, "free_bytes", layout->free);
    hs_json_uint(json, "free_runs", layout->free_runs);
    hs_json_uint(json, "largest_free_bytes", layout->largest_free);
    hs_json_uint(json, "largest_block_bytes", layout->largest_block);
    hs_json_uint(json, "blocks_1", layout->blocks_1);
    hs_json_uint(json, "blocks_2", layout->blocks_2);
}

static void json_blocks(const struct hs_heap_snapshot *p, const struct hs_region_state *region, const struct hs_names *names,
                        struct hs_json *json)
{
    char name[HS_NAME_MAX];
    hs_json_array(json, "blocks");
    for (uint32_t i = hs_heap_snapshot_find(p, region->first); i < p->n_blocks; i++) {
        const struct hs_heap_snapshot_block *b = &p->block[i];
        if (b->pos - region->first >= region->granules)
            break;
        hs_json_object(json, NULL);
        hs_json_uint(json, "granule", b->pos - region->first);
        hs_json_uint(json, "granules", b->granules);
        hs_json_uint(json, "size", b->size);
        hs_json_uint(json, "event", b->number);
        hs_json_text(json, "site", hs_name_of_site(names, b->site, HS_KEY_LINE, name));
        hs_json_text(json, "kind", hs_name_of_site(names, b->site, HS_KEY_KIND, name));
        hs_json_end(json);
    }
    hs_json_end(json);
}

static void json_moment(const struct hs_mapview *view, const struct hs_heap_snapshot *p, struct hs_json *json)
{
    hs_json_real(json, "time_s", seconds(view, p->elapsed));
    hs_json_uint(json, "event", p->number);
    hs_json_bool(json, "synced", p->synced);
}

int hs_mapview_json(const struct hs_mapview *view, const struct hs_names *names, struct hs_json *json)
{
    const struct hs_heap_snapshot *p = view->snapshot;
    int error = HS_OK;
    json_moment(view, p, json);
    hs_json_array(json, "regions");
    for (unsigned i = 0; i < p->n_regions; i++) {
        if (!present(view, i))
            continue;
        char *cell = granules_of(p, &p->region[i]);
        json_region_head(view, i, json);
        hs_json_text(json, "map", cell);
        json_blocks(p, &p->region[i], names, json);
        hs_json_end(json);
        error = cell ? error : HS_ERR_MEMORY;
        free(cell);
    }
    hs_json_end(json);
    return error;
}

static void json_classes(const struct hs_map_classes *classes, struct hs_json *json)
{
    hs_json_array(json, "sites");
    for (uint32_t i = 0; i < classes->n; i++) {
        const struct hs_class *c = &classes->of[i];
        hs_json_object(json, NULL);
        hs_json_text(json, "site", c->name);
        hs_json_uint(json, "came_bytes", c->added);
        hs_json_uint(json, "came_blocks", c->added_blocks);
        hs_json_uint(json, "went_bytes", c->removed);
        hs_json_uint(json, "went_blocks", c->removed_blocks);
        hs_json_end(json);
    }
    hs_json_end(json);
}

int hs_mapview_changes_json(const struct hs_mapview *view, const struct hs_comparison *comparison,
                            const struct hs_map_classes *classes, struct hs_json *json)
{
    hs_json_object(json, "before");
    json_moment(view, comparison->before, json);
    hs_json_end(json);
    hs_json_object(json, "after");
    json_moment(view, comparison->after, json);
    hs_json_end(json);
    hs_json_array(json, "regions");
    for (unsigned i = 0; i < view->snapshot->n_regions; i++) {
        const struct hs_region_state *region = &view->snapshot->region[i];
        uint8_t *change = present(view, i) ? changes_of(comparison, region) : NULL;
        if (!change)
            continue;
        for (uint32_t n = 0; n < region->granules; n++)
            change[n] = (uint8_t)changes[change[n]].cell.letter;
        json_region_head(view, i, json);
        hs_json_bytes(json, "changes", change, region->granules);
        hs_json_end(json);
        free(change);
    }
    hs_json_end(json);
    json_classes(classes, json);
    return classes->short_of_memory ? HS_ERR_MEMORY : HS_OK;
}
