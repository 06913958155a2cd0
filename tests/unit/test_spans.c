/* SPDX-License-Identifier: MIT
 *
 * Regions made of the addresses that blocks took.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "analysis/import/arena_map.h"
#include "lib/record.h"

#define HEAP UINT64_C(0x55d000001000)
#define ARENA UINT64_C(0x7f1234000030)
#define MAPPED UINT64_C(0x7f2000000010)
#define LIMIT (1u << 25)

struct fixture {
    struct hs_arena_map *spans;
    const struct hs_import_region *region;
    long n;
};

static struct fixture begin(void) { return (struct fixture){.spans = hs_arena_map_new()}; }

static void add(struct fixture *f, uint16_t process, uint64_t ptr, uint64_t size)
{
    assert_int_equal(hs_arena_map_add(f->spans, process, ptr, size), HS_OK);
}

static void build(struct fixture *f) { f->n = hs_arena_map_regions(f->spans, LIMIT, &f->region); }

static void test_heap_and_arena(void **state)
{
    struct fixture f = begin();
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        add(&f, 0, HEAP + i * 48, 40);
        add(&f, 0, ARENA + i * 4096, 100);
    }
    build(&f);
    assert_int_equal(f.n, 2);
    assert_int_equal(f.region[0].begin, HEAP);
    assert_int_equal(f.region[0].granules, 999 * 3 + 3);
    assert_int_equal(f.region[0].shift, 4);
    assert_int_equal(f.region[1].begin, ARENA);
    assert_int_equal(f.region[1].first, f.region[0].granules);
    assert_ptr_equal(hs_arena_map_find(f.spans, 0, false, HEAP + 480), &f.region[0]);
    assert_ptr_equal(hs_arena_map_find(f.spans, 0, false, ARENA + 4096), &f.region[1]);
    assert_null(hs_arena_map_find(f.spans, 0, false, HEAP - 16));
    assert_null(hs_arena_map_find(f.spans, 0, true, HEAP));
    assert_null(hs_arena_map_find(f.spans, 1, false, HEAP));
    hs_arena_map_free(f.spans);
}

static void test_mapped_blocks_take_few_granules(void **state)
{
    struct fixture f = begin();
    (void)state;
    add(&f, 0, HEAP, 100);
    add(&f, 0, MAPPED, UINT64_C(20) << 30);
    add(&f, 0, MAPPED + (UINT64_C(20) << 30) + 4096, 200000);
    build(&f);
    assert_int_equal(f.n, 2);
    assert_true(f.region[1].mapped);
    assert_int_equal(f.region[1].shift, 12);
    assert_in_range(f.region[1].granules, 20u << 18, (20u << 18) + 60);
    hs_arena_map_free(f.spans);
}

/* Unmapped and then an arena of small blocks in the same place: both have a region, and different bases. */
static void test_mapped_then_arena(void **state)
{
    struct fixture f = begin();
    (void)state;
    add(&f, 0, MAPPED, 300u << 20);
    add(&f, 0, MAPPED + 0x1000020, 64);
    build(&f);
    assert_int_equal(f.n, 2);
    assert_int_not_equal(f.region[0].base & UINT64_C(1) << 63, f.region[1].base & UINT64_C(1) << 63);
    assert_ptr_equal(hs_arena_map_find(f.spans, 0, false, MAPPED + 0x1000020), &f.region[0]);
    assert_ptr_equal(hs_arena_map_find(f.spans, 0, true, MAPPED), &f.region[1]);
    hs_arena_map_free(f.spans);
}

/* Small blocks that begin where a mapped block's granules end, or end where they begin, share no address with it. */
static void test_mapped_beside_arenas(void **state)
{
    struct fixture f = begin();
    (void)state;
    add(&f, 0, MAPPED - 64, 64);
    add(&f, 0, MAPPED, 300u << 20);
    add(&f, 0, MAPPED + (300u << 20), 64);
    build(&f);
    assert_int_equal(f.n, 3);
    assert_int_equal(f.region[0].end, f.region[2].begin);
    assert_int_equal(f.region[1].begin, f.region[2].end);
    for (int i = 0; i < 3; i++)
        assert_int_equal(f.region[i].base, f.region[i].begin);
    hs_arena_map_free(f.spans);
}

static void test_processes_lie_apart(void **state)
{
    struct fixture f = begin();
    (void)state;
    for (uint16_t process = 0; process < 3; process++)
        add(&f, process, HEAP, 100);
    build(&f);
    assert_int_equal(f.n, 3);
    for (int i = 1; i < 3; i++)
        assert_true(f.region[i].base >= f.region[i - 1].base + 112);
    hs_arena_map_free(f.spans);
}

/* Allocators that align to 8, or to 64 only. */
static void test_granule_is_what_addresses_share(void **state)
{
    (void)state;
    static const struct {
        unsigned step, size, shift;
    } cases[] = {{8, 8, 3}, {24, 20, 3}, {16, 16, 4}, {64, 64, 6}, {64, 60, 4}, {4, 4, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f = begin();
        for (unsigned k = 0; k < 100; k++)
            add(&f, 0, HEAP + k * cases[i].step, cases[i].size);
        build(&f);
        assert_int_equal(f.n, 1);
        assert_int_equal(f.region[0].shift, cases[i].shift);
        hs_arena_map_free(f.spans);
    }
}

/* Single blocks spread so wide that there would be too many regions, then too many granules. */
static void test_many_pieces(void **state)
{
    struct fixture f = begin();
    (void)state;
    for (unsigned i = 0; i < 400; i++)
        add(&f, 0, HEAP + i * (UINT64_C(3) << 20), 16);
    build(&f);
    assert_int_equal(f.n, HS_ERR_FULL); /* 1.2 GB of granules, or 400 regions */
    hs_arena_map_free(f.spans);
    f = begin();
    for (unsigned i = 0; i < 300; i++)
        add(&f, 0, HEAP + i * (UINT64_C(3) << 19), 16);
    build(&f);
    assert_int_equal(f.n, 1); /* holes of 1.5 MB are taken in */
    hs_arena_map_free(f.spans);
}

/* Blocks at random, some mapped: each has a region of its kind, in which it is whole and on the grid, apart from others. */
static void test_random(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct fixture f = begin();
        struct {
            uint64_t ptr, size;
            uint16_t process;
        } block[500];
        srand(seed);
        for (unsigned i = 0; i < 500; i++) {
            block[i].process = (uint16_t)(rand() % 3);
            bool large = rand() % 10 == 0;
            block[i].size = large ? 131072u + (unsigned)rand() % 5000000 : 1u + (unsigned)rand() % 3000;
            block[i].ptr = large ? MAPPED + ((uint64_t)(rand() % 4000) << 13) : HEAP + 16 * (uint64_t)(rand() % 200000);
            add(&f, block[i].process, block[i].ptr, block[i].size);
        }
        build(&f);
        assert_true(f.n > 0);
        for (unsigned i = 0; i < 500; i++) {
            const struct hs_import_region *s = hs_arena_map_find(
                f.spans, block[i].process, hs_arena_map_is_mapped(block[i].ptr, block[i].size), block[i].ptr);
            assert_non_null(s);
            assert_int_equal((block[i].ptr - s->begin) & ((1u << s->shift) - 1), 0);
            assert_true(block[i].ptr + block[i].size <= s->begin + ((uint64_t)s->granules << s->shift));
        }
        for (long i = 1; i < f.n; i++)
            assert_int_equal(f.region[i].first, f.region[i - 1].first + f.region[i - 1].granules);
        hs_arena_map_free(f.spans);
    }
}

static void test_nonsense(void **state)
{
    struct fixture f = begin();
    (void)state;
    add(&f, 0, UINT64_MAX - 10, 100);
    add(&f, 0, HEAP, UINT64_C(1) << 60);
    build(&f);
    assert_int_equal(f.n, 0);
    assert_null(hs_arena_map_find(f.spans, 0, false, HEAP));
    hs_arena_map_free(f.spans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heap_and_arena),
        cmocka_unit_test(test_mapped_blocks_take_few_granules),
        cmocka_unit_test(test_mapped_then_arena),
        cmocka_unit_test(test_mapped_beside_arenas),
        cmocka_unit_test(test_processes_lie_apart),
        cmocka_unit_test(test_granule_is_what_addresses_share),
        cmocka_unit_test(test_many_pieces),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
