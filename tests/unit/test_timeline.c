/* SPDX-License-Identifier: MIT
 *
 * A timeline of random events in two regions against figures that are counted granule by granule after each
 * of them; notes; and moments as users name them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/cmd/time_spec.h"
#include "analysis/time/timeline.h"

#define REGIONS 2u
#define GRANULES 300u /* of a region */
#define SHIFT 4u
#define BLOCKS 200u
#define EVENTS 2000u

static uint64_t state;

static uint32_t chance(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % below);
}

/* ---- what is true ---- */

struct block {
    uint32_t pos, granules, size;
};

struct world {
    uint8_t used[REGIONS * GRANULES];
    struct block block[BLOCKS];
    uint32_t n, requested;
    uint64_t number, time;
    struct hs_timeline *timeline;
    double least[HS_FIGURES], most[HS_FIGURES];
};

static void figures(const struct world *w, double *value)
{
    uint32_t used = 0, largest = 0, run = 0;
    for (uint32_t i = 0; i < REGIONS * GRANULES; i++) {
        if (i % GRANULES == 0)
            run = 0;
        run = w->used[i] ? 0 : run + 1;
        used += w->used[i];
        largest = run > largest ? run : largest;
    }
    uint32_t free = REGIONS * GRANULES - used;
    value[HS_FIGURE_USED] = used << SHIFT;
    value[HS_FIGURE_FREE] = free << SHIFT;
    value[HS_FIGURE_LARGEST] = largest << SHIFT;
    value[HS_FIGURE_EXTERNAL] = free ? 1.0 - (double)largest / free : 0;
    value[HS_FIGURE_WASTE] = (used << SHIFT) - w->requested;
}

static void feed(struct world *w, struct hs_event event, struct hs_record record)
{
    double value[HS_FIGURES];
    record.kind = event.kind;
    event.record = &record;
    event.number = w->number++;
    event.time = w->time += chance(3);
    hs_timeline_feed(w->timeline, &event, 1, true);
    figures(w, value);
    for (int i = 0; i < HS_FIGURES && w->number >= REGIONS; i++) {
        w->least[i] = value[i] < w->least[i] ? value[i] : w->least[i];
        w->most[i] = value[i] > w->most[i] ? value[i] : w->most[i];
    }
}

static bool find_room(const struct world *w, struct block *b)
{
    for (int attempt = 0; attempt < 50; attempt++) {
        uint32_t region = chance(REGIONS), i = 0;
        b->pos = region * GRANULES + chance(GRANULES - b->granules);
        while (i < b->granules && !w->used[b->pos + i])
            i++;
        if (i == b->granules)
            return true;
    }
    return false;
}

static struct block new_block(void)
{
    struct block b = {.granules = 1 + chance(chance(5) ? 4 : 60)};
    b.size = (b.granules << SHIFT) - chance(1u << SHIFT);
    return b;
}

static void lay(struct world *w, struct block b)
{
    memset(w->used + b.pos, 1, b.granules);
    w->block[w->n++] = b;
    w->requested += b.size;
}

static struct block lift(struct world *w, uint32_t i)
{
    struct block b = w->block[i];
    memset(w->used + b.pos, 0, b.granules);
    w->block[i] = w->block[--w->n];
    w->requested -= b.size;
    return b;
}

static void allocate(struct world *w)
{
    struct block b = new_block();
    if (w->n == BLOCKS || !find_room(w, &b))
        return;
    lay(w, b);
    feed(w,
         (struct hs_event){.kind = HS_ALLOC,
                           .site = 1,
                           .size = b.size,
                           .pos = b.pos,
                           .granules = b.granules,
                           .region = (uint8_t)(b.pos / GRANULES)},
         (struct hs_record){0});
}

static void release(struct world *w)
{
    if (!w->n)
        return;
    struct block b = lift(w, chance(w->n));
    feed(w, (struct hs_event){.kind = HS_FREE, .old = b.pos, .old_granules = b.granules, .region = (uint8_t)(b.pos / GRANULES)},
         (struct hs_record){0});
}

static void resize(struct world *w)
{
    struct block now = new_block();
    if (!w->n)
        return;
    uint32_t i = chance(w->n);
    struct block old = w->block[i];
    if (chance(2) && now.granules <= old.granules)
        now.pos = old.pos;
    else if (!find_room(w, &now))
        return;
    lift(w, i);
    lay(w, now);
    feed(w,
         (struct hs_event){.kind = HS_REALLOC,
                           .site = 2,
                           .size = now.size,
                           .pos = now.pos,
                           .granules = now.granules,
                           .old = old.pos,
                           .old_granules = old.granules,
                           .region = (uint8_t)(now.pos / GRANULES)},
         (struct hs_record){0});
}

static void add_regions(struct world *w)
{
    for (uint32_t i = 0; i < REGIONS; i++)
        feed(w, (struct hs_event){.kind = HS_REGION, .region = (uint8_t)i},
             (struct hs_record){.region = {.region = (uint8_t)i,
                                           .first = i * GRANULES,
                                           .granules = GRANULES,
                                           .shift = SHIFT,
                                           .name = {i ? "two" : "one", 3}}});
}

static void step(struct world *w)
{
    switch (chance(5)) {
    case 0:
    case 1: allocate(w); break;
    case 2:
    case 3: release(w); break;
    case 4: resize(w); break;
    }
}

static struct world *new_world(const struct hs_timeline_config *config)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->timeline = hs_timeline_new(config);
    assert_non_null(w->timeline);
    for (int i = 0; i < HS_FIGURES; i++) {
        w->least[i] = 1e300;
        w->most[i] = -1e300;
    }
    return w;
}

static void end_world(struct world *w)
{
    hs_timeline_free(w->timeline);
    free(w);
}

static void test_every_event(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        state = seed * UINT64_C(0x9e3779b97f4a7c15);
        /* As many points as events: each is one sample, and all figures can be looked at. */
        struct world *w = new_world(&(struct hs_timeline_config){.points = EVENTS, .by_number = true});
        add_regions(w);
        for (unsigned i = 0; i < EVENTS / 2; i++) {
            double value[HS_FIGURES];
            step(w);
            figures(w, value);
            const struct hs_point *p = hs_series_point(&w->timeline->series);
            assert_int_equal(p->samples, 1);
            for (int k = 0; k < HS_FIGURES; k++)
                assert_true(p->min.value[k] == value[k] && p->max.value[k] == value[k]);
        }
        assert_int_equal(w->timeline->space->refused, 0);
        assert_int_equal(hs_timeline_finish(w->timeline), HS_OK);
        end_world(w);
    }
}

static void test_extremes(void **unused)
{
    (void)unused;
    state = 99 * UINT64_C(0x9e3779b97f4a7c15);
    struct world *w = new_world(&(struct hs_timeline_config){.points = 13});
    add_regions(w);
    for (unsigned i = 0; i < EVENTS; i++)
        step(w);
    assert_int_equal(hs_timeline_finish(w->timeline), HS_OK);
    const struct hs_series *s = &w->timeline->series;
    assert_in_range(s->n, 2, 13);
    for (int k = 0; k < HS_FIGURES; k++) {
        double least = 1e300, most = -1e300;
        for (uint32_t i = 0; i < s->n; i++) {
            least = s->point[i].min.value[k] < least ? s->point[i].min.value[k] : least;
            most = s->point[i].max.value[k] > most ? s->point[i].max.value[k] : most;
        }
        assert_true(most == w->most[k]);
        if (k == HS_FIGURE_USED || k == HS_FIGURE_WASTE) /* of the others, the first region alone had less */
            assert_true(least == w->least[k]);
    }
    end_world(w);
}

static void test_notes(void **unused)
{
    (void)unused;
    struct world *w = new_world(&(struct hs_timeline_config){.points = 10});
    add_regions(w);
    allocate(w);
    feed(w, (struct hs_event){.kind = HS_MARK}, (struct hs_record){.mark.label = {"here", 4}});
    feed(w, (struct hs_event){.kind = HS_COLLECT_END}, (struct hs_record){0}); /* begun before the trace: no pause */
    feed(w, (struct hs_event){.kind = HS_COLLECT}, (struct hs_record){0});
    uint64_t began = w->time;
    w->time += 50;
    feed(w, (struct hs_event){.kind = HS_COLLECT_END}, (struct hs_record){0});
    uint64_t paused = w->time - began;
    feed(w, (struct hs_event){.kind = HS_FAIL, .site = 3, .size = 100000}, (struct hs_record){0});
    feed(w, (struct hs_event){.kind = HS_LOST}, (struct hs_record){.lost.count = 5});
    assert_int_equal(hs_timeline_finish(w->timeline), HS_OK);
    const struct hs_timeline *t = w->timeline;
    assert_int_equal(t->n_notes, 5);
    assert_string_equal(t->note[0].label, "here");
    assert_int_equal(t->note[1].pause, 0);
    assert_int_equal(t->note[2].pause, paused);
    assert_int_equal(t->note[3].kind, HS_NOTE_FAILURE);
    assert_int_equal(t->note[3].bytes, 100000);
    assert_int_equal(t->note[3].cause, HS_VERDICT_FULL);
    assert_int_equal(t->note[4].bytes, 5);
    assert_int_equal(t->noted[HS_NOTE_COLLECTION], 2);
    end_world(w);
}

/* ---- moments ---- */

static void test_when(void **unused)
{
    struct hs_time_spec when;
    (void)unused;
    assert_true(hs_time_spec_parse(&when, "end", "at") && when.kind == HS_TIME_SPEC_END);
    assert_true(hs_time_spec_parse(&when, NULL, "at") && when.kind == HS_TIME_SPEC_UNSET);
    assert_true(hs_time_spec_parse(&when, "1.5", "at") && when.kind == HS_TIME_SPEC_TIME && when.seconds == 1.5);
    assert_true(hs_time_spec_parse(&when, "2s", "at") && when.seconds == 2);
    assert_true(hs_time_spec_parse(&when, "20ms", "at") && when.seconds == 20 * 1e-3);
    assert_true(hs_time_spec_parse(&when, "7us", "at") && when.seconds == 7 * 1e-6);
    assert_true(hs_time_spec_parse(&when, "event:12", "at") && when.kind == HS_TIME_SPEC_EVENT && when.number == 12);
    assert_true(hs_time_spec_parse(&when, "mark:a b#2", "at") && when.occurrence == 2 && when.label_len == 3);
    assert_true(hs_time_spec_parse(&when, "mark:a#b", "at") && when.occurrence == 0 && when.label_len == 3);
    assert_true(hs_time_spec_parse(&when, "mark:", "at") && when.label_len == 0);
    assert_true(hs_time_spec_parse(&when, "record:12", "at") && when.kind == HS_TIME_SPEC_EVENT && when.number == 12);
    static const char *const bad[] = {"",        "soon",     "-1s",  "1.5x", "event:", "event:1x",
                                      "record:", "record:x", "1e99", "nan",  "inf"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(hs_time_spec_parse(&when, bad[i], "at"));
}

static void test_marks(void **unused)
{
    struct hs_record record = {.mark.label = {"loop", 4}};
    struct hs_event mark = {.kind = HS_MARK, .record = &record}, other = {.kind = HS_ALLOC, .record = &record};
    struct hs_time_spec second, last;
    (void)unused;
    assert_true(hs_time_spec_parse(&second, "mark:loop#2", "at"));
    assert_true(hs_time_spec_parse(&last, "mark:loop", "at"));
    assert_false(hs_time_spec_at(&second, &mark));
    assert_false(hs_time_spec_at(&second, &other));
    assert_true(hs_time_spec_at(&second, &mark));
    assert_false(hs_time_spec_at(&second, &mark));
    assert_true(hs_time_spec_at(&last, &mark));
    assert_true(hs_time_spec_at(&last, &mark));
    record.mark.label.len = 3;
    assert_false(hs_time_spec_at(&last, &mark));
}

static void test_clock(void **unused)
{
    struct hs_clock clock = {0};
    (void)unused;
    assert_int_equal(hs_clock_at(&clock, &(struct hs_event){.time = 1000}), 0);
    assert_int_equal(hs_clock_at(&clock, &(struct hs_event){.time = 1500}), 500);
    assert_int_equal(hs_clock_at(&clock, &(struct hs_event){.time = 20, .boot = 1}), 500);
    assert_int_equal(hs_clock_at(&clock, &(struct hs_event){.time = 30, .boot = 1}), 510);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event), cmocka_unit_test(test_extremes), cmocka_unit_test(test_notes),
        cmocka_unit_test(test_when),        cmocka_unit_test(test_marks),    cmocka_unit_test(test_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
