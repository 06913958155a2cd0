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

#include "analysis/whatif/edit.h"
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

static struct hs_rerun_result replay(const struct hs_program *p, uint32_t granules, uint64_t threshold, double death)
{
    struct hs_setting set = {hs_policy_at(0), granules, 4, threshold, death, true, false};
    struct hs_rerun_result r;
    assert_int_equal(hs_rerun(&r, p, &set), HS_OK);
    assert_int_equal(r.refused, 0);
    return r;
}

#define ALLOC(n, bytes) \
    { \
        .kind = HS_STEP_ALLOC, .block = n, .size = bytes \
    }

/* Block 0 is swept at step 4, and was last seen alive at step 0. A heap of 6 granules needs its 4 at step 2. */
static void when_garbage_dies(void **state)
{
    (void)state;
    struct script s = {.step = {ALLOC(0, 64), ALLOC(1, 32), ALLOC(2, 16), ALLOC(3, 16), {.kind = HS_STEP_COLLECT}, ALLOC(4, 16)},
                       .block = {{0, 0, 4}, {1, 1, HS_NEVER}, {2, 2, HS_NEVER}, {3, 3, HS_NEVER}, {5, 5, HS_NEVER}}};
    struct hs_program p = program(&s, 6, 5);
    struct hs_rerun_result early = replay(&p, 6, HS_THRESHOLD_NONE, HS_DEATH_EARLY);
    assert_false(early.failed);
    assert_int_equal(early.without_room, 1);
    assert_int_equal(early.collections, 2);
    assert_int_equal(early.peak_live, 5 * 16); /* blocks 1 to 4 */
    struct hs_rerun_result late = replay(&p, 6, HS_THRESHOLD_NONE, HS_DEATH_LATE);
    assert_true(late.failed);
    assert_int_equal(late.step, 2);
    assert_int_equal(late.asked, 16);
    assert_int_equal(late.free, 0);
    assert_false(replay(&p, 8, HS_THRESHOLD_NONE, HS_DEATH_LATE).failed);
    assert_true(replay(&p, 6, HS_THRESHOLD_NONE, 0.9).failed);  /* dies behind step 3 */
    assert_false(replay(&p, 6, HS_THRESHOLD_NONE, 0.3).failed); /* dies behind step 1 */
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
    struct script s = {
        .step = {ALLOC(0, 64), {.kind = HS_STEP_FREE, .block = 0}, ALLOC(1, 48), {.kind = HS_STEP_FREE, .block = 0}},
        .block = {{0, 1, HS_NEVER}, {2, 2, HS_NEVER}}};
    struct hs_program p = program(&s, 4, 2);
    struct hs_rerun_result r = replay(&p, 5, HS_THRESHOLD_NONE, 0);
    assert_false(r.failed);
    assert_int_equal(r.collections, 0);
    assert_int_equal(r.peak_live, 64);
    assert_int_equal(r.peak_used, 64);
}

/* A point of the course has the extremes of the steps that fall on it: here it takes three granules, and gives two back. */
static void course(void **state)
{
    (void)state;
    static struct hs_program_step step[2 * HS_COURSE_POINTS];
    static struct hs_life block[HS_COURSE_POINTS];
    for (uint32_t i = 0; i < HS_COURSE_POINTS; i++) {
        step[2 * i] = (struct hs_program_step){.kind = HS_STEP_ALLOC, .block = i, .size = 48, .time = 2 * i};
        step[2 * i + 1] = (struct hs_program_step){.kind = HS_STEP_RESIZE, .block = i, .size = 16, .time = 2 * i + 1};
        block[i] = (struct hs_life){2 * i, 2 * i + 1, HS_NEVER};
    }
    struct hs_program p = {.step = step, .n = 2 * HS_COURSE_POINTS, .block = block, .n_blocks = HS_COURSE_POINTS, .shift = 4};
    struct hs_setting set = {hs_policy_at(0), 1000, 4, HS_THRESHOLD_NONE, 0, true, true};
    struct hs_rerun_result r;
    assert_int_equal(hs_rerun(&r, &p, &set), HS_OK);
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
    struct hs_rerun_result moved = replay(&p, 6, HS_THRESHOLD_NONE, 0);
    assert_false(moved.failed);
    assert_int_equal(moved.moved, 1);
    assert_int_equal(moved.peak_used, 4 * 16);
    s.step[1] = (struct hs_program_step){.kind = HS_STEP_RESIZE, .block = 0, .size = 80};
    s.step[2] = (struct hs_program_step){.kind = HS_STEP_RESIZE, .block = 0, .size = 16};
    struct hs_rerun_result grown = replay(&p, 5, HS_THRESHOLD_NONE, 0);
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
    struct hs_rerun_result r = replay(&p, 6, HS_THRESHOLD_NONE, 0);
    assert_false(r.failed);
    assert_int_equal(r.rescued, 1);
    r = replay(&p, 5, HS_THRESHOLD_NONE, 0);
    assert_true(r.failed);
    assert_int_equal(r.step, 1);
    assert_int_equal(r.without_room, 1);
}

/* ---- a line changed ---- */

#define AT(what, n, bytes, where) \
    { \
        .kind = what, .block = n, .size = bytes, .site = where \
    }

/* Site 1 is the line. */
static struct hs_program edited(const struct hs_program *p, enum hs_edit_kind kind)
{
    static const bool line[] = {false, true};
    struct hs_program changed;
    assert_int_equal(hs_program_edit(&changed, p, &(struct hs_edit){kind, line, 2}), HS_OK);
    return changed;
}

static uint32_t least_granules(const struct hs_program *p)
{
    struct hs_smallest least;
    struct hs_setting set = {hs_policy_at(0), 0, 4, HS_THRESHOLD_NONE, HS_DEATH_LATE, true, false};
    assert_int_equal(hs_smallest_find(&least, p, &set, &(struct hs_heap_size){false, 4}), HS_OK);
    return least.granules;
}

/* Four blocks of 2 granules that the line keeps, and 1 of another line: with --drop two of them are there at a time. */
static void dropped(void **state)
{
    (void)state;
    struct script s = {.step = {AT(HS_STEP_ALLOC, 0, 32, 1), AT(HS_STEP_ALLOC, 1, 16, 0), AT(HS_STEP_ALLOC, 2, 32, 1),
                                AT(HS_STEP_ALLOC, 3, 32, 1), AT(HS_STEP_ALLOC, 4, 32, 1)},
                       .block = {{0, 0, HS_NEVER}, {1, 1, HS_NEVER}, {2, 2, HS_NEVER}, {3, 3, HS_NEVER}, {4, 4, HS_NEVER}}};
    struct hs_program p = program(&s, 5, 5), changed = edited(&p, HS_EDIT_DROP);
    assert_int_equal(least_granules(&p), 9);
    assert_int_equal(least_granules(&changed), 5);
    assert_int_equal(changed.n, p.n);
    hs_program_free(&changed);
}

/* A block that the program frees is not kept: it dies when it is freed, and only then. */
static void dropped_or_freed(void **state)
{
    (void)state;
    struct script s = {.step = {AT(HS_STEP_ALLOC, 0, 32, 1), AT(HS_STEP_ALLOC, 1, 32, 1), AT(HS_STEP_ALLOC, 2, 32, 1),
                                AT(HS_STEP_FREE, 0, 0, 0), AT(HS_STEP_ALLOC, 3, 32, 1)},
                       .block = {{0, 0, HS_NEVER}, {1, 1, HS_NEVER}, {2, 2, HS_NEVER}, {4, 4, HS_NEVER}}};
    struct hs_program p = program(&s, 5, 4), changed = edited(&p, HS_EDIT_DROP);
    assert_int_equal(changed.block[0].swept, HS_NEVER);
    assert_int_equal(changed.block[1].swept, 3);
    assert_int_equal(least_granules(&p), 6);
    assert_int_equal(least_granules(&changed), 6);
    hs_program_free(&changed);
}

/* A block that grows from 1 to 2 to 4 granules, and fails for 8, with a block behind it: old and new are there at a time. */
static void final_size(void **state)
{
    (void)state;
    struct script s = {.step = {AT(HS_STEP_ALLOC, 0, 16, 0), AT(HS_STEP_ALLOC, 1, 16, 0), AT(HS_STEP_RESIZE, 0, 32, 1),
                                AT(HS_STEP_ALLOC, 2, 16, 0), AT(HS_STEP_RESIZE, 0, 64, 1), AT(HS_STEP_ALLOC, 3, 16, 0),
                                AT(HS_STEP_FAIL, 0, 128, 1)},
                       .block = {{0, 4, HS_NEVER}, {1, 1, HS_NEVER}, {3, 3, HS_NEVER}, {5, 5, HS_NEVER}}};
    struct hs_program p = program(&s, 7, 4), changed = edited(&p, HS_EDIT_FINAL_SIZE);
    assert_int_equal(changed.n, 4); /* no resize, no failure */
    assert_int_equal(changed.step[0].size, 128);
    assert_int_equal(least_granules(&changed), 8 + 3);
    assert_true(least_granules(&p) > 8 + 3);
    hs_program_free(&changed);
}

/* A buffer of 2 granules, then of 4, made anew; the first is freed only by a collection. */
static void reused(void **state)
{
    (void)state;
    struct script s = {.step = {AT(HS_STEP_ALLOC, 0, 16, 0),
                                AT(HS_STEP_ALLOC, 1, 32, 1),
                                AT(HS_STEP_ALLOC, 2, 64, 1),
                                {.kind = HS_STEP_COLLECT},
                                AT(HS_STEP_ALLOC, 3, 48, 1)},
                       .block = {{0, 0, HS_NEVER}, {1, 1, 3}, {2, 2, 3}, {4, 4, HS_NEVER}}};
    struct hs_program p = program(&s, 5, 4), changed = edited(&p, HS_EDIT_REUSE), first = edited(&p, HS_EDIT_AT_START);
    assert_int_equal(least_granules(&p), 7);
    assert_int_equal(least_granules(&changed), 5);
    assert_int_equal(changed.n, 3); /* block 0, the buffer, the collection */
    assert_int_equal(changed.step[1].size, 64);
    assert_int_equal(first.n, 3);
    assert_int_equal(first.step[0].size, 64); /* before block 0 */
    assert_int_equal(least_granules(&first), 5);
    hs_program_free(&changed);
    hs_program_free(&first);
}

/* A collection before the line's allocation frees what is garbage by then; lives keep their steps. */
static void collected(void **state)
{
    (void)state;
    struct script s = {
        .step = {AT(HS_STEP_ALLOC, 0, 64, 0), AT(HS_STEP_ALLOC, 1, 16, 1), {.kind = HS_STEP_COLLECT}, AT(HS_STEP_ALLOC, 2, 16, 0)},
        .block = {{0, 0, 2}, {1, 1, HS_NEVER}, {3, 3, HS_NEVER}}};
    struct hs_program p = program(&s, 4, 3), changed = edited(&p, HS_EDIT_COLLECT);
    assert_int_equal(changed.n, 5);
    assert_int_equal(changed.step[1].kind, HS_STEP_COLLECT);
    assert_int_equal(changed.block[0].swept, 3);
    assert_int_equal(changed.block[2].born, 4);
    assert_int_equal(replay(&changed, 100, HS_THRESHOLD_NONE, HS_DEATH_EARLY).collections, 2);
    hs_program_free(&changed);
}

/* The block that the line resizes is alive when it does, also if garbage dies early: the collection before it keeps it. */
static void collected_before_a_resize(void **state)
{
    (void)state;
    struct script s = {.step = {AT(HS_STEP_ALLOC, 0, 16, 0),
                                AT(HS_STEP_ALLOC, 1, 16, 0),
                                AT(HS_STEP_RESIZE, 0, 64, 1),
                                {.kind = HS_STEP_COLLECT}},
                       .block = {{0, 2, 3}, {1, 1, HS_NEVER}}};
    struct hs_program p = program(&s, 4, 2), changed = edited(&p, HS_EDIT_COLLECT);
    assert_int_equal(changed.block[0].alive, 3);
    assert_int_equal(replay(&changed, 100, HS_THRESHOLD_NONE, HS_DEATH_EARLY).peak_live, 16 + 64);
    hs_program_free(&changed);
}

/* Without the line there is neither its block, nor what it resizes, nor its failure; the others keep their lives. */
static void omitted(void **state)
{
    (void)state;
    struct script s = {.step = {AT(HS_STEP_ALLOC, 0, 32, 0), AT(HS_STEP_ALLOC, 1, 32, 1), AT(HS_STEP_RESIZE, 1, 64, 0),
                                AT(HS_STEP_ALLOC, 2, 16, 0), AT(HS_STEP_FREE, 1, 0, 0), AT(HS_STEP_FAIL, 0, 320, 1)},
                       .block = {{0, 0, HS_NEVER}, {1, 2, HS_NEVER}, {3, 3, HS_NEVER}}};
    struct hs_program p = program(&s, 6, 3), changed = edited(&p, HS_EDIT_OMIT);
    assert_int_equal(changed.n, 2);
    assert_int_equal(changed.block[2].born, 1);
    assert_int_equal(least_granules(&p), 2 + 4 + 1 + 20);
    assert_int_equal(least_granules(&changed), 3);
    hs_program_free(&changed);
}

/* What the line keeps is garbage when the request fails, not before; the block of another line stays. */
static void released(void **state)
{
    (void)state;
    struct script s = {.step = {AT(HS_STEP_ALLOC, 0, 16, 0), AT(HS_STEP_ALLOC, 1, 32, 1), AT(HS_STEP_FAIL, 0, 320, 0),
                                AT(HS_STEP_ALLOC, 2, 32, 1)},
                       .block = {{0, 0, HS_NEVER}, {1, 1, HS_NEVER}, {3, 3, HS_NEVER}}};
    struct hs_program p = program(&s, 4, 3), changed = edited(&p, HS_EDIT_RELEASE);
    assert_int_equal(changed.block[1].alive, 1);
    assert_int_equal(changed.block[1].swept, 2);
    assert_int_equal(changed.block[2].swept, HS_NEVER);
    assert_int_equal(least_granules(&p), 1 + 2 + 20);
    assert_int_equal(least_granules(&changed), 1 + 20);
    hs_program_free(&changed);
}

/* A resize that failed needs room for the new size only where the block can grow in place, and stays larger. */
static void failed_to_grow(void **state)
{
    (void)state;
    struct script s = {.step = {AT(HS_STEP_ALLOC, 0, 32, 0), AT(HS_STEP_FAIL_GROW, 0, 64, 0), AT(HS_STEP_ALLOC, 1, 16, 0)},
                       .block = {{0, 1, HS_NEVER}, {2, 2, HS_NEVER}}};
    struct hs_program p = program(&s, 3, 2);
    assert_int_equal(least_granules(&p), 4 + 1);
    assert_int_equal(replay(&p, 5, HS_THRESHOLD_NONE, HS_DEATH_LATE).rescued, 1);
    s.step[1].kind = HS_STEP_FAIL; /* another block, which is not kept */
    assert_int_equal(least_granules(&p), 2 + 4);
}

static void nothing_to_change(void **state)
{
    (void)state;
    static const bool none[] = {false, false};
    struct script s = {.step = {AT(HS_STEP_ALLOC, 0, 64, 0)}, .block = {{0, 0, HS_NEVER}}};
    struct hs_program p = program(&s, 1, 1), changed;
    for (unsigned kind = 0; kind < HS_EDITS; kind++) {
        assert_int_equal(hs_program_edit(&changed, &p, &(struct hs_edit){(enum hs_edit_kind)kind, none, 2}), HS_ERR_ARG);
        hs_program_free(&changed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(when_garbage_dies),
        cmocka_unit_test(thresholds),
        cmocka_unit_test(resizes),
        cmocka_unit_test(failures_of_the_trace),
        cmocka_unit_test(frees),
        cmocka_unit_test(course),
        cmocka_unit_test(dropped),
        cmocka_unit_test(dropped_or_freed),
        cmocka_unit_test(final_size),
        cmocka_unit_test(reused),
        cmocka_unit_test(collected),
        cmocka_unit_test(collected_before_a_resize),
        cmocka_unit_test(omitted),
        cmocka_unit_test(released),
        cmocka_unit_test(failed_to_grow),
        cmocka_unit_test(nothing_to_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
