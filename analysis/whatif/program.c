/* SPDX-License-Identifier: MIT */
#include "analysis/whatif/program.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/time/timeline.h"
#include "lib/host/util/array.h"

#define STEPS_MAX (UINT32_MAX - 1)
#define GROW_STEPS 4096u /* steps back from a failure in which the block that was to grow is searched */

/* ---- steps and blocks ---- */

static struct hs_program_step *add_step(struct hs_program *p, enum hs_program_step_kind kind, uint64_t time, uint64_t number)
{
    static struct hs_program_step nowhere;
    if (p->n == STEPS_MAX || !hs_array_more(p->step, p->n, p->room)) {
        p->error = HS_ERR_MEMORY;
        return &nowhere;
    }
    if (!p->n)
        p->begun = time;
    p->step[p->n] = (struct hs_program_step){.time = time, .number = number, .kind = (uint8_t)kind, .site = HS_SITE_UNKNOWN};
    return &p->step[p->n++];
}

static uint32_t add_block(struct hs_program *p)
{
    if (!hs_array_more(p->block, p->n_blocks, p->block_room)) {
        p->error = HS_ERR_MEMORY;
        return 0;
    }
    p->block[p->n_blocks] = (struct hs_life){.born = p->n, .alive = p->n, .swept = HS_NEVER};
    return p->n_blocks++;
}

static bool knows_granules(struct hs_program *p, uint32_t n)
{
    bool grown = hs_array_fill(p->at, p->n_at, n, 0xff);
    p->error = grown ? p->error : HS_ERR_MEMORY;
    return grown;
}

static uint32_t block_at(const struct hs_program *p, uint32_t pos) { return pos < p->n_at ? p->at[pos] : HS_NEVER; }

/* ---- begin ---- */

static void forget(struct hs_program *p)
{
    p->n = p->n_blocks = p->given = p->areas = p->present_areas = 0;
    p->bytes = p->present_bytes = 0;
    p->collecting = p->collected = HS_NEVER;
    p->amount = p->threshold = p->allocated = 0;
    p->ended = false;
    if (p->n_at)
        memset(p->at, 0xff, p->n_at * sizeof *p->at);
}

static void add_area(struct hs_program *p, const struct hs_model *m, unsigned region, uint64_t time)
{
    const struct hs_region_state *r = &m->region[region];
    struct hs_program_step *s = add_step(p, HS_STEP_AREA, time, m->number);
    s->block = region;
    s->pos = r->first;
    s->size = r->granules;
    p->present_areas++;
    p->present_bytes += (uint64_t)r->granules << r->shift;
    p->areas = p->present_areas > p->areas ? p->present_areas : p->areas;
    p->bytes = p->present_bytes > p->bytes ? p->present_bytes : p->bytes;
    p->shift = r->shift;
    p->header = r->header;
    p->least = r->least;
    p->micropython = r->placement == HS_PLACE_MICROPYTHON;
}

/* The program begins when the layout becomes known: with the blocks that are live then. */
static void begin(struct hs_program *p, const struct hs_model *m)
{
    uint64_t time = hs_model_elapsed(m);
    forget(p);
    p->running = true;
    if (!knows_granules(p, m->n_granules))
        return;
    for (unsigned r = 0; r < m->n_regions; r++)
        if (m->region[r].present)
            add_area(p, m, r, time);
    for (uint32_t pos = 0; (pos = hs_model_next(m, pos, m->n_granules)) < m->n_granules && !p->error; pos++) {
        uint32_t block = add_block(p);
        struct hs_program_step *s = add_step(p, HS_STEP_GIVEN, time, m->number);
        uint32_t taken = m->block[pos].granules << p->shift, size = taken > p->header ? taken - p->header : 0;
        *s = (struct hs_program_step){s->time, s->number, block, size, pos, m->block[pos].site, s->kind};
        p->at[pos] = block;
        p->given++;
    }
}

/* ---- steps from events ---- */

static void sweep(struct hs_program *p, uint32_t pos)
{
    uint32_t block = block_at(p, pos);
    if (block == HS_NEVER || p->collecting == HS_NEVER)
        return;
    struct hs_life *life = &p->block[block];
    life->swept = p->collecting;
    if (p->collected != HS_NEVER && p->collected > life->alive)
        life->alive = p->collected;
    p->at[pos] = HS_NEVER;
}

/* A block freed during a collection (by a finaliser) counts as freed by that collection. */
static void free_block(struct hs_program *p, const struct hs_event *e, uint64_t time)
{
    uint32_t block = block_at(p, e->old);
    if (block == HS_NEVER)
        return;
    if (p->collecting != HS_NEVER) {
        sweep(p, e->old);
        return;
    }
    struct hs_program_step *s = add_step(p, HS_STEP_FREE, time, e->number);
    s->block = block;
    p->at[e->old] = HS_NEVER;
}

static void place(struct hs_program *p, const struct hs_event *e, uint64_t time, enum hs_program_step_kind kind)
{
    uint32_t block = kind == HS_STEP_RESIZE ? block_at(p, e->old) : HS_NEVER;
    if (block == HS_NEVER) {
        kind = HS_STEP_ALLOC;
        block = add_block(p);
    } else {
        p->at[e->old] = HS_NEVER;
    }
    p->block[block].alive = p->n;
    struct hs_program_step *s = add_step(p, kind, time, e->number);
    s->block = block;
    s->size = e->size;
    s->pos = e->pos;
    s->site = e->site;
    if (e->pos < p->n_at)
        p->at[e->pos] = block;
    if (kind == HS_STEP_ALLOC || e->pos != e->old) {
        p->amount += e->granules;
        p->allocated += e->granules;
    }
}

/* The threshold is at most what was allocated when it began a collection; keep the smallest. */
static void infer_threshold(struct hs_program *p)
{
    if (!p->threshold || p->amount < p->threshold)
        p->threshold = p->amount ? p->amount : 1;
}

static void begin_collection(struct hs_program *p, const struct hs_event *e, uint64_t time)
{
    static const uint8_t kinds[] = {HS_STEP_COLLECT, HS_STEP_COLLECTED, HS_STEP_THRESHOLD};
    unsigned cause = e->record->collect.cause;
    if (cause == 3) {
        p->ended = true;
        return;
    }
    if (cause == 2)
        infer_threshold(p);
    p->collecting = p->n;
    add_step(p, (enum hs_program_step_kind)kinds[cause < sizeof kinds ? cause : 0], time, e->number);
}

/* Blocks that the collection kept were alive in it. If the allocator began it, the replay collects in the allocation
 * that caused it, which is the next step. */
static void end_collection(struct hs_program *p)
{
    if (p->collecting == HS_NEVER)
        return;
    p->collected = p->collecting + (p->step[p->collecting].kind != HS_STEP_COLLECT);
    p->collecting = HS_NEVER;
    p->amount = 0;
}

static bool same_text(const char *a, const char *b) { return a == b || (a && b && !strcmp(a, b)); }

/* Whether two sites are one place in the code. They have two numbers where the operation differs: a request that failed is
 * recorded as an allocation, whether or not it was to make a block larger. */
static bool same_place(const struct hs_program *p, uint32_t one, uint32_t other)
{
    const struct hs_site *a = p->reader ? hs_reader_site(p->reader, one) : NULL;
    const struct hs_site *b = p->reader ? hs_reader_site(p->reader, other) : NULL;
    if (one == other)
        return true;
    return a && b && a->caller == b->caller && a->line == b->line && a->offset == b->offset && a->context == b->context &&
           same_text(a->file, b->file) && same_text(a->function, b->function);
}

/* The block that a failed request was to make larger, or HS_NEVER. A record of a failure does not say: it is the block that the
 * same place resized last, if the request is for more. */
static uint32_t block_to_grow(const struct hs_program *p, const struct hs_event *e)
{
    uint32_t end = p->n > GROW_STEPS ? p->n - GROW_STEPS : 0;
    for (uint32_t i = p->n; i-- > end;) {
        const struct hs_program_step *s = &p->step[i];
        if (s->kind == HS_STEP_RESIZE && same_place(p, s->site, e->site))
            return s->size < e->size && block_at(p, s->pos) == s->block ? s->block : HS_NEVER;
    }
    return HS_NEVER;
}

static void fail(struct hs_program *p, const struct hs_event *e, uint64_t time)
{
    unsigned cause = HS_FAIL_CAUSE(e->record->fail.cause);
    if (cause == 1 || cause == 3) {
        p->locked++;
        return;
    }
    uint32_t block = block_to_grow(p, e);
    struct hs_program_step *s = add_step(p, block == HS_NEVER ? HS_STEP_FAIL : HS_STEP_FAIL_GROW, time, e->number);
    s->block = block == HS_NEVER ? 0 : block;
    s->size = e->size;
    s->site = e->site;
}

static bool is_event(const struct hs_event *e) { return e->kind == HS_ALLOC || e->kind == HS_FREE || e->kind == HS_REALLOC; }

int hs_program_before(struct hs_program *p, const struct hs_model *m, const struct hs_event *e)
{
    if (e->kind == HS_RESET || e->boot + 1 > p->boots) { /* the last boot is replayed */
        p->left_out += p->n;
        forget(p);
        p->running = true;
        p->boots = e->boot + 1;
    }
    if (!p->running || p->ended || p->error)
        return p->error;
    uint64_t time = hs_event_elapsed(m, e);
    switch (e->kind) {
    case HS_ALLOC: place(p, e, time, HS_STEP_ALLOC); break;
    case HS_REALLOC: place(p, e, time, HS_STEP_RESIZE); break;
    case HS_FREE: free_block(p, e, time); break;
    case HS_FAIL: fail(p, e, time); break;
    case HS_COLLECT: begin_collection(p, e, time); break;
    case HS_SWEEP:
        for (uint32_t i = 0; i < e->n_freed; i++)
            sweep(p, e->freed[i]);
        break;
    case HS_COLLECT_END: end_collection(p); break;
    }
    return p->error;
}

/* Where the region is that is present now, from its last step; no granules when it is not present. */
static struct hs_extent area_of(const struct hs_program *p, unsigned region)
{
    for (uint32_t i = p->n; i--;) {
        const struct hs_program_step *s = &p->step[i];
        if (s->block == region && s->kind == HS_STEP_AREA)
            return (struct hs_extent){s->pos, s->size};
        if (s->block == region && s->kind == HS_STEP_AREA_END)
            break;
    }
    return (struct hs_extent){0, 0};
}

static void count_out(struct hs_program *p, struct hs_extent area)
{
    p->present_areas -= area.granules != 0;
    p->present_bytes -= (uint64_t)area.granules << p->shift;
}

/* The blocks of a region that ends are gone with it. */
static void end_area(struct hs_program *p, const struct hs_model *m, const struct hs_event *e)
{
    struct hs_extent area = area_of(p, e->region);
    uint64_t time = hs_model_elapsed(m);
    if (!area.granules)
        return;
    for (uint32_t pos = area.pos; pos - area.pos < area.granules && pos < p->n_at; pos++)
        if (p->at[pos] != HS_NEVER) {
            add_step(p, HS_STEP_FREE, time, e->number)->block = p->at[pos];
            p->at[pos] = HS_NEVER;
        }
    add_step(p, HS_STEP_AREA_END, time, e->number)->block = e->region;
    count_out(p, area);
}

/* Adds steps for a region that appears or disappears. */
static void follow_region(struct hs_program *p, const struct hs_model *m, const struct hs_event *e)
{
    struct hs_extent is = area_of(p, e->region);
    if (e->kind == HS_REGION_END) {
        end_area(p, m, e);
    } else if (is.pos != m->region[e->region].first || is.granules != m->region[e->region].granules) {
        count_out(p, is);
        add_area(p, m, e->region, hs_model_elapsed(m));
    }
}

int hs_program_after(struct hs_program *p, const struct hs_model *m, const struct hs_event *e)
{
    bool changed = e->kind == HS_SNAPSHOT && (e->flags & HS_EVENT_RESYNC);
    if (p->error || p->ended)
        return p->error;
    if (!m->synced) {
        p->left_out += p->running ? p->n : is_event(e);
        p->running = false;
        return HS_OK;
    }
    if (!p->running || (changed && (e->flags & HS_EVENT_DIVERGED))) {
        p->left_out += p->running ? p->n : 0;
        begin(p, m);
        return p->error;
    }
    if ((e->kind == HS_REGION || e->kind == HS_REGION_END) && knows_granules(p, m->n_granules))
        follow_region(p, m, e);
    return p->error;
}

bool hs_program_replays(const struct hs_program *p, const struct hs_model *m)
{
    if (!p->running || p->error || !p->allocated || m->levels.last > HS_LEVEL_FULL)
        return false;
    for (unsigned i = 1; i < m->n_regions; i++)
        if (m->region[i].shift != m->region[0].shift || m->region[i].placement != m->region[0].placement)
            return false;
    return true;
}

void hs_program_free(struct hs_program *p)
{
    free(p->step);
    free(p->block);
    free(p->at);
    *p = (struct hs_program){0};
}
