/* SPDX-License-Identifier: MIT */
#include "analysis/blame/blame_svg.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analysis/time/summary.h"
#include "analysis/draw/mapgrid.h"
#include "analysis/draw/table.h"

#define BARS 8u /* rows of a table of bars */
#define BAR_LEFT 400.0
#define BAR_WIDTH 300.0
#define TABLE_HEAD (HS_SHEET_LINE + 10)

enum { KIND_BLAMED, KIND_OPENED, KIND_USED, KIND_FREE, KIND_RUN, KINDS };

struct drawing {
    const struct hs_blamepicture *of;
    const struct hs_blame_case *c; /* NULL: no request failed */
    struct hs_sheet sheet;
    struct hs_mapgrid grid;
    struct hs_ink ink[KINDS];
    unsigned lines;
    double y;
};

static char *bytes_text(char text[40], uint64_t bytes)
{
    return hs_format(text, 40, HS_VALUE_BYTES, (struct hs_value){.u = bytes});
}

/* ---- map ---- */

static int by_pos(const void *key, const void *member)
{
    uint32_t x = *(const uint32_t *)key, y = ((const struct hs_blamed *)member)->block.pos;
    return (x > y) - (x < y);
}

static bool is_blamed(const struct hs_blame *blame, uint32_t pos)
{
    return blame->n && bsearch(&pos, blame->blocks, blame->n, sizeof *blame->blocks, by_pos);
}

/* Priority in a cell of several granules: blamed, used, the run that would be free. */
static uint8_t kind_of(const struct drawing *d, unsigned region, struct hs_extent e)
{
    const struct hs_heap_snapshot *p = d->of->snapshot;
    const struct hs_blame *b = &d->c->blame;
    const struct hs_space_stats *layout = &p->layout[region];
    uint32_t end = e.pos + e.granules;
    uint8_t kind = KINDS;
    for (uint32_t i = hs_heap_snapshot_find(p, e.pos); i < p->n_blocks && p->block[i].pos < end && kind != KIND_BLAMED; i++)
        kind = is_blamed(b, p->block[i].pos) ? KIND_BLAMED : KIND_USED;
    if (kind != KINDS)
        return kind;
    if (b->answer == HS_BLAME_FOUND && e.pos >= b->run.pos && end <= b->run.pos + b->run.granules)
        return KIND_OPENED;
    uint64_t run = layout->largest_free >> p->region[region].shift;
    return e.pos >= layout->largest_free_pos && end <= layout->largest_free_pos + run ? KIND_RUN : KIND_FREE;
}

static bool cells(void *context, unsigned region, struct hs_cells *c)
{
    struct drawing *d = context;
    for (uint32_t i = 0; i < c->n; i++) {
        c->kind[i] = kind_of(d, region, hs_mapgrid_extent(&d->grid, region, i));
        c->head[i] = hs_mapgrid_is_head(&d->grid, region, i);
    }
    return true;
}

static void legend(struct drawing *d)
{
    const struct hs_blame *b = &d->c->blame;
    const struct hs_failure *f = &d->c->failure;
    const struct hs_entry entries[] = {
        {d->ink[KIND_BLAMED], "blocking", NULL, b->bytes, b->n},
        {d->ink[KIND_OPENED], "free beside them: one run without them", NULL, b->run_bytes, 0},
        {d->ink[KIND_USED], "other blocks", NULL, f->used - b->bytes, d->of->snapshot->n_blocks - b->n},
        {d->ink[KIND_RUN], "the longest free run", NULL, f->largest_free, 0},
        {d->ink[KIND_FREE], "free, all of it", NULL, f->free, 0},
    };
    hs_json_array(d->sheet.data, "classes");
    for (unsigned i = 0; i < sizeof entries / sizeof *entries; i++)
        hs_sheet_entry(&d->sheet, d->y, i, &entries[i]);
    hs_json_end(d->sheet.data);
    d->y += 3 * HS_SHEET_LINE;
}

/* ---- text ---- */

static void write_request(struct drawing *d)
{
    const struct hs_failure *f = &d->c->failure;
    const struct hs_names *names = d->of->view->names;
    char text[HS_NAME_MAX + 200], name[HS_NAME_MAX], time[40], number[3][40];
    hs_format(time, sizeof time, HS_VALUE_SECONDS, (struct hs_value){.d = hs_seconds(names->reader, d->c->elapsed)});
    snprintf(text, sizeof text, "%s contiguous bytes, at %s%s%s: %s free, the longest run %s", bytes_text(number[0], f->size),
             time, d->c->hypothetical ? "" : ", by ",
             d->c->hypothetical ? "" : hs_name_of_site(names, f->site, HS_KEY_LINE, name), bytes_text(number[1], f->free),
             bytes_text(number[2], f->largest_free));
    hs_sheet_line(&d->sheet, d->lines++, d->sheet.theme->dim, text);
}

static void write_answer(struct drawing *d)
{
    const struct hs_blame *b = &d->c->blame;
    char text[300], number[3][40];
    if (b->answer == HS_BLAME_FOUND)
        snprintf(text, sizeof text, "%" PRIu32 " block%s (%s bytes) %s it: without %s, %s contiguous bytes would be free", b->n,
                 b->n == 1 ? "" : "s", bytes_text(number[0], b->bytes), b->n == 1 ? "blocks" : "block", b->n == 1 ? "it" : "them",
                 bytes_text(number[1], b->run_bytes));
    else
        snprintf(text, sizeof text, b->answer == HS_BLAME_ROOM ? "There is room" : "No region is that large");
    hs_sheet_line(&d->sheet, d->lines++, b->answer == HS_BLAME_ROOM ? d->sheet.theme->dim : d->sheet.theme->failure, text);
}

/* ---- bars ---- */

static void table_head(struct drawing *d, const char *title)
{
    d->y += 10;
    hs_sheet_put(&d->sheet, HS_SHEET_LEFT, d->y, HS_ALIGN_LEFT, HS_FACE_BOLD, d->sheet.theme->text, title);
    d->y += HS_SHEET_LINE + 2;
}

static void bar(struct drawing *d, const char *name, double share, struct hs_ink ink, const char *amount)
{
    char fitted[HS_FITTED];
    hs_canvas_fit(d->sheet.canvas, &(struct hs_fit){HS_FACE_TEXT, BAR_LEFT - HS_SHEET_LEFT - 16, true}, name, fitted);
    hs_sheet_put(&d->sheet, HS_SHEET_LEFT, d->y, HS_ALIGN_LEFT, HS_FACE_TEXT, d->sheet.theme->text, fitted);
    hs_canvas_box(d->sheet.canvas, (struct hs_box){BAR_LEFT, d->y - 10, share * BAR_WIDTH < 1 ? 1 : share * BAR_WIDTH, 12}, ink);
    hs_sheet_put(&d->sheet, BAR_LEFT + share * BAR_WIDTH + 8, d->y, HS_ALIGN_LEFT, HS_FACE_TEXT, d->sheet.theme->dim, amount);
    d->y += HS_SHEET_LINE;
}

static size_t rows(size_t n) { return n < BARS ? n : BARS; }

static void group_bars(struct drawing *d)
{
    const struct hs_blame_groups *blame_groups = &d->c->blame_groups;
    if (!blame_groups->n)
        return;
    table_head(d, "Lines that allocated them");
    for (size_t i = 0; i < rows(blame_groups->n); i++) {
        const struct hs_blame_group *c = &blame_groups->of[i];
        char name[HS_FITTED], amount[200], number[2][40];
        snprintf(name, sizeof name, "%s (%s)", c->line, c->kind);
        snprintf(amount, sizeof amount, "%s bytes, %s block%s", bytes_text(number[0], c->bytes), bytes_text(number[1], c->blocks),
                 c->blocks == 1 ? "" : "s");
        bar(d, name, (double)c->bytes / (double)blame_groups->of[0].bytes, d->ink[KIND_BLAMED], amount);
    }
}

static void island_bars(struct drawing *d)
{
    const struct hs_island_report *islands = d->of->view->islands;
    if (!islands->n)
        return;
    table_head(d, "What fragments free space over the run: share split off by each line");
    for (size_t i = 0; i < rows(islands->n); i++) {
        const struct hs_island_row *row = &islands->row[i];
        char amount[200], number[40];
        snprintf(amount, sizeof amount, "%.1f%%, %s block%s", 100 * row->share, bytes_text(number, row->sum.blocks),
                 row->sum.blocks == 1 ? "" : "s");
        bar(d, d->of->view->groups->group[row->group].name[0], row->share, d->sheet.theme->fragmentation, amount);
    }
}

/* ---- page ---- */

static double height_of(struct drawing *d)
{
    double height = HS_SHEET_TOP + 22;
    size_t n = d->of->view->islands->n, blame_groups = d->c ? d->c->blame_groups.n : 0;
    if (d->c)
        height += HS_SHEET_LINE + hs_mapgrid_lay_out(&d->grid) + 3 * HS_SHEET_LINE;
    if (blame_groups)
        height += TABLE_HEAD + 2 + rows(blame_groups) * HS_SHEET_LINE;
    return height + (n ? TABLE_HEAD + 2 + rows(n) * HS_SHEET_LINE : 0);
}

static bool draw_case(struct drawing *d)
{
    write_request(d);
    write_answer(d);
    d->y = hs_mapgrid_draw(&d->grid, d->y + HS_SHEET_LINE);
    if (d->y < 0)
        return false;
    legend(d);
    group_bars(d);
    return true;
}

static void choose_inks(struct drawing *d)
{
    const struct hs_theme *t = d->sheet.theme;
    d->ink[KIND_BLAMED] = t->failure;
    d->ink[KIND_OPENED] = t->opened;
    d->ink[KIND_USED] = t->kept;
    d->ink[KIND_FREE] = t->free;
    d->ink[KIND_RUN] = t->run;
}

int hs_blamepicture_draw(const struct hs_blamepicture *of, const struct hs_sheet_style *style, FILE *out)
{
    struct drawing d = {.of = of, .c = of->view->n ? &of->view->cases[of->view->n - 1] : NULL, .y = HS_SHEET_TOP + 10};
    d.grid = (struct hs_mapgrid){
        .sheet = &d.sheet, .snapshot = of->snapshot, .ink = d.ink, .n_kinds = KINDS, .fill = cells, .context = &d};
    bool good = hs_sheet_begin(&d.sheet, style, height_of(&d));
    if (!good)
        return hs_sheet_end(&d.sheet, HS_ERR_MEMORY, out);
    choose_inks(&d);
    hs_sheet_title(&d.sheet, "What fragments the free space", of->subject);
    if (d.c)
        good = draw_case(&d);
    else
        hs_sheet_line(&d.sheet, 0, d.sheet.theme->dim, "No allocation failed for lack of room");
    island_bars(&d);
    return hs_sheet_end(&d.sheet, good ? HS_OK : HS_ERR_MEMORY, out);
}
