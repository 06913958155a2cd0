/* SPDX-License-Identifier: MIT
 *
 * What each event changes, by hand where real traces seldom go, and over long random runs: whoever adds the
 * changes up holds what the model holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/export/changes.h"

#define SHIFT 4u

struct script {
    struct hs_changes *changes;
    struct hs_record record;
    uint64_t number;
    uint32_t boot;
};

static void play(struct script *s, struct hs_event event)
{
    event.number = event.time = s->number++;
    event.boot = s->boot;
    event.record = &s->record;
    s->record.kind = event.kind;
    assert_int_equal(hs_changes_feed(s->changes, &event), HS_OK);
}

struct region {
    uint8_t index;
    uint32_t first, granules;
    uint64_t base;
};

static void play_region(struct script *s, struct region r)
{
    s->record = (struct hs_record){
        .region = {.region = r.index, .first = r.first, .granules = r.granules, .shift = SHIFT, .base = r.base}};
    play(s, (struct hs_event){.kind = HS_REGION, .region = r.index});
}

static void play_alloc(struct script *s, uint8_t region, struct hs_extent at)
{
    play(s, (struct hs_event){
                .kind = HS_ALLOC, .region = region, .pos = at.pos, .size = at.granules << SHIFT, .granules = at.granules});
}

static void play_realloc(struct script *s, uint32_t old, struct hs_extent now)
{
    play(s, (struct hs_event){
                .kind = HS_REALLOC, .old = old, .pos = now.pos, .size = now.granules << SHIFT, .granules = now.granules});
}

static struct script begin(void)
{
    struct script s = {.changes = hs_changes_new(), .boot = 1};
    assert_non_null(s.changes);
    return s;
}

static const struct hs_block_change *only(const struct script *s, enum hs_change_kind kind)
{
    assert_int_equal(s->changes->n, 1);
    assert_int_equal(s->changes->change->kind, kind);
    return s->changes->change;
}

static void a_region_over_another_is_shifted(void **state)
{
    (void)state;
    struct script s = begin();
    play_region(&s, (struct region){0, 0, 64, 0x20000000});
    play_region(&s, (struct region){1, 64, 64, 0x20000100});  /* over the first one's middle */
    play_region(&s, (struct region){2, 128, 64, 0x20000800}); /* behind both */
    play_region(&s, (struct region){3, 192, 64, 0});          /* a pointer of 0 would be no pointer */
    assert_int_equal(s.changes->bias[0], 0);
    assert_int_not_equal(s.changes->bias[1], 0);
    assert_int_equal(s.changes->bias[2], 0);
    assert_int_not_equal(s.changes->bias[3], 0);
    play_alloc(&s, 0, (struct hs_extent){16, 1});
    uint64_t first = only(&s, HS_CHANGE_TAKEN)->address;
    assert_int_equal(first, 0x20000100);
    play_alloc(&s, 1, (struct hs_extent){64, 1});
    assert_int_equal(only(&s, HS_CHANGE_TAKEN)->address, 0x20000100 + s.changes->bias[1]);
    play_alloc(&s, 3, (struct hs_extent){192, 2});
    assert_int_equal(only(&s, HS_CHANGE_TAKEN)->address, s.changes->bias[3]);
    hs_changes_free(s.changes);
}

/* Neighbours share no address, whichever of them comes first. */
static void neighbours_are_not_shifted(void **state)
{
    (void)state;
    struct script s = begin();
    play_region(&s, (struct region){0, 0, 64, 0x20000400});
    play_region(&s, (struct region){1, 64, 64, 0x20000800});  /* begins where the first ends */
    play_region(&s, (struct region){2, 128, 64, 0x20000000}); /* ends where it begins */
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(s.changes->bias[i], 0);
    hs_changes_free(s.changes);
}

static void a_reset_frees_all(void **state)
{
    (void)state;
    struct script s = begin();
    play_region(&s, (struct region){0, 0, 64, 0x1000});
    play_alloc(&s, 0, (struct hs_extent){0, 2});
    play_alloc(&s, 0, (struct hs_extent){5, 1});
    s.boot = 2;
    play(&s, (struct hs_event){.kind = HS_RESET});
    assert_int_equal(s.changes->n, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(s.changes->change[i].kind, HS_CHANGE_FREED);
    assert_int_equal(s.changes->change[0].address, 0x1000);
    assert_int_equal(s.changes->change[0].bytes, 32);
    assert_int_equal(s.changes->change[1].address, 0x1050);
    hs_changes_free(s.changes);
}

static void a_resize_is_one_change(void **state)
{
    (void)state;
    struct script s = begin();
    play_region(&s, (struct region){0, 0, 64, 0x1000});
    play_alloc(&s, 0, (struct hs_extent){0, 2});
    play_realloc(&s, 0, (struct hs_extent){0, 5}); /* in place */
    const struct hs_block_change *change = only(&s, HS_CHANGE_RESIZED);
    assert_int_equal(change->old_address, 0x1000);
    assert_int_equal(change->address, 0x1000);
    assert_int_equal(change->bytes, 80);
    play_realloc(&s, 0, (struct hs_extent){10, 6}); /* moved */
    change = only(&s, HS_CHANGE_RESIZED);
    assert_int_equal(change->old_address, 0x1000);
    assert_int_equal(change->address, 0x10a0);
    play_realloc(&s, 40, (struct hs_extent){20, 1}); /* of an unknown block */
    assert_int_equal(only(&s, HS_CHANGE_RESIZED)->old_address, 0);
    play_realloc(&s, 20, (struct hs_extent){10, 2}); /* onto another one, which is gone then */
    assert_int_equal(s.changes->n, 2);
    assert_int_equal(s.changes->change[0].kind, HS_CHANGE_FREED);
    assert_int_equal(s.changes->change[0].address, 0x10a0);
    assert_int_equal(s.changes->change[1].kind, HS_CHANGE_RESIZED);
    play_realloc(&s, 10, (struct hs_extent){HS_POS_IMPLIED, 2}); /* to an unknown place */
    assert_int_equal(only(&s, HS_CHANGE_FREED)->address, 0x10a0);
    hs_changes_free(s.changes);
}

/* ---- at random ---- */

#define GRANULES 256u
#define STEPS 20000

/* Bytes noted at each granule's address, by one who sees only the changes. */
static void add_up(uint32_t *noted, const struct hs_changes *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct hs_block_change *change = &c->change[i];
        if (change->kind == HS_CHANGE_RESIZED && change->old_address)
            noted[(change->old_address - 0x1000) >> SHIFT] = 0;
        uint32_t *at = &noted[(change->address - 0x1000) >> SHIFT];
        if (change->kind == HS_CHANGE_FREED)
            assert_int_equal(*at, change->bytes);
        else
            assert_int_equal(*at, 0);
        *at = change->kind == HS_CHANGE_FREED ? 0 : (uint32_t)change->bytes;
    }
}

static struct hs_extent somewhere(unsigned *seed)
{
    struct hs_extent at = {(uint32_t)rand_r(seed) % GRANULES, (uint32_t)rand_r(seed) % 4 + 1};
    if (at.pos + at.granules > GRANULES)
        at.granules = 1;
    return at;
}

static void step(struct script *s, unsigned *seed)
{
    struct hs_extent at = somewhere(seed), to = somewhere(seed);
    uint32_t swept[2] = {at.pos, to.pos};
    switch (rand_r(seed) % 16) {
    case 0: play(s, (struct hs_event){.kind = HS_SWEEP, .freed = swept, .n_freed = at.pos < to.pos ? 2 : 1}); break;
    case 1: play(s, (struct hs_event){.kind = HS_SNAPSHOT, .flags = HS_EVENT_RESYNC, .block = &at, .n_blocks = 1}); break;
    case 2:
    case 3:
    case 4: play(s, (struct hs_event){.kind = HS_FREE, .old = at.pos}); break;
    case 5:
    case 6:
    case 7: play_realloc(s, at.pos, to); break;
    default: play_alloc(s, 0, at); break;
    }
}

static void the_sum_of_changes_is_the_model(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 6; seed++) {
        struct script s = begin();
        uint32_t noted[GRANULES] = {0};
        unsigned random = seed;
        play_region(&s, (struct region){0, 0, GRANULES, 0x1000});
        for (int i = 0; i < STEPS; i++) {
            step(&s, &random);
            add_up(noted, s.changes);
            for (uint32_t pos = 0; pos < GRANULES; pos++)
                assert_int_equal(noted[pos], s.changes->model->block[pos].granules << SHIFT);
        }
        hs_changes_free(s.changes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_over_another_is_shifted),
        cmocka_unit_test(neighbours_are_not_shifted),
        cmocka_unit_test(a_reset_frees_all),
        cmocka_unit_test(a_resize_is_one_change),
        cmocka_unit_test(the_sum_of_changes_is_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
