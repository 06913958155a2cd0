/* SPDX-License-Identifier: MIT
 *
 * A ring that is drained while it is written: what arrives is what a stream would have, less what was overwritten
 * before it was sent, which the reader counts to the record. At every mark the heap rebuilt must be the firmware's.
 */
#include "lib/drain.h"
#include "lib/trace.h"
#include "tests/support/mirror.h"

static struct mirror m;
static struct hs_drain drain;
static _Alignas(8) uint8_t chunk[HS_PACKET_MAX];
static bool busy; /* the recorder runs in the midst of the drain */

static void make(uint64_t seed, uint32_t memory_size, uint32_t packet_size)
{
    fw_make(&(struct fw_config){.memory_size = memory_size,
                                .packet_size = packet_size,
                                .n_areas = 1 + seed % 3,
                                .seed = seed,
                                .placement = seed % 3 ? HS_PLACE_MICROPYTHON : HS_PLACE_EXPLICIT});
    memset(&drain, 0, sizeof drain);
    hs_drain_keyframes(6);
}

/* Sends up to `n` chunks. Returns how many there were. */
static unsigned send(unsigned n)
{
    unsigned sent = 0;
    uint32_t len;
    while (sent < n && (len = hs_drain(&drain, chunk)) != 0) {
        assert_true(len <= hs_drain_room());
        hs_port_write(chunk, len);
        sent++;
    }
    return sent;
}

static void read_all(void)
{
    assert_int_equal(mirror_file(&m, scratch_file(fw.out, fw.out_len)), 0);
    mirror_sane(&m);
}

static void finish(void)
{
    hs_flush();
    send(UINT32_MAX);
    assert_int_equal(send(1), 0);
    read_all();
    assert_int_equal(m.info.emitted, hs_stats().offered);
    assert_int_equal(m.info.diverged, 0);
    assert_int_equal(m.info.damaged_packets, 0);
}

/* A drain that keeps up loses nothing. */
static void all_arrives(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 15; seed++) {
        make(seed, 1 << 15, 512u << seed % 2);
        for (int i = 0; i < 400; i++) {
            fw_work(25);
            send(1 + fw_random(50));
        }
        finish();
        assert_int_equal(m.error.code, HS_OK);
        assert_int_equal(m.info.records, hs_stats().offered);
        assert_int_equal(m.events, fw.events);
        assert_int_equal(m.compared, m.marks);
        assert_int_equal(drain.skipped, 0);
    }
}

/* One that is too slow loses whole packets, and the heap is known again from the next keyframe on. */
static void slow_drains_lose_packets(void **state)
{
    uint64_t compared = 0, lost = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 15; seed++) {
        make(seed, 1 << 14, 512);
        for (int i = 0; i < 200; i++) {
            fw_work(100 + fw_random(100));
            send(fw_random(3));
        }
        finish();
        lost += m.info.lost;
        compared += m.compared;
        assert_true(m.info.lost + m.info.overwritten_records > 0);
        assert_true(drain.skipped >= m.info.missing_packets);
    }
    print_message("%llu records lost, %llu marks compared\n", (unsigned long long)lost, (unsigned long long)compared);
    assert_true(compared > 300);
}

/* The recorder, as an interrupt would, wherever the drain lets it. */
static void interrupt(void)
{
    if (busy)
        return;
    busy = true;
    fw_work(fw_random(60));
    busy = false;
}

static void the_ring_moves_under_the_drain(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 15; seed++) {
        make(seed, 1 << 13, 256);
        busy = true;
        for (int i = 0; i < 300; i++) {
            fw_work(20);
            fw.on_unlock = interrupt;
            busy = false;
            send(fw_random(8));
            busy = true;
            fw.on_unlock = NULL;
        }
        finish();
        assert_true(m.info.records > 1000);
    }
}

/* A receiver that comes late, in the middle of a chunk: from the next header on it knows all. */
static void late_receivers(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        make(seed, 1 << 15, 512);
        for (int i = 0; i < 300; i++) {
            fw_work(30);
            send(UINT32_MAX);
        }
        size_t cut = fw_random((uint32_t)(fw.out_len / 2));
        hs_flush();
        send(UINT32_MAX);
        assert_int_equal(mirror_file(&m, scratch_file(fw.out + cut, fw.out_len - cut)), 0);
        mirror_sane(&m);
        assert_int_equal(m.error.code, HS_OK);
        assert_int_equal(m.info.emitted, hs_stats().offered);
        assert_int_equal(m.info.lost + m.info.diverged, 0);
        assert_true(m.info.records > hs_stats().offered / 3);
        assert_true(m.compared > 10);
    }
}

/* A drain that does not know what arrived sends again what the ring has. */
static void nothing_counts_twice(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 15; seed++) {
        make(seed, 1 << 16, 512);
        for (int i = 0; i < 300; i++) {
            fw_work(25);
            send(UINT32_MAX);
            if (fw_random(20) == 0)
                drain = (struct hs_drain){.again = true};
        }
        finish();
        assert_int_equal(m.error.code, HS_OK);
        assert_int_equal(m.info.records, hs_stats().offered);
        assert_int_equal(m.info.boots, 1);
        assert_int_equal(m.events, fw.events);
        assert_int_equal(m.compared, m.marks);
    }
}

/* hs_reset: the numbers begin anew, and so does the drain, although it was not called. */
static void an_image_begun_anew(void **state)
{
    (void)state;
    make(5, 1 << 15, 512);
    fw_work(3000);
    send(UINT32_MAX);
    hs_reset();
    for (int i = 0; i < 20; i++) {
        fw_work(30);
        send(UINT32_MAX);
    }
    hs_flush();
    send(UINT32_MAX);
    read_all();
    assert_int_equal(m.info.boots, 2);
    assert_int_equal(m.info.diverged, 0);
}

/* What an earlier boot left in the ring goes first. */
static void earlier_boots_are_sent(void **state)
{
    (void)state;
    make(7, 1 << 16, 512);
    fw_work(1000);
    hs_flush();
    uint64_t before = hs_stats().offered;
    fw_boot();
    fw_work(1000);
    hs_flush();
    send(UINT32_MAX);
    read_all();
    assert_int_equal(m.info.boots, 2);
    assert_int_equal(m.info.records, before + hs_stats().offered);
}

/* A drain that begins when the ring has turned round begins with the oldest packet, and defines what it names. */
static void late_drains_begin_with_the_oldest(void **state)
{
    (void)state;
    make(9, 1 << 13, 256);
    fw_work(4000);
    hs_flush();
    assert_int_not_equal(send(UINT32_MAX), 0);
    assert_true(drain.begun);
    assert_int_equal(drain.skipped, 0);
    read_all();
    assert_int_equal(m.info.damaged_packets, 0);
}

/* Lost packets make a keyframe due, but not when one was there a moment before; and nothing starts a recorder that stands. */
static void lost_packets_make_few_keyframes(void **state)
{
    (void)state;
    make(11, 1 << 13, 256);
    send(1);
    fw_work(3000);
    while (hs_state != HS_STATE_ON || hs_trace.since_keyframe >= hs_trace.shape.packet_count / 4)
        fw_work(1);
    uint32_t skipped = drain.skipped;
    send(1);
    assert_true(drain.skipped > skipped);
    assert_int_equal(hs_state, HS_STATE_ON);
    hs_drain_keyframes(0);
    fw_work(3000);
    hs_stop();
    assert_true(hs_trace.since_keyframe >= hs_trace.shape.packet_count / 4);
    send(1);
    assert_int_equal(hs_state, HS_STATE_OFF);
}

/* No image, a stream, nothing new: there is nothing to send. */
static void nothing_to_send(void **state)
{
    (void)state;
    fw_make(&(struct fw_config){.memory_size = 1 << 15, .packet_size = 512, .flags = HS_RING_STREAM, .seed = 3});
    memset(&drain, 0, sizeof drain);
    fw_work(100);
    assert_int_equal(hs_drain(&drain, chunk), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_arrives),
        cmocka_unit_test(slow_drains_lose_packets),
        cmocka_unit_test(the_ring_moves_under_the_drain),
        cmocka_unit_test(late_receivers),
        cmocka_unit_test(nothing_counts_twice),
        cmocka_unit_test(an_image_begun_anew),
        cmocka_unit_test(earlier_boots_are_sent),
        cmocka_unit_test(nothing_to_send),
        cmocka_unit_test(late_drains_begin_with_the_oldest),
        cmocka_unit_test(lost_packets_make_few_keyframes),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
