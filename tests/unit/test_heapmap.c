/* SPDX-License-Identifier: MIT
 *
 * The heap map by hand: what each function does at the edges. That it places blocks as MicroPython does is
 * shown by tests/property/test_placement.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/host/replay/heapmap.h"

static struct hs_heapmap map;
static struct hs_numbers freed;

static int add(uint8_t number, uint32_t first, uint32_t granules, uint8_t rule)
{
    return hs_heapmap_add(&map, &(struct hs_area_config){first, granules, number, rule});
}

static int fresh(void **state)
{
    (void)state;
    hs_heapmap_close(&map);
    freed.n = 0;
    return 0;
}

static int done(void **state)
{
    free(freed.item);
    freed = (struct hs_numbers){0};
    return fresh(state);
}

static void regions_come_and_go(void **state)
{
    (void)state;
    assert_int_equal(add(0, 100, 0, HS_PLACE_MICROPYTHON), HS_ERR_ARG);
    assert_int_equal(add(0, 0xfffffff0, 64, HS_PLACE_MICROPYTHON), HS_ERR_ARG);
    assert_int_equal(add(0, 0, HS_HEAPMAP_GRANULES + 1, HS_PLACE_MICROPYTHON), HS_ERR_FULL);
    assert_int_equal(add(0, 100, 50, HS_PLACE_MICROPYTHON), HS_OK);
    assert_int_equal(add(1, 149, 10, HS_PLACE_MICROPYTHON), HS_ERR_ARG);
    assert_int_equal(add(1, 90, 11, HS_PLACE_MICROPYTHON), HS_ERR_ARG);
    assert_int_equal(add(1, 150, 10, HS_PLACE_MICROPYTHON), HS_OK);
    assert_int_equal(add(2, 90, 10, HS_PLACE_EXPLICIT), HS_OK);
    assert_null(hs_heapmap_area(&map, 89));
    assert_int_equal(hs_heapmap_area(&map, 99)->number, 2);
    assert_int_equal(hs_heapmap_area(&map, 100)->number, 0);
    assert_int_equal(hs_heapmap_area(&map, 159)->number, 1);
    assert_null(hs_heapmap_area(&map, 160));
    hs_heapmap_remove(&map, 0);
    assert_null(hs_heapmap_area(&map, 100));
    assert_int_equal(hs_heapmap_alloc(&map, 1), 150);
    assert_int_equal(add(1, 150, 10, HS_PLACE_MICROPYTHON), HS_OK); /* anew */
    assert_int_equal(hs_heapmap_length(&map, 150), 0);
}

static void blocks_never_cross_regions(void **state)
{
    (void)state;
    add(0, 0, 64, HS_PLACE_MICROPYTHON);
    add(1, 64, 128, HS_PLACE_MICROPYTHON);
    assert_int_equal(hs_heapmap_alloc(&map, 60), 0);
    assert_int_equal(hs_heapmap_alloc(&map, 5), 64);
    assert_int_equal(hs_heapmap_alloc(&map, 4), 60);
    assert_int_equal(hs_heapmap_length(&map, 60), 4);
    assert_int_equal(hs_heapmap_alloc(&map, 124), HS_POS_IMPLIED);
    assert_int_equal(hs_heapmap_alloc(&map, 123), 69);
    assert_int_equal(hs_heapmap_alloc(&map, 1), HS_POS_IMPLIED);
}

static void an_area_may_be_filled_whole(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 1000, 4096};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t n = sizes[i];
        add(0, 7, n, HS_PLACE_MICROPYTHON);
        assert_int_equal(hs_heapmap_alloc(&map, n + 1), HS_POS_IMPLIED);
        assert_int_equal(hs_heapmap_alloc(&map, n), 7);
        assert_int_equal(hs_heapmap_length(&map, 7), n);
        assert_int_equal(hs_heapmap_alloc(&map, 1), HS_POS_IMPLIED);
        assert_int_equal(hs_heapmap_free(&map, 7), n);
        for (uint32_t k = 0; k < n; k++)
            assert_int_equal(hs_heapmap_alloc(&map, 1), 7 + k);
        assert_int_equal(hs_heapmap_heads(&map, (struct hs_extent){0, UINT32_MAX}), n);
        assert_int_equal(hs_heapmap_free(&map, 7 + n / 2), 1);
        assert_int_equal(hs_heapmap_alloc(&map, 1), 7 + n / 2);
    }
}

static void only_heads_are_freed(void **state)
{
    (void)state;
    add(0, 0, 100, HS_PLACE_MICROPYTHON);
    hs_heapmap_alloc(&map, 10);
    assert_int_equal(hs_heapmap_free(&map, 1), 0);
    assert_int_equal(hs_heapmap_free(&map, 50), 0);
    assert_int_equal(hs_heapmap_free(&map, 100), 0);
    assert_int_equal(hs_heapmap_free(&map, HS_POS_IMPLIED), 0);
    assert_int_equal(hs_heapmap_free(&map, 0), 10);
    assert_int_equal(hs_heapmap_free(&map, 0), 0);
}

static struct hs_resized resize(uint32_t old, uint32_t granules, bool collected)
{
    return hs_heapmap_resize(&map, &(struct hs_resize){old, granules, collected});
}

static void blocks_are_resized(void **state)
{
    (void)state;
    add(0, 0, 100, HS_PLACE_MICROPYTHON);
    hs_heapmap_alloc(&map, 10);
    hs_heapmap_alloc(&map, 10);
    assert_int_equal(resize(10, 20, false).pos, 10); /* grows */
    assert_int_equal(resize(10, 5, false).old_granules, 20);
    assert_int_equal(hs_heapmap_length(&map, 10), 5);
    assert_int_equal(resize(0, 11, false).pos, 15); /* no room where it is */
    assert_int_equal(hs_heapmap_length(&map, 0), 0);
    assert_int_equal(resize(10, 6, true).pos, 0); /* there would be room now, but not when it mattered */
    assert_int_equal(resize(0, 95, false).pos, HS_POS_IMPLIED);
    assert_int_equal(hs_heapmap_length(&map, 0), 6);
    assert_int_equal(resize(50, 1, false).old_granules, 0);
}

static void places_are_the_trace_s_word(void **state)
{
    (void)state;
    add(0, 0, 200, HS_PLACE_EXPLICIT);
    assert_int_equal(hs_heapmap_alloc(&map, 1), HS_POS_IMPLIED);
    assert_int_equal(hs_heapmap_place(&map, (struct hs_extent){190, 11}), HS_ERR_ARG);
    assert_int_equal(hs_heapmap_place(&map, (struct hs_extent){200, 1}), HS_ERR_ARG);
    assert_int_equal(hs_heapmap_place(&map, (struct hs_extent){10, 0}), HS_ERR_ARG);
    assert_int_equal(hs_heapmap_place(&map, (struct hs_extent){10, 10}), 0);
    assert_int_equal(hs_heapmap_place(&map, (struct hs_extent){20, 100}), 0);
    assert_int_equal(hs_heapmap_place(&map, (struct hs_extent){130, 70}), 0);
    assert_int_equal(hs_heapmap_place(&map, (struct hs_extent){15, 116}), 3);
    assert_int_equal(hs_heapmap_length(&map, 15), 116);
    assert_int_equal(hs_heapmap_heads(&map, (struct hs_extent){0, 200}), 1);
    assert_int_equal(hs_heapmap_place(&map, (struct hs_extent){16, 1}), 1);
    assert_int_equal(hs_heapmap_length(&map, 16), 1);
}

/* An array has the head of each granule's block plus one, 0 for a free granule. */
#define SOME 200u
static uint32_t owner[SOME];

/* Granules of the block with this head, which it then no longer has; 0 if there is none. */
static uint32_t take_out(uint32_t head)
{
    uint32_t n = 0;
    for (uint32_t i = head; i < SOME && owner[i] == head + 1; i++, n++)
        owner[i] = 0;
    return n;
}

static void put_in(struct hs_extent block)
{
    int gone = 0;
    for (uint32_t i = block.pos; i < block.pos + block.granules; i++)
        gone += owner[i] && take_out(owner[i] - 1);
    for (uint32_t i = block.pos; i < block.pos + block.granules; i++)
        owner[i] = block.pos + 1;
    assert_int_equal(hs_heapmap_place(&map, block), gone);
    assert_int_equal(hs_heapmap_length(&map, block.pos), block.granules);
}

/* Blocks of all lengths up to more than a word of the map, at all its bits. */
static void explicit_blocks_are_those_of_an_array(void **state)
{
    uint32_t seed = 1;
    (void)state;
    add(0, 0, SOME, HS_PLACE_EXPLICIT);
    memset(owner, 0, sizeof owner);
    for (unsigned i = 0; i < 50000; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t pos = (seed >> 8) % SOME, n = 1 + (seed >> 16) % (seed >> 30 ? 9 : 70);
        if (i % 3)
            assert_int_equal(hs_heapmap_free(&map, pos), take_out(owner[pos] == pos + 1 ? pos : SOME));
        else if (pos + n <= SOME)
            put_in((struct hs_extent){pos, n});
    }
}

static struct hs_record sweep_of(uint32_t end, uint32_t heads, const uint8_t *data, uint32_t len)
{
    return (struct hs_record){.kind = HS_SWEEP, .sweep = {.end = end, .heads = heads, .bits = {data, len}}};
}

static void sweeps_free_what_they_say(void **state)
{
    (void)state;
    static const uint8_t third_goes[] = {0x7b}, many[] = {0x80 | 12}, literal_and_run[] = {0x02, 0x80 | 5};
    add(0, 0, 100, HS_PLACE_MICROPYTHON);
    for (int i = 0; i < 10; i++)
        hs_heapmap_alloc(&map, 3);
    struct hs_record r = sweep_of(100, 9, third_goes, 1);
    assert_int_equal(hs_heapmap_sweep(&map, &r, &freed), HS_ERR_CHECK);
    assert_int_equal(freed.n, 0);
    r = sweep_of(21, 7, third_goes, 1);
    assert_int_equal(hs_heapmap_sweep(&map, &r, &freed), HS_OK);
    assert_int_equal(freed.n, 1);
    assert_int_equal(freed.item[0], 6);
    assert_int_equal(hs_heapmap_alloc(&map, 4), 30);
    assert_int_equal(hs_heapmap_alloc(&map, 3), 6);
    r = sweep_of(100, 11, many, 1); /* a run of 20 where 11 are */
    assert_int_equal(hs_heapmap_sweep(&map, &r, &freed), HS_ERR_FORMAT);
    r = sweep_of(100, 11, many, 0);
    assert_int_equal(hs_heapmap_sweep(&map, &r, &freed), HS_ERR_END);
    for (int i = 0; i < 9; i++)
        hs_heapmap_alloc(&map, 1);
    r = sweep_of(100, 20, literal_and_run, 2);
    assert_int_equal(hs_heapmap_sweep(&map, &r, &freed), HS_OK);
    assert_int_equal(freed.n, 20);
    assert_int_equal(hs_heapmap_heads(&map, (struct hs_extent){0, 100}), 1);
    assert_int_equal(hs_heapmap_length(&map, 3), 3);
}

static struct hs_record snapshot_of(struct hs_extent range, const uint8_t *data, uint32_t len)
{
    return (struct hs_record){.kind = HS_SNAPSHOT,
                              .snapshot = {.pos = range.pos, .end = range.pos + range.granules, .runs = {data, len}}};
}

/* A snapshot of a part says nothing of what comes before it and after it in the same word of the map. */
static void snapshots_end_within_a_word(void **state)
{
    (void)state;
    static const uint8_t free_run[] = {19};
    add(0, 0, 64, HS_PLACE_EXPLICIT);
    assert_int_equal(hs_heapmap_place(&map, (struct hs_extent){8, 2}), 0);
    assert_int_equal(hs_heapmap_place(&map, (struct hs_extent){12, 3}), 0);
    assert_int_equal(hs_heapmap_place(&map, (struct hs_extent){30, 5}), 0);
    struct hs_record r = snapshot_of((struct hs_extent){10, 20}, free_run, sizeof free_run);
    assert_int_equal(hs_heapmap_snapshot(&map, &r), 1);
    assert_int_equal(hs_heapmap_length(&map, 8), 2);
    assert_int_equal(hs_heapmap_length(&map, 12), 0);
    assert_int_equal(hs_heapmap_length(&map, 30), 5);
    assert_int_equal(hs_heapmap_snapshot(&map, &r), 0);
}

/* Runs that are longer than the largest class of sizes are found and remembered like others. */
static void very_long_runs(void **state)
{
    (void)state;
    add(0, 0, 3 << 20, HS_PLACE_MICROPYTHON);
    assert_int_equal(hs_heapmap_alloc(&map, (1 << 20) + 5), 0);
    assert_int_equal(hs_heapmap_alloc(&map, (1 << 20) + 5), (1 << 20) + 5);
    assert_int_equal(hs_heapmap_alloc(&map, (1 << 20) + 5), HS_POS_IMPLIED);
    assert_int_equal(hs_heapmap_free(&map, 0), (1 << 20) + 5);
    assert_int_equal(hs_heapmap_alloc(&map, (1 << 20) + 5), 0);
}

static void snapshots_are_compared_and_count(void **state)
{
    (void)state;
    /* 5 free, a block of 70, two of 1, 123 free */
    static const uint8_t data[] = {4, 0x80 | 63, 6, 0xc0, 122};
    add(0, 50, 200, HS_PLACE_MICROPYTHON);
    struct hs_record r = snapshot_of((struct hs_extent){50, 200}, data, sizeof data);
    assert_int_equal(hs_heapmap_snapshot(&map, &r), 1);
    assert_int_equal(hs_heapmap_snapshot(&map, &r), 0);
    assert_int_equal(hs_heapmap_length(&map, 55), 70);
    assert_int_equal(hs_heapmap_length(&map, 125), 1);
    assert_int_equal(hs_heapmap_length(&map, 126), 1);
    struct hs_extent *blocks = NULL;
    uint32_t room = 0;
    assert_int_equal(hs_heapmap_blocks(&map, &blocks, &room), 3);
    assert_int_equal(blocks[2].pos, 126);
    free(blocks);
    assert_int_equal(hs_heapmap_alloc(&map, 5), 50);
    assert_int_equal(hs_heapmap_snapshot(&map, &r), 1);
    assert_int_equal(hs_heapmap_alloc(&map, 5), 50);
    r = snapshot_of((struct hs_extent){50, 199}, data, sizeof data);
    assert_int_equal(hs_heapmap_snapshot(&map, &r), HS_ERR_FORMAT);
    r = snapshot_of((struct hs_extent){50, 200}, data, sizeof data - 1);
    assert_int_equal(hs_heapmap_snapshot(&map, &r), HS_ERR_FORMAT);
    r = snapshot_of((struct hs_extent){51, 200}, data, sizeof data);
    assert_int_equal(hs_heapmap_snapshot(&map, &r), HS_ERR_ARG);
    assert_int_equal(hs_heapmap_length(&map, 50), 5); /* errors change nothing */
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fresh, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(regions_come_and_go),
        TEST(blocks_never_cross_regions),
        TEST(an_area_may_be_filled_whole),
        TEST(only_heads_are_freed),
        TEST(blocks_are_resized),
        TEST(places_are_the_trace_s_word),
        TEST(sweeps_free_what_they_say),
        TEST(snapshots_are_compared_and_count),
        TEST(snapshots_end_within_a_word),
        TEST(very_long_runs),
        TEST(explicit_blocks_are_those_of_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
