/* SPDX-License-Identifier: MIT
 *
 * A reset where the retained memory is behind a cache that is never written back: a firmware's run is recorded store
 * by store and replayed against a cache of lines of 32 bytes, which are written back at random times and by
 * hs_port_flush. At random stores the power of the cache goes: all dirty lines are lost, or a random part of them.
 * Then the host must find every record of every packet that was closed, exactly as it was put, and none that was
 * not; and the next boot must go on.
 *
 *   HS_CACHE_CUTS=N   cuts in all (default 8000)
 *   HS_CACHE_SEED=N
 */
#include "tests/cut/run.h"

static struct count {
    uint64_t stores, cuts, committed, recovered, wrong, missed, boots, boot_records, boot_wrong, lines_lost;
} count;

static uint64_t seed;
static uint32_t chance(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) * (uint64_t)n >> 31);
}

static void tell(const char *what, uint64_t *times, size_t cut, const struct reading *r)
{
    const struct log_entry *e = &run.log[cut];
    if (++*times <= 3)
        printf("# seed %llu, %u bytes, stage %u, placement %u, cut at store %zu (step %u, %s, %u offered): %s: %s %s\n",
               (unsigned long long)fw.config.seed, run.size, fw.config.stage_size, fw.config.placement, cut, e->step,
               run.step[e->step].what, e->offered, what, r->why, r->error.text);
}

/* --- cuts --------------------------------------------------------------------------------------------- */

/* The memory as a reset leaves it. */
static uint8_t *left_by_reset(void)
{
    static uint8_t *left;
    uint32_t kept = chance(3) ? chance(8) : 0; /* eighths of the dirty lines that make it */
    left = realloc(left, run.whole);
    memcpy(left, run.backing, run.whole);
    for (uint32_t line = 0; line < run.size / LINE; line++)
        if (run.dirty[line] && chance(8) < kept)
            memcpy(left + line * LINE, run.image + line * LINE, LINE);
        else
            count.lines_lost += run.dirty[line];
    if (chance(2))
        for (uint32_t i = run.size; i < run.whole; i++)
            left[i] = (uint8_t)chance(256);
    return left;
}

static void check_boot(size_t cut, const uint8_t *left, const struct reading *before)
{
    memcpy(fw.memory, left, run.whole);
    fw.seed = seed;
    fw_boot();
    fw_work(chance(40));
    hs_flush();
    struct hs_stats stats = hs_stats();
    uint64_t slots = hs_image()->packet_count, least = before->info.packets < slots ? before->info.packets : slots;
    struct reading r = read_against_ledger(fw.memory, run.size, (struct wanted){.stranger = stats.boot});
    count.boots++;
    count.boot_records += r.stranger_records;
    if (r.end || r.wrong)
        tell("the next boot: wrong", &count.boot_wrong, cut, &r);
    else if (before->records && (r.newest < before->newest || r.info.packets + 1 < least))
        tell("the next boot: a record is gone", &count.boot_wrong, cut, &r);
    else if (r.stranger_records != stats.offered)
        tell("the next boot: its own records are gone", &count.boot_wrong, cut, &r);
}

static void check_cut(size_t cut, const struct due *due)
{
    const struct log_entry *e = &run.log[cut];
    const struct step *step = &run.step[e->step];
    uint32_t put = ledger.boot[step->boot].first + e->offered; /* behind the last that may be there */
    uint32_t from = step->oldest < due->to ? step->oldest : due->to;
    const uint8_t *left = left_by_reset();
    struct reading r = read_against_ledger(left, run.size, (struct wanted){.from = from, .to = due->to});
    uint32_t wanted = count_wanted(from, due->to);
    count.cuts++;
    count.committed += wanted;
    count.recovered += r.hits;
    if (r.wrong || (r.records && r.newest > put))
        tell("a record that was not put", &count.wrong, cut, &r);
    if (r.hits < wanted)
        tell("a record of a closed packet is gone", &count.missed, cut, &r);
    if (chance(4) == 0)
        check_boot(cut, left, &r);
}

/* One replay of the log; `rarely`: one write-back by chance every so many stores, 0: none. */
static void replay(unsigned cuts, uint32_t rarely)
{
    struct due due = run.first_due;
    memcpy(run.image, run.first, run.whole);
    memcpy(run.backing, run.first, run.whole);
    memset(run.dirty, 0, run.whole / LINE + 1);
    for (size_t i = 0; i < run.n; i++) {
        const struct log_entry *e = &run.log[i];
        uint32_t boot = run.step[e->step].boot;
        if (e->kind == LOG_STORE) {
            memcpy(run.image + e->offset, e->now, e->len);
            touch_lines(e->offset, e->len);
            if (rarely && chance(rarely) == 0)
                evict_some(e->offset, chance(1u << 30));
        } else if (e->kind == LOG_FLUSH) {
            flush_lines(e->offset, e->len);
        } else {
            memcpy(run.image, e->image, run.whole);
            memcpy(run.backing, e->image, run.whole);
            memset(run.dirty, 0, run.whole / LINE + 1);
        }
        due_after(&due, e, boot, ledger.boot[boot].first);
        if (chance((uint32_t)run.n) < cuts)
            check_cut(i, &due);
    }
    count.stores += run.n;
}

/* --- the proofs --------------------------------------------------------------------------------------- */

/* `share`: of the cuts, in thousandths. */
static void prove(const struct fw_config *config, unsigned steps, unsigned share)
{
    static const uint32_t rarely[] = {0, 1, 4, 40};
    unsigned cuts = (unsigned)((uint64_t)number_of("HS_CACHE_CUTS", 8000) * share / 1000);
    count = (struct count){0};
    run.cached = true;
    run.broken = 0;
    seed = config->seed;
    record_run(config, steps, 12);
    for (unsigned i = 0; i < 4; i++)
        replay(cuts / 4 + 1, rarely[i]);
    printf("# %u bytes, stage of %u, places %s: %u records in %u boots, %zu stores; %llu cuts, %llu lines lost, %llu records "
           "recovered of %llu in closed packets, %llu readings wrong\n",
           run.size, config->stage_size, config->placement ? "implied" : "explicit", ledger.n, ledger.n_boots, run.n,
           (unsigned long long)count.cuts, (unsigned long long)count.lines_lost, (unsigned long long)count.recovered,
           (unsigned long long)count.committed, (unsigned long long)(count.wrong + count.missed));
    printf("# and %llu next boots of %llu records, %llu wrong\n", (unsigned long long)count.boots,
           (unsigned long long)count.boot_records, (unsigned long long)count.boot_wrong);
    assert_true(count.cuts > cuts / 2);
    assert_int_equal(count.recovered, count.committed);
    assert_int_equal(count.wrong + count.missed + count.boot_wrong + run.broken, 0);
}

static void of_16_kb(void **state)
{
    (void)state;
    run.work = 60;
    prove(&(struct fw_config){.memory_size = 16 << 10, .stage_size = 1024, .placement = HS_PLACE_MICROPYTHON, .seed = 4}, 300,
          400);
}

static void of_64_kb(void **state)
{
    (void)state;
    run.work = 300;
    prove(&(struct fw_config){.memory_size = 64 << 10, .stage_size = 2048, .placement = HS_PLACE_MICROPYTHON, .seed = 1}, 150,
          250);
    prove(&(struct fw_config){.memory_size = 64 << 10, .stage_size = 4096, .seed = 2}, 100, 230);
}

static void of_256_kb(void **state)
{
    (void)state;
    run.work = 600;
    prove(&(struct fw_config){.memory_size = 256 << 10, .stage_size = 4096, .placement = HS_PLACE_MICROPYTHON, .seed = 3}, 200,
          100);
}

/* The log begins when the ring is full. */
static void of_1_mb(void **state)
{
    (void)state;
    run.work = 600;
    run.quarters = 5;
    prove(&(struct fw_config){.memory_size = 1 << 20, .stage_size = 4096, .placement = HS_PLACE_MICROPYTHON, .seed = 5}, 60, 16);
}

static void of_8_mb(void **state)
{
    (void)state;
    run.work = 600;
    run.quarters = 5;
    prove(&(struct fw_config){.memory_size = 8 << 20, .stage_size = 4096, .placement = HS_PLACE_MICROPYTHON, .seed = 6}, 40, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_16_kb), cmocka_unit_test(of_64_kb), cmocka_unit_test(of_256_kb),
        cmocka_unit_test(of_1_mb),  cmocka_unit_test(of_8_mb),
    };
    setvbuf(stdout, NULL, _IOLBF, 0);
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
