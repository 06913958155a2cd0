/* SPDX-License-Identifier: MIT
 *
 * The index of free runs against a plain array of granules, in random order, with changes that it has to
 * refuse among the others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/space/fragmentation.h"

static uint64_t state;

static uint32_t chance(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % below);
}

/* What the index must say, by looking at every granule. */
struct truth {
    uint8_t used[6000];
    uint32_t n, free, largest, runs;
    uint32_t count[6001];
};

static void look(struct truth *t)
{
    t->free = t->largest = t->runs = 0;
    memset(t->count, 0, sizeof t->count);
    for (uint32_t i = 0; i < t->n;) {
        uint32_t start = i;
        while (i < t->n && !t->used[i])
            i++;
        uint32_t length = i - start;
        t->free += length;
        t->runs += length > 0;
        t->largest = length > t->largest ? length : t->largest;
        t->count[length] += length > 0;
        while (i < t->n && t->used[i])
            i++;
    }
}

static bool all(const struct truth *t, struct hs_extent e, uint8_t used)
{
    if (!e.granules || e.pos > t->n || e.granules > t->n - e.pos)
        return false;
    for (uint32_t i = 0; i < e.granules; i++)
        if (t->used[e.pos + i] != used)
            return false;
    return true;
}

static void compare(struct truth *t, const struct hs_freeruns *f)
{
    look(t);
    assert_int_equal(f->free, t->free);
    assert_int_equal(f->largest, t->largest);
    assert_int_equal(f->runs, t->runs);
    for (uint32_t l = 1; l <= t->n; l++)
        assert_int_equal(f->count[l], t->count[l]);
    uint32_t runs = 0, longest = 0;
    for (struct hs_extent r = {0}; (r = hs_freeruns_from(f, r.pos + r.granules)).granules; runs++)
        assert_true(all(t, r, 0) && (r.pos == 0 || t->used[r.pos - 1]));
    assert_int_equal(runs, t->runs);
    for (uint32_t l = 0; (l = hs_freeruns_longer(f, l)); longest = l)
        assert_true(t->count[l] > 0 && l > longest);
    assert_int_equal(longest, t->largest);
}

static struct hs_extent some_extent(uint32_t n)
{
    uint32_t most = chance(4) ? 4 : n;
    return (struct hs_extent){chance(n + 1), chance(most + 1)};
}

static void step(struct truth *t, struct hs_freeruns *f)
{
    struct hs_extent e = some_extent(t->n);
    uint8_t used = (uint8_t)chance(2);
    bool expected = all(t, e, used);
    bool done = used ? hs_freeruns_give(f, e) : hs_freeruns_take(f, e);
    assert_int_equal(done, expected);
    if (done)
        memset(t->used + e.pos, !used, e.granules);
}

static void random_walk(uint32_t granules, unsigned steps, unsigned every)
{
    static struct truth t;
    struct hs_freeruns f;
    memset(&t, 0, sizeof t);
    t.n = granules;
    assert_true(hs_freeruns_init(&f, granules));
    compare(&t, &f);
    for (unsigned i = 0; i < steps; i++) {
        step(&t, &f);
        if (i % every == 0)
            compare(&t, &f);
    }
    compare(&t, &f);
    hs_freeruns_clear(&f);
    memset(t.used, 0, sizeof t.used);
    compare(&t, &f);
    hs_freeruns_free(&f);
}

static void test_against_granules(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        state = seed * UINT64_C(0x9e3779b97f4a7c15);
        random_walk(1 + chance(200), 400, 1);
    }
    state = 77;
    random_walk(63, 4000, 1);
    random_walk(64, 4000, 1);
    random_walk(65, 4000, 1);
    random_walk(4096, 20000, 50);
    random_walk(5999, 20000, 50);
}

static void test_edges(void **unused)
{
    struct hs_freeruns f;
    (void)unused;
    assert_true(hs_freeruns_init(&f, 0));
    assert_int_equal(f.largest, 0);
    assert_false(hs_freeruns_take(&f, (struct hs_extent){0, 1}));
    assert_int_equal(hs_freeruns_from(&f, 0).granules, 0);
    hs_freeruns_free(&f);
    assert_true(hs_freeruns_init(&f, 100));
    assert_false(hs_freeruns_take(&f, (struct hs_extent){0, 0}));
    assert_false(hs_freeruns_take(&f, (struct hs_extent){99, 2}));
    assert_false(hs_freeruns_take(&f, (struct hs_extent){1, UINT32_MAX}));
    assert_false(hs_freeruns_take(&f, (struct hs_extent){UINT32_MAX, 1}));
    assert_true(hs_freeruns_take(&f, (struct hs_extent){0, 100}));
    assert_int_equal(f.largest, 0);
    assert_true(hs_freeruns_give(&f, (struct hs_extent){50, 1}));
    assert_false(hs_freeruns_give(&f, (struct hs_extent){49, 3}));
    assert_int_equal(f.largest, 1);
    hs_freeruns_free(&f);
}

static void test_figures(void **unused)
{
    struct hs_freeruns f;
    struct hs_run_histogram h = {{0}, {0}};
    (void)unused;
    assert_true(hs_freeruns_init(&f, 100));
    assert_true(hs_freeruns_take(&f, (struct hs_extent){1, 1}));   /* runs of 1, */
    assert_true(hs_freeruns_take(&f, (struct hs_extent){5, 5}));   /* 3 */
    assert_true(hs_freeruns_take(&f, (struct hs_extent){20, 70})); /* 10 and 10 */
    assert_int_equal(hs_unusable_granules(&f, 1), 0);
    assert_int_equal(hs_unusable_granules(&f, 3), 1);
    assert_int_equal(hs_unusable_granules(&f, 4), 4);
    assert_int_equal(hs_unusable_granules(&f, 10), 4);
    assert_int_equal(hs_unusable_granules(&f, 11), 24);
    hs_histogram_add(&h, &f);
    assert_int_equal(h.runs[0], 1);
    assert_int_equal(h.runs[1], 1);
    assert_int_equal(h.granules[1], 3);
    assert_int_equal(h.runs[3], 2);
    assert_int_equal(h.granules[3], 20);
    hs_freeruns_free(&f);
    assert_true(hs_external_fragmentation((struct hs_free_figures){0, 0}) == 0.0);
    assert_true(hs_external_fragmentation((struct hs_free_figures){.free = 400, .largest = 100}) == 0.75);
    assert_true(hs_internal_fragmentation((struct hs_used_figures){.requested = 24, .taken = 32}) == 0.25);
    assert_true(hs_internal_fragmentation((struct hs_used_figures){0, 0}) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_granules),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
