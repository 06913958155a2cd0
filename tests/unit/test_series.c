/* SPDX-License-Identifier: MIT
 *
 * Thinning keeps what it promises: no more points than wanted, of equal width, with the extremes of exactly
 * the samples that fell on each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/time/series.h"

#define SAMPLES 5000

static uint64_t state;

static uint32_t chance(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % below);
}

static uint64_t at[SAMPLES];
static double value[SAMPLES];

static void put(struct hs_series *s, uint64_t when, double v)
{
    static struct hs_point_end end; /* what ends where the next point begins: the sample before */
    struct hs_sample sample = {.value = {v, -v, 2 * v, 0.5, 0}};
    if (hs_series_due(s, when))
        hs_series_turn(s, when, &end);
    hs_point_put(hs_series_point(s), &sample);
    end.last = sample;
}

static void finish(struct hs_series *s, double v)
{
    hs_series_finish(s, &(struct hs_point_end){.last = {{v, -v, 2 * v, 0.5, 0}}});
}

/* Point i must be what the samples from its beginning to the next one's say. */
static void check_point(const struct hs_series *s, uint32_t i, int n)
{
    const struct hs_point *p = &s->point[i];
    uint64_t end = i + 1 < s->n ? s->point[i + 1].at : UINT64_MAX;
    double least = 1e300, most = -1e300, last = 0;
    uint64_t samples = 0;
    for (int k = 0; k < n && at[k] < end; k++) {
        last = value[k];
        if (at[k] < p->at)
            continue;
        least = value[k] < least ? value[k] : least;
        most = value[k] > most ? value[k] : most;
        samples++;
    }
    assert_int_equal(p->samples, samples);
    assert_true(p->end.last.value[0] == last);
    assert_true(p->min.value[0] == (samples ? least : last));
    assert_true(p->max.value[0] == (samples ? most : last));
    assert_true(p->min.value[1] == -p->max.value[0]);
}

static void run(uint32_t wanted, int n, uint32_t longest_step)
{
    struct hs_series s;
    uint64_t now = chance(1000);
    assert_true(hs_series_init(&s, wanted));
    for (int i = 0; i < n; i++) {
        now += chance(50) ? chance(longest_step) : (uint64_t)chance(1000) * longest_step;
        at[i] = now;
        value[i] = chance(100000);
        put(&s, at[i], value[i]);
    }
    finish(&s, value[n - 1]);
    assert_in_range(s.n, 1, wanted);
    for (uint32_t i = 0; i < s.n; i++) {
        check_point(&s, i, n);
        assert_int_equal(s.point[i].at, s.point[0].at + i * s.width);
    }
    assert_true(at[n - 1] - s.point[s.n - 1].at < s.width);
    hs_series_free(&s);
}

static void test_extremes(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed < 300; seed++) {
        state = seed * UINT64_C(0x9e3779b97f4a7c15);
        run(1 + chance(100), 1 + (int)chance(500), 1 + chance(40));
    }
    run(70, SAMPLES, 3);
    run(7, SAMPLES, 100000);
    run(1, SAMPLES, 10);
}

static void test_far_away(void **unused)
{
    struct hs_series s;
    (void)unused;
    assert_true(hs_series_init(&s, 10));
    put(&s, 5, 1);
    put(&s, UINT64_C(1) << 60, 2);
    finish(&s, 2);
    assert_in_range(s.n, 2, 10);
    assert_true(s.point[0].end.last.value[0] == 1);
    assert_true(s.point[s.n - 1].end.last.value[0] == 2);
    assert_true(s.point[1].samples == 0 || s.n == 2);
    hs_series_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_far_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
