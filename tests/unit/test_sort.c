/* SPDX-License-Identifier: MIT
 *
 * hs_sort: in order, equal elements as they were, with and without memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/host/util/sort.h"

enum { MOST = 300 };

static bool without_memory;

/* Put in malloc's place by the linker: tests/dir.mk. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) { return without_memory ? NULL : __real_malloc(size); }

struct item {
    uint16_t key;
    uint8_t number[3]; /* its place at first: an element of five bytes or more */
};

static int by_key(const void *left, const void *right, void *context)
{
    const struct item *a = left, *b = right;
    ++*(unsigned *)context;
    return (a->key > b->key) - (a->key < b->key);
}

static void check(size_t n, unsigned keys, bool without)
{
    static struct item item[MOST];
    unsigned seed = 7 * (unsigned)n + keys, compared = 0;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1103515245u + 12345u;
        item[i] = (struct item){(uint16_t)((seed >> 16) % keys), {(uint8_t)(i >> 8), (uint8_t)i, 0}};
    }
    without_memory = without;
    hs_sort(item, n, sizeof *item, by_key, &compared);
    without_memory = false;
    assert_true(n < 2 || compared >= n - 1);
    for (size_t i = 1; i < n; i++) {
        unsigned before = item[i - 1].number[0] << 8 | item[i - 1].number[1], now = item[i].number[0] << 8 | item[i].number[1];
        assert_true(item[i - 1].key < item[i].key || (item[i - 1].key == item[i].key && before < now));
    }
}

static void test_order(void **state)
{
    (void)state;
    for (int without = 0; without < 2; without++)
        for (size_t n = 0; n <= MOST; n++)
            for (unsigned keys = 1; keys <= 1000; keys *= 10)
                check(n, keys, without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
