/* SPDX-License-Identifier: MIT
 *
 * Marks are numbered. Each row of blocks has the number of marks before it, so a row is between two marks if its number is.
 * In HELD records this is the number of summaries: one follows each mark, and a ring may have lost the first ones.
 */
#include "analysis/leaks/leaks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"
#include "lib/host/util/map.h"

struct row {
    uint32_t site, thread;
    uint32_t since, last; /* number of marks before the first block, before the last */
    struct hs_leak_sum sum;
};

struct rows {
    struct row *row;
    size_t n, room;
};

struct mark {
    char *label;
    uint32_t since; /* blocks allocated after the mark have at least this number */
};

/* A live block of a trace of every event. */
struct block {
    uint32_t pos, granules, site, thread, since, size;
    uint32_t next_free; /* of an entry that is not live: the next such entry plus 1 */
    bool live;
};

struct hs_leaks {
    struct rows building, told, chosen; /* rows of HELD: the set being read, the last complete set; rows to show */
    struct hs_leak_sum others, unsure;  /* unsure: allocated before or after a mark */
    uint32_t step;                      /* consecutive numbers that a row of HELD combines */
    struct mark *mark;
    size_t n_marks, marks_room, unnumbered; /* unnumbered: from this mark on the recorder's number is not known yet */
    struct block *block;
    struct hs_map by_pos;                       /* live blocks by place */
    uint32_t n_blocks, blocks_room, free_block; /* free_block: plus 1; 0: none */
    uint32_t since;                             /* number for blocks allocated now, in a trace of every event */
    bool held;                                  /* the trace has the recorder's rows */
    struct hs_leak_row *out;
};

struct hs_leaks *hs_leaks_new(void) { return calloc(1, sizeof(struct hs_leaks)); }

static void forget_marks(struct hs_leaks *l)
{
    while (l->n_marks)
        free(l->mark[--l->n_marks].label);
    l->unnumbered = 0;
}

void hs_leaks_free(struct hs_leaks *l)
{
    if (!l)
        return;
    forget_marks(l);
    free(l->mark);
    free(l->building.row);
    free(l->told.row);
    free(l->chosen.row);
    free(l->block);
    hs_map_free(&l->by_pos);
    free(l->out);
    free(l);
}

static int add_row(struct rows *rows, const struct row *row)
{
    struct row *to = hs_array_add(rows->row, rows->n, rows->room);
    if (!to)
        return HS_ERR_MEMORY;
    *to = *row;
    return HS_OK;
}

/* --- marks --------------------------------------------------------------------------------------------------- */

static int on_mark(struct hs_leaks *l, const struct hs_record_mark *r)
{
    char *label = strndup(r->label.data, r->label.len);
    struct mark *to = label ? hs_array_add(l->mark, l->n_marks, l->marks_room) : NULL;
    if (!to) {
        free(label);
        return HS_ERR_MEMORY;
    }
    *to = (struct mark){label, ++l->since};
    return HS_OK;
}

/* --- the recorder's rows ------------------------------------------------------------------------------------- */

/* A set ends: it gives its number to the marks before it. Number 0 is the first summary after the leak search starts. */
static void end_set(struct hs_leaks *l, const struct hs_record_held *r)
{
    if (!r->since && l->held)
        l->unnumbered = l->n_marks;
    for (; l->unnumbered < l->n_marks; l->unnumbered++)
        l->mark[l->unnumbered].since = r->since + 1;
    struct rows empty = l->told;
    l->told = l->building;
    l->building = empty;
    l->building.n = 0;
    l->others = (struct hs_leak_sum){r->bytes, r->blocks};
    l->step = 1u << (r->thread < 16 ? r->thread : 16);
}

static int on_held(struct hs_leaks *l, const struct hs_event *e)
{
    const struct hs_record_held *r = &e->record->held;
    l->held = true;
    if (r->site)
        return add_row(&l->building, &(struct row){e->site, r->thread, r->since, r->since, {r->bytes, r->blocks}});
    end_set(l, r);
    return HS_OK;
}

/* --- every event ----------------------------------------------------------------------------------------------- */

/* The block at a place, and its position in the map; NULL: none known. */
static struct block *block_at(const struct hs_leaks *l, uint32_t pos, struct hs_map_search *search)
{
    *search = hs_map_search(&l->by_pos, hs_hash_u64(pos));
    while (hs_map_next(&l->by_pos, search))
        if (l->block[search->number].pos == pos && l->block[search->number].live)
            return &l->block[search->number];
    return NULL;
}

static void gone(struct hs_leaks *l, uint32_t pos)
{
    struct hs_map_search search;
    struct block *b = block_at(l, pos, &search);
    if (!b)
        return;
    hs_map_remove(&l->by_pos, &search);
    *b = (struct block){.next_free = l->free_block};
    l->free_block = (uint32_t)(b - l->block) + 1;
}

/* An entry of the array; reuses a free one if possible. */
static struct block *new_block(struct hs_leaks *l)
{
    if (!l->free_block)
        return hs_array_add(l->block, l->n_blocks, l->blocks_room);
    struct block *b = &l->block[l->free_block - 1];
    l->free_block = b->next_free;
    return b;
}

static int came(struct hs_leaks *l, const struct hs_event *e)
{
    if (e->pos == HS_POS_IMPLIED)
        return HS_OK;
    gone(l, e->pos); /* the trace contradicts itself: the place was in use */
    struct block *b = new_block(l);
    if (!b || !hs_map_add(&l->by_pos, hs_hash_u64(e->pos), (uint32_t)(b - l->block)))
        return HS_ERR_MEMORY;
    *b = (struct block){.live = true,
                        .pos = e->pos,
                        .granules = e->granules,
                        .site = e->site,
                        .thread = e->thread,
                        .since = l->since,
                        .size = e->size};
    return HS_OK;
}

static void all_gone(struct hs_leaks *l)
{
    hs_map_clear(&l->by_pos);
    l->n_blocks = l->free_block = 0;
}

static int by_pos(const void *key, const void *element)
{
    uint32_t pos = ((const struct block *)key)->pos, at = ((const struct hs_extent *)element)->pos;
    return (pos > at) - (pos < at);
}

/* After a time without records, blocks that the snapshot does not contain are freed. */
static void only_of_snapshot(struct hs_leaks *l, const struct hs_event *e)
{
    for (uint32_t i = 0; i < l->n_blocks; i++) {
        const struct block *b = &l->block[i];
        const struct hs_extent *at = b->live && e->n_blocks ? bsearch(b, e->block, e->n_blocks, sizeof *e->block, by_pos) : NULL;
        if (b->live && (!at || at->granules != b->granules))
            gone(l, b->pos);
    }
}

static int take(struct hs_leaks *l, const struct hs_event *e)
{
    switch (e->kind) {
    case HS_ALLOC: return came(l, e);
    case HS_FREE: gone(l, e->old); return HS_OK;
    case HS_REALLOC: gone(l, e->old); return came(l, e);
    case HS_SWEEP:
        for (uint32_t i = 0; i < e->n_freed; i++)
            gone(l, e->freed[i]);
        return HS_OK;
    case HS_SNAPSHOT:
        if (e->flags & HS_EVENT_RESYNC)
            only_of_snapshot(l, e);
        return HS_OK;
    case HS_RESET: all_gone(l); return HS_OK;
    case HS_MARK: return on_mark(l, &e->record->mark);
    case HS_HELD: return on_held(l, e);
    default: return HS_OK;
    }
}

int hs_leaks_feed(struct hs_leaks *l, const struct hs_event *events, long n)
{
    int err = HS_OK;
    for (const struct hs_event *e = events; e < events + n && !err; e++)
        err = take(l, e);
    return err;
}

/* --- choosing -------------------------------------------------------------------------------------------------- */

/* The mark number `nth` with a label of `len` bytes, from 1; 0: the last. */
static const struct mark *find_mark(const struct hs_leaks *l, const char *label, size_t len, unsigned long nth)
{
    const struct mark *found = NULL;
    unsigned long seen = 0;
    for (size_t i = 0; i < l->n_marks && (!nth || !found); i++)
        if (strlen(l->mark[i].label) == len && !memcmp(l->mark[i].label, label, len) && (++seen == nth || !nth))
            found = &l->mark[i];
    return found;
}

/* A label may itself end in "#2", so all of the text is tried first. */
static const struct mark *named_mark(const struct hs_leaks *l, const char *text)
{
    const char *hash = strrchr(text, '#');
    char *end = NULL;
    unsigned long nth = hash && hash[1] >= '1' && hash[1] <= '9' ? strtoul(hash + 1, &end, 10) : 0;
    const struct mark *found = find_mark(l, text, strlen(text), 0);
    return found || !nth || *end ? found : find_mark(l, text, (size_t)(hash - text), nth);
}

static const struct mark *mark_of(const struct hs_leaks *l, const char *label)
{
    const struct mark *found = named_mark(l, label);
    return found || strncmp(label, "mark:", 5) ? found : named_mark(l, label + 5);
}

bool hs_leaks_has(const struct hs_leaks *l, const char *mark) { return mark_of(l, mark); }

const char *hs_leaks_label(const struct hs_leaks *l, size_t i) { return i < l->n_marks ? l->mark[i].label : NULL; }

static int add_chosen(struct hs_leaks *l, const struct row *row)
{
    for (size_t i = 0; i < l->chosen.n; i++) {
        struct row *r = &l->chosen.row[i];
        if (r->site == row->site && r->thread == row->thread) {
            r->since = row->since < r->since ? row->since : r->since;
            r->last = row->last > r->last ? row->last : r->last;
            r->sum.bytes += row->sum.bytes;
            r->sum.blocks += row->sum.blocks;
            return HS_OK;
        }
    }
    return add_row(&l->chosen, row);
}

/* Chooses blocks with numbers from `first` up to but not including `end`. */
static int choose_rows(struct hs_leaks *l, uint32_t first, uint32_t end)
{
    int err = HS_OK;
    for (size_t i = 0; l->held && i < l->told.n && !err; i++) {
        const struct row *row = &l->told.row[i];
        uint32_t behind = row->since + l->step;
        if (row->since >= first && behind <= end)
            err = add_chosen(l, row);
        else if (behind > first && row->since < end) {
            l->unsure.bytes += row->sum.bytes;
            l->unsure.blocks += row->sum.blocks;
        }
    }
    for (uint32_t i = 0; !l->held && i < l->n_blocks && !err; i++) {
        const struct block *b = &l->block[i];
        if (b->live && b->since >= first && b->since < end)
            err = add_chosen(l, &(struct row){b->site, b->thread, b->since, b->since, {b->size, 1}});
    }
    return err;
}

static bool refuse(struct hs_error *error, const char *why)
{
    *error = (struct hs_error){.code = HS_ERR_ARG};
    snprintf(error->text, sizeof error->text, "%s", why);
    return false;
}

bool hs_leaks_held(const struct hs_leaks *l) { return l->held; }

bool hs_leaks_choose(struct hs_leaks *l, const struct hs_leak_range *range, struct hs_error *error)
{
    const struct mark *from = range->from ? mark_of(l, range->from) : NULL, *to = range->to ? mark_of(l, range->to) : NULL;
    if ((range->from && !from) || (range->to && !to))
        return refuse(error, "no such mark");
    if (l->held && range->one_heap)
        return refuse(error, "at level summary what is still there is recorded of all heaps together: leave out "
                             "--heap and --region");
    error->code = choose_rows(l, from ? from->since : 0, to ? to->since : UINT32_MAX);
    if (error->code)
        snprintf(error->text, sizeof error->text, "%s", hs_strerror(error->code));
    return !error->code;
}

static int by_bytes(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->sum.bytes != y->sum.bytes)
        return x->sum.bytes < y->sum.bytes ? 1 : -1;
    return x->site != y->site ? (x->site > y->site) - (x->site < y->site) : (x->thread > y->thread) - (x->thread < y->thread);
}

/* The mark before blocks of this number; several marks share a number if no summary was between them. */
static const char *label_of(const struct hs_leaks *l, uint32_t since)
{
    for (size_t i = l->n_marks; i-- > 0;)
        if (l->mark[i].since == since)
            return l->mark[i].label;
    return NULL;
}

size_t hs_leaks_rows(struct hs_leaks *l, struct hs_leak_row **rows, struct hs_leak_totals *totals)
{
    struct hs_leak_sum *all = &totals->chosen;
    *totals = (struct hs_leak_totals){.others = l->others, .unsure = l->unsure};
    if (l->chosen.n)
        qsort(l->chosen.row, l->chosen.n, sizeof *l->chosen.row, by_bytes);
    free(l->out);
    l->out = calloc(l->chosen.n + 1, sizeof *l->out);
    for (size_t i = 0; l->out && i < l->chosen.n; i++) {
        const struct row *r = &l->chosen.row[i];
        l->out[i] = (struct hs_leak_row){r->site, r->thread, label_of(l, r->since), label_of(l, r->last), r->sum, NULL};
        all->bytes += r->sum.bytes;
        all->blocks += r->sum.blocks;
    }
    *rows = l->out;
    return l->out ? l->chosen.n : 0;
}
