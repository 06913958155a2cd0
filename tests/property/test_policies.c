/* SPDX-License-Identifier: MIT
 *
 * The allocators of what-if against naive ones, granule by granule: on seeded random programs every block is on
 * free granules, is where the policy's rule says, and a request is refused only when the rule has no place for it.
 * A program on which that is not so is made shorter, step by step, before it is shown.
 *
 * HS_SEED=N runs that program only, HS_SEEDS=N so many (default 250 a policy).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/whatif/sim.h"

#define GRANULES_MAX 700u
#define STEPS_MAX 400u
#define BLOCKS_MAX STEPS_MAX

enum what { ALLOC, FREE, RESIZE };

/* `which` chooses a live block, by its number among them. */
struct step {
    uint8_t what;
    uint32_t which, granules;
};

struct program {
    struct step step[STEPS_MAX];
    unsigned n;
    uint32_t heap;
};

static uint64_t seed;
static uint32_t rnd(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) * (uint64_t)n >> 31);
}

static uint32_t some_size(uint32_t heap)
{
    switch (rnd(8)) {
    case 0: return 1 + rnd(heap / 3 + 1);
    case 1: return 1 + rnd(70);
    case 2:
    case 3: return 1 + rnd(12);
    default: return 1 + rnd(3);
    }
}

static struct program random_program(void)
{
    struct program p = {.n = STEPS_MAX, .heap = 1 + rnd(rnd(4) ? GRANULES_MAX : 40)};
    uint32_t full = 3 + rnd(5);
    for (unsigned i = 0; i < p.n; i++)
        p.step[i] = (struct step){rnd(10) < full ? ALLOC : rnd(4) ? FREE : RESIZE, rnd(1000), some_size(p.heap)};
    return p;
}

/* ---- the naive heap ---- */

struct naive {
    uint8_t used[GRANULES_MAX];
    uint32_t heap, rover;
    struct hs_extent block[BLOCKS_MAX];
    unsigned n_blocks;
    uint64_t n_used;
};

/* The free run that begins at `pos`, 0 when it is not one's beginning. */
static uint32_t run_at(const struct naive *h, uint32_t pos)
{
    uint32_t n = 0;
    if (pos && !h->used[pos - 1])
        return 0;
    while (pos + n < h->heap && !h->used[pos + n])
        n++;
    return n;
}

static uint32_t first(const struct naive *h, uint32_t from, uint32_t to, uint32_t n)
{
    for (uint32_t pos = from; pos < to; pos++)
        if (run_at(h, pos) >= n)
            return pos;
    return HS_SIM_NONE;
}

static uint32_t first_fit(const struct naive *h, uint32_t n) { return first(h, 0, h->heap, n); }

static uint32_t best_fit(const struct naive *h, uint32_t n)
{
    uint32_t best = HS_SIM_NONE, length = UINT32_MAX;
    for (uint32_t pos = 0; pos < h->heap; pos++)
        if (run_at(h, pos) >= n && run_at(h, pos) < length)
            length = run_at(h, best = pos);
    return best;
}

static uint32_t next_fit(const struct naive *h, uint32_t n)
{
    uint32_t pos = first(h, h->rover, h->heap, n);
    return pos != HS_SIM_NONE ? pos : first(h, 0, h->rover, n);
}

/* Whether an aligned stretch of a power of two within the aligned cover of the heap is free and whole: a buddy block
 * of that order. `base` and `length` are of the top block that it is in. */
static bool buddy_has(const struct naive *h, uint32_t base, uint32_t length, uint32_t n)
{
    for (uint32_t pos = base; pos + n <= base + length; pos += n) {
        bool vacant = n <= length;
        for (uint32_t i = pos; vacant && i < pos + n; i++)
            vacant = !h->used[i];
        if (vacant)
            return true;
    }
    return false;
}

static bool buddy_possible(const struct naive *h, uint32_t n)
{
    uint32_t base = 0;
    for (uint32_t length = 1u << 20; length; length >>= 1)
        if (h->heap - base >= length) {
            if (length >= n && buddy_has(h, base, length, n))
                return true;
            base += length;
        }
    return false;
}

/* The list of a length, and of the next whole part for a request, by the paper's formulas with 32 parts. */
static uint32_t tlsf_list(uint32_t n, bool request)
{
    uint32_t log = 0;
    if (n < 32)
        return n;
    while (n >> (log + 1))
        log++;
    if (request)
        n += (1u << (log - 5)) - 1;
    for (log = 0; n >> (log + 1);)
        log++;
    return 32 * (log - 4) + (n >> (log - 5)) - 32;
}

/* NULL, or what is wrong with `pos` as the answer to a request of `n`. */
static const char *judge(const struct naive *h, const struct hs_policy *policy, uint32_t n, uint32_t pos)
{
    if (!strcmp(policy->name, "first-fit"))
        return pos == first_fit(h, n) ? NULL : "not the first fit";
    if (!strcmp(policy->name, "best-fit"))
        return pos == best_fit(h, n) ? NULL : "not the best fit";
    if (!strcmp(policy->name, "next-fit"))
        return pos == next_fit(h, n) ? NULL : "not the next fit";
    if (!strcmp(policy->name, "compacting"))
        return (pos != HS_SIM_NONE) == (n <= h->heap - h->n_used) ? NULL : "room or not";
    if (!strcmp(policy->name, "buddy")) {
        if ((pos != HS_SIM_NONE) != buddy_possible(h, n))
            return "room or not";
        return pos == HS_SIM_NONE || pos % n == 0 ? NULL : "not aligned";
    }
    uint32_t list = UINT32_MAX; /* tlsf: of the runs in lists that will do, one of the lowest list */
    for (uint32_t at = 0; at < h->heap; at++)
        if (run_at(h, at) && tlsf_list(run_at(h, at), false) >= tlsf_list(n, true) && tlsf_list(run_at(h, at), false) < list)
            list = tlsf_list(run_at(h, at), false);
    if (pos == HS_SIM_NONE || list == UINT32_MAX)
        return pos == HS_SIM_NONE && list == UINT32_MAX ? NULL : "room or not";
    return run_at(h, pos) >= n && tlsf_list(run_at(h, pos), false) == list ? NULL : "not of the lowest list that will do";
}

static bool set(struct naive *h, struct hs_extent block, uint8_t to)
{
    for (uint32_t i = 0; i < block.granules; i++) {
        if (block.pos + i >= h->heap || h->used[block.pos + i] == to)
            return false;
        h->used[block.pos + i] = to;
    }
    h->n_used += to ? block.granules : -(uint64_t)block.granules;
    return true;
}

/* ---- a program on both ---- */

static const char *alloc(struct naive *h, struct hs_sim *sim, uint32_t n)
{
    const struct hs_policy *policy = sim->policy;
    struct hs_extent block = hs_sim_alloc(sim, n);
    if (block.granules < n || block.granules >= 2 * n + !policy->taken || (!policy->taken && block.granules != n))
        return "takes too little or too much";
    const char *wrong = judge(h, policy, block.granules, block.pos);
    if (wrong || block.pos == HS_SIM_NONE)
        return wrong;
    h->rover = block.pos + block.granules;
    h->block[h->n_blocks++] = block;
    if (policy->compacts)
        return h->n_used += block.granules, NULL;
    return set(h, block, 1) ? NULL : "overlaps another block or is outside the heap";
}

static const char *release(struct naive *h, struct hs_sim *sim, unsigned i)
{
    struct hs_extent block = h->block[i];
    h->block[i] = h->block[--h->n_blocks];
    hs_sim_free(sim, block);
    if (sim->policy->compacts)
        return h->n_used -= block.granules, NULL;
    return set(h, block, 0) ? NULL : "freed twice";
}

static const char *resize(struct naive *h, struct hs_sim *sim, unsigned i, uint32_t n)
{
    struct hs_extent old = h->block[i], now = old;
    uint32_t behind = 0;
    while (!sim->policy->compacts && old.pos + old.granules + behind < h->heap && !h->used[old.pos + old.granules + behind])
        behind++;
    if (sim->policy->compacts)
        behind = (uint32_t)(h->heap - h->n_used);
    bool fits = n <= old.granules || (!sim->policy->taken && n - old.granules <= behind);
    if (hs_sim_resize(sim, &now, n) != fits)
        return "could or could not be resized in place";
    if (!fits)
        return now.granules == old.granules ? NULL : "changed although it was not resized";
    h->block[i] = now;
    if (now.pos != old.pos || now.granules < n || (!sim->policy->taken && now.granules != n))
        return "resized wrongly";
    if (sim->policy->compacts)
        return h->n_used += (uint64_t)now.granules - old.granules, NULL;
    return set(h, old, 0) && set(h, now, 1) ? NULL : "grew over another block";
}

static const char *step(struct naive *h, struct hs_sim *sim, const struct step *s)
{
    if (s->what == ALLOC)
        return h->n_blocks < BLOCKS_MAX ? alloc(h, sim, s->granules) : NULL;
    if (!h->n_blocks)
        return NULL;
    return s->what == FREE ? release(h, sim, s->which % h->n_blocks) : resize(h, sim, s->which % h->n_blocks, s->granules);
}

static const char *compare(const struct naive *h, const struct hs_sim *sim)
{
    uint32_t largest = 0;
    for (uint32_t pos = 0; pos < h->heap; pos++)
        largest = run_at(h, pos) > largest ? run_at(h, pos) : largest;
    if (sim->refused)
        return "the index of free runs was contradicted";
    if (sim->used != h->n_used || hs_sim_space(sim) != h->heap - h->n_used)
        return "sums";
    return sim->policy->compacts || hs_sim_largest(sim) == largest ? NULL : "the longest free run";
}

static const char *wrong(const struct program *p, const struct hs_policy *policy)
{
    static struct naive h;
    static struct hs_sim sim;
    const char *why = NULL;
    memset(&h, 0, sizeof h);
    h.heap = p->heap;
    assert_true(hs_sim_open(&sim, policy));
    assert_true(hs_sim_add(&sim, 0, (struct hs_extent){0, p->heap}));
    for (unsigned i = 0; !why && i < p->n; i++) {
        why = step(&h, &sim, &p->step[i]);
        why = why ? why : compare(&h, &sim);
    }
    while (!why && h.n_blocks)
        why = release(&h, &sim, 0);
    why = why ? why : compare(&h, &sim);
    if (!why && !strcmp(policy->name, "buddy") && !buddy_possible(&h, 1))
        why = "an empty heap is not empty";
    hs_sim_close(&sim);
    return why;
}

static bool shrink(struct program *p, const struct hs_policy *policy)
{
    for (unsigned part = p->n / 2; part; part /= 2)
        for (unsigned from = 0; from + part <= p->n; from += part) {
            struct program t = *p;
            memmove(&t.step[from], &t.step[from + part], (t.n - from - part) * sizeof *t.step);
            t.n -= part;
            if (wrong(&t, policy))
                return *p = t, true;
        }
    return false;
}

static void by_the_rule(void **state)
{
    const struct hs_policy *policy = *state;
    const char *one = getenv("HS_SEED"), *many = getenv("HS_SEEDS");
    uint64_t from = one ? strtoull(one, NULL, 0) : 1, to = one ? from : many ? strtoull(many, NULL, 0) : 250;
    for (uint64_t n = from; n <= to; n++) {
        seed = n * 0x9e3779b97f4a7c15u;
        struct program p = random_program();
        const char *why = wrong(&p, policy);
        if (!why)
            continue;
        while (shrink(&p, policy)) {
        }
        static const char *const names[] = {"alloc", "free", "resize"};
        print_message("heap of %u granules\n", p.heap);
        for (unsigned i = 0; i < p.n; i++)
            print_message("  %s block %u, %u granules\n", names[p.step[i].what], p.step[i].which, p.step[i].granules);
        fail_msg("%s, seed %llu: %s", policy->name, (unsigned long long)n, wrong(&p, policy));
    }
}

int main(void)
{
    struct CMUnitTest tests[16];
    size_t n = 0;
    memset(tests, 0, sizeof tests);
    for (const struct hs_policy *policy; (policy = hs_policy_at((unsigned)n)); n++) {
        tests[n].name = policy->name;
        tests[n].test_func = by_the_rule;
        tests[n].initial_state = (void *)(uintptr_t)policy;
    }
    return _cmocka_run_group_tests("policies", tests, n, NULL, NULL);
}
