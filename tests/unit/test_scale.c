/* SPDX-License-Identifier: MIT
 *
 * Ticks of axes: never more than wanted, never much fewer, round, inside, and with labels that differ.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/draw/scale.h"

static void assert_label(struct hs_scale scale, double step, double value, const char *expected)
{
    char text[40];
    assert_string_equal(hs_scale_label(&scale, step, value, text, sizeof text), expected);
}

static void ends_are_pixels(void **state)
{
    (void)state;
    struct hs_scale s = {HS_UNIT_COUNT, 10, 20, 100, 0};
    assert_float_equal(hs_scale_at(&s, 10), 100, 1e-9);
    assert_float_equal(hs_scale_at(&s, 20), 0, 1e-9);
    assert_float_equal(hs_scale_at(&s, 12.5), 75, 1e-9);
    struct hs_scale point = {HS_UNIT_COUNT, 5, 5, 40, 80};
    assert_float_equal(hs_scale_at(&point, 5), 40, 1e-9);
}

static void labels(void **state)
{
    (void)state;
    struct hs_scale bytes = {.unit = HS_UNIT_BYTES, .high = 1 << 20};
    assert_label(bytes, 16384, 49152, "48 K");
    assert_label(bytes, 16384, 0, "0");
    assert_label(bytes, 1 << 20, 3 << 20, "3 M");
    assert_label(bytes, 64, 192, "192");
    assert_label((struct hs_scale){HS_UNIT_SECONDS, 0, 0.0035, 0, 1}, 0.0005, 0.0015, "1.5 ms");
    assert_label((struct hs_scale){HS_UNIT_SECONDS, 0, 0.0035, 0, 1}, 0.0005, 0, "0");
    assert_label((struct hs_scale){HS_UNIT_SECONDS, 0, 8.3e-5, 0, 1}, 5e-5, 5e-5, "50 us");
    assert_label((struct hs_scale){HS_UNIT_SECONDS, 0, 12, 0, 1}, 2, 10, "10 s");
    assert_label((struct hs_scale){HS_UNIT_SECONDS, 0, 600, 0, 1}, 60, 90, "1:30 min");
    assert_label((struct hs_scale){HS_UNIT_SECONDS, 0, 20000, 0, 1}, 3600, 7200, "2:00 h");
    assert_label((struct hs_scale){HS_UNIT_SHARE, 0, 1, 0, 1}, 0.5, 0.5, "50%");
    assert_label((struct hs_scale){HS_UNIT_COUNT, 0, 5000, 0, 1}, 1000, 4000, "4,000");
}

/* All ticks of an axis. Returns how many. */
static unsigned check_ticks(const struct hs_scale *s, unsigned most)
{
    char label[40], before[40] = "";
    double step = hs_scale_step(s, most), value;
    unsigned n = 0;
    assert_true(step > 0);
    for (; (value = hs_scale_tick(s, step, n)) <= s->high * (1 + 1e-9); n++) {
        assert_true(value >= s->low - 1e-9 * step);
        assert_true(fabs(remainder(value, step)) < 1e-6 * step);
        assert_string_not_equal(hs_scale_label(s, step, value, label, sizeof label), before);
        strcpy(before, label);
    }
    return n;
}

static void ticks_fit(void **state)
{
    (void)state;
    for (int unit = HS_UNIT_BYTES; unit < HS_UNITS; unit++) {
        for (double high = unit == HS_UNIT_BYTES || unit == HS_UNIT_COUNT ? 20 : 1e-7; high < 1e7; high *= 1.37) {
            double top = unit == HS_UNIT_SHARE ? 1 : high;
            for (unsigned most = 2; most <= 12; most++) {
                struct hs_scale s = {(enum hs_unit)unit, 0, top, 0, 100};
                unsigned n = check_ticks(&s, most);
                assert_in_range(n, most / 3 + 1, most + 1); /* one more: that at 0 */
            }
        }
    }
}

static void ticks_of_a_part(void **state)
{
    (void)state;
    struct hs_scale s = {HS_UNIT_SECONDS, 1.234, 1.236, 0, 100};
    assert_in_range(check_ticks(&s, 6), 2, 7);
    struct hs_scale late = {HS_UNIT_COUNT, 999000, 1001000, 0, 100};
    assert_in_range(check_ticks(&late, 6), 2, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_are_pixels),
        cmocka_unit_test(labels),
        cmocka_unit_test(ticks_fit),
        cmocka_unit_test(ticks_of_a_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
