/* SPDX-License-Identifier: MIT
 *
 * Blame against brute force: on small random heaps every subset of the blocks is taken away in turn, and the
 * best of those that make room has to be as good as the one found, block for block and byte for byte. A heap
 * on which they differ is made smaller, block by block and granule by granule, before it is shown.
 *
 * HS_SEED=N tries that heap only, HS_SEEDS=N so many (default 4000).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/blame/blame.h"

#define BLOCKS_MAX 11u
#define REGIONS_MAX 3u

/* Blocks with free granules before them, region by region; the last region's rest is free. */
struct heap {
    struct {
        uint32_t gap, granules, region;
    } block[BLOCKS_MAX];
    unsigned n;
    struct {
        uint32_t rest, shift;
    } region[REGIONS_MAX];
    unsigned n_regions;
    uint64_t size;
};

static uint64_t seed;
static uint32_t rnd(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) * (uint64_t)n >> 31);
}

static struct heap random_heap(void)
{
    struct heap h = {.n = rnd(BLOCKS_MAX + 1), .n_regions = 1 + rnd(REGIONS_MAX)};
    uint32_t region = 0, total = 0;
    for (unsigned i = 0; i < h.n; i++) {
        while (region + 1 < h.n_regions && !rnd(5))
            region++;
        h.block[i].gap = rnd(2) ? rnd(6) : 0;
        h.block[i].granules = 1 + rnd(rnd(4) ? 3 : 12);
        h.block[i].region = region;
        total += h.block[i].gap + h.block[i].granules;
    }
    for (unsigned r = 0; r < h.n_regions; r++) {
        h.region[r].rest = rnd(8);
        h.region[r].shift = 4 + rnd(3);
    }
    h.size = 1 + rnd((total + 4) << 4);
    return h;
}

static void lay_out(struct hs_heap_snapshot *p, const struct heap *h)
{
    static struct hs_heap_snapshot_block block[BLOCKS_MAX];
    uint32_t pos = 3;
    memset(p, 0, sizeof *p);
    p->block = block;
    p->n_regions = h->n_regions;
    for (unsigned r = 0, i = 0; r < h->n_regions; r++, pos += 2) {
        uint32_t first = pos;
        for (; i < h->n && h->block[i].region == r; i++) {
            pos += h->block[i].gap;
            block[p->n_blocks++] = (struct hs_heap_snapshot_block){.pos = pos, .granules = h->block[i].granules, .site = i};
            pos += h->block[i].granules;
        }
        pos += h->region[r].rest;
        p->region[r] = (struct hs_region_state){
            .first = first, .granules = pos - first, .shift = (uint8_t)h->region[r].shift, .present = true};
    }
}

static unsigned region_of(const struct hs_heap_snapshot *p, uint32_t pos)
{
    for (unsigned r = 0; r < p->n_regions; r++)
        if (pos >= p->region[r].first && pos - p->region[r].first < p->region[r].granules)
            return r;
    fail_msg("no region");
    return 0;
}

/* Whether there is room without the blocks of the set; granule by granule. */
static bool room_without(const struct hs_heap_snapshot *p, unsigned set, uint64_t size)
{
    for (unsigned r = 0; r < p->n_regions; r++) {
        uint64_t run = 0;
        for (uint32_t pos = p->region[r].first; pos < p->region[r].first + p->region[r].granules; pos++) {
            bool used = false;
            for (uint32_t i = 0; i < p->n_blocks; i++)
                used = used || (!(set >> i & 1) && pos - p->block[i].pos < p->block[i].granules);
            run = used ? 0 : run + (UINT64_C(1) << p->region[r].shift);
            if (run >= size)
                return true;
        }
    }
    return false;
}

struct cost {
    uint64_t first, second;
};

static struct cost cost_of(const struct hs_heap_snapshot *p, unsigned set, enum hs_blame_by by)
{
    uint64_t count = 0, bytes = 0;
    for (uint32_t i = 0; i < p->n_blocks; i++) {
        if (!(set >> i & 1))
            continue;
        count++;
        bytes += (uint64_t)p->block[i].granules << p->region[region_of(p, p->block[i].pos)].shift;
    }
    return by == HS_BLAME_BLOCKS ? (struct cost){count, bytes} : (struct cost){bytes, count};
}

static bool less(struct cost a, struct cost b) { return a.first != b.first ? a.first < b.first : a.second < b.second; }

/* NULL when blame agrees with brute force. */
static const char *wrong(const struct heap *h, enum hs_blame_by by)
{
    static struct hs_heap_snapshot p;
    struct hs_blame blame;
    struct cost best = {UINT64_MAX, UINT64_MAX};
    lay_out(&p, h);
    for (unsigned set = 0; set < 1u << p.n_blocks; set++) {
        struct cost cost = cost_of(&p, set, by);
        if (less(cost, best) && room_without(&p, set, h->size))
            best = cost;
    }
    assert_int_equal(hs_blame_find(&blame, &p, &(struct hs_blame_request){h->size, by, HS_ALL_REGIONS, 0}), HS_OK);
    unsigned found = 0;
    for (uint32_t i = 0; i < blame.n; i++)
        found |= 1u << blame.blocks[i].block.site;
    const char *why = NULL;
    struct cost cost = cost_of(&p, found, by);
    if ((best.first == UINT64_MAX) != (blame.answer == HS_BLAME_IMPOSSIBLE))
        why = "possible or not";
    else if (blame.answer == HS_BLAME_IMPOSSIBLE)
        why = NULL;
    else if (!room_without(&p, found, h->size))
        why = "the set makes no room";
    else if (less(cost, best) || less(best, cost))
        why = "a set that is not the smallest";
    else if ((blame.answer == HS_BLAME_ROOM) != (blame.n == 0) || blame.run_bytes < h->size)
        why = "the answer's own figures";
    hs_blame_free(&blame);
    return why;
}

/* Any heap like it, one thing smaller, that is still wrong. */
static bool shrink(struct heap *h, enum hs_blame_by by)
{
    for (unsigned i = 0; i < h->n; i++) {
        struct heap t = *h;
        memmove(&t.block[i], &t.block[i + 1], (t.n - i - 1) * sizeof *t.block);
        t.n--;
        if (wrong(&t, by))
            return *h = t, true;
    }
    for (unsigned i = 0; i < h->n; i++) {
        struct heap t = *h;
        t.block[i].gap -= t.block[i].gap > 0;
        if (h->block[i].gap && wrong(&t, by))
            return *h = t, true;
        t = *h;
        t.block[i].granules--;
        if (t.block[i].granules && wrong(&t, by))
            return *h = t, true;
    }
    struct heap t = *h;
    t.size -= t.size > 1;
    return h->size > 1 && wrong(&t, by) && (*h = t, true);
}

static void show(const struct heap *h)
{
    for (unsigned i = 0; i < h->n; i++)
        print_message("  region %u: gap %u, block of %u\n", h->block[i].region, h->block[i].gap, h->block[i].granules);
    for (unsigned r = 0; r < h->n_regions; r++)
        print_message("  region %u: granule %u bytes, rest %u\n", r, 1u << h->region[r].shift, h->region[r].rest);
    print_message("  request: %llu bytes\n", (unsigned long long)h->size);
}

static void as_brute_force(void **state)
{
    (void)state;
    const char *one = getenv("HS_SEED"), *many = getenv("HS_SEEDS");
    uint64_t first = one ? strtoull(one, NULL, 0) : 1, last = one ? first : many ? strtoull(many, NULL, 0) : 4000;
    unsigned answers[3] = {0};
    for (uint64_t n = first; n <= last; n++) {
        seed = n * 0x9e3779b97f4a7c15u;
        struct heap h = random_heap();
        for (int by = HS_BLAME_BLOCKS; by <= HS_BLAME_BYTES; by++) {
            const char *why = wrong(&h, (enum hs_blame_by)by);
            if (!why)
                continue;
            while (shrink(&h, (enum hs_blame_by)by)) {
            }
            show(&h);
            fail_msg("seed %llu, by %s: %s", (unsigned long long)n, by ? "bytes" : "blocks", why);
        }
        static struct hs_heap_snapshot p;
        struct hs_blame blame;
        lay_out(&p, &h);
        assert_int_equal(hs_blame_find(&blame, &p, &(struct hs_blame_request){h.size, HS_BLAME_BLOCKS, HS_ALL_REGIONS, 0}), HS_OK);
        answers[blame.answer]++;
        hs_blame_free(&blame);
    }
    print_message("%u had room, %u were found, %u are impossible\n", answers[HS_BLAME_ROOM], answers[HS_BLAME_FOUND],
                  answers[HS_BLAME_IMPOSSIBLE]);
    if (!one)
        assert_true(answers[HS_BLAME_FOUND] > (last - first) / 4 && answers[HS_BLAME_ROOM] && answers[HS_BLAME_IMPOSSIBLE]);
}

/* Only the heap that is asked counts. */
static void in_one_heap(void **state)
{
    (void)state;
    static struct hs_heap_snapshot p;
    struct hs_blame blame;
    struct heap h = {.n = 2, .n_regions = 2, .block = {{2, 1, 0}, {1, 3, 1}}, .region = {{9, 4}, {2, 4}}, .size = 5 * 16};
    lay_out(&p, &h);
    strcpy(p.region[0].name, "one");
    strcpy(p.region[1].name, "other");
    assert_int_equal(hs_blame_find(&blame, &p, &(struct hs_blame_request){h.size, HS_BLAME_BLOCKS, HS_ALL_REGIONS, 0}), HS_OK);
    assert_int_equal(blame.answer, HS_BLAME_ROOM);
    hs_blame_free(&blame);
    assert_int_equal(hs_blame_find(&blame, &p, &(struct hs_blame_request){h.size, HS_BLAME_BLOCKS, 1, 0}), HS_OK);
    assert_int_equal(blame.answer, HS_BLAME_FOUND);
    assert_int_equal(blame.region, 1);
    assert_int_equal(blame.n, 1);
    assert_int_equal(blame.bytes, 48);
    assert_int_equal(blame.run_bytes, 6 * 16);
    hs_blame_free(&blame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_brute_force), cmocka_unit_test(in_one_heap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
