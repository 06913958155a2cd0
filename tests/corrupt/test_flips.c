/* SPDX-License-Identifier: MIT
 *
 * Every bit of the image in turn, changed while the recorder is at work: by a program that writes where it should not, or by
 * memory that loses a bit. The recorder must go on within its memory; this program is compiled with sanitizers. What such an
 * image says may be wrong.
 *
 *   HS_FLIP_EVERY=N  one bit in N of those behind the header (default 5)
 */
#include "lib/drain.h"
#include "tests/support/mirror.h"

#define IMAGE 2048u

static void flip_and_record(uint32_t bit, bool sends)
{
    static _Alignas(8) uint8_t chunk[HS_PACKET_MAX];
    struct hs_drain drain = {0};
    fw_make(&(struct fw_config){.memory_size = IMAGE,
                                .seed = bit + 1,
                                .granules = 64,
                                .learns = bit % 4 == 2,
                                .placement = bit % 2 ? HS_PLACE_MICROPYTHON : HS_PLACE_EXPLICIT});
    fw_work(40);
    uint32_t room = hs_drain_room();
    ((uint8_t *)fw.memory)[bit / 8] ^= (uint8_t)(1u << bit % 8);
    for (unsigned i = 0; i < 12; i++) {
        fw_work(30);
        for (uint32_t len; sends && (len = hs_drain(&drain, chunk)) != 0;)
            assert_true(len <= room);
    }
    hs_stop();
    assert_int_equal(hs_stats().ring_size % 4, 0);
    assert_true(hs_stats().ring_size < IMAGE && hs_image_size() == IMAGE && hs_drain_room() == room);
}

static void every_bit(void **state)
{
    (void)state;
    uint32_t every = getenv("HS_FLIP_EVERY") ? (uint32_t)atoi(getenv("HS_FLIP_EVERY")) : 5;
    for (uint32_t bit = 0; bit < IMAGE * 8; bit += bit < 8 * 128 ? 1 : every)
        flip_and_record(bit, bit % 3 == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_bit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
