/* SPDX-License-Identifier: MIT
 *
 * Comparison of traces.
 */
#include "analysis/compare/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"
#include "lib/host/util/map.h"
#include "lib/host/util/sort.h"

#define NATIVELY "(native)"

static const struct {
    const char *name, *text;
} figures[] = {
    [HS_COST_RETAINED] = {"retained_bytes", "live bytes"},
    [HS_COST_ALLOCATED] = {"allocated_bytes", "bytes requested in all"},
    [HS_COST_ALLOCS] = {"allocs", "allocations and reallocs"},
    [HS_COST_PEAK] = {"peak_bytes", "most live bytes at once"},
    [HS_COST_BLOCKS] = {"blocks", "live blocks"},
    [HS_COST_LARGEST] = {"largest_free_bytes", "longest free run"},
};

const char *hs_cost_name(enum hs_cost figure) { return figures[figure].name; }
const char *hs_cost_text(enum hs_cost figure) { return figures[figure].text; }

/* ---- common names of all traces ---- */

/* A line without a counterpart keeps its own number; if its file has the same name in the first trace, the trace's path
 * is added. */
static void translate(const struct hs_side *side, struct hs_frame *frame, char *own)
{
    const struct hs_same_file *file = frame->line ? hs_same_file_of(side->file, side->n_files, frame->file) : NULL;
    if (!file)
        return;
    uint32_t line = file->line.to ? hs_line_map_at(&file->line, frame->line) : frame->line;
    if (line) {
        frame->file = file->base;
        frame->line = line;
    } else if (!strcmp(file->own, file->base)) {
        snprintf(own, HS_NAME_MAX, "%s (%s)", file->own, side->path);
        frame->file = own;
    }
}

/* Functions use the file name of the first trace when the file has several names. */
static char *name_of(const struct hs_side *side, uint32_t site, enum hs_compare_by by, char *name)
{
    struct hs_frame frame[HS_DEPTH_MAX];
    struct hs_symbol native;
    char own[HS_NAME_MAX];
    if (by == HS_COMPARE_KIND)
        return hs_name_of_site(side->names, site, HS_KEY_KIND, name);
    hs_frames_of_site(side->names, site, frame, &native);
    const struct hs_same_file *file = frame->line ? hs_same_file_of(side->file, side->n_files, frame->file) : NULL;
    if (by == HS_COMPARE_FUNCTION && file)
        frame->file = file->base;
    else
        translate(side, frame, own);
    return hs_name_of_frame(frame, by == HS_COMPARE_FUNCTION ? HS_KEY_FUNCTION : HS_KEY_LINE, name);
}

/* ---- rows ---- */

struct key {
    const char *name, *kind;
};

static uint64_t hash_of(const struct key *key) { return hs_hash_add_text(hs_hash_text(key->name), key->kind ? key->kind : ""); }

static bool matches(const struct hs_compare_row *row, const struct key *key)
{
    return !strcmp(row->name, key->name) && (!row->kind || !strcmp(row->kind, key->kind));
}

/* A new row with that name; NULL when out of memory. */
static struct hs_compare_row *add_row(struct hs_compare_table *t, const struct key *key, unsigned sides)
{
    struct hs_compare_row row = {strdup(key->name), key->kind ? strdup(key->kind) : NULL, calloc(sides, sizeof *row.cell)};
    bool made = row.name && (!key->kind || row.kind) && row.cell;
    if (!made || !hs_array_more(t->row, t->n, t->room) || !hs_map_add(&t->map, hash_of(key), (uint32_t)t->n)) {
        free(row.name);
        free(row.kind);
        free(row.cell);
        return NULL;
    }
    t->row[t->n] = row;
    return &t->row[t->n++];
}

/* The row with that name, created if needed; NULL when out of memory. */
static struct hs_compare_row *row_of(struct hs_compare_table *t, const struct key *key, unsigned sides)
{
    struct hs_map_search search = hs_map_search(&t->map, hash_of(key));
    while (hs_map_next(&t->map, &search))
        if (matches(&t->row[search.number], key))
            return &t->row[search.number];
    return add_row(t, key, sides);
}

static bool is_native(const struct hs_side *side, uint32_t number)
{
    const struct hs_site *site = number == HS_SITE_UNKNOWN ? NULL : hs_reader_site(side->names->reader, number);
    return number && site && !site->line;
}

/* The cell of a site. Rows of lines also have a kind when kinds are known for all sides. */
static struct hs_cell *cell_of(struct hs_compare *c, enum hs_compare_by by, unsigned side, uint32_t site)
{
    char name[HS_NAME_MAX], kind[HS_NAME_MAX];
    struct key key = {name_of(&c->side[side], site, by, name), NULL};
    if (by == HS_COMPARE_LINE)
        key.kind = hs_compare_shows(c, HS_COMPARE_KIND) ? name_of(&c->side[side], site, HS_COMPARE_KIND, kind) : "";
    if (is_native(&c->side[side], site) && c->any & HS_APART_BUILD && c->any & HS_APART_UNNAMED)
        key.name = NATIVELY; /* distances from the anchor are meaningless in another build */
    struct hs_compare_row *row = row_of(&c->table[by], &key, c->n);
    return row ? &row->cell[side] : NULL;
}

/* ---- filling them ---- */

static int add_site(struct hs_compare *c, enum hs_compare_by by, unsigned side, uint32_t site)
{
    const struct hs_model *m = c->side[side].model;
    const struct hs_site_sum *sum = hs_model_site(m, site);
    if (!sum->allocs && !sum->reallocs && !sum->at_peak)
        return HS_OK;
    struct hs_cell *cell = cell_of(c, by, side, site);
    if (!cell)
        return HS_ERR_MEMORY;
    cell->cost[HS_COST_ALLOCATED] += sum->bytes;
    cell->cost[HS_COST_ALLOCS] += sum->allocs + sum->reallocs;
    cell->cost[HS_COST_PEAK] += hs_model_at_peak(m, sum);
    return HS_OK;
}

static int add_block(struct hs_compare *c, enum hs_compare_by by, unsigned side, const struct hs_heap_snapshot_block *b)
{
    struct hs_cell *cell = cell_of(c, by, side, b->site);
    if (!cell)
        return HS_ERR_MEMORY;
    cell->cost[HS_COST_RETAINED] += b->size;
    cell->cost[HS_COST_BLOCKS]++;
    return HS_OK;
}

static int fill(struct hs_compare *c, enum hs_compare_by by, unsigned side)
{
    const struct hs_side *s = &c->side[side];
    int error = add_site(c, by, side, HS_SITE_UNKNOWN);
    for (uint32_t i = 0; i + 1 < s->model->n_sums && !error; i++)
        error = add_site(c, by, side, i);
    for (uint32_t i = 0; i < s->snapshot->n_blocks && !error; i++)
        error = add_block(c, by, side, &s->snapshot->block[i]);
    return error;
}

/* ---- phases ---- */

static bool of_phases(enum hs_compare_by by) { return by == HS_COMPARE_IMPORT || by == HS_COMPARE_PHASE; }

/* The innermost module being imported, or else the file that was run. */
static const char *unit_of(const struct hs_side *side, uint32_t phase, char *name)
{
    const struct hs_phase *node = side->phases->node;
    uint32_t at = phase, named = 0;
    for (; at && node[at].what != HS_PHASE_IMPORT; at = node[at].parent)
        named = !named && node[at].name[0] ? at : named;
    const struct hs_same_file *file = at ? NULL : hs_same_file_of(side->file, side->n_files, node[named].name);
    const char *own = file ? file->base : node[at ? at : named].name;
    snprintf(name, HS_NAME_MAX, "%s%s", at ? "import " : "", *own ? own : "(outside)");
    return name;
}

/* The lexer's share is only known where native functions have names. */
static const char *phase_of(const struct hs_compare *c, unsigned side, uint32_t phase)
{
    enum hs_phase_kind what = c->side[side].phases->node[phase].what;
    return hs_phase_name(what == HS_PHASE_LEX && c->any & HS_APART_UNNAMED ? HS_PHASE_PARSE : what);
}

static struct hs_cell *cell_of_phase(struct hs_compare *c, enum hs_compare_by by, unsigned side, uint32_t phase)
{
    char name[HS_NAME_MAX];
    const struct key key = {unit_of(&c->side[side], phase, name), by == HS_COMPARE_PHASE ? phase_of(c, side, phase) : NULL};
    struct hs_compare_row *row = row_of(&c->table[by], &key, c->n);
    return row ? &row->cell[side] : NULL;
}

static int fill_phases(struct hs_compare *c, enum hs_compare_by by, unsigned side)
{
    const struct hs_side *s = &c->side[side];
    const struct hs_phases *p = s->phases;
    for (uint32_t i = 0; p && i < p->n_entries; i++) {
        struct hs_cell *cell = cell_of_phase(c, by, side, p->entry[i].phase);
        if (!cell)
            return HS_ERR_MEMORY;
        cell->cost[HS_COST_ALLOCATED] += p->entry[i].sum.asked;
        cell->cost[HS_COST_ALLOCS] += p->entry[i].sum.allocs;
    }
    for (uint32_t i = 0; p && i < s->snapshot->n_blocks; i++) {
        struct hs_cell *cell = cell_of_phase(c, by, side, s->entry[i] == HS_NO_ENTRY ? 0 : p->entry[s->entry[i]].phase);
        if (!cell)
            return HS_ERR_MEMORY;
        cell->cost[HS_COST_RETAINED] += s->snapshot->block[i].size;
        cell->cost[HS_COST_BLOCKS]++;
    }
    return HS_OK;
}

bool hs_compare_has_figure(enum hs_compare_by by, enum hs_cost figure) { return !(of_phases(by) && figure == HS_COST_PEAK); }

/* ---- names ---- */

static int fill_names(struct hs_compare *c, enum hs_compare_by by, unsigned side)
{
    const struct hs_side *s = &c->side[side];
    for (size_t i = 0; s->global && i < s->n_globals; i++) {
        struct hs_compare_row *row = row_of(&c->table[by], &(struct key){s->global[i].name, NULL}, c->n);
        if (!row)
            return HS_ERR_MEMORY;
        row->cell[side].cost[HS_COST_RETAINED] += s->global[i].bytes;
        row->cell[side].cost[HS_COST_BLOCKS]++;
    }
    return HS_OK;
}

static void total(struct hs_compare *c, unsigned side)
{
    const struct hs_side *s = &c->side[side];
    uint64_t *total = c->total[side], requested = 0;
    for (unsigned i = 0; i < s->snapshot->n_regions; i++) {
        const struct hs_space_stats *layout = &s->snapshot->layout[i];
        if (!s->snapshot->region[i].present)
            continue;
        total[HS_COST_RETAINED] += layout->used;
        requested += layout->requested;
        if (layout->largest_free > total[HS_COST_LARGEST])
            total[HS_COST_LARGEST] = layout->largest_free;
    }
    total[HS_COST_BLOCKS] = s->snapshot->n_blocks;
    total[HS_COST_PEAK] = s->model->peak;
    for (uint32_t i = 0; i < s->model->n_sums; i++) {
        total[HS_COST_ALLOCATED] += s->model->sum[i].bytes;
        total[HS_COST_ALLOCS] += s->model->sum[i].allocs + s->model->sum[i].reallocs;
    }
    c->rounding[side] = total[HS_COST_RETAINED] - requested;
}

/* ---- order ---- */

static uint64_t distance(int64_t change) { return change < 0 ? -(uint64_t)change : (uint64_t)change; }

static uint64_t greatest(const struct hs_compare *c, const struct hs_compare_row *row)
{
    uint64_t most = 0;
    for (unsigned s = 1; s < c->n; s++) {
        uint64_t one = distance(hs_compare_change(c, row, s));
        most = one > most ? one : most;
    }
    return most;
}

static int further(const void *a, const void *b, void *context)
{
    const struct hs_compare *c = context;
    const struct hs_compare_row *x = a, *y = b;
    uint64_t dx = greatest(c, x), dy = greatest(c, y);
    uint64_t fx = x->cell[0].cost[c->by], fy = y->cell[0].cost[c->by];
    if (dx != dy)
        return dx < dy ? 1 : -1;
    if (fx != fy)
        return fx < fy ? 1 : -1;
    int names = strcmp(x->name, y->name);
    return names || !x->kind ? names : strcmp(x->kind, y->kind);
}

/* ---- unavoidable differences ---- */

static unsigned shift_of(const struct hs_side *side) { return side->snapshot->n_regions ? side->snapshot->region[0].shift : 0; }

static uint64_t heap_size(const struct hs_side *side)
{
    uint64_t size = 0;
    for (unsigned i = 0; i < side->snapshot->n_regions; i++) {
        const struct hs_region_state *region = &side->snapshot->region[i];
        size += region->present ? (uint64_t)region->granules << region->shift : 0;
    }
    return size;
}

static unsigned reasons_of(const struct hs_side *base, const struct hs_side *side)
{
    const struct hs_trace_info *a = hs_reader_info(base->names->reader), *b = hs_reader_info(side->names->reader);
    unsigned bits = 0;
    bits |= a->build_id != b->build_id ? HS_APART_BUILD : 0;
    bits |= a->pointer_bytes != b->pointer_bytes ? HS_APART_WORD : 0;
    bits |= shift_of(base) != shift_of(side) ? HS_APART_GRANULE : 0;
    bits |= heap_size(base) != heap_size(side) ? HS_APART_HEAP : 0;
    bits |= base->names->symbols && side->names->symbols ? 0 : HS_APART_UNNAMED;
    for (unsigned i = 0; i < side->n_files; i++)
        bits |= side->file[i].line.to ? 0 : HS_APART_NO_LINES;
    bits |= !base->phases != !side->phases ? HS_APART_PHASES : 0;
    return bits;
}

bool hs_compare_shows(const struct hs_compare *c, enum hs_compare_by by)
{
    for (unsigned s = 0; by == HS_COMPARE_NAME && s < c->n; s++)
        if (!c->side[s].global || c->by != HS_COST_RETAINED)
            return false;
    for (unsigned s = 0; of_phases(by) && s < c->n; s++)
        if (!c->side[s].phases || !hs_compare_has_figure(by, c->by))
            return false;
    return !(c->any & HS_APART_WORD) && !(by == HS_COMPARE_KIND && c->any & HS_APART_UNNAMED);
}

/* ---- marks ---- */

static bool same_label(const char *a, const char *b) { return !strcmp(a ? a : "", b ? b : ""); }

/* Bytes used at the `occurrence`th mark with that label. */
static uint64_t used_at(const struct hs_model *m, const char *label, uint64_t occurrence)
{
    for (uint64_t i = 0; i < m->n_marks_kept; i++)
        if (same_label(m->mark[i].label, label) && !--occurrence)
            return m->mark[i].used;
    return HS_NO_MARK;
}

static uint64_t occurrence_of(const struct hs_model *m, uint64_t mark)
{
    uint64_t n = 1;
    for (uint64_t i = 0; i < mark; i++)
        n += same_label(m->mark[i].label, m->mark[mark].label);
    return n;
}

#define MARKS_COMPARED 1000u

static int align_marks(struct hs_compare *c)
{
    const struct hs_model *base = c->side[0].model;
    uint64_t n = base->n_marks_kept < MARKS_COMPARED ? base->n_marks_kept : MARKS_COMPARED;
    c->mark = calloc(n + 1, sizeof *c->mark);
    if (!c->mark)
        return HS_ERR_MEMORY;
    for (c->n_marks = 0; c->n_marks < n; c->n_marks++) {
        struct hs_compare_mark *mark = &c->mark[c->n_marks];
        mark->label = base->mark[c->n_marks].label;
        mark->occurrence = occurrence_of(base, c->n_marks);
        for (unsigned s = 0; s < c->n; s++)
            mark->used[s] = used_at(c->side[s].model, mark->label, mark->occurrence);
    }
    for (unsigned s = 1; s < c->n; s++) {
        const struct hs_model *m = c->side[s].model;
        for (uint64_t i = 0; i < m->n_marks_kept && i < MARKS_COMPARED; i++)
            c->marks_elsewhere += used_at(base, m->mark[i].label, occurrence_of(m, i)) == HS_NO_MARK;
    }
    return HS_OK;
}

/* ---- comparison ---- */

static int (*const fillers[])(struct hs_compare *, enum hs_compare_by, unsigned side) = {
    [HS_COMPARE_KIND] = fill,          [HS_COMPARE_LINE] = fill,         [HS_COMPARE_FUNCTION] = fill,
    [HS_COMPARE_IMPORT] = fill_phases, [HS_COMPARE_PHASE] = fill_phases, [HS_COMPARE_NAME] = fill_names,
};

static int make_table(struct hs_compare *c, enum hs_compare_by by)
{
    struct hs_compare_table *t = &c->table[by];
    int error = HS_OK;
    for (unsigned s = 0; s < c->n && !error; s++)
        error = fillers[by](c, by, s);
    hs_map_free(&t->map);
    if (t->n)
        hs_sort(t->row, t->n, sizeof *t->row, further, c);
    return error;
}

int hs_compare_measure(struct hs_compare *c)
{
    int error = align_marks(c);
    for (unsigned s = 0; s < c->n; s++) {
        c->apart[s] = reasons_of(&c->side[0], &c->side[s]);
        c->any |= c->apart[s];
        total(c, s);
    }
    for (enum hs_compare_by by = 0; by < HS_COMPARE_TABLES && !error; by++)
        error = make_table(c, by);
    return error;
}

void hs_compare_free(struct hs_compare *c)
{
    for (enum hs_compare_by by = 0; by < HS_COMPARE_TABLES; by++) {
        for (size_t i = 0; i < c->table[by].n; i++) {
            free(c->table[by].row[i].name);
            free(c->table[by].row[i].kind);
            free(c->table[by].row[i].cell);
        }
        free(c->table[by].row);
        hs_map_free(&c->table[by].map);
    }
    free(c->mark);
    *c = (struct hs_compare){0};
}

static int64_t less(uint64_t a, uint64_t b) { return (int64_t)(a - b); }

int64_t hs_compare_change(const struct hs_compare *c, const struct hs_compare_row *row, unsigned side)
{
    return less(row->cell[side].cost[c->by], row->cell[0].cost[c->by]);
}

int64_t hs_compare_rounding(const struct hs_compare *c, unsigned side) { return less(c->rounding[side], c->rounding[0]); }

int64_t hs_compare_total(const struct hs_compare *c, enum hs_cost figure, unsigned side)
{
    return less(c->total[side][figure], c->total[0][figure]);
}
