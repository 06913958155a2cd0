/* SPDX-License-Identifier: MIT
 *
 * Ring and table of sites by the size of the heap: for every size what it must never be, and what some boards get.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware-hooks/ports/sizes.h"
#include "lib/heapstrata.h"

#define ENTRY 36u /* bytes of a site and its hash on a 32-bit machine */

static uint32_t taken(struct hs_sizes sizes) { return sizes.ring + sizes.sites * ENTRY; }

static void bounds(void **state)
{
    (void)state;
    for (uint32_t heap = HS_SIZES_HEAP_LEAST; heap < 3u << 20; heap += 8) {
        struct hs_sizes sizes = hs_sizes_for(heap, HS_SIZES_SHARE, ENTRY);
        assert_true(sizes.ring >= HS_IMAGE_MIN && sizes.ring % 8 == 0 && sizes.ring <= HS_SIZES_RING_MOST);
        assert_true(sizes.sites >= 8 && sizes.sites <= HS_SIZES_SITES_MOST && !(sizes.sites & (sizes.sites - 1)));
        assert_true(taken(sizes) <= (heap < 18432 ? heap / 3 : heap / 8));
    }
}

static void grows(void **state)
{
    (void)state;
    struct hs_sizes before = hs_sizes_for(HS_SIZES_HEAP_LEAST, HS_SIZES_SHARE, ENTRY);
    for (uint32_t heap = HS_SIZES_HEAP_LEAST; heap < 3u << 20; heap += 64) {
        struct hs_sizes sizes = hs_sizes_for(heap, HS_SIZES_SHARE, ENTRY);
        assert_true(sizes.ring + 4096 > before.ring && sizes.sites >= before.sites);
        before = sizes;
    }
    assert_int_equal(before.ring, 61440 + 512);
}

/* Whole packets of the default size, but for what the header and facts take. */
static void whole_packets(void **state)
{
    (void)state;
    for (uint32_t heap = 352 << 10; heap < 2u << 20; heap += 256) {
        uint32_t room = hs_sizes_for(heap, HS_SIZES_SHARE, ENTRY).ring - 512;
        assert_int_equal(room % 4096, 0);
    }
}

static void boards(void **state)
{
    static const struct {
        uint32_t heap, ring, sites;
    } board[] = {
        {4 << 10, 0, 0},
        {8 << 10, 1024, 32},
        {16 << 10, 1024, 32},
        {32 << 10, 2048, 32},
        {64 << 10, 4096, 64},
        {128 << 10, 8192, 128},
        {192 << 10, 12288, 256},
        {256 << 10, 16384, 256},
        {512 << 10, 28672 + 512, 512},
        {1 << 20, 61440 + 512, 1024},
        {8 << 20, 61440 + 512, 1024},
    };
    (void)state;
    for (size_t i = 0; i < sizeof board / sizeof *board; i++) {
        struct hs_sizes sizes = hs_sizes_for(board[i].heap, HS_SIZES_SHARE, ENTRY);
        assert_int_equal(sizes.ring, board[i].ring);
        assert_int_equal(sizes.sites, board[i].sites);
    }
}

/* A smaller table, and what a user asks for: a ring of that size, and a table that is not larger. */
static void circuitpython(void **state)
{
    (void)state;
    struct hs_sizes sizes = hs_sizes_for(206280, HS_SIZES_TABLE_SHARE_CIRCUITPYTHON, 40);
    assert_int_equal(sizes.ring, 12800);
    assert_int_equal(sizes.sites, 128);
    for (uint32_t ring = 1; ring < 1 << 17; ring++) {
        sizes = hs_sizes_of_ring(ring, 40);
        assert_true(sizes.ring >= HS_IMAGE_MIN && sizes.ring % 8 == 0 && (sizes.ring <= ring || sizes.ring == HS_IMAGE_MIN));
        assert_true(sizes.sites * 40u <= sizes.ring || sizes.sites == HS_SIZES_SITES_LEAST);
        assert_true(sizes.sites >= HS_SIZES_SITES_LEAST && sizes.sites <= HS_SIZES_SITES_MOST &&
                    !(sizes.sites & (sizes.sites - 1)));
    }
    sizes = hs_sizes_of_ring(0, 40);
    assert_true(!sizes.ring && !sizes.sites);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds), cmocka_unit_test(grows),         cmocka_unit_test(whole_packets),
        cmocka_unit_test(boards), cmocka_unit_test(circuitpython),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
