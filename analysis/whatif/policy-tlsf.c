/* SPDX-License-Identifier: MIT
 *
 * Two-level segregated fit (M. Masmano, I. Ripoll, A. Crespo, J. Real, "TLSF: a New Dynamic Memory Allocator for
 * Real-Time Systems", ECRTS 2004): free runs in lists, one for each of 32 equal parts of each power of two. A
 * request is rounded up to the next part, so that any run of its list or a later one is long enough. The head of
 * the first nonempty list is allocated; the rest returns to a list. A freed run is merged with its free neighbours
 * at once and becomes the head of its list. Each length below 32 has its own list.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/whatif/policies.h"

#define SL_LOG 5u
#define SL (1u << SL_LOG)
#define FL (32u - SL_LOG)
#define NOWHERE UINT32_MAX

/* A free run, stored at its first granule; the entry at its last granule has its `start`. */
struct run {
    uint32_t granules; /* 0: no free run begins here */
    uint32_t start, next, before;
};

struct tlsf {
    struct run *run; /* `granules` */
    uint32_t granules;
    uint32_t head[FL][SL];
    uint32_t lists[FL]; /* bits: not empty */
    uint32_t levels;    /* bits: lists[] not 0 */
};

struct list {
    unsigned fl, sl;
};

static unsigned log2_of(uint32_t n) { return 31u - (unsigned)__builtin_clz(n); }

/* The list for runs of that length. */
static struct list list_of(uint32_t n)
{
    if (n < SL)
        return (struct list){0, n};
    unsigned log = log2_of(n);
    return (struct list){log - SL_LOG + 1, (n >> (log - SL_LOG)) - SL};
}

/* The first list whose runs are all long enough. */
static struct list list_for(uint32_t n)
{
    if (n >= SL)
        n += (1u << (log2_of(n) - SL_LOG)) - 1;
    return list_of(n);
}

static void insert(struct tlsf *t, uint32_t at, uint32_t granules)
{
    struct list l = list_of(granules);
    uint32_t *head = &t->head[l.fl][l.sl];
    t->run[at] = (struct run){.granules = granules, .start = at, .next = *head, .before = NOWHERE};
    t->run[at + granules - 1].start = at;
    if (*head != NOWHERE)
        t->run[*head].before = at;
    *head = at;
    t->lists[l.fl] |= 1u << l.sl;
    t->levels |= 1u << l.fl;
}

static void take_out(struct tlsf *t, uint32_t at)
{
    struct run *r = &t->run[at];
    struct list l = list_of(r->granules);
    if (r->before != NOWHERE)
        t->run[r->before].next = r->next;
    else
        t->head[l.fl][l.sl] = r->next;
    if (r->next != NOWHERE)
        t->run[r->next].before = r->before;
    if (t->head[l.fl][l.sl] == NOWHERE)
        t->lists[l.fl] &= ~(1u << l.sl);
    if (!t->lists[l.fl])
        t->levels &= ~(1u << l.fl);
    t->run[at + r->granules - 1].start = NOWHERE;
    r->granules = 0;
    r->start = NOWHERE;
}

static void close_lists(struct hs_sim *sim)
{
    struct tlsf *t = sim->own;
    if (t)
        free(t->run);
    free(t);
    sim->own = NULL;
}

static void area(struct hs_sim *sim, unsigned number)
{
    close_lists(sim);
    if (!sim->area[number].present)
        return;
    uint32_t granules = sim->area[number].granules;
    struct tlsf *t = sim->own = calloc(1, sizeof *t);
    if (t)
        t->run = malloc(granules * sizeof *t->run);
    sim->short_of_memory = !t || !t->run;
    if (sim->short_of_memory)
        return;
    t->granules = granules;
    memset(t->head, 0xff, sizeof t->head);
    for (uint32_t i = 0; i < granules; i++)
        t->run[i] = (struct run){.granules = 0, .start = NOWHERE};
    insert(t, 0, granules);
}

static uint32_t find(const struct tlsf *t, uint32_t granules)
{
    struct list l = list_for(granules);
    if (l.fl >= FL)
        return NOWHERE;
    uint32_t lists = t->lists[l.fl] & ~0u << l.sl, levels = t->levels & ~0u << l.fl << 1;
    if (!lists && !levels)
        return NOWHERE;
    if (!lists) {
        l.fl = (unsigned)__builtin_ctz(levels);
        lists = t->lists[l.fl];
    }
    return t->head[l.fl][__builtin_ctz(lists)];
}

static uint32_t alloc(struct hs_sim *sim, uint32_t granules)
{
    struct tlsf *t = sim->own;
    uint32_t at = find(t, granules);
    if (at == NOWHERE)
        return HS_SIM_NONE;
    uint32_t length = t->run[at].granules;
    take_out(t, at);
    if (length > granules)
        insert(t, at + granules, length - granules);
    return sim->area[0].first + at;
}

static void release(struct hs_sim *sim, struct hs_extent block)
{
    struct tlsf *t = sim->own;
    uint32_t at = block.pos - sim->area[0].first, end = at + block.granules;
    if (end < t->granules && t->run[end].granules) {
        uint32_t granules = t->run[end].granules;
        take_out(t, end);
        end += granules;
    }
    if (at && t->run[at - 1].start != NOWHERE) {
        at = t->run[at - 1].start;
        take_out(t, at);
    }
    insert(t, at, end - at);
}

/* A block grows into the run after it; the part by which it shrinks is freed. */
static void resize(struct hs_sim *sim, struct hs_extent block, uint32_t granules)
{
    struct tlsf *t = sim->own;
    uint32_t behind = block.pos - sim->area[0].first + block.granules;
    if (granules < block.granules) {
        release(sim, (struct hs_extent){block.pos + granules, block.granules - granules});
        return;
    }
    uint32_t length = t->run[behind].granules, grown = granules - block.granules;
    take_out(t, behind);
    if (length > grown)
        insert(t, behind + grown, length - grown);
}

const struct hs_policy hs_policy_tlsf = {
    .name = "tlsf",
    .about = "two-level segregated fit (Masmano, Ripoll, Crespo, Real 2004)",
    .one_area = true,
    .close = close_lists,
    .area = area,
    .alloc = alloc,
    .free = release,
    .resize = resize,
};
