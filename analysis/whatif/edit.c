/* SPDX-License-Identifier: MIT */
#include "analysis/whatif/edit.h"

#include <stdlib.h>
#include <string.h>

#define NO_BLOCK UINT32_MAX

/* Figures of a block over all its steps. */
struct block {
    uint32_t largest; /* bytes */
    uint32_t site;    /* that allocated it */
    uint32_t before;  /* index in `to` of its allocation, if that was moved to the start */
    bool mine;        /* the edit concerns it */
    bool freed;       /* by the program */
};

struct editor {
    const struct hs_program *from;
    struct hs_program *to;
    const struct hs_edit *edit;
    struct block *block; /* `from->n_blocks` */
    uint32_t *moved;     /* index in `to` of each step of `from`, and of its end */
    uint32_t buffer;     /* the block that is reused, once it is allocated */
    uint32_t largest;    /* largest request of the line in bytes, including failed ones */
    bool started, changed;
    int error;
};

static bool of_line(const struct editor *e, uint32_t site)
{
    return e->edit->site && site < e->edit->n_sites && e->edit->site[site];
}

static bool fails(const struct hs_program_step *s) { return s->kind == HS_STEP_FAIL || s->kind == HS_STEP_FAIL_GROW; }

static bool takes_memory(const struct hs_program_step *s) { return s->kind == HS_STEP_ALLOC || s->kind == HS_STEP_RESIZE; }

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static bool is_born_by(const struct hs_edit *edit, const struct hs_program_step *s)
{
    return bsearch(&s->number, edit->born, edit->n_born, sizeof *edit->born, by_number);
}

/* A block belongs to the line: for FINAL_SIZE if the line resizes it, for DROP by its last step, else by its allocation. */
static void look(struct editor *e, const struct hs_program_step *s)
{
    enum hs_edit_kind kind = e->edit->kind;
    bool mine = of_line(e, s->site);
    if (mine && (takes_memory(s) || fails(s)) && s->size > e->largest)
        e->largest = s->size;
    if (s->kind == HS_STEP_FREE)
        e->block[s->block].freed = true;
    if (!takes_memory(s))
        return;
    struct block *b = &e->block[s->block];
    b->largest = s->size > b->largest ? s->size : b->largest;
    if (s->kind == HS_STEP_ALLOC)
        b->site = s->site;
    if (e->edit->born) {
        b->mine = b->mine || is_born_by(e->edit, s);
        return;
    }
    if (kind == HS_EDIT_FINAL_SIZE ? mine && s->kind == HS_STEP_RESIZE : kind == HS_EDIT_DROP || s->kind == HS_STEP_ALLOC)
        b->mine = mine;
}

/* A failed request counts as the next size of the block that the line resized last. */
static void count_failures(struct editor *e)
{
    uint32_t last = NO_BLOCK;
    for (uint32_t i = 0; i < e->from->n; i++) {
        const struct hs_program_step *s = &e->from->step[i];
        if (takes_memory(s) && e->block[s->block].mine)
            last = s->block;
        uint32_t size = e->edit->final && e->edit->final < s->size ? e->edit->final : s->size;
        if (fails(s) && of_line(e, s->site) && last != NO_BLOCK && size > e->block[last].largest)
            e->block[last].largest = size;
    }
}

static void copy(struct editor *e, const struct hs_program_step *s) { e->to->step[e->to->n++] = *s; }

static void put_collection(struct editor *e, const struct hs_program_step *before)
{
    copy(e, &(struct hs_program_step){
                .time = before->time, .number = before->number, .kind = HS_STEP_COLLECT, .site = HS_SITE_UNKNOWN});
    e->changed = true;
}

static void put_buffer(struct editor *e, const struct hs_program_step *at, uint32_t block)
{
    struct hs_program_step s = *at;
    s.kind = HS_STEP_ALLOC;
    s.block = e->buffer = block;
    s.size = e->largest;
    copy(e, &s);
    e->changed = true;
}

/* The line's only block is never freed; all other steps of the line are omitted. */
static void put_reused(struct editor *e, const struct hs_program_step *s)
{
    bool begins = s->kind != HS_STEP_AREA && s->kind != HS_STEP_GIVEN;
    if (e->edit->kind == HS_EDIT_AT_START && begins && !e->started && e->largest) {
        e->started = true;
        put_buffer(e, s, e->from->n_blocks);
    }
    bool mine = fails(s) ? of_line(e, s->site) : (takes_memory(s) || s->kind == HS_STEP_FREE) && e->block[s->block].mine;
    if (!mine)
        copy(e, s);
    else if (e->edit->kind == HS_EDIT_REUSE && e->buffer == NO_BLOCK && s->kind == HS_STEP_ALLOC)
        put_buffer(e, s, s->block);
}

/* The line's blocks in their order, before the first step of the program itself. */
static void put_before(struct editor *e, const struct hs_program_step *s)
{
    bool begins = s->kind != HS_STEP_AREA && s->kind != HS_STEP_GIVEN;
    for (uint32_t i = 0; begins && !e->started && i < e->from->n; i++) {
        const struct hs_program_step *own = &e->from->step[i];
        if (own->kind != HS_STEP_ALLOC || !e->block[own->block].mine)
            continue;
        e->block[own->block].before = e->to->n;
        copy(e, own);
        if (e->edit->born)
            e->to->step[e->to->n - 1].size = e->block[own->block].largest;
        e->changed = true;
    }
    e->started = e->started || begins;
    bool moved = s->kind == HS_STEP_ALLOC || (e->edit->born && s->kind == HS_STEP_RESIZE);
    if (!moved || !e->block[s->block].mine)
        copy(e, s);
}

/* Blocks that the line allocates, and what it requested in vain. */
static void put_omitting(struct editor *e, const struct hs_program_step *s)
{
    bool block = takes_memory(s) || s->kind == HS_STEP_FREE;
    if (fails(s) ? of_line(e, s->site) : block && e->block[s->block].mine)
        e->changed = true;
    else
        copy(e, s);
}

static void put_final(struct editor *e, const struct hs_program_step *s)
{
    bool mine = takes_memory(s) && e->block[s->block].mine;
    if (fails(s) ? of_line(e, s->site) : mine && s->kind == HS_STEP_RESIZE) {
        e->changed = true;
        return;
    }
    copy(e, s);
    if (mine)
        e->to->step[e->to->n - 1].size = e->block[s->block].largest;
}

static void put(struct editor *e, const struct hs_program_step *s)
{
    switch (e->edit->kind) {
    case HS_EDIT_REUSE:
    case HS_EDIT_AT_START: put_reused(e, s); return;
    case HS_EDIT_FINAL_SIZE: put_final(e, s); return;
    case HS_EDIT_OMIT: put_omitting(e, s); return;
    case HS_EDIT_BEFORE: put_before(e, s); return;
    case HS_EDIT_COLLECT:
        if ((takes_memory(s) || fails(s)) && of_line(e, s->site))
            put_collection(e, s);
        break;
    default: break;
    }
    copy(e, s);
}

/* Updates the step indices in each block's life. */
static void move_lives(struct editor *e)
{
    for (uint32_t i = 0; i < e->from->n_blocks; i++) {
        const struct hs_life *old = &e->from->block[i];
        e->to->block[i] = (struct hs_life){e->moved[old->born], e->moved[old->alive],
                                           old->swept == HS_NEVER ? HS_NEVER : e->moved[old->swept]};
        if (e->edit->kind == HS_EDIT_BEFORE && e->block[i].mine)
            e->to->block[i].born = e->block[i].before;
    }
    if (e->buffer != NO_BLOCK)
        e->to->block[e->buffer] = (struct hs_life){e->to->n, e->to->n, HS_NEVER};
}

static uint32_t first_failing(const struct hs_program *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (fails(&p->step[i]))
            return i;
    return HS_NEVER;
}

/* Each block that a site keeps dies when the site allocates the next one, but not before its own last step. What is garbage only after a
 * failed request is kept: the exception ended the calls that held it. */
static void drop_kept(struct editor *e)
{
    uint32_t *newest = calloc((size_t)e->edit->n_sites + 1, sizeof *newest); /* by site: block + 1 */
    uint32_t failing = first_failing(e->to);
    e->error = newest ? e->error : HS_ERR_MEMORY;
    for (uint32_t i = 0; newest && i < e->from->n_blocks; i++) {
        struct hs_life *life = &e->to->block[i];
        uint32_t site = e->block[i].site < e->edit->n_sites ? e->block[i].site : e->edit->n_sites;
        if (!e->block[i].mine || e->block[i].freed || life->swept < failing)
            continue;
        if (newest[site]) {
            struct hs_life *before = &e->to->block[newest[site] - 1];
            uint32_t own = before->swept == HS_NEVER ? before->alive : before->born; /* collections saw it alive, too */
            before->alive = own > life->born ? own : life->born;
            before->swept = before->alive + 1;
            e->changed = true;
        }
        newest[site] = i + 1;
    }
    free(newest);
}

/* Each block that the line keeps dies before the first request that fails after its own last step. */
static void release_kept(struct editor *e)
{
    uint32_t failing = HS_NEVER;
    uint32_t *next = malloc(((size_t)e->to->n + 1) * sizeof *next); /* the first failing step from each step on */
    if (!next) {
        e->error = HS_ERR_MEMORY;
        return;
    }
    for (uint32_t i = e->to->n + 1; i-- > 0;)
        next[i] = failing = i < e->to->n && fails(&e->to->step[i]) ? i : failing;
    for (uint32_t i = 0; i < e->from->n_blocks; i++) {
        struct hs_life *life = &e->to->block[i];
        uint32_t at = life->alive < e->to->n ? next[life->alive + 1] : HS_NEVER;
        if (!e->block[i].mine || e->block[i].freed || life->swept < at || at == HS_NEVER)
            continue;
        *life = (struct hs_life){life->born, at - 1, at};
        e->changed = true;
    }
    free(next);
}

static bool prepare(struct editor *e)
{
    uint32_t n = e->from->n;
    *e->to = *e->from;
    e->to->at = NULL;
    e->to->n_at = 0;
    e->to->n = 0;
    e->to->room = 2 * n + 2; /* a collection before each step, and a buffer */
    e->to->n_blocks = e->to->block_room = e->from->n_blocks + 1;
    e->to->step = malloc((size_t)e->to->room * sizeof *e->to->step);
    e->to->block = calloc(e->to->n_blocks, sizeof *e->to->block);
    e->block = calloc((size_t)e->from->n_blocks + 1, sizeof *e->block);
    e->moved = malloc(((size_t)n + 1) * sizeof *e->moved);
    return e->to->step && e->to->block && e->block && e->moved;
}

static void work(struct editor *e)
{
    for (uint32_t i = 0; i < e->from->n; i++)
        look(e, &e->from->step[i]);
    if (e->edit->kind == HS_EDIT_FINAL_SIZE)
        count_failures(e);
    for (uint32_t i = 0; i < e->from->n; i++) {
        uint32_t before = e->to->n;
        put(e, &e->from->step[i]);
        e->moved[i] = e->to->n > before ? e->to->n - 1 : before; /* an edit inserts before the step */
    }
    e->moved[e->from->n] = e->to->n;
    e->to->block[e->from->n_blocks] = (struct hs_life){e->to->n, e->to->n, HS_NEVER};
    move_lives(e);
    if (e->edit->kind == HS_EDIT_DROP)
        drop_kept(e);
    if (e->edit->kind == HS_EDIT_RELEASE)
        release_kept(e);
}

int hs_program_edit(struct hs_program *to, const struct hs_program *from, const struct hs_edit *edit)
{
    struct editor e = {.from = from, .to = to, .edit = edit, .buffer = NO_BLOCK};
    bool enough = from->n < UINT32_MAX / 2 - 2 && prepare(&e);
    if (enough)
        work(&e);
    free(e.block);
    free(e.moved);
    return !enough || e.error ? HS_ERR_MEMORY : e.changed ? HS_OK : HS_ERR_ARG;
}

/* "main.py:5" and "main.py:5 work" both match "main.py:5 work". */
static bool is_named(const char *name, const char *line)
{
    size_t length = strlen(line);
    return !strncmp(name, line, length) && (!name[length] || name[length] == ' ');
}

bool *hs_sites_of_line(const struct hs_names *names, uint32_t n, const char *line, bool *found)
{
    char name[HS_NAME_MAX];
    bool *site = calloc((size_t)n + 1, sizeof *site);
    *found = false;
    for (uint32_t i = 0; site && i < n; i++) {
        site[i] = is_named(hs_name_of_site(names, i, HS_KEY_LINE, name), line);
        *found = *found || site[i];
    }
    return site;
}
