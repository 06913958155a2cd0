/* SPDX-License-Identifier: MIT
 *
 * Levels above "full": that samples come as often as they should, that estimates have no bias and their intervals
 * hold the truth as often as they say, that sampled blocks are followed to their end, that summaries add up, and
 * that a trace can change its level at any time.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/sites/estimates.h"
#include "analysis/model/model.h"
#include "lib/level.h"

/* --- the port --------------------------------------------------------------------------------------- */

static uint32_t ticks;
static FILE *out;

hs_lock_t hs_port_lock(void) { return 0; }
void hs_port_unlock(hs_lock_t lock) { (void)lock; }
uint32_t hs_port_ticks(void) { return ticks; }
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }
bool hs_port_write(const void *data, uint32_t len) { return fwrite(data, 1, len, out) == len; }

/* --- a heap ------------------------------------------------------------------------------------------- */

#define GRANULES 4096u
#define SITES 64u

static struct hs_site_entry site[SITES * 4];
static uint16_t hash[SITES * 16];
static uint32_t followed[256];
static _Alignas(8) uint8_t memory[1 << 16];
static uint8_t heap[GRANULES]; /* 0 free, 1 head, 2 tail */
static char path[64];

static uint32_t seed;
static uint32_t rnd(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(seed >> 8) * n >> 24);
}

static void describe(uintptr_t code, struct hs_place *place)
{
    place->file = (struct hs_text){"main.py", 7};
    place->function = (struct hs_text){"f", 1};
    place->line = (uint32_t)code;
}

static void region(unsigned existing)
{
    hs_record(&(struct hs_record){.kind = HS_REGION,
                                  .region = {.granules = GRANULES,
                                             .shift = 4,
                                             .memory = HS_MEMORY_INTERNAL,
                                             .name = {"gc", 2},
                                             .placement = (uint8_t)(HS_PLACE_MICROPYTHON | existing),
                                             .base = 0x20000000}});
}

static uint32_t run_at(uint32_t at)
{
    uint32_t n = 1, rest = heap[at] ? 2 : 0;
    while (at + n < GRANULES && heap[at + n] == rest)
        n++;
    return n;
}

static void keyframe(void)
{
    struct hs_runs_writer w;
    region(HS_REGION_EXISTING);
    hs_snapshot_begin(&w, 0, 3);
    for (uint32_t at = 0, n; at < GRANULES; at += n) {
        n = run_at(at);
        if (heap[at])
            hs_snapshot_block(&w, at, n);
        else
            hs_snapshot_free(&w, at, n);
    }
    hs_snapshot_end(&w, GRANULES);
}
static uint32_t keyframe_size(void) { return 256; }

static void summary(uint8_t cause)
{
    struct hs_summary_writer w;
    hs_summary_begin(&w, &(struct hs_summary_writer){.cause = cause, .shift = 4});
    for (uint32_t at = 0, n; at < GRANULES; at += n) {
        n = run_at(at);
        if (!heap[at]) {
            hs_summary_run(&w, n);
        } else {
            w.used += n;
            w.blocks++;
        }
    }
    hs_summary_end(&w);
    hs_level_top();
}

static void boot(const struct hs_level_choice *level, uint32_t size, uint32_t n_followed)
{
    struct hs_config config = {.memory = memory,
                               .memory_size = size ? size : sizeof memory,
                               .packet_size = size ? 0 : 4096,
                               .site = site,
                               .n_sites = SITES * 4,
                               .hash = hash,
                               .hash_size = SITES * 16,
                               .hz = 1000000,
                               .placement = HS_PLACE_MICROPYTHON,
                               .shift = 4,
                               .flags = size ? 0 : HS_RING_STREAM,
                               .describe = describe,
                               .keyframe = keyframe,
                               .keyframe_size = keyframe_size,
                               .level = *level,
                               .followed = followed,
                               .n_followed = n_followed,
                               .summary = summary};
    memset(memory, 0, sizeof memory);
    memset(heap, 0, sizeof heap);
    if (out)
        fclose(out);
    snprintf(path, sizeof path, "/tmp/hs-level-%d.hst", (int)getpid());
    out = fopen(path, "wb");
    assert_int_equal(hs_init(&config), HS_OK);
    region(0);
    hs_start();
}

/* --- its work ----------------------------------------------------------------------------------------- */

static struct truth {
    uint64_t times[SITES], bytes[SITES], live[SITES];
    uint64_t used, blocks, freed;
} truth;
static uint32_t owner[GRANULES], length[GRANULES];

static void mark(uint32_t pos, uint32_t n)
{
    heap[pos] = 1;
    memset(heap + pos + 1, 2, n - 1);
    length[pos] = n;
}

static uint32_t find_room(uint32_t n)
{
    for (uint32_t at = 0, run = 0; at < GRANULES; at++)
        if ((run = heap[at] ? 0 : run + 1) == n)
            return at + 1 - n;
    return HS_POS_IMPLIED;
}

static void put_alloc(uint32_t line, struct hs_block b)
{
    struct hs_key key = {.code = 1000 + line, .caller = 1};
    if (hs_state == HS_STATE_LEVEL) {
        if (!hs_level_skips(b.size))
            hs_level_alloc(key, b);
    } else {
        hs_alloc(key, b);
    }
}

static bool alloc(uint32_t line, uint32_t size)
{
    uint32_t n = (size + 15) / 16, pos = find_room(n);
    if (pos == HS_POS_IMPLIED)
        return false;
    mark(pos, n);
    owner[pos] = line;
    truth.times[line]++;
    truth.bytes[line] += size;
    truth.live[line] += n * 16;
    put_alloc(line, (struct hs_block){pos, size});
    return true;
}

static void take_away(uint32_t pos)
{
    truth.live[owner[pos]] -= length[pos] * 16;
    memset(heap + pos, 0, length[pos]);
    truth.freed++;
}

static uint32_t some_block(void)
{
    for (uint32_t at = rnd(GRANULES), i = 0; i < GRANULES; i++, at = (at + 1) % GRANULES)
        if (heap[at] == 1)
            return at;
    return HS_POS_IMPLIED;
}

static void release(void)
{
    uint32_t pos = some_block();
    if (pos == HS_POS_IMPLIED)
        return;
    take_away(pos);
    if (hs_state == HS_STATE_LEVEL)
        hs_level_gone(pos, HS_FREE);
    else
        hs_free(2, pos);
}

static bool gone(uint32_t pos) { return heap[pos] != 1; }

/* Two blocks of three go. */
static void collect(void)
{
    struct hs_runs_writer w;
    hs_record(&(struct hs_record){.kind = HS_COLLECT});
    bool full = hs_state != HS_STATE_LEVEL;
    static bool keep[GRANULES];
    for (uint32_t at = 0; at < GRANULES; at++)
        keep[at] = rnd(3) == 0;
    if (full) {
        hs_sweep_begin(&w, 0);
        for (uint32_t at = 0; at < GRANULES; at++)
            if (heap[at] == 1)
                hs_sweep_heads(&w, at, keep[at], 1);
        hs_sweep_end(&w, GRANULES);
    }
    for (uint32_t at = 0; at < GRANULES; at++)
        if (heap[at] == 1 && !keep[at])
            take_away(at);
    if (!full)
        hs_level_swept(gone);
    hs_record(&(struct hs_record){.kind = HS_COLLECT_END});
    if (!full)
        summary(0);
}

/* Small blocks mostly, larger ones the higher the line's number. */
static void work(unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        uint32_t line = 1 + rnd(9), size = 1 + rnd(16u << (line > 4 ? line - 4 : 0));
        ticks += rnd(20);
        if (hs_state == HS_STATE_KEYFRAME_DUE)
            hs_keyframe();
        if (!alloc(line, size)) {
            collect();
            alloc(line, size);
        }
        if (rnd(4) == 0)
            release();
    }
}

static struct hs_reader *reader;
static struct hs_model *model;

/* Reads what was recorded; every site's line is 1000 more than its number in `truth`. */
static void read_back(bool ring)
{
    struct hs_error error;
    const struct hs_event *event;
    long n;
    hs_stop();
    if (ring)
        fwrite(memory, 1, hs_image()->total_size, out);
    fflush(out);
    reader = hs_reader_open(path, &error);
    assert_non_null(reader);
    model = hs_model_new(NULL);
    while ((n = hs_reader_next(reader, &event)) > 0)
        hs_model_feed(model, event, n);
    if (hs_reader_error(reader)->code)
        print_error("%s\n", hs_reader_error(reader)->text);
    assert_int_equal(hs_reader_error(reader)->code, HS_OK);
    assert_int_equal(n, 0);
}

static void forget(void)
{
    hs_model_free(model);
    hs_reader_close(reader);
    unlink(path);
}

static struct hs_site_sum by_line(uint32_t line)
{
    struct hs_site_sum sum = {.allocs = 0};
    for (uint32_t i = 1; i < hs_reader_sites(reader); i++) {
        const struct hs_site *s = hs_reader_site(reader, i);
        if (s && s->line == 1000 + line)
            sum = *hs_model_site(model, i);
    }
    return sum;
}

/* --- distances ---------------------------------------------------------------------------------------- */

/* The share of blocks of each size that is sampled, within four standard deviations of 1 - exp(-size / interval). */
static void sampled_as_often_as_it_should(void **state)
{
    static const uint32_t sizes[] = {1, 7, 16, 40, 64, 200, 512, 3000};
    static const uint32_t intervals[] = {1, 64, 512, 4096};
    (void)state;
    for (unsigned v = 0; v < 4; v++)
        for (unsigned s = 0; s < 8; s++) {
            uint32_t hits = 0, n = 400000;
            boot(&(struct hs_level_choice){HS_LEVEL_SAMPLED, intervals[v], 77 + s}, 0, 0);
            for (uint32_t i = 0; i < n; i++)
                if (!hs_level_skips(sizes[s])) {
                    hs_level_alloc((struct hs_key){.code = 1}, (struct hs_block){0, sizes[s]});
                    hits++;
                }
            double p = -expm1(-(double)sizes[s] / intervals[v]);
            double z = (hits - n * p) / sqrt(n * p * (1 - p) + 1e-9);
            if (fabs(z) > 4)
                fail_msg("interval %u, size %u: %u of %u, %.1f deviations off", intervals[v], sizes[s], hits, n, z);
        }
}

/* Gaps between sample points are geometrically distributed: Kolmogorov's distance below its bound for 1 in 1000. */
static void gaps_are_exponential(void **state)
{
    enum { N = 200000, MOST = 4096 };
    static uint32_t count[MOST + 1];
    uint32_t gap = 0, seen = 0;
    double below = 0, worst = 0;
    (void)state;
    memset(count, 0, sizeof count);
    boot(&(struct hs_level_choice){HS_LEVEL_SAMPLED, 100, 5}, 0, 0);
    while (seen < N) {
        gap++;
        if (hs_level_skips(1))
            continue;
        hs_level_alloc((struct hs_key){.code = 1}, (struct hs_block){0, 1});
        count[gap < MOST ? gap : MOST]++;
        seen++;
        gap = 0;
    }
    for (uint32_t g = 1; g < MOST; g++) {
        below += count[g];
        worst = fmax(worst, fabs(below / N + expm1(-(double)g / 100)));
    }
    assert_true(worst < 1.95 / sqrt(N));
}

/* --- estimates ---------------------------------------------------------------------------------------- */

#define SEEDS 600

struct score {
    double sum, squares, truth;
    unsigned held, n;
};

static void score_it(struct score *s, double estimate, struct hs_interval i, double real)
{
    s->sum += estimate - real;
    s->squares += (estimate - real) * (estimate - real);
    s->truth = real;
    s->n++;
    s->held += i.low - 0.5 <= real && real <= i.high + 0.5;
}

/* The same work under many seeds of the sampler: the mean error is nothing but chance, and the interval holds
 * the truth in about 95 of 100 cases. Counts of blocks do a little worse: one block of a byte stands for 512, so
 * that the variance is estimated too low while none of them happens to be sampled. */
static void check_score(const struct score *s, const char *what, uint32_t line, double least)
{
    double mean = s->sum / s->n, error = sqrt(s->squares / s->n / s->n), held = 100.0 * s->held / s->n;
    if (fabs(mean) > 3.9 * error + 1e-6 * s->truth)
        fail_msg("line %u, %s: biased by %.1f of %.0f, standard error %.1f", line, what, mean, s->truth, error);
    if (held < least)
        fail_msg("line %u, %s: the interval holds the truth in %.1f %%", line, what, held);
}

static void estimates_have_no_bias(void **state)
{
    static struct score bytes[10], requests[10], live[10];
    double bytes_held = 0, requests_held = 0;
    (void)state;
    memset(bytes, 0, sizeof bytes);
    memset(requests, 0, sizeof requests);
    memset(live, 0, sizeof live);
    for (uint32_t run = 1; run <= SEEDS; run++) {
        memset(&truth, 0, sizeof truth);
        seed = 4711;
        boot(&(struct hs_level_choice){HS_LEVEL_SAMPLED, 512, run * 7919}, 0, 256);
        work(2500);
        read_back(false);
        assert_int_equal(model->levels.untracked, 0);
        for (uint32_t line = 1; line < 10; line++) {
            struct hs_site_sum sum = by_line(line);
            score_it(&bytes[line], sum.sampled.bytes, hs_interval_of_bytes(&sum), (double)truth.bytes[line]);
            score_it(&requests[line], sum.sampled.allocs, hs_interval_of_requests(&sum), (double)truth.times[line]);
            score_it(&live[line], sum.sampled.live, hs_interval_of_live(&sum), (double)truth.live[line]);
        }
        forget();
    }
    for (uint32_t line = 1; line < 10; line++) {
        check_score(&bytes[line], "bytes", line, 92);
        check_score(&requests[line], "requests", line, 88);
        double mean = live[line].sum / SEEDS, error = sqrt(live[line].squares) / SEEDS; /* too few for an interval */
        if (fabs(mean) > 3.9 * error + 1)
            fail_msg("line %u: live bytes biased by %.1f of %.0f, standard error %.1f", line, mean, live[line].truth, error);
        bytes_held += 100.0 * bytes[line].held / SEEDS / 9;
        requests_held += 100.0 * requests[line].held / SEEDS / 9;
    }
    print_message("the interval held the truth in %.1f %% of %u cases (bytes), %.1f %% (blocks)\n", bytes_held, 9 * SEEDS,
                  requests_held);
    assert_true(bytes_held > 94 && bytes_held < 97 && requests_held > 91.5);
}

/* --- following ---------------------------------------------------------------------------------------- */

/* With every block sampled, samples say all that events would. */
static void every_block_to_its_end(void **state)
{
    (void)state;
    memset(&truth, 0, sizeof truth);
    seed = 99;
    boot(&(struct hs_level_choice){HS_LEVEL_SAMPLED, 1, 3}, 0, 0);
    assert_int_equal(hs_level_set(&(struct hs_level_choice){HS_LEVEL_SAMPLED, 1u << 25, 0}), HS_ERR_ARG);
    static uint32_t table[8192];
    hs_stop();
    struct hs_config config = {.memory = memory,
                               .memory_size = sizeof memory,
                               .packet_size = 4096,
                               .site = site,
                               .n_sites = SITES * 4,
                               .hash = hash,
                               .hash_size = SITES * 16,
                               .hz = 1000000,
                               .placement = HS_PLACE_MICROPYTHON,
                               .shift = 4,
                               .flags = HS_RING_STREAM,
                               .describe = describe,
                               .keyframe = keyframe,
                               .keyframe_size = keyframe_size,
                               .level = {HS_LEVEL_SAMPLED, 1, 3},
                               .followed = table,
                               .n_followed = 8192,
                               .summary = summary};
    rewind(out);
    assert_int_equal(ftruncate(fileno(out), 0), 0);
    memset(heap, 0, sizeof heap);
    assert_int_equal(hs_init(&config), HS_OK);
    region(0);
    hs_start();
    work(20000);
    read_back(false);
    uint64_t live = 0, ended = 0, samples = 0;
    for (uint32_t line = 1; line < 10; line++) {
        struct hs_site_sum sum = by_line(line);
        live += truth.live[line];
        samples += sum.sampled.samples;
        ended += (uint64_t)lround(sum.sampled.freed + sum.sampled.swept);
        /* blocks of one or two bytes are missed at times, even so */
        assert_true(fabs(sum.sampled.bytes - (double)truth.bytes[line]) < 0.02 * (double)truth.bytes[line]);
        assert_true(fabs(sum.sampled.live - (double)truth.live[line]) <= 0.02 * (double)truth.live[line] + 100);
    }
    assert_true(samples > 15000 && ended > 10000 && live > 0);
    assert_int_equal(model->levels.untracked, 0);
    struct hs_region_summary told = hs_model_summary(model, HS_ALL_REGIONS);
    assert_int_equal(told.used, live);
    forget();
}

/* A full table is said and counted, and what was sampled beyond it still counts as asked for. */
static void a_table_that_is_full(void **state)
{
    (void)state;
    memset(&truth, 0, sizeof truth);
    seed = 5;
    boot(&(struct hs_level_choice){HS_LEVEL_SAMPLED, 64, 3}, 0, 16);
    work(3000);
    struct hs_level_state said = hs_level_state();
    assert_true(said.unfollowed > 100 && said.unfollowed < said.samples);
    read_back(false);
    assert_int_equal(model->levels.untracked, said.unfollowed);
    double all = 0, real = 0;
    for (uint32_t line = 1; line < 10; line++) {
        all += by_line(line).sampled.bytes;
        real += (double)truth.bytes[line];
    }
    assert_true(fabs(all / real - 1) < 0.1);
    forget();
}

/* --- summaries ---------------------------------------------------------------------------------------- */

/* What is named and what is not is all there was, at any time; the figures are those of the heap. */
static void summaries_add_up(void **state)
{
    (void)state;
    memset(&truth, 0, sizeof truth);
    seed = 17;
    boot(&(struct hs_level_choice){.level = HS_LEVEL_SUMMARY}, 0, 256);
    work(30000);
    uint32_t used = 0, blocks = 0, longest = 0, free_runs = 0;
    for (uint32_t at = 0, n; at < GRANULES; at += n) {
        n = run_at(at);
        used += heap[at] ? n : 0;
        blocks += heap[at] == 1;
        free_runs += !heap[at];
        longest = !heap[at] && n > longest ? n : longest;
    }
    read_back(false);
    struct hs_region_summary told = hs_model_summary(model, 0);
    assert_true(told.known);
    assert_int_equal(told.used, used * 16);
    assert_int_equal(told.free, (GRANULES - used) * 16);
    assert_int_equal(told.longest, longest * 16);
    assert_int_equal(told.blocks, blocks);
    uint64_t named = 0, times = hs_model_site(model, 0)->allocs, bytes = hs_model_site(model, 0)->bytes, all = 0, asked = 0;
    for (unsigned i = 0; i < 32; i++)
        named += told.runs[i];
    assert_int_equal(named, free_runs);
    for (uint32_t line = 1; line < 10; line++) {
        struct hs_site_sum sum = by_line(line);
        assert_true(sum.allocs <= truth.times[line] && sum.bytes <= truth.bytes[line]);
        times += sum.allocs;
        bytes += sum.bytes;
        all += truth.times[line];
        asked += truth.bytes[line];
    }
    assert_int_equal(times, all);
    assert_int_equal(bytes, asked);
    assert_true(by_line(9).bytes == truth.bytes[9]); /* the largest is always named */
    assert_int_equal(by_line(9).sampled.samples, 0);
    forget();
}

/* More sites than the table has entries. In a ring nothing is given back, and what finds no entry counts for site 0; in a
 * stream entries are given back, and what they counted counts there too. */
static void add_up_many(bool ring)
{
    memset(&truth, 0, sizeof truth);
    boot(&(struct hs_level_choice){.level = HS_LEVEL_SUMMARY}, ring ? sizeof memory : 0, 256);
    uint64_t times = 0, bytes = 0;
    for (uint32_t i = 0; i < 1000; i++)
        hs_level_alloc((struct hs_key){.code = 1000 + i, .caller = 1}, (struct hs_block){i, 100 + i});
    summary(2);
    read_back(ring);
    for (uint32_t i = 0; i < hs_reader_sites(reader); i++) {
        times += hs_model_site(model, i)->allocs;
        bytes += hs_model_site(model, i)->bytes;
    }
    assert_int_equal(times, 1000);
    assert_int_equal(bytes, 1000 * 100 + 999 * 500);
    forget();
}

static void requests_without_a_site(void **state)
{
    (void)state;
    add_up_many(false);
    add_up_many(true);
}

/* --- changing it -------------------------------------------------------------------------------------- */

/* Any level after any other, in one trace: each time is read as what it is, and predictions go on rightly. */
static void levels_change_midway(void **state)
{
    static const struct hs_level_choice steps[] = {
        {.level = HS_LEVEL_FULL},   {HS_LEVEL_SAMPLED, 256, 1},  {.level = HS_LEVEL_FULL},    {.level = HS_LEVEL_SUMMARY},
        {HS_LEVEL_SAMPLED, 128, 2}, {HS_LEVEL_SAMPLED, 1024, 3}, {.level = HS_LEVEL_SUMMARY}, {.level = HS_LEVEL_FULL},
    };
    enum { STEPS = sizeof steps / sizeof *steps };
    const struct hs_level_span *span;
    (void)state;
    memset(&truth, 0, sizeof truth);
    seed = 23;
    boot(&steps[0], 0, 256);
    work(2000);
    for (unsigned i = 1; i < STEPS; i++) {
        assert_int_equal(hs_level_set(&steps[i]), HS_OK);
        work(2000);
    }
    uint64_t live = 0;
    for (uint32_t line = 1; line < 10; line++)
        live += truth.live[line];
    read_back(false);
    assert_int_equal(hs_reader_info(reader)->diverged, 0);
    assert_int_equal(hs_reader_info(reader)->lost, 0);
    assert_int_equal(model->unplaced, 0);
    assert_int_equal(hs_model_spans(model, &span), STEPS);
    for (unsigned i = 0; i < STEPS; i++) {
        assert_int_equal(span[i].level, steps[i].level);
        assert_int_equal(span[i].interval, steps[i].interval);
        assert_true(span[i].to > span[i].from && span[i].events);
        assert_int_equal(span[i].samples != 0, steps[i].level == HS_LEVEL_SAMPLED);
        assert_int_equal(span[i].summaries != 0, steps[i].level > HS_LEVEL_FULL);
        assert_true(!i || span[i].from == span[i - 1].to);
    }
    assert_int_equal(model->used, live); /* the last one follows every block again */
    assert_true(model->synced);
    forget();
}

/* A ring that has been overwritten tells its level all the same. */
static void an_overwritten_ring(void **state)
{
    static const struct hs_level_choice levels[] = {{HS_LEVEL_SAMPLED, 300, 1}, {.level = HS_LEVEL_SUMMARY}};
    const struct hs_level_span *span;
    (void)state;
    for (unsigned i = 0; i < 2; i++)
        for (uint32_t size = 2048; size <= 8192; size *= 2) {
            memset(&truth, 0, sizeof truth);
            seed = 31 + size;
            boot(&levels[i], size, 256);
            work(60000);
            read_back(true);
            assert_true(hs_reader_info(reader)->overwritten > 0);
            assert_int_equal(hs_reader_info(reader)->lost, 0);
            assert_int_equal(hs_model_spans(model, &span), 1);
            assert_int_equal(span->level, levels[i].level);
            assert_int_equal(span->interval, levels[i].interval);
            assert_int_equal(model->unplaced, 0);
            assert_true(hs_model_summary(model, 0).known);
            forget();
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sampled_as_often_as_it_should), cmocka_unit_test(gaps_are_exponential),
        cmocka_unit_test(estimates_have_no_bias),        cmocka_unit_test(every_block_to_its_end),
        cmocka_unit_test(a_table_that_is_full),          cmocka_unit_test(summaries_add_up),
        cmocka_unit_test(requests_without_a_site),       cmocka_unit_test(levels_change_midway),
        cmocka_unit_test(an_overwritten_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
