/* SPDX-License-Identifier: MIT
 *
 * What-if: sizes of MicroPython's heap against gc.c's own sums, and replays of programs written by hand, in which
 * each rule of the replay decides: when garbage dies, thresholds, the order of a move, where room is found last.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/whatif/smallest.h"

/* gc_setup_area with finalisers: granules of the pool of an area of so many bytes. */
static uint32_t pool(uint64_t bytes, uint32_t granule)
{
    return (uint32_t)((bytes - 1) * 8 / (8 + 8 * 4 / 8 + 8 * 4 * (uint64_t)granule)) * 4;
}

static void sizes(void **state)
{
    (void)state;
    for (unsigned shift = 4; shift <= 5; shift++) {
        struct hs_heap_size size = {.micropython = true, .shift = shift};
        for (uint64_t bytes = 700; bytes < 300000; bytes += 37)
            assert_int_equal(hs_heap_granules(&size, bytes), pool(bytes, 1u << shift));
        for (uint32_t granules = 4; granules < 9000; granules += 4) {
            uint64_t bytes = hs_heap_bytes(&size, granules), lost = (1u << shift) - 1;
            assert_int_equal(pool(bytes - lost, 1u << shift), granules); /* however the heap is aligned */
            assert_true(pool(bytes - lost - 1, 1u << shift) < granules);
        }
    }
    struct hs_heap_size other = {.micropython = false, .shift = 3};
    assert_int_equal(hs_heap_bytes(&other, 100), 800);
    assert_int_equal(hs_heap_granules(&other, 807), 100);
    assert_int_equal(hs_heap_granules(&(struct hs_heap_size){true, 4}, 1), 0);
}

#define STEPS 16u

/* A program of steps; blocks have the lives that the steps tell, and those of `swept` go with that collection. */
struct script {
    struct hs_program_step step[STEPS];
    struct hs_life block[STEPS];
};

static struct hs_program program(struct script *s, uint32_t n, uint32_t n_blocks)
{
    for (uint32_t i = 0; i < n; i++)
        s->step[i].time = i;
    return (struct hs_program){.step = s->step, .n = n, .block = s->block, .n_blocks = n_blocks, .shift = 4};
}

static struct hs_replayed replay(const struct hs_program *p, uint32_t granules, uint64_t threshold, double death)
{
    struct hs_setting set = {hs_policy_at(0), granules, 4, threshold, death, true, false};
    struct hs_replayed r;
    assert_int_equal(hs_replay(&r, p, &set), HS_OK);
    assert_int_equal(r.refused, 0);
    return r;
}

#define ALLOC(n, bytes) {.kind = HS_STEP_ALLOC, .block = n, .size = bytes}

/* Block 0 is swept at step 4, and was last seen alive at step 0. A heap of 6 granules needs its 4 at step 2. */
static void when_garbage_dies(void **state)
{
    (void)state;
    struct script s = {.step = {ALLOC(0, 64), ALLOC(1, 32), ALLOC(2, 16), ALLOC(3, 16), {.kind = HS_STEP_COLLECT}, ALLOC(4, 16)},
                       .block = {{0, 0, 4}, {1, 1, HS_NEVER}, {2, 2, HS_NEVER}, {3, 3, HS_NEVER}, {5, 5, HS_NEVER}}};
    struct hs_program p = program(&s, 6, 5);
    struct hs_replayed early = replay(&p, 6, HS_THRESHOLD_NONE, HS_DEATH_EARLY);
    assert_false(early.failed);
    assert_int_equal(early.without_room, 1);
    assert_int_equal(early.collections, 2);
    assert_int_equal(early.peak_live, 5 * 16); /* blocks 1 to 4 */
    struct hs_replayed late = replay(&p, 6, HS_THRESHOLD_NONE, HS_DEATH_LATE);
    assert_true(late.failed);
    assert_int_equal(late.step, 2);
    assert_int_equal(late.asked, 16);
    assert_int_equal(late.free, 0);
    assert_false(replay(&p, 8, HS_THRESHOLD_NONE, HS_DEATH_LATE).failed);
    assert_true(replay(&p, 6, HS_THRESHOLD_NONE, 0.9).failed);   /* dies behind step 3 */
    assert_false(replay(&p, 6, HS_THRESHOLD_NONE, 0.3).failed);  /* dies behind step 1 */
    struct hs_smallest least;
    struct hs_setting set = {hs_policy_at(0), 0, 4, HS_THRESHOLD_NONE, HS_DEATH_LATE, true, false};
    assert_int_equal(hs_smallest_find(&least, &p, &set, &(struct hs_heap_size){false, 4}), HS_OK);
    assert_int_equal(least.granules, 8);
    assert_int_equal(least.least, 8);
    set.death = HS_DEATH_EARLY;
    assert_int_equal(hs_smallest_find(&least, &p, &set, &(struct hs_heap_size){false, 4}), HS_OK);
    assert_int_equal(least.granules, 5); /* all but block 0 */
}

/* Collections come before the allocation that finds the threshold reached. */
static void thresholds(void **state)
{
    (void)state;
    struct script s = {.step = {ALLOC(0, 32), ALLOC(1, 32), ALLOC(2, 32), ALLOC(3, 32), ALLOC(4, 32)},
                       .block = {{0, 0, HS_NEVER}, {1, 1, HS_NEVER}, {2, 2, HS_NEVER}, {3, 3, HS_NEVER}, {4, 4, HS_NEVER}}};
    struct hs_program p = program(&s, 5, 5);
    assert_int_equal(replay(&p, 100, HS_THRESHOLD_NONE, 0).collections, 0);
    assert_int_equal(replay(&p, 100, 64, 0).by_threshold, 2); /* before blocks 2 and 4 */
    assert_int_equal(replay(&p, 100, 65, 0).by_threshold, 2); /* cut to granules */
    assert_int_equal(replay(&p, 100, 1000, 0).by_threshold, 0);
    assert_int_equal(replay(&p, 100, 0, 0).collections, 0); /* none was recorded */
}

/* A block that the program frees makes room, and counts no longer. */
static void frees(void **state)
{
    (void)state;
    struct script s = {.step = {ALLOC(0, 64), {.kind = HS_STEP_FREE, .block = 0}, ALLOC(1, 48), {.kind = HS_STEP_FREE, .block = 0}},
                       .block = {{0, 1, HS_NEVER}, {2, 2, HS_NEVER}}};
    struct hs_program p = program(&s, 4, 2);
    struct hs_replayed r = replay(&p, 5, HS_THRESHOLD_NONE, 0);
    assert_false(r.failed);
    assert_int_equal(r.collections, 0);
    assert_int_equal(r.peak_live, 64);
    assert_int_equal(r.peak_used, 64);
}

/* A point of the course has the extremes of the steps that fall on it: here it takes three granules, and gives two back. */
static void course(void **state)
{
    (void)state;
    static struct hs_step step[2 * HS_COURSE_POINTS];
    static struct hs_life block[HS_COURSE_POINTS];
    for (uint32_t i = 0; i < HS_COURSE_POINTS; i++) {
        step[2 * i] = (struct hs_step){.kind = HS_STEP_ALLOC, .block = i, .size = 48, .time = 2 * i};
        step[2 * i + 1] = (struct hs_step){.kind = HS_STEP_RESIZE, .block = i, .size = 16, .time = 2 * i + 1};
        block[i] = (struct hs_life){2 * i, 2 * i + 1, HS_NEVER};
    }
    struct hs_program p = {.step = step, .n = 2 * HS_COURSE_POINTS, .block = block, .n_blocks = HS_COURSE_POINTS, .shift = 4};
    struct hs_setting set = {hs_policy_at(0), 1000, 4, HS_THRESHOLD_NONE, 0, true, true};
    struct hs_replayed r;
    assert_int_equal(hs_replay(&r, &p, &set), HS_OK);
    for (uint32_t i = 0; i < HS_COURSE_POINTS; i++) {
        const struct hs_course_point *point = &r.course[i];
        assert_true(point->any);
        assert_int_equal(point->live_least, i + 1);
        assert_int_equal(point->live_most, i + 3);
        assert_int_equal(point->used_most, i + 3);
        assert_int_equal(point->largest_most, 1000 - (i + 1));
        assert_int_equal(point->largest_least, 1000 - (i + 3));
    }
}

/* A block that moves needs room for both: the old place is free only afterwards. In place it does not. */
static void resizes(void **state)
{
    (void)state;
    struct script s = {.step = {ALLOC(0, 32), ALLOC(1, 16), {.kind = HS_STEP_RESIZE, .block = 0, .size = 48}},
                       .block = {{0, 2, HS_NEVER}, {1, 1, HS_NEVER}}};
    struct hs_program p = program(&s, 3, 2);
    assert_true(replay(&p, 5, HS_THRESHOLD_NONE, 0).failed);
    struct hs_replayed moved = replay(&p, 6, HS_THRESHOLD_NONE, 0);
    assert_false(moved.failed);
    assert_int_equal(moved.moved, 1);
    assert_int_equal(moved.peak_used, 4 * 16);
    s.step[1] = (struct hs_program_step){.kind = HS_STEP_RESIZE, .block = 0, .size = 80};
    s.step[2] = (struct hs_program_step){.kind = HS_STEP_RESIZE, .block = 0, .size = 16};
    struct hs_replayed grown = replay(&p, 5, HS_THRESHOLD_NONE, 0);
    assert_false(grown.failed);
    assert_int_equal(grown.moved, 0);
    assert_int_equal(grown.peak_used, 5 * 16);
}

/* What failed in the trace is a question of that moment: it takes nothing for good. */
static void failures_of_the_trace(void **state)
{
    (void)state;
    struct script s = {.step = {ALLOC(0, 32), {.kind = HS_STEP_FAIL, .size = 64}, ALLOC(1, 64)},
                       .block = {{0, 0, HS_NEVER}, {2, 2, HS_NEVER}}};
    struct hs_program p = program(&s, 3, 2);
    struct hs_replayed r = replay(&p, 6, HS_THRESHOLD_NONE, 0);
    assert_false(r.failed);
    assert_int_equal(r.rescued, 1);
    r = replay(&p, 5, HS_THRESHOLD_NONE, 0);
    assert_true(r.failed);
    assert_int_equal(r.step, 1);
    assert_int_equal(r.without_room, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),   cmocka_unit_test(when_garbage_dies),     cmocka_unit_test(thresholds),
        cmocka_unit_test(resizes), cmocka_unit_test(failures_of_the_trace),
        cmocka_unit_test(frees),   cmocka_unit_test(course),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
