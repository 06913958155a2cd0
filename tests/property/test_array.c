/* SPDX-License-Identifier: MIT
 *
 * Growing arrays against an array that is large enough from the beginning; every allocation may fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/host/util/array.h"
#include "tests/support/seeded.h"

#define ITEMS_MAX 3000u

static unsigned fail_in; /* the realloc that fails, counted from 1; 0: none */
static unsigned reallocs;

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    reallocs++;
    return fail_in && !--fail_in ? NULL : __real_realloc(old, size);
}

struct item {
    uint64_t value;
    uint8_t more[5];
};

static bool adds(unsigned steps)
{
    static uint64_t mirror[ITEMS_MAX];
    struct item *item = NULL;
    uint32_t n = 0, room = 0;
    bool held = true;
    for (unsigned i = 0; i < steps && held; i++) {
        uint32_t had = room, n_had = n;
        fail_in = seeded(4) ? 0 : 1;
        struct item *added = hs_array_add(item, n, room);
        fail_in = 0;
        if (added) {
            added->value = mirror[n_had] = seeded(1u << 31);
            held = n == n_had + 1 && added == &item[n_had] && n <= room;
        } else {
            held = n == n_had && room == had && n == room;
        }
        for (uint32_t k = 0; k < n && held; k++)
            held = item[k].value == mirror[k];
    }
    free(item);
    return held;
}

static void test_adds(void **unused)
{
    (void)unused;
    assert_true(seeded_holds(adds, 40, 600));
}

/* All room that was ever made is filled, what was written stays, and a failure changes nothing. */
static bool fills(unsigned steps)
{
    static uint16_t mirror[ITEMS_MAX];
    uint16_t *item = NULL;
    size_t room = 0;
    bool held = true;
    memset(mirror, 0xff, sizeof mirror);
    for (unsigned i = 0; i < steps && held; i++) {
        size_t had = room;
        uint32_t at = seeded(ITEMS_MAX / 2);
        fail_in = seeded(3) ? 0 : 1;
        bool done = hs_array_fill(item, room, at + 1, 0xff);
        bool failed = !done;
        fail_in = 0;
        held = failed ? room == had : room > at && room >= had;
        if (done)
            item[at] = mirror[at] = (uint16_t)seeded(1000);
        for (size_t k = 0; k < room && k < ITEMS_MAX && held; k++)
            held = item[k] == mirror[k];
    }
    free(item);
    return held;
}

static void test_fills(void **unused)
{
    (void)unused;
    assert_true(seeded_holds(fills, 100, 30));
}

/* A number of 8 bits counts up to 255: more is refused, nothing is cut. */
static void test_small_room(void **unused)
{
    uint32_t *item = NULL;
    uint8_t room = 0;
    (void)unused;
    assert_true(hs_array_reserve(item, room, 200));
    assert_true(room >= 200);
    assert_true(hs_array_reserve(item, room, 255));
    assert_int_equal(room, 255);
    size_t need = 256;
    assert_false(hs_array_reserve(item, room, need));
    assert_int_equal(room, 255);
    free(item);
}

static void test_too_large(void **unused)
{
    struct item *item = NULL;
    size_t room = 0;
    (void)unused;
    assert_false(hs_array_reserve(item, room, SIZE_MAX / sizeof *item + 1));
    assert_false(hs_array_reserve(item, room, SIZE_MAX));
    assert_null(item);
    assert_int_equal(room, 0);
}

/* The work of n additions grows with n, not with its square. */
static void test_doubles(void **unused)
{
    uint32_t *item = NULL, n = 0, room = 0;
    (void)unused;
    reallocs = 0;
    for (uint32_t i = 0; i < 1000000; i++)
        *hs_array_add(item, n, room) = i;
    assert_in_range(reallocs, 10, 20);
    assert_true(room < 2500000);
    free(item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds),      cmocka_unit_test(test_fills),   cmocka_unit_test(test_small_room),
        cmocka_unit_test(test_too_large), cmocka_unit_test(test_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
