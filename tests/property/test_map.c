/* SPDX-License-Identifier: MIT
 *
 * Maps against a plain list of pairs: what is found, what is removed, when hashes are equal, and when memory is short.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/host/util/map.h"
#include "tests/support/seeded.h"

#define KEYS 400u

static bool fail;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size) { return fail ? NULL : __real_calloc(n, size); }

/* Key i has the hash i % clash: few values make long searches. */
static uint32_t clash;
static bool there[KEYS];
static struct hs_map map;

static uint64_t hash_of(uint32_t key) { return key % clash; }

static bool find(uint32_t key, struct hs_map_search *search)
{
    *search = hs_map_search(&map, hash_of(key));
    while (hs_map_next(&map, search))
        if (search->number == key)
            return true;
    return false;
}

/* Every key is found as often as it is there, and nothing else is proposed. */
static bool is_right(void)
{
    uint32_t n = 0;
    for (uint32_t key = 0; key < KEYS; key++) {
        unsigned seen = 0;
        struct hs_map_search search = hs_map_search(&map, hash_of(key));
        while (hs_map_next(&map, &search)) {
            if (search.number >= KEYS || hash_of(search.number) != hash_of(key) || !there[search.number])
                return false;
            seen += search.number == key;
        }
        if (seen != there[key])
            return false;
        n += there[key];
    }
    return map.n == n;
}

static bool step(void)
{
    struct hs_map_search search;
    uint32_t key = seeded(KEYS);
    if (!seeded(200)) {
        hs_map_clear(&map);
        memset(there, 0, sizeof there);
    } else if (find(key, &search)) {
        if (seeded(3)) {
            hs_map_remove(&map, &search);
            there[key] = false;
        }
    } else {
        struct hs_map before = map;
        fail = !seeded(4);
        there[key] = hs_map_add(&map, hash_of(key), key);
        if (!there[key] && (!fail || memcmp(&before, &map, sizeof map)))
            return false;
        fail = false;
    }
    return true;
}

static bool behaves(unsigned steps)
{
    static const uint32_t clashes[] = {1, 7, 61, KEYS};
    bool held = true;
    clash = clashes[seeded(4)];
    for (unsigned i = 0; i < steps && held; i++)
        held = step() && ((i % 16 && i + 1 < steps) || is_right());
    hs_map_free(&map);
    memset(there, 0, sizeof there);
    return held && !map.n && !map.slot;
}

static void test_behaves(void **unused)
{
    (void)unused;
    assert_true(seeded_holds(behaves, 120, 500));
}

/* Numbers that differ in few bits, and multiples of a page, are found at their home or near it. */
static void test_spreads(void **unused)
{
    static const unsigned shifts[] = {0, 4, 12, 20, 32, 40};
    (void)unused;
    for (unsigned s = 0; s < sizeof shifts / sizeof *shifts; s++) {
        uint64_t far = 0;
        struct hs_map many = {0};
        for (uint32_t i = 0; i < 100000; i++)
            assert_true(hs_map_add(&many, (uint64_t)i << shifts[s], i));
        for (uint32_t i = 0; i < 100000; i++) {
            struct hs_map_search search = hs_map_search(&many, (uint64_t)i << shifts[s]);
            uint32_t home = search.at;
            do
                assert_true(hs_map_next(&many, &search));
            while (search.number != i);
            far += (search.at - 1 - home) & (many.n_slots - 1);
        }
        assert_true(far < 100000); /* less than one slot on the average */
        hs_map_free(&many);
    }
}

static void test_text(void **unused)
{
    (void)unused;
    assert_true(hs_hash_text("ab") != hs_hash_text("ba"));
    assert_true(hs_hash_add_text(hs_hash_text("ab"), "c") != hs_hash_add_text(hs_hash_text("a"), "bc"));
    assert_true(hs_hash_add_text(hs_hash_text("ab"), "") != hs_hash_text("ab"));
    assert_true(hs_hash_text("ab") == hs_hash_text("ab"));
}

/* A list that stays dense: the last item takes the place of one that is removed. */
static bool stays_dense(unsigned steps)
{
    static uint32_t item[KEYS];
    struct hs_map dense = {0};
    bool held = true;
    uint32_t n = 0;
    for (unsigned i = 0; i < steps && held; i++) {
        uint32_t key = seeded(KEYS), found = UINT32_MAX;
        struct hs_map_search search = hs_map_search(&dense, key % 50);
        while (found == UINT32_MAX && hs_map_next(&dense, &search))
            found = item[search.number] == key ? search.number : UINT32_MAX;
        if (found == UINT32_MAX) {
            held = hs_map_add(&dense, key % 50, n);
            item[n++] = key;
            continue;
        }
        hs_map_remove(&dense, &search);
        search = hs_map_search(&dense, item[--n] % 50);
        while (found != n && hs_map_next(&dense, &search))
            if (search.number == n) {
                hs_map_renumber(&dense, &search, found);
                break;
            }
        item[found] = item[n];
        held = dense.n == n;
    }
    for (uint32_t i = 0; i < n && held; i++) {
        struct hs_map_search search = hs_map_search(&dense, item[i] % 50);
        while ((held = hs_map_next(&dense, &search)) && search.number != i)
            ;
    }
    hs_map_free(&dense);
    return held;
}

static void test_dense(void **unused)
{
    (void)unused;
    assert_true(seeded_holds(stays_dense, 100, 600));
}

static void test_empty(void **unused)
{
    (void)unused;
    struct hs_map empty = {0};
    struct hs_map_search search = hs_map_search(&empty, 5);
    assert_false(hs_map_next(&empty, &search));
    hs_map_clear(&empty);
    hs_map_free(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_behaves), cmocka_unit_test(test_dense), cmocka_unit_test(test_spreads),
        cmocka_unit_test(test_text),    cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
