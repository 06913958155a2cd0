/* SPDX-License-Identifier: MIT
 *
 * Which moments of a long trace a page shows, held against all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/html/sums.h"
#include "analysis/html/thin.h"

#define EVENTS 300000u

static double used[EVENTS], longest[EVENTS];

static uint32_t rnd(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static bool is_rare(uint32_t at) { return at % 9973 == 17; }

/* A heap that fills and empties, with spikes of one event. */
static void feed(struct hs_thin *thin, uint32_t n, uint64_t seed)
{
    double level = 5e4;
    for (uint32_t i = 0; i < n; i++) {
        level += (double)rnd(&seed) / 4294967296.0 * 200 - 49.5;
        level = level > 1e5 || level < 0 ? 3e4 : level;
        used[i] = rnd(&seed) % 5000 ? level : 2e5 + rnd(&seed) % 1000;
        longest[i] = rnd(&seed) % 5000 ? 3e5 - used[i] : rnd(&seed) % 1000;
        struct hs_sample sample = {.value = {[HS_FIGURE_USED] = used[i], [HS_FIGURE_LARGEST] = longest[i]}};
        hs_thin_feed(thin, i, &sample, is_rare(i));
    }
}

static bool has(const uint64_t *event, size_t n, uint64_t wanted)
{
    for (size_t i = 0; i < n; i++)
        if (event[i] == wanted)
            return true;
    return false;
}

/* Between two events that are shown nothing is outside what they and their stretch's extremes span. */
static void check_extremes(const uint64_t *event, size_t n, uint32_t events)
{
    double most = 0, least = 1e9, most_shown = 0, least_shown = 1e9;
    for (uint32_t i = 0; i < events; i++) {
        most = used[i] > most ? used[i] : most;
        least = longest[i] < least ? longest[i] : least;
    }
    for (size_t i = 0; i < n; i++) {
        most_shown = used[event[i]] > most_shown ? used[event[i]] : most_shown;
        least_shown = longest[event[i]] < least_shown ? longest[event[i]] : least_shown;
    }
    assert_true(most == most_shown);
    assert_true(least == least_shown);
}

static void extremes_are_kept(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {1, 2, 100, 5000, 65536, 65537, 150001, EVENTS};
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        struct hs_thin thin = {0};
        feed(&thin, lengths[k], 7 + k);
        assert_false(thin.short_of_memory);
        for (uint32_t stretches = 1; stretches <= 4096; stretches *= 8) {
            size_t n;
            uint64_t *event = hs_thin_choose(&thin, stretches, &n);
            assert_non_null(event);
            assert_true(n > 0 && n <= 3 * stretches + thin.n_rare);
            for (size_t i = 1; i < n; i++)
                assert_true(event[i] > event[i - 1]);
            assert_int_equal(event[n - 1], lengths[k] - 1);
            check_extremes(event, n, lengths[k]);
            for (uint32_t at = 17; at < lengths[k]; at += 9973)
                assert_true(has(event, n, at));
            free(event);
        }
        hs_thin_free(&thin);
    }
}

/* Each spike must be seen where stretches are short, not only the highest of all. */
static void each_spike_is_seen(void **state)
{
    (void)state;
    struct hs_thin thin = {0};
    size_t n, spikes = 0, seen = 0;
    feed(&thin, EVENTS, 99);
    uint64_t *event = hs_thin_choose(&thin, 8192, &n);
    for (uint32_t i = 0; i < EVENTS; i++) {
        if (used[i] < 1.5e5)
            continue;
        spikes++;
        seen += has(event, n, i);
    }
    assert_true(spikes > 30);
    assert_true(seen + 2 >= spikes); /* two in one stretch */
    free(event);
    hs_thin_free(&thin);
}

/* However often stretches are joined, their sums are those of the whole. */
static void sums_are_whole(void **state)
{
    (void)state;
    for (uint32_t events = 1; events < 2000000; events = events * 7 + 3) {
        struct hs_site_sum sum[5] = {{.allocs = 0}};
        struct hs_model model = {.sum = sum, .n_sums = 5, .boot = UINT32_MAX};
        struct hs_sums sums = {0};
        uint64_t seed = events, requests[5] = {0}, bytes[5] = {0};
        for (uint32_t i = 0; i < events; i++) {
            struct hs_site_sum *site = &sum[rnd(&seed) % 5];
            site->allocs++;
            site->bytes += rnd(&seed) % 100;
            hs_sums_feed(&sums, i, &model);
        }
        hs_sums_finish(&sums, &model);
        assert_false(sums.short_of_memory);
        assert_true(sums.stretches > 0 && sums.stretches <= HS_SUMS_STRETCHES + 1);
        for (size_t i = 0; i < sums.n; i++) {
            assert_true(sums.share[i].stretch < sums.stretches);
            requests[sums.share[i].site] += sums.share[i].requests;
            bytes[sums.share[i].site] += sums.share[i].bytes;
        }
        for (unsigned s = 0; s < 5; s++) {
            assert_int_equal(requests[s], sum[s].allocs);
            assert_int_equal(bytes[s], sum[s].bytes);
        }
        hs_sums_free(&sums);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extremes_are_kept),
        cmocka_unit_test(each_spike_is_seen),
        cmocka_unit_test(sums_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
