/* SPDX-License-Identifier: MIT
 *
 * The heap model: cases worked out by hand, and long random runs against a model that keeps a list of
 * blocks and recounts everything after each event.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/model/model.h"

#define GRANULES 512u
#define SHIFT 4u
#define SITES 9u

/* ---- a trace being made up ---- */

struct script {
    struct hs_model *model;
    struct hs_record record;
    uint64_t time, number;
    uint32_t boot;
};

static void play(struct script *s, struct hs_event event)
{
    event.time = s->time;
    event.number = s->number++;
    event.boot = s->boot;
    event.record = &s->record;
    s->record.kind = event.kind;
    assert_int_equal(hs_model_feed(s->model, &event, 1), HS_OK);
}

static void play_region(struct script *s, uint8_t index, uint32_t first, uint32_t granules)
{
    s->record = (struct hs_record){
        .region = {
            .region = index, .first = first, .granules = granules, .shift = SHIFT, .base = 0x20000000, .name = {"heap", 4}}};
    play(s, (struct hs_event){.kind = HS_REGION, .region = index});
}

static void play_alloc(struct script *s, uint32_t site, uint32_t pos, uint32_t size)
{
    play(s, (struct hs_event){.kind = HS_ALLOC, .site = site, .pos = pos, .size = size, .granules = (size + 15) >> SHIFT});
}

static void play_free(struct script *s, uint32_t old)
{
    play(s, (struct hs_event){.kind = HS_FREE, .old = old, .old_granules = 1});
}

static void play_realloc(struct script *s, uint32_t site, uint32_t old, struct hs_extent now)
{
    play(s, (struct hs_event){.kind = HS_REALLOC,
                              .site = site,
                              .old = old,
                              .old_granules = 1,
                              .pos = now.pos,
                              .size = now.granules << SHIFT,
                              .granules = now.granules});
}

static void play_plain(struct script *s, uint8_t kind, uint8_t cause)
{
    s->record = kind == HS_RESET ? (struct hs_record){.reset.cause = cause} : (struct hs_record){.collect.cause = cause};
    play(s, (struct hs_event){.kind = kind});
}

static void play_sweep(struct script *s, const uint32_t *freed, uint32_t n)
{
    play_plain(s, HS_COLLECT, 1);
    s->time += 10;
    play(s, (struct hs_event){.kind = HS_SWEEP, .freed = freed, .n_freed = n});
    play_plain(s, HS_COLLECT_END, 0);
}

static void play_fail(struct script *s, uint32_t size, uint8_t cause)
{
    s->record = (struct hs_record){.fail.cause = cause};
    play(s, (struct hs_event){.kind = HS_FAIL, .site = 1, .size = size});
}

static void play_snapshot(struct script *s, const struct hs_extent *block, uint32_t n)
{
    play(s, (struct hs_event){.kind = HS_SNAPSHOT, .flags = HS_EVENT_RESYNC, .block = block, .n_blocks = n});
}

static struct script begin(uint32_t granules)
{
    struct script s = {.model = hs_model_new(NULL), .boot = 1, .time = 100};
    assert_non_null(s.model);
    play_plain(&s, HS_RESET, 1);
    play_region(&s, 0, 0, granules);
    return s;
}

/* ---- by hand ---- */

static void lifetime_and_survival(void **state)
{
    (void)state;
    struct script s = begin(64);
    play_alloc(&s, 3, 0, 20); /* at 100, 2 granules */
    s.time = 150;
    play_alloc(&s, 3, 5, 16);          /* 1 granule */
    play_sweep(&s, &(uint32_t){5}, 1); /* goes at 160, in its first collection */
    s.time = 1000;
    play_free(&s, 0); /* lived 900 ticks and through one collection */
    const struct hs_site_sum *sum = hs_model_site(s.model, 3);
    assert_int_equal(sum->allocs, 2);
    assert_int_equal(sum->bytes, 36);
    assert_int_equal(sum->taken, 48);
    assert_int_equal(sum->freed, 1);
    assert_int_equal(sum->swept, 1);
    assert_int_equal(sum->lifetime, 10 + 900);
    assert_int_equal(sum->survived, 1);
    assert_int_equal(sum->live, 0);
    assert_int_equal(sum->max_live, 48);
    assert_int_equal(s.model->peak, 48);
    assert_int_equal(s.model->collections.done, 1);
    assert_int_equal(s.model->collections.pause, 10);
    assert_int_equal(s.model->collections.freed_bytes, 16);
    assert_int_equal(s.model->collections.cause[1], 1);
    assert_int_equal(hs_model_elapsed(s.model), 900);
    hs_model_free(s.model);
}

static void realloc_moves_charge_not_age(void **state)
{
    (void)state;
    struct script s = begin(64);
    play_alloc(&s, 1, 0, 32);
    s.time = 200;
    play_realloc(&s, 2, 0, (struct hs_extent){0, 5});
    const struct hs_site_sum *one = hs_model_site(s.model, 1), *two = hs_model_site(s.model, 2);
    assert_int_equal(one->live, 0);
    assert_int_equal(one->resized, 1);
    assert_int_equal(two->live, 80);
    assert_int_equal(two->bytes, 80);
    assert_int_equal(two->allocs, 0);
    play_realloc(&s, 2, 0, (struct hs_extent){10, 1});
    assert_int_equal(hs_model_next(s.model, 0, 64), 10);
    assert_int_equal(s.model->block[10].time, 100);
    assert_int_equal(s.model->block[10].number, 2);
    s.time = 300;
    play_free(&s, 10);
    assert_int_equal(hs_model_site(s.model, 2)->lifetime, 200);
    assert_int_equal(s.model->used, 0);
    hs_model_free(s.model);
}

/* A free of nothing, such as a finaliser's second one, changes no sum. */
static void frees_of_nothing(void **state)
{
    (void)state;
    struct script s = begin(64);
    play_alloc(&s, 1, 0, 16);
    play_free(&s, 0);
    play_free(&s, 0);
    play_free(&s, HS_POS_IMPLIED);
    play_sweep(&s, (uint32_t[]){0, 7, 5000}, 3);
    assert_int_equal(hs_model_site(s.model, 1)->freed, 1);
    assert_int_equal(s.model->kind[HS_FREE], 3);
    assert_int_equal(s.model->swept, 3);
    assert_int_equal(s.model->used, 0);
    assert_int_equal(s.model->blocks, 0);
    hs_model_free(s.model);
}

static void layout_by_hand(void **state)
{
    (void)state;
    struct script s = begin(64);
    play_alloc(&s, 1, 2, 16);
    play_alloc(&s, 1, 3, 30);
    play_alloc(&s, 2, 20, 100); /* 7 granules */
    struct hs_space_stats l = hs_model_layout(s.model, 0);
    assert_int_equal(l.used, 160);
    assert_int_equal(l.requested, 146);
    assert_int_equal(l.free, 64 * 16 - 160);
    assert_int_equal(l.largest_free, 37 * 16); /* 27 to 63 */
    assert_int_equal(l.largest_free_pos, 27);
    assert_int_equal(l.free_runs, 3);
    assert_int_equal(l.blocks, 3);
    assert_int_equal(l.blocks_1, 1);
    assert_int_equal(l.blocks_2, 1);
    assert_int_equal(l.largest_block, 112);
    uint32_t head = 0;
    assert_ptr_equal(hs_model_block_at(s.model, 26, &head), &s.model->block[20]);
    assert_int_equal(head, 20);
    assert_null(hs_model_block_at(s.model, 27, &head));
    assert_null(hs_model_block_at(s.model, 1, &head));
    assert_null(hs_model_block_at(s.model, 64, &head));
    hs_model_free(s.model);
}

static void verdicts(void **state)
{
    (void)state;
    static const struct {
        uint32_t size;
        uint8_t cause;
        enum hs_verdict verdict;
    } cases[] = {
        {17, 0, HS_VERDICT_FRAGMENTED}, {32, 0, HS_VERDICT_FRAGMENTED},  {33, 0, HS_VERDICT_FULL},    {16, 0, HS_VERDICT_UNKNOWN},
        {33, 1, HS_VERDICT_LOCKED},     {33, 2, HS_VERDICT_UNCOLLECTED}, {33, 3, HS_VERDICT_REFUSED},
    };
    struct script s = begin(4);
    play_alloc(&s, 1, 0, 16);
    play_alloc(&s, 1, 2, 16); /* free: 1 and 3 */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        play_fail(&s, cases[i].size, cases[i].cause);
        const struct hs_failure *f = &s.model->failure[i];
        assert_int_equal(f->verdict, cases[i].verdict);
        assert_int_equal(f->free, 32);
        assert_int_equal(f->largest_free, 16);
        assert_int_equal(f->used, 32);
    }
    assert_int_equal(hs_model_site(s.model, 1)->failed, sizeof cases / sizeof *cases);
    for (unsigned i = 0; i < 3 * HS_FAILURES_KEPT; i++)
        play_fail(&s, i, 0);
    assert_int_equal(s.model->failure[(s.model->n_failures - 1) % HS_FAILURES_KEPT].size, 3 * HS_FAILURES_KEPT - 1);
    hs_model_free(s.model);
}

static void resync_keeps_what_it_can(void **state)
{
    (void)state;
    struct script s = begin(64);
    play_alloc(&s, 1, 0, 16);
    play_alloc(&s, 2, 4, 32);
    play_alloc(&s, 3, 10, 48);
    play(&s, (struct hs_event){.kind = HS_ALLOC,
                               .site = 4,
                               .size = 5,
                               .pos = HS_POS_IMPLIED,
                               .granules = HS_POS_IMPLIED,
                               .flags = HS_EVENT_UNPLACED});
    assert_false(s.model->synced);
    assert_int_equal(s.model->unplaced, 1);
    assert_int_equal(hs_model_site(s.model, 4)->allocs, 1);
    assert_int_equal(hs_model_site(s.model, 4)->live, 0);
    play_fail(&s, 5000, 0);
    assert_int_equal(s.model->failure[0].verdict, HS_VERDICT_UNKNOWN);
    const struct hs_extent now[] = {{0, 1}, {4, 3}, {30, 2}}; /* kept, other length, new; 10 is gone */
    play_snapshot(&s, now, 3);
    assert_true(s.model->synced);
    assert_int_equal(s.model->block[0].site, 1);
    assert_int_equal(s.model->block[4].site, HS_SITE_UNKNOWN);
    assert_int_equal(s.model->block[4].size, 48);
    assert_int_equal(s.model->block[30].site, HS_SITE_UNKNOWN);
    assert_int_equal(s.model->block[10].granules, 0);
    assert_int_equal(s.model->used, 96);
    assert_int_equal(s.model->dropped, 2);
    assert_int_equal(s.model->appeared, 2);
    assert_int_equal(hs_model_site(s.model, HS_SITE_UNKNOWN)->live, 80);
    assert_int_equal(hs_model_site(s.model, 2)->dropped, 1);
    hs_model_free(s.model);
}

/* A collector without mark stack left writes a snapshot instead of a sweep. */
static void snapshot_in_collection_is_a_sweep(void **state)
{
    (void)state;
    struct script s = begin(64);
    play_alloc(&s, 1, 0, 16);
    play_alloc(&s, 2, 4, 32);
    s.time = 130;
    play_plain(&s, HS_COLLECT, 1);
    play_snapshot(&s, &(struct hs_extent){0, 1}, 1);
    play_plain(&s, HS_COLLECT_END, 0);
    const struct hs_site_sum *two = hs_model_site(s.model, 2);
    assert_int_equal(two->swept, 1);
    assert_int_equal(two->dropped, 0);
    assert_int_equal(two->lifetime, 30);
    assert_int_equal(s.model->swept, 1);
    assert_int_equal(s.model->collections.freed_bytes, 32);
    assert_int_equal(s.model->dropped, 0);
    hs_model_free(s.model);
}

static void second_boot_starts_empty(void **state)
{
    (void)state;
    struct script s = begin(64);
    play_alloc(&s, 1, 0, 160);
    s.boot = 2;
    s.time = 7;
    play_plain(&s, HS_RESET, 3);
    assert_int_equal(s.model->used, 0);
    assert_false(s.model->region[0].present);
    assert_int_equal(hs_model_site(s.model, 1)->dropped, 1);
    play_region(&s, 0, 0, 64);
    s.time = 57;
    play_alloc(&s, 2, 0, 16);
    assert_int_equal(hs_model_elapsed(s.model), 0 + 50); /* the first boot's records were all at 100 */
    assert_int_equal(s.model->peak, 160);
    assert_int_equal(hs_model_at_peak(s.model, hs_model_site(s.model, 1)), 160);
    assert_int_equal(hs_model_at_peak(s.model, hs_model_site(s.model, 2)), 0);
    hs_model_free(s.model);
}

/* A ring begins in the midst of a boot; the next one's heap is known all the same. */
static void second_boot_is_known(void **state)
{
    (void)state;
    struct script s = begin(64);
    play(&s, (struct hs_event){.kind = HS_FREE, .old = HS_POS_IMPLIED, .flags = HS_EVENT_UNPLACED});
    assert_false(s.model->synced);
    s.boot = 2;
    play(&s, (struct hs_event){.kind = HS_RESET, .flags = HS_EVENT_UNPLACED});
    assert_false(s.model->synced);
    s.boot = 3;
    play_plain(&s, HS_RESET, 2);
    assert_true(s.model->synced);
    hs_model_free(s.model);
}

static void regions_come_and_go(void **state)
{
    (void)state;
    struct script s = begin(64);
    play_alloc(&s, 1, 60, 16);
    play_region(&s, 1, 64, 32);
    play(&s, (struct hs_event){.kind = HS_ALLOC, .site = 2, .size = 512, .pos = 64, .granules = 32, .region = 1});
    assert_int_equal(hs_model_layout(s.model, 1).free, 0);
    assert_int_equal(hs_model_layout(s.model, HS_ALL_REGIONS).used, 528);
    assert_int_equal(hs_model_region_of(s.model, 63), 0);
    assert_int_equal(hs_model_region_of(s.model, 64), 1);
    assert_int_equal(hs_model_region_of(s.model, 96), 2);
    play(&s, (struct hs_event){.kind = HS_REGION_END, .region = 1});
    assert_int_equal(s.model->used, 16);
    assert_int_equal(s.model->region[1].peak, 512);
    s.record = (struct hs_record){.region = {.first = 0, .granules = 64, .shift = SHIFT, .placement = HS_REGION_EXISTING}};
    play(&s, (struct hs_event){.kind = HS_REGION});
    assert_int_equal(s.model->block[60].site, 1); /* known already */
    assert_true(s.model->synced);
    hs_model_free(s.model);
}

static void odd_numbers_are_survived(void **state)
{
    (void)state;
    struct script s = begin(64);
    play_alloc(&s, HS_SITE_LIMIT, 0, 16);
    play_alloc(&s, HS_SITE_UNKNOWN - 1, 1, 16);
    play_alloc(&s, 70000, 2, 16);
    assert_int_equal(hs_model_site(s.model, 0)->allocs, 2);
    assert_int_equal(hs_model_site(s.model, 70000)->allocs, 1);
    assert_int_equal(hs_model_site(s.model, 3000000)->allocs, 0);
    play_alloc(&s, 1, 2, 16); /* over a live block */
    assert_int_equal(s.model->blocks, 3);
    s.record = (struct hs_record){.region = {.first = HS_GRANULE_LIMIT + 5, .granules = 0xffffffff, .shift = 3}};
    play(&s, (struct hs_event){.kind = HS_REGION, .region = 200});
    s.record = (struct hs_record){.region = {.first = 100, .granules = 10, .shift = 77}};
    play(&s, (struct hs_event){.kind = HS_REGION, .region = 5});
    play(&s, (struct hs_event){.kind = 99});
    assert_int_equal(hs_model_layout(s.model, HS_ALL_REGIONS).blocks, 3);
    hs_model_free(s.model);
}

static void marks_are_kept(void **state)
{
    (void)state;
    struct script s = begin(64);
    play_alloc(&s, 1, 0, 48);
    for (unsigned i = 0; i < 5; i++) {
        s.record = (struct hs_record){.mark.label = {"before loop", 6}};
        play(&s, (struct hs_event){.kind = HS_MARK});
    }
    assert_int_equal(s.model->n_marks, 5);
    assert_string_equal(s.model->mark[4].label, "before");
    assert_int_equal(s.model->mark[4].used, 48);
    assert_int_equal(s.model->mark[4].number, 7);
    hs_model_free(s.model);
}

static void play_summary(struct script *s, uint8_t cause, uint32_t used)
{
    s->record = (struct hs_record){
        .summary = {.cause = cause, .shift = SHIFT, .used = used, .free = GRANULES - used, .longest = 8}};
    play(s, (struct hs_event){.kind = HS_SUMMARY});
}

static void play_mark(struct script *s)
{
    s->record = (struct hs_record){.mark.label = {"m", 1}};
    play(s, (struct hs_event){.kind = HS_MARK});
}

/* The recorder writes a mark, then its summaries (cause 2). */
static void marks_have_the_summaries_after_them(void **state)
{
    (void)state;
    struct script s = begin(64);
    s.record = (struct hs_record){.level = {.level = HS_LEVEL_SUMMARY}};
    play(&s, (struct hs_event){.kind = HS_LEVEL});
    play_summary(&s, 2, 10);
    play_mark(&s);
    assert_true(s.model->marked.open);
    assert_int_equal(s.model->marked.heap.used, 10 << SHIFT); /* none has come yet */
    play_summary(&s, 0, 11);                                  /* after a collection of another thread */
    assert_int_equal(s.model->mark[0].used, 10 << SHIFT);
    play_summary(&s, 2, 20);
    assert_int_equal(s.model->mark[0].used, 20 << SHIFT);
    assert_int_equal(s.model->marked.heap.used, 20 << SHIFT);
    s.record = (struct hs_record){.top = {.times = 1, .bytes = 16}};
    play(&s, (struct hs_event){.kind = HS_TOP, .op = HS_ALLOC});
    assert_false(s.model->marked.open);
    play_summary(&s, 2, 30); /* of heapstrata.summary(), later */
    assert_int_equal(s.model->mark[0].used, 20 << SHIFT);
    play_mark(&s); /* its summaries are lost */
    play_mark(&s);
    play_summary(&s, 2, 40);
    assert_int_equal(s.model->mark[1].used, 30 << SHIFT);
    assert_int_equal(s.model->mark[2].used, 40 << SHIFT);
    hs_model_free(s.model);
}

/* ---- at random, against a naive model ---- */

#define SIZES 1024u /* requests are smaller */

struct naive_block {
    uint32_t pos, granules, site, size;
    uint64_t time, collections;
};

struct naive {
    struct naive_block block[GRANULES];
    unsigned n;
    struct hs_site_sum sum[SITES + 1]; /* [SITES]: unknown */
    uint64_t at_peak[SITES + 1], peak, collections;
    uint8_t used[GRANULES]; /* from what the observer was told */
    struct {
        unsigned times;
        uint64_t last; /* number of the record */
    } request[SITES][SIZES];
};

static uint32_t seed;

static uint32_t any(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(seed >> 4) * n >> 28);
}

static void told_taken(void *context, unsigned region, struct hs_extent e)
{
    struct naive *n = context;
    assert_int_equal(region, 0);
    for (uint32_t i = e.pos; i < e.pos + e.granules; i++)
        assert_int_equal(n->used[i]++, 0);
}

static void told_freed(void *context, unsigned region, struct hs_extent e)
{
    struct naive *n = context;
    assert_int_equal(region, 0);
    for (uint32_t i = e.pos; i < e.pos + e.granules; i++)
        assert_int_equal(n->used[i]--, 1);
}

static unsigned place_in(uint32_t site) { return site == HS_SITE_UNKNOWN ? SITES : site; }

static bool is_free(const struct naive *n, struct hs_extent e, unsigned but)
{
    if (e.pos + e.granules > GRANULES)
        return false;
    for (unsigned i = 0; i < n->n; i++)
        if (i != but && n->block[i].pos < e.pos + e.granules && e.pos < n->block[i].pos + n->block[i].granules)
            return false;
    return true;
}

/* A free place for 1 to 12 granules, that block `but` may overlap; granules 0 when none was hit upon. */
static struct hs_extent room_for(const struct naive *n, unsigned but)
{
    for (unsigned tries = 0; tries < 20; tries++) {
        struct hs_extent e = {any(GRANULES), 1 + any(12)};
        if (is_free(n, e, but))
            return e;
    }
    return (struct hs_extent){0, 0};
}

static void recount(struct naive *n)
{
    uint64_t used = 0;
    for (unsigned s = 0; s <= SITES; s++)
        n->sum[s].live = n->sum[s].live_blocks = 0;
    for (unsigned i = 0; i < n->n; i++) {
        struct hs_site_sum *sum = &n->sum[place_in(n->block[i].site)];
        sum->live += n->block[i].granules << SHIFT;
        sum->live_blocks++;
        used += n->block[i].granules << SHIFT;
    }
    for (unsigned s = 0; s <= SITES; s++)
        if (n->sum[s].live > n->sum[s].max_live)
            n->sum[s].max_live = n->sum[s].live;
    if (used <= n->peak)
        return;
    n->peak = used;
    for (unsigned s = 0; s <= SITES; s++)
        n->at_peak[s] = n->sum[s].live;
}

static void forget(struct naive *n, const struct script *s, unsigned i, bool outlived)
{
    struct hs_site_sum *sum = &n->sum[place_in(n->block[i].site)];
    if (outlived) {
        sum->lifetime += s->time - n->block[i].time;
        sum->survived += n->collections - n->block[i].collections;
    }
    n->block[i] = n->block[--n->n];
}

static void note(struct naive *n, const struct script *s, uint32_t site, uint32_t size)
{
    assert_true(size < SIZES);
    n->request[site][size].times++;
    n->request[site][size].last = s->number;
}

static void random_alloc(struct script *s, struct naive *n)
{
    struct hs_extent e = room_for(n, UINT32_MAX);
    uint32_t site = any(SITES), size = e.granules * 16 - any(16);
    if (!e.granules)
        return;
    n->sum[site].allocs++;
    n->sum[site].bytes += size;
    n->sum[site].taken += e.granules << SHIFT;
    n->block[n->n++] = (struct naive_block){e.pos, e.granules, site, size, s->time, n->collections};
    note(n, s, site, size);
    play_alloc(s, site, e.pos, size);
}

static void random_free(struct script *s, struct naive *n)
{
    unsigned i = any(n->n);
    if (!n->n)
        return;
    uint32_t pos = n->block[i].pos;
    n->sum[place_in(n->block[i].site)].freed++;
    forget(n, s, i, true);
    play_free(s, pos);
}

static void random_realloc(struct script *s, struct naive *n)
{
    unsigned i = any(n->n);
    if (!n->n)
        return;
    struct hs_extent e = room_for(n, any(2) ? i : UINT32_MAX), grown = {n->block[i].pos, 1 + any(12)};
    if (any(2) && is_free(n, grown, i))
        e = grown;
    if (!e.granules)
        return;
    uint32_t site = any(SITES), old = n->block[i].pos, was = n->block[i].granules;
    if (e.pos != old && e.pos < old + was && old < e.pos + e.granules)
        return; /* no allocator moves a block onto itself */
    n->sum[place_in(n->block[i].site)].resized++;
    n->sum[site].reallocs++;
    n->sum[site].bytes += e.granules << SHIFT;
    n->sum[site].taken += e.granules << SHIFT;
    n->block[i].pos = e.pos;
    n->block[i].granules = e.granules;
    n->block[i].site = site;
    n->block[i].size = e.granules << SHIFT;
    note(n, s, site, e.granules << SHIFT);
    play_realloc(s, site, old, e);
}

static int ascending(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void random_sweep(struct script *s, struct naive *n)
{
    uint32_t freed[GRANULES], n_freed = 0;
    s->time += 10; /* as play_sweep does between the collection's begin and its sweep */
    for (unsigned i = 0; i < n->n;) {
        if (any(3)) {
            i++;
            continue;
        }
        freed[n_freed++] = n->block[i].pos;
        n->sum[place_in(n->block[i].site)].swept++;
        forget(n, s, i, true);
    }
    s->time -= 10;
    n->collections++;
    qsort(freed, n_freed, sizeof *freed, ascending);
    play_sweep(s, freed, n_freed);
}

/* A snapshot after a loss: some blocks are gone, or some have come. Never both: one that came where one
 * of the same length went would pass for it. */
static void random_snapshot(struct script *s, struct naive *n)
{
    struct hs_extent now[GRANULES];
    bool lose = any(2);
    for (unsigned i = 0; i < n->n;) {
        if (!lose || any(8)) {
            i++;
            continue;
        }
        n->sum[place_in(n->block[i].site)].dropped++;
        forget(n, s, i, false);
    }
    for (unsigned i = lose ? 0 : any(4); i; i--) {
        struct hs_extent e = room_for(n, UINT32_MAX);
        if (e.granules)
            n->block[n->n++] = (struct naive_block){e.pos,   e.granules,    HS_SITE_UNKNOWN, e.granules << SHIFT,
                                                    s->time, n->collections};
    }
    for (unsigned i = 0; i < n->n; i++)
        now[i] = (struct hs_extent){n->block[i].pos, n->block[i].granules};
    qsort(now, n->n, sizeof *now, ascending); /* by pos, their first member */
    play_snapshot(s, now, n->n);
}

/* The two largest requests of a site, and the last one that was as large as the smaller of them. */
static void add_largest(const struct naive *n, unsigned site, struct hs_site_sum *sum)
{
    unsigned requests = 0;
    for (uint32_t size = SIZES; size-- > 0 && requests < 2;) {
        unsigned times = n->request[site][size].times;
        if (!times)
            continue;
        sum->largest = requests ? sum->largest : size;
        sum->again = requests || times > 1 ? size : 0;
        requests += times;
        sum->again_number = n->request[site][size].last > sum->again_number ? n->request[site][size].last : sum->again_number;
    }
}

static void same_sums(const struct naive *n, const struct hs_model *m)
{
    for (unsigned i = 0; i <= SITES; i++) {
        struct hs_site_sum own = n->sum[i], *a = &own;
        const struct hs_site_sum *b = hs_model_site(m, i == SITES ? HS_SITE_UNKNOWN : i);
        struct hs_site_sum plain = *b;
        if (i < SITES)
            add_largest(n, i, a);
        assert_int_equal(n->at_peak[i], hs_model_at_peak(m, b));
        plain.at_peak = plain.changed = 0;
        if (i == SITES)
            plain.max_live = a->max_live; /* between two blocks of one snapshot it may stand higher */
        assert_memory_equal(a, &plain, sizeof plain);
    }
}

/* What hs_model_skip_sites keeps of the sums. */
static void same_whole_sums(const struct naive *n, const struct hs_model *m)
{
    struct hs_site_sum sum = {.allocs = 0};
    const struct hs_site_sum *unknown = hs_model_site(m, HS_SITE_UNKNOWN);
    for (unsigned i = 0; i <= SITES; i++) {
        sum.allocs += n->sum[i].allocs;
        sum.reallocs += n->sum[i].reallocs;
    }
    assert_int_equal(hs_model_site(m, 0)->allocs, sum.allocs);
    assert_int_equal(hs_model_site(m, 0)->reallocs, sum.reallocs);
    assert_int_equal(unknown->live, n->sum[SITES].live);
    assert_int_equal(unknown->live_blocks, n->sum[SITES].live_blocks);
}

static void same_heap(const struct naive *n, const struct hs_model *m)
{
    uint8_t used[GRANULES] = {0};
    uint64_t requested = 0, free = 0, largest = 0, run = 0;
    for (unsigned i = 0; i < n->n; i++) {
        const struct hs_live_block *b = &m->block[n->block[i].pos];
        assert_int_equal(b->granules, n->block[i].granules);
        assert_true(m->whole || b->site == n->block[i].site);
        assert_true(m->whole || b->time == n->block[i].time);
        memset(used + n->block[i].pos, 1, n->block[i].granules);
        requested += n->block[i].size;
    }
    for (uint32_t i = 0; i < GRANULES; i++) {
        run = used[i] ? 0 : run + 16;
        free += used[i] ? 0 : 16;
        largest = run > largest ? run : largest;
    }
    assert_memory_equal(used, n->used, sizeof used);
    struct hs_space_stats l = hs_model_layout(m, HS_ALL_REGIONS);
    assert_int_equal(l.blocks, n->n);
    assert_int_equal(m->blocks, n->n);
    assert_int_equal(l.free, free);
    assert_int_equal(l.largest_free, largest);
    assert_int_equal(l.requested, requested);
    assert_int_equal(m->requested, requested);
    assert_int_equal(m->used, GRANULES * 16 - free);
    assert_int_equal(m->peak, n->peak);
}

static void random_run(uint32_t first_seed, bool whole)
{
    static void (*const steps[])(struct script *, struct naive *) = {
        random_alloc, random_alloc, random_alloc, random_alloc, random_free, random_realloc, random_realloc,
    };
    struct naive n = {.n = 0};
    struct hs_model_observer observer = {.context = &n, .taken = told_taken, .freed = told_freed};
    struct script s = {.model = hs_model_new(&observer), .boot = 1};
    seed = first_seed;
    if (whole)
        hs_model_skip_sites(s.model);
    play_region(&s, 0, 0, GRANULES);
    for (unsigned i = 0; i < 3000; i++) {
        s.time += any(100);
        if (any(60) == 0)
            random_sweep(&s, &n);
        else if (any(200) == 0)
            random_snapshot(&s, &n);
        else
            steps[any(sizeof steps / sizeof *steps)](&s, &n);
        recount(&n);
        if (i % 10 == 0 || i > 2950) {
            (whole ? same_whole_sums : same_sums)(&n, s.model);
            same_heap(&n, s.model);
        }
    }
    hs_model_free(s.model);
}

static void agrees_with_naive_model(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 40; i++)
        random_run(i * 2654435761u, false);
}

static void agrees_without_sites(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 20; i++)
        random_run(i * 2654435761u, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lifetime_and_survival),
        cmocka_unit_test(realloc_moves_charge_not_age),
        cmocka_unit_test(frees_of_nothing),
        cmocka_unit_test(layout_by_hand),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(resync_keeps_what_it_can),
        cmocka_unit_test(snapshot_in_collection_is_a_sweep),
        cmocka_unit_test(second_boot_starts_empty),
        cmocka_unit_test(second_boot_is_known),
        cmocka_unit_test(regions_come_and_go),
        cmocka_unit_test(odd_numbers_are_survived),
        cmocka_unit_test(marks_are_kept),
        cmocka_unit_test(marks_have_the_summaries_after_them),
        cmocka_unit_test(agrees_with_naive_model),
        cmocka_unit_test(agrees_without_sites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
