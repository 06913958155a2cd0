/* SPDX-License-Identifier: MIT
 *
 * Delta encoding: remember the state that each touched head had at the last moment; when a moment ends, write the
 * difference. One record between two moments and ten thousand are handled alike.
 */
#include "analysis/html/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/host/util/array.h"
#include "lib/varint.h"

static const char *const names[] = {
    [HS_COLUMN_TIME] = "time",         [HS_COLUMN_NUMBER] = "number",
    [HS_COLUMN_STEPS] = "steps",       [HS_COLUMN_COLLECTIONS] = "collections",
    [HS_COLUMN_STATE] = "state",       [HS_COLUMN_LONGEST] = "longest",
    [HS_COLUMN_TOLD] = "told",         [HS_COLUMN_WHAT] = "what",
    [HS_COLUMN_OLD] = "old",           [HS_COLUMN_POS] = "pos",
    [HS_COLUMN_GRANULES] = "granules", [HS_COLUMN_SITE] = "site",
    [HS_COLUMN_SLACK] = "slack",       [HS_COLUMN_REGION] = "region",
};

const char *hs_history_column_name(unsigned column) { return names[column]; }

/* ---- columns ---- */

static void put(struct hs_history *h, enum hs_history_column column, uint64_t value)
{
    struct hs_buffer *b = &h->column[column];
    HS_ASSERT(column < HS_HISTORY_COLUMNS);
    if (!hs_array_reserve(b->data, b->room, b->n + HS_VARINT64_MAX)) {
        h->short_of_memory = true;
        return;
    }
    b->n = (size_t)(hs_put_u64(b->data + b->n, value) - b->data);
}

static void put_change(struct hs_history *h, enum hs_history_column column, int64_t value) { put(h, column, hs_zigzag64(value)); }

static void begin_step(struct hs_history *h, enum hs_history_step what)
{
    put(h, HS_COLUMN_WHAT, what);
    h->steps++;
}

static void step_away(struct hs_history *h, enum hs_history_step what, uint32_t pos)
{
    begin_step(h, what);
    put_change(h, HS_COLUMN_OLD, (int64_t)pos - h->old);
    h->old = pos;
}

static void step_here(struct hs_history *h, enum hs_history_step what, uint32_t pos, unsigned shift)
{
    const struct hs_live_block *b = &h->model->block[pos];
    begin_step(h, what);
    put_change(h, HS_COLUMN_POS, (int64_t)pos - h->end);
    put(h, HS_COLUMN_GRANULES, b->granules);
    put(h, HS_COLUMN_SITE, b->site == HS_SITE_UNKNOWN ? 0 : (uint64_t)b->site + 1);
    put_change(h, HS_COLUMN_SLACK, (int64_t)((uint64_t)b->granules << shift) - b->size);
    h->end = pos + b->granules;
}

static void step_region(struct hs_history *h, enum hs_history_step what, uint32_t index)
{
    begin_step(h, what);
    put(h, HS_COLUMN_REGION, index);
}

/* ---- heads touched ---- */

static bool grow_touched(struct hs_history *h)
{
    bool grown = hs_array_fill(h->touched, h->n_granules, h->model->n_granules, 0);
    h->short_of_memory |= !grown;
    return grown;
}

static struct hs_before *new_before(struct hs_history *h)
{
    if (!hs_array_more(h->before, h->n_before, h->before_room)) {
        h->short_of_memory = true;
        return NULL;
    }
    return &h->before[h->n_before++];
}

/* Remembers the block whose head is at `pos`, once per moment. */
static void touch(struct hs_history *h, uint32_t pos, bool was_there)
{
    if (pos >= h->model->n_granules || !grow_touched(h) || h->touched[pos] == h->turn)
        return;
    struct hs_before *before = new_before(h);
    if (!before)
        return;
    const struct hs_live_block *b = &h->model->block[pos];
    *before = (struct hs_before){.pos = pos};
    if (was_there && b->granules)
        *before = (struct hs_before){b->number, pos, b->granules, b->site, b->size};
    h->touched[pos] = h->turn;
}

static void on_taken(void *context, unsigned region, struct hs_extent extent)
{
    (void)region;
    touch(context, extent.pos, false);
}

/* Called before the model clears the block. */
static void on_freed(void *context, unsigned region, struct hs_extent extent)
{
    (void)region;
    touch(context, extent.pos, true);
}

/* ---- a moment ---- */

/* The same allocation: by its number. All unknown blocks of a snapshot share its number, so they never match. */
static bool same_block(const struct hs_before *before, const struct hs_live_block *now)
{
    bool known = before->site != HS_SITE_UNKNOWN || now->site != HS_SITE_UNKNOWN;
    return before->granules && now->granules && before->number == now->number && known;
}

/* A resize is written even if it changed nothing, because it is a request. */
static bool changed(const struct hs_history *h, const struct hs_before *before, const struct hs_live_block *now)
{
    return before->pos == h->resized || before->granules != now->granules || before->site != now->site ||
           before->size != now->size || before->number != now->number;
}

static int by_number(const void *a, const void *b)
{
    const struct hs_before *x = a, *y = b;
    return x->number != y->number ? (x->number < y->number ? -1 : 1) : (x->pos > y->pos) - (x->pos < y->pos);
}

/* The touched head of the same allocation at another place; `before` is sorted by number. */
static const struct hs_before *find_moved(const struct hs_history *h, const struct hs_live_block *now, uint32_t pos)
{
    uint32_t low = 0, high = h->n_before;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (h->before[middle].number < now->number)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < h->n_before && h->before[low].number == now->number; low++)
        if (h->before[low].pos != pos && same_block(&h->before[low], now))
            return &h->before[low];
    return NULL;
}

static unsigned shift_at(const struct hs_model *m, uint32_t pos)
{
    unsigned region = hs_model_region_of(m, pos);
    return region < m->n_regions ? m->region[region].shift : 0;
}

/* A block that changed or moved: its old and its new head, which may be equal. */
struct mover {
    uint32_t from, to;
};

static uint32_t find_movers(struct hs_history *h, struct mover *mover)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < h->n_before; i++) {
        struct hs_before *b = &h->before[i];
        const struct hs_live_block *now = &h->model->block[b->pos];
        if (!now->granules || !changed(h, b, now))
            continue;
        const struct hs_before *from = same_block(b, now) ? b : find_moved(h, now, b->pos);
        if (from)
            mover[n++] = (struct mover){from->pos, b->pos};
    }
    return n;
}

static int by_from(const void *a, const void *b)
{
    uint32_t x = ((const struct mover *)a)->from, y = ((const struct mover *)b)->from;
    return (x > y) - (x < y);
}

static bool has_moved(const struct mover *mover, uint32_t n, uint32_t from)
{
    struct mover wanted = {.from = from};
    return n && bsearch(&wanted, mover, n, sizeof *mover, by_from);
}

static int by_pos(const void *a, const void *b)
{
    uint32_t x = ((const struct hs_before *)a)->pos, y = ((const struct hs_before *)b)->pos;
    return (x > y) - (x < y);
}

/* FREED steps first, then LEFT steps, then the MOVED steps in the same order. */
static void write_blocks(struct hs_history *h)
{
    if (h->n_before > 1)
        qsort(h->before, h->n_before, sizeof *h->before, by_number);
    struct mover few[16], *mover = h->n_before <= 16 ? few : malloc(h->n_before * sizeof *mover);
    if (!mover) {
        h->short_of_memory = true;
        return;
    }
    uint32_t n = find_movers(h, mover);
    if (n > 1)
        qsort(mover, n, sizeof *mover, by_from);
    if (h->n_before > 1)
        qsort(h->before, h->n_before, sizeof *h->before, by_pos);
    for (uint32_t i = 0; i < h->n_before; i++) {
        const struct hs_before *b = &h->before[i];
        if (b->granules && changed(h, b, &h->model->block[b->pos]) && !has_moved(mover, n, b->pos))
            step_away(h, HS_STEP_FREED, b->pos);
    }
    for (uint32_t i = 0; i < n; i++)
        step_away(h, HS_STEP_LEFT, mover[i].from);
    for (uint32_t i = 0; i < n; i++) {
        step_here(h, HS_STEP_MOVED, mover[i].to, shift_at(h->model, mover[i].to));
        h->touched[mover[i].to] = 0; /* already written */
    }
    if (mover != few)
        free(mover);
}

static void write_new(struct hs_history *h)
{
    for (uint32_t i = 0; i < h->n_before; i++) {
        const struct hs_before *b = &h->before[i];
        const struct hs_live_block *now = &h->model->block[b->pos];
        if (now->granules && changed(h, b, now) && h->touched[b->pos] == h->turn)
            step_here(h, HS_STEP_TAKEN, b->pos, shift_at(h->model, b->pos));
    }
}

static bool same_region(const struct hs_region_state *a, const struct hs_region_state *b)
{
    return a->first == b->first && a->granules == b->granules && a->shift == b->shift && a->base == b->base;
}

static void region_came(struct hs_history *h, unsigned i)
{
    if (!hs_array_more(h->region, h->n_regions, h->region_room)) {
        h->short_of_memory = true;
        return;
    }
    h->region[h->n_regions++] = h->model->region[i];
    h->present[i] = h->n_regions;
    step_region(h, HS_STEP_CAME, h->n_regions - 1);
}

/* Written after freed blocks and before new ones, so that every block is inside a region. */
static void write_regions(struct hs_history *h)
{
    for (unsigned i = 0; i < h->model->n_regions; i++) {
        const struct hs_region_state *now = &h->model->region[i];
        uint32_t known = h->present[i];
        bool stays = known && now->present && same_region(&h->region[known - 1], now);
        if (known && !stays) {
            step_region(h, HS_STEP_WENT, known - 1);
            h->present[i] = 0;
        }
        if (now->present && !stays)
            region_came(h, i);
    }
}

/* 0 if not known. */
static uint64_t bytes(const struct hs_sample *now, enum hs_figure figure)
{
    return isnan(now->value[figure]) ? 0 : (uint64_t)now->value[figure];
}

static void write_figures(struct hs_history *h, const struct hs_sample *now, uint64_t steps, bool bare)
{
    const struct hs_model *m = h->model;
    bool told = hs_model_summary_only(m), no_longest = isnan(now->value[HS_FIGURE_LARGEST]);
    unsigned lacks = (isnan(now->value[HS_FIGURE_USED]) ? HS_MOMENT_NO_FIGURES : 0u) | (no_longest ? HS_MOMENT_NO_LONGEST : 0u);
    bool own = !told && m->own_bytes;
    uint64_t time = hs_model_elapsed(m), longest = no_longest ? h->longest : bytes(now, HS_FIGURE_LARGEST);
    put(h, HS_COLUMN_TIME, time - h->time);
    put(h, HS_COLUMN_NUMBER, m->number - h->number);
    put(h, HS_COLUMN_STEPS, steps);
    put(h, HS_COLUMN_COLLECTIONS, m->collections.done - h->collections);
    put(h, HS_COLUMN_STATE,
        (m->synced ? HS_MOMENT_SYNCED : 0u) | (told ? HS_MOMENT_TOLD : 0u) | (bare ? HS_MOMENT_BARE : 0u) |
            (own ? HS_MOMENT_OWN : 0u) | lacks | (unsigned)m->levels.last << HS_MOMENT_LEVEL);
    put_change(h, HS_COLUMN_LONGEST, (int64_t)(longest - h->longest));
    if (told || bare || own) {
        put(h, HS_COLUMN_TOLD, bytes(now, HS_FIGURE_USED));
        put(h, HS_COLUMN_TOLD, bytes(now, HS_FIGURE_FREE));
    }
    h->time = time;
    h->number = m->number;
    h->collections = m->collections.done;
    h->longest = longest;
    h->moments++;
}

void hs_history_moment(struct hs_history *h, const struct hs_sample *now)
{
    uint64_t steps = h->steps;
    if (h->full)
        return;
    if (h->n_before)
        write_blocks(h);
    write_regions(h);
    if (h->n_before)
        write_new(h);
    write_figures(h, now, h->steps - steps, false);
    h->n_before = 0;
    h->resized = HS_POS_IMPLIED;
    h->turn++;
    h->full = h->limit && h->steps > h->limit;
}

void hs_history_bare_moment(struct hs_history *h, const struct hs_sample *now)
{
    if (!h->full)
        write_figures(h, now, 0, true);
}

void hs_history_feed(struct hs_history *h, const struct hs_event *e)
{
    if (e->kind == HS_REALLOC) { /* the model does not report the head of a block resized in place */
        touch(h, e->old, true);
        touch(h, e->pos, true);
        h->resized = e->pos;
    }
    hs_model_feed(h->model, e, 1);
}

struct hs_history *hs_history_new(uint64_t limit)
{
    struct hs_history *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    struct hs_model_observer observer = {.context = h, .taken = on_taken, .freed = on_freed};
    h->limit = limit;
    h->turn = 1;
    h->resized = HS_POS_IMPLIED;
    h->model = hs_model_new(&observer);
    h->exam = hs_exam_new(h->model, NULL);
    if (!h->exam) {
        hs_history_free(h);
        return NULL;
    }
    return h;
}

void hs_history_free(struct hs_history *h)
{
    if (!h)
        return;
    for (unsigned i = 0; i < HS_HISTORY_COLUMNS; i++)
        free(h->column[i].data);
    hs_model_free(h->model);
    hs_exam_free(h->exam);
    free(h->region);
    free(h->touched);
    free(h->before);
    free(h);
}
