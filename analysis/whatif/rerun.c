/* SPDX-License-Identifier: MIT */
#include "analysis/whatif/rerun.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/space/fragmentation.h"
#include "lib/assertion.h"

struct replay {
    const struct hs_program *program;
    const struct hs_setting *set;
    struct hs_rerun_result *result;
    struct hs_sim sim;
    struct hs_extent *where; /* place of each block; pos HS_SIM_NONE: none */
    uint32_t *dying;         /* blocks that a collection freed, in the order in which they die */
    uint32_t *death;         /* by block: it is garbage after this step */
    uint32_t n_dying, next;  /* `next` dies next */
    uint32_t *garbage;       /* dead, and not yet freed */
    uint32_t n_garbage;
    uint64_t amount;      /* granules allocated since the last collection */
    uint64_t live;        /* granules of blocks that are not garbage */
    uint64_t threshold;   /* granules */
    uint32_t at;          /* the current step */
    double fragmentation; /* summed over collections */
    bool due;             /* in the trace the next allocation reached a threshold */
    bool over;
};

/* ---- when blocks die ---- */

static uint32_t death_of(const struct hs_life *life, double between)
{
    uint32_t late = life->swept ? life->swept - 1 : 0;
    return late > life->alive ? life->alive + (uint32_t)(between * (late - life->alive) + 0.5) : life->alive;
}

/* A counting sort by step. */
static bool order_deaths(struct replay *r)
{
    const struct hs_program *p = r->program;
    uint32_t *first = calloc((size_t)p->n + 2, sizeof *first);
    r->death = malloc((p->n_blocks + 1) * sizeof *r->death);
    r->dying = malloc((p->n_blocks + 1) * sizeof *r->dying);
    r->garbage = malloc((p->n_blocks + 1) * sizeof *r->garbage);
    bool enough = first && r->death && r->dying && r->garbage;
    for (uint32_t i = 0; enough && i < p->n_blocks; i++) {
        r->death[i] = p->block[i].swept == HS_NEVER ? HS_NEVER : death_of(&p->block[i], r->set->death);
        if (r->death[i] != HS_NEVER)
            first[r->death[i] + 1]++;
    }
    for (uint32_t s = 0; enough && s < p->n; s++)
        first[s + 1] += first[s];
    for (uint32_t i = 0; enough && i < p->n_blocks; i++)
        if (r->death[i] != HS_NEVER) {
            r->dying[first[r->death[i]]++] = i;
            r->n_dying++;
        }
    free(first);
    return enough;
}

static void let_die(struct replay *r)
{
    for (; r->next < r->n_dying && r->death[r->dying[r->next]] < r->at; r->next++) {
        uint32_t block = r->dying[r->next];
        if (r->where[block].pos == HS_SIM_NONE)
            continue;
        r->garbage[r->n_garbage++] = block;
        r->live -= r->where[block].granules;
    }
}

/* ---- figures ---- */

static uint64_t bytes(const struct replay *r, uint64_t granules) { return granules << r->set->shift; }

static double fragmentation(const struct replay *r)
{
    return hs_external_fragmentation((struct hs_free_figures){hs_sim_space(&r->sim), hs_sim_largest(&r->sim)});
}

static struct hs_course_point *point(const struct replay *r)
{
    uint64_t n = r->program->n ? r->program->n : 1;
    HS_ASSERT(r->at < n);
    return &r->result->course[(uint64_t)r->at * HS_COURSE_POINTS / n];
}

static void draw(const struct replay *r)
{
    struct hs_course_point *p = point(r);
    uint32_t live = (uint32_t)r->live, used = (uint32_t)r->sim.used, largest = hs_sim_largest(&r->sim);
    if (!p->any || live < p->live_least)
        p->live_least = live;
    if (!p->any || largest < p->largest_least)
        p->largest_least = largest;
    p->live_most = live > p->live_most ? live : p->live_most;
    p->used_most = used > p->used_most ? used : p->used_most;
    p->largest_most = largest > p->largest_most ? largest : p->largest_most;
    p->any = true;
}

static void note(struct replay *r)
{
    struct hs_rerun_result *o = r->result;
    uint64_t used = bytes(r, r->sim.used), live = bytes(r, r->live);
    HS_ASSERT(live <= used);
    o->peak_used = used > o->peak_used ? used : o->peak_used;
    if (live > o->peak_live) {
        o->peak_live = live;
        o->peak_live_at = r->program->step[r->at].time;
    }
    if (r->set->course)
        draw(r);
}

/* ---- allocator ---- */

static void collect(struct replay *r, uint64_t *cause)
{
    let_die(r);
    for (uint32_t i = 0; i < r->n_garbage; i++) {
        uint32_t block = r->garbage[i];
        hs_sim_free(&r->sim, r->where[block]);
        r->where[block].pos = HS_SIM_NONE;
    }
    r->n_garbage = 0;
    r->amount = 0;
    r->due = false;
    r->result->collections++;
    if (cause)
        (*cause)++;
    double f = fragmentation(r);
    r->fragmentation += f;
    r->result->worst = f > r->result->worst ? f : r->result->worst;
    if (r->set->course)
        point(r)->collections++;
}

static void fail(struct replay *r, uint32_t size)
{
    struct hs_rerun_result *o = r->result;
    if (!o->failures++) {
        o->failed = true;
        o->step = r->at;
        o->asked = size;
        o->free = bytes(r, hs_sim_space(&r->sim));
        o->largest = bytes(r, hs_sim_largest(&r->sim));
    }
    if (r->set->course)
        point(r)->failures++;
    r->over = r->set->stop;
}

static uint32_t granules_of(const struct replay *r, uint32_t size)
{
    return (uint32_t)hs_block_granules(size,
                                       (struct hs_block_form){r->program->least, r->program->header, (uint8_t)r->set->shift});
}

/* As gc_alloc. */
static struct hs_extent allocate(struct replay *r, uint32_t granules)
{
    bool collected = r->due || r->amount >= r->threshold;
    if (collected)
        collect(r, &r->result->by_threshold);
    struct hs_extent block = hs_sim_alloc(&r->sim, granules);
    if (block.pos == HS_SIM_NONE && !collected) {
        collect(r, &r->result->without_room);
        block = hs_sim_alloc(&r->sim, granules);
    }
    if (block.pos != HS_SIM_NONE)
        r->amount += block.granules;
    return block;
}

static void place(struct replay *r, const struct hs_program_step *s, struct hs_extent block)
{
    r->where[s->block] = block;
    r->live += block.granules;
    r->result->same += block.pos == s->pos;
    note(r);
}

/* With the recorded regions these blocks keep their places; on another heap they are allocated first, in their order. */
static void step_given(struct replay *r, const struct hs_program_step *s)
{
    struct hs_extent block = {s->pos, granules_of(r, s->size)};
    if (r->set->granules || !hs_sim_put(&r->sim, block))
        block = hs_sim_alloc(&r->sim, block.granules);
    if (block.pos == HS_SIM_NONE) {
        fail(r, s->size);
        return;
    }
    r->where[s->block] = block;
    r->live += block.granules;
    note(r);
}

static void step_alloc(struct replay *r, const struct hs_program_step *s)
{
    struct hs_extent block = allocate(r, granules_of(r, s->size));
    r->result->requests++;
    if (block.pos == HS_SIM_NONE)
        fail(r, s->size);
    else
        place(r, s, block);
}

/* As gc_realloc. */
static void step_resize(struct replay *r, const struct hs_program_step *s)
{
    struct hs_extent old = r->where[s->block], block = old;
    if (old.pos == HS_SIM_NONE) {
        step_alloc(r, s);
        return;
    }
    r->result->requests++;
    if (!hs_sim_resize(&r->sim, &block, granules_of(r, s->size))) {
        block = allocate(r, granules_of(r, s->size));
        if (block.pos == HS_SIM_NONE) {
            fail(r, s->size);
            return;
        }
        hs_sim_free(&r->sim, old);
        r->result->moved++;
    }
    r->live -= old.granules;
    place(r, s, block);
}

static void step_free(struct replay *r, const struct hs_program_step *s)
{
    struct hs_extent *block = &r->where[s->block];
    if (block->pos == HS_SIM_NONE)
        return;
    hs_sim_free(&r->sim, *block);
    r->live -= block->granules;
    block->pos = HS_SIM_NONE;
}

/* An allocation that failed in the trace is freed at once here: how long the program would have kept it is unknown. */
static void step_fail(struct replay *r, const struct hs_program_step *s)
{
    struct hs_extent block = allocate(r, granules_of(r, s->size));
    if (block.pos == HS_SIM_NONE) {
        fail(r, s->size);
        return;
    }
    r->live += block.granules;
    note(r);
    r->live -= block.granules;
    hs_sim_free(&r->sim, block);
    r->result->rescued++;
}

/* A resize that failed in the trace: the block is larger from here on. */
static void step_fail_grow(struct replay *r, const struct hs_program_step *s)
{
    uint64_t failures = r->result->failures, requests = r->result->requests;
    if (r->where[s->block].pos == HS_SIM_NONE) {
        step_fail(r, s);
        return;
    }
    step_resize(r, s);
    r->result->requests = requests;
    r->result->rescued += r->result->failures == failures;
}

static bool step_area(struct replay *r, const struct hs_program_step *s)
{
    if (r->set->granules)
        return true;
    if (s->kind == HS_STEP_AREA)
        return hs_sim_add(&r->sim, s->block, (struct hs_extent){s->pos, s->size});
    hs_sim_remove(&r->sim, s->block);
    return true;
}

static bool step(struct replay *r, const struct hs_program_step *s)
{
    switch (s->kind) {
    case HS_STEP_GIVEN: step_given(r, s); break;
    case HS_STEP_ALLOC: step_alloc(r, s); break;
    case HS_STEP_RESIZE: step_resize(r, s); break;
    case HS_STEP_FREE: step_free(r, s); break;
    case HS_STEP_FAIL: step_fail(r, s); break;
    case HS_STEP_FAIL_GROW: step_fail_grow(r, s); break;
    case HS_STEP_COLLECT: collect(r, NULL); break;
    case HS_STEP_THRESHOLD: r->due = !r->set->threshold; break;
    case HS_STEP_AREA:
    case HS_STEP_AREA_END: return step_area(r, s);
    }
    return true;
}

static bool start(struct replay *r)
{
    r->where = malloc((r->program->n_blocks + 1) * sizeof *r->where);
    if (!r->where || !order_deaths(r) || !hs_sim_open(&r->sim, r->set->policy))
        return false;
    memset(r->where, 0xff, (r->program->n_blocks + 1) * sizeof *r->where);
    r->threshold = r->set->threshold && r->set->threshold != HS_THRESHOLD_NONE ? r->set->threshold >> r->set->shift : UINT64_MAX;
    return !r->set->granules || hs_sim_add(&r->sim, 0, (struct hs_extent){0, r->set->granules});
}

static void finish(struct replay *r)
{
    struct hs_rerun_result *o = r->result;
    o->fragmentation = o->collections ? r->fragmentation / (double)o->collections : fragmentation(r);
    o->worst = o->collections ? o->worst : o->fragmentation;
    o->refused = r->sim.refused;
    if (!o->failures)
        o->step = r->program->n;
}

int hs_rerun(struct hs_rerun_result *result, const struct hs_program *program, const struct hs_setting *setting)
{
    struct replay *r = calloc(1, sizeof *r);
    if (!r)
        return HS_ERR_MEMORY;
    *result = (struct hs_rerun_result){.failed = false};
    *r = (struct replay){.program = program, .set = setting, .result = result};
    bool good = start(r);
    for (; good && !r->over && r->at < program->n; r->at++) {
        let_die(r);
        good = step(r, &program->step[r->at]);
    }
    if (good)
        finish(r);
    if (r->sim.policy)
        hs_sim_close(&r->sim);
    free(r->where);
    free(r->death);
    free(r->dying);
    free(r->garbage);
    free(r);
    return good ? HS_OK : HS_ERR_MEMORY;
}
