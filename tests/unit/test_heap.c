/* SPDX-License-Identifier: MIT
 *
 * Several heaps in one trace (lib/heap.h): their numbers never overlap, what they write together is one keyframe, and a table
 * that has more than a trace has numbers for is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "firmware-hooks/startup/heaps.c" /* no library of the host has it */
#include "lib/port.h"

#define HEAPS 5u

static struct hs_heap heap[HEAPS];
static struct hs_heap_numbers numbers[HEAPS];
static uint32_t wants[HEAPS];  /* granules */
static bool shows[HEAPS];
static char calls[200];        /* what was called, in order */

HS_HEAPS(&heap[0], &heap[1], NULL, &heap[2], &heap[3], &heap[4]);

static void called(char what, unsigned i, unsigned value) {
    size_t at = strlen(calls);
    snprintf(calls + at, sizeof calls - at, "%c%u:%u ", what, i, value);
}

/* --- a port and a recorder ----------------------------------------------------------------------------------- */

hs_lock_t hs_port_lock(void) { return 0; }
void hs_port_unlock(hs_lock_t lock) { (void)lock; }
uint32_t hs_port_ticks(void) { return 0; }
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }
bool hs_port_write(const void *data, uint32_t len) { return (void)data, (void)len, true; }

static void start(void) {
    static uint8_t memory[1 << 14] __attribute__((aligned(8)));
    static struct hs_site_entry site[16];
    static uint16_t hash[64];
    memset(memory, 0, sizeof memory);
    assert_int_equal(hs_init(&(struct hs_config){
        .memory = memory, .memory_size = sizeof memory, .site = site, .n_sites = 16, .hash = hash, .hash_size = 64, .hz = 1000,
        .placement = HS_PLACE_EXPLICIT, .shift = 3, .describe = hs_heaps_describe, .keyframe = hs_heaps_keyframe,
        .keyframe_size = hs_heaps_keyframe_size, .summary = hs_heaps_summary}), HS_OK);
    hs_start();
}

static uint32_t random_below(uint32_t n) {
    static uint64_t seed = 1;
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) * (uint64_t)n >> 31);
}

/* --- heaps ------------------------------------------------------------------------------------------------------ */

/* The functions of heap `i`. */
#define FUNCTIONS(i)                                                                                   \
    static uint32_t find_##i(uint32_t first) { return (void)first, wants[i]; }                         \
    static void regions_##i(bool existing) { called('r', i, existing); }                               \
    static bool layout_##i(void) { return shows[i]; }                                             \
    static void snapshot_##i(uint8_t part) { called('s', i, part); }                                   \
    static uint32_t size_##i(void) { return 1u << i; }                                                 \
    static void summary_##i(uint8_t cause) { called('f', i, cause); }                                  \
    static bool owns_##i(uintptr_t code) { return code == 100 + i; }                                   \
    static void describe_##i(uintptr_t code, struct hs_place *place) { place->line = (uint32_t)code + 1000 * (i + 1); } \
    static bool asks_##i(uintptr_t caller, struct hs_key *key) {                                       \
        *key = (struct hs_key){.code = i + 1, .caller = caller};                                       \
        return caller == i || caller == 50;                                                            \
    }
FUNCTIONS(0) FUNCTIONS(1) FUNCTIONS(2) FUNCTIONS(3) FUNCTIONS(4)
#define MAKE(i)                                                                                        \
    heap[i] = (struct hs_heap){                                                                        \
        .name = "heap", .numbers = &numbers[i], .regions = 1, .shift = 3, .find = find_##i, .write_regions = regions_##i, \
        .has_layout = layout_##i, .write_snapshot = snapshot_##i, .keyframe_size = size_##i, .write_summary = summary_##i, \
        .owns_code = owns_##i, .describe = describe_##i, .who_asks = asks_##i};                        \
    shows[i] = true;                                                                              \
    wants[i] = 10

static void make(void) {
    memset(numbers, 0xff, sizeof numbers);
    *calls = 0;
    MAKE(0);
    MAKE(1);
    MAKE(2);
    MAKE(3);
    MAKE(4);
}

/* --- numbers ------------------------------------------------------------------------------------------- */

static bool overlap(uint64_t a, uint64_t n, uint64_t b, uint64_t m) { return a < b + m && b < a + n; }

static void assert_apart(void) {
    for (unsigned i = 0; i < HEAPS; i++) {
        assert_true((uint64_t)numbers[i].first + numbers[i].granules <= HS_POS_IMPLIED);
        assert_true(numbers[i].region + heap[i].regions <= 256u);
        for (unsigned j = 0; j < i; j++) {
            assert_false(overlap(numbers[i].first, numbers[i].granules, numbers[j].first, numbers[j].granules));
            assert_false(overlap(numbers[i].region, heap[i].regions, numbers[j].region, heap[j].regions));
        }
    }
}

/* Heaps of random sizes: either each has what it wants and no two overlap, or there is not enough for all. */
static void numbers_never_overlap(void **state) {
    (void)state;
    unsigned full = 0, good = 0;
    while (good + full < 20000) {
        uint64_t granules = 0, regions = 0;
        make();
        for (unsigned i = 0; i < HEAPS; i++) {
            wants[i] = 1 + (random_below(0x7fffffff) << 1 | 1) / (1u << random_below(8));
            heap[i].regions = (uint8_t)(1 + random_below(255) / (1 + random_below(9)));
            granules += wants[i];
            regions += heap[i].regions;
        }
        bool fits = granules <= HS_POS_IMPLIED && regions <= 256;
        assert_int_equal(hs_heaps_begin(), fits ? HS_OK : HS_ERR_FULL);
        *(fits ? &good : &full) += 1;
        for (unsigned i = 0; fits && i < HEAPS; i++)
            assert_int_equal(numbers[i].granules, wants[i]);
        if (fits)
            assert_apart();
    }
    assert_true(good > 1000 && full > 1000);
}

static void only_the_last_heap_may_be_open(void **state) {
    (void)state;
    make();
    wants[HEAPS - 1] = HS_HEAP_OPEN;
    assert_int_equal(hs_heaps_begin(), HS_OK);
    assert_apart();
    assert_int_equal(numbers[HEAPS - 1].first + numbers[HEAPS - 1].granules, HS_POS_IMPLIED);
    for (unsigned i = 0; i + 1 < HEAPS; i++) {
        make();
        wants[i] = HS_HEAP_OPEN;
        assert_int_equal(hs_heaps_begin(), HS_ERR_FULL);
    }
}

/* A failure names its region as long as there is a number for it: a larger one would be taken for another region's. */
static void failures_name_no_other_region(void **state) {
    (void)state;
    make();
    for (unsigned region = 0; region < 256; region++) {
        numbers[1].region = (uint8_t)region;
        uint8_t cause = hs_heap_fail_cause(&heap[1], 0, 3);
        assert_int_equal(HS_FAIL_CAUSE(cause), 3);
        assert_int_equal(cause & ~3u, region < HS_FAIL_REGIONS ? HS_FAIL_REGION(region) : 0);
    }
}

/* --- regions --------------------------------------------------------------------------------------------- */

static void a_region_beyond_its_numbers_is_not_written(void **state) {
    (void)state;
    make();
    start();
    *calls = 0;
    heap[1].regions = 2;
    assert_int_equal(hs_heaps_begin(), HS_OK);
    static const struct {
        uint32_t index, pos, granules;
        bool good;
    } tries[] = {
        {0, 10, 10, true}, {1, 10, 10, true}, {0, 20, 0, true}, {2, 10, 10, false}, {0, 9, 5, false}, {0, 10, 11, false},
        {0, 19, 2, false}, {0, 21, 0, false}, {0, 10, 0xffffffff, false}, {0, 0xffffffff, 12, false},
    };
    for (unsigned i = 0; i < sizeof tries / sizeof *tries; i++) {
        uint32_t before = hs_stats().offered;
        struct hs_heap_region region = {.index = (uint8_t)tries[i].index, .pos = tries[i].pos, .granules = tries[i].granules, .name = {"x", 1}};
        assert_int_equal(hs_heap_region(&heap[1], &region, false), tries[i].good);
        assert_int_equal(hs_stats().offered - before, tries[i].good);
    }
}

/* --- together -------------------------------------------------------------------------------------------- */

static void snapshots_have_one_begin_and_one_end(void **state) {
    (void)state;
    make();
    hs_heaps_keyframe();
    assert_string_equal(calls, "r0:1 r1:1 r2:1 r3:1 r4:1 s0:1 s1:0 s2:0 s3:0 s4:2 ");
    make();
    shows[0] = shows[2] = shows[4] = false;
    hs_heaps_keyframe();
    assert_string_equal(calls, "r0:1 r1:1 r2:1 r3:1 r4:1 s1:1 s3:2 ");
    make();
    heap[2].has_layout = NULL;
    shows[0] = shows[1] = shows[3] = shows[4] = false;
    hs_heaps_keyframe();
    assert_string_equal(calls, "r0:1 r1:1 r2:1 r3:1 r4:1 s2:3 ");
    make();
    memset(shows, 0, sizeof shows);
    hs_heaps_keyframe();
    assert_string_equal(calls, "r0:1 r1:1 r2:1 r3:1 r4:1 ");
    assert_int_equal(hs_heaps_keyframe_size(), 31);
}

static void summaries_of_those_that_have_them(void **state) {
    (void)state;
    make();
    start();
    *calls = 0;
    heap[3].write_summary = NULL;
    hs_heaps_summary(2);
    assert_string_equal(calls, "f0:2 f1:2 f2:2 f4:2 ");
}

static uint32_t line_of(uintptr_t code) {
    struct hs_place place = {.line = 0};
    hs_heaps_describe(code, &place);
    return place.line;
}

static void codes_belong_to_one_heap(void **state) {
    (void)state;
    make();
    assert_int_equal(line_of(102), 3102);
    assert_int_equal(line_of(7), 0);
    heap[1].owns_code = NULL; /* all others */
    assert_int_equal(line_of(7), 2007);
    assert_int_equal(line_of(104), 5104);
    heap[4].describe = NULL;
    assert_int_equal(line_of(104), 0);
}

static void the_first_that_knows_says_who_asks(void **state) {
    (void)state;
    make();
    assert_int_equal(hs_heaps_key(3).code, 4);
    assert_int_equal(hs_heaps_key(50).code, 1);
    heap[0].who_asks = NULL;
    assert_int_equal(hs_heaps_key(50).code, 2);
    assert_int_equal(hs_heaps_key(77).code, 0);
    assert_int_equal(hs_heaps_key(77).caller, 77);
}

/* --- self-test ------------------------------------------------------------------------------------------- */

static unsigned trials;
static struct hs_key nobody = {.caller = 1};
static enum hs_trial seen(unsigned number) {
    trials++;
    if (number == 2)
        return HS_TRIAL_NONE;
    if (hs_state != HS_STATE_LEVEL)
        hs_alloc(nobody, (struct hs_block){100, 8});
    else if (!hs_level_skips(8))
        hs_level_alloc(nobody, (struct hs_block){100, 8});
    hs_free(1, 100);
    return HS_TRIAL_MADE;
}
static enum hs_trial bypassed(unsigned number) { return number ? HS_TRIAL_NONE : HS_TRIAL_MADE; }
static enum hs_trial full(unsigned number) { return number ? HS_TRIAL_NONE : HS_TRIAL_NO_ROOM; }

static void a_heap_whose_hooks_are_bypassed_is_found(void **state) {
    (void)state;
    make();
    start();
    *calls = 0;
    trials = 0;
    heap[0].try = seen;
    heap[3].try = full;
    assert_true(hs_heaps_test());
    assert_int_equal(trials, 3);
    assert_false(hs_image()->notes & HS_NOTE_SELFTEST_FAILED);
    heap[4].try = bypassed;
    assert_false(hs_heaps_test());
    assert_true(hs_image()->notes & HS_NOTE_SELFTEST_FAILED);
    assert_true(hs_heap_test(&heap[0]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_never_overlap),
        cmocka_unit_test(only_the_last_heap_may_be_open),
        cmocka_unit_test(failures_name_no_other_region),
        cmocka_unit_test(a_region_beyond_its_numbers_is_not_written),
        cmocka_unit_test(snapshots_have_one_begin_and_one_end),
        cmocka_unit_test(summaries_of_those_that_have_them),
        cmocka_unit_test(codes_belong_to_one_heap),
        cmocka_unit_test(the_first_that_knows_says_who_asks),
        cmocka_unit_test(a_heap_whose_hooks_are_bypassed_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
