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
        struct hs_sizes sizes = hs_sizes_for(heap, ENTRY);
        assert_true(sizes.ring >= HS_IMAGE_MIN && sizes.ring % 8 == 0 && sizes.ring <= HS_SIZES_RING_MOST);
        assert_true(sizes.sites >= 8 && sizes.sites <= HS_SIZES_SITES_MOST && !(sizes.sites & (sizes.sites - 1)));
        assert_true(taken(sizes) <= (heap < 18432 ? heap / 3 : heap / 8));
    }
}

static void grows(void **state)
{
    (void)state;
    struct hs_sizes before = hs_sizes_for(HS_SIZES_HEAP_LEAST, ENTRY);
    for (uint32_t heap = HS_SIZES_HEAP_LEAST; heap < 3u << 20; heap += 64) {
        struct hs_sizes sizes = hs_sizes_for(heap, ENTRY);
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
        uint32_t room = hs_sizes_for(heap, ENTRY).ring - 512;
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
        struct hs_sizes sizes = hs_sizes_for(board[i].heap, ENTRY);
        assert_int_equal(sizes.ring, board[i].ring);
        assert_int_equal(sizes.sites, board[i].sites);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds),
        cmocka_unit_test(grows),
        cmocka_unit_test(whole_packets),
        cmocka_unit_test(boards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
