/* SPDX-License-Identifier: MIT
 *
 * A reset after every single store to the retained memory: a firmware's run is recorded store by store, and for
 * every prefix of its stores the host must find every record but the one being written, exactly as it was put,
 * and nothing else; and the next boot must go on behind them.
 *
 *   HS_CUT_RUNS=N    runs of each kind (default 2)
 *   HS_CUT_STEPS=N   calls of a run (default 500)
 *   HS_CUT_SEED=N    of the first run
 */
#include "tests/cut/run.h"

/* --- cuts --------------------------------------------------------------------------------------------- */

static struct count {
    uint64_t stores, cuts, committed, recovered, wrong, boots, boot_records, boot_wrong, complaints;
} count;

static unsigned told;
static struct {
    const char *what;
    unsigned times;
} tellings[16];

/* The first few of each kind. */
static bool is_news(const char *what)
{
    unsigned i = 0;
    told++;
    while (tellings[i].what && strcmp(tellings[i].what, what))
        i++;
    tellings[i].what = what;
    return tellings[i].times++ < 3;
}

static void tell(const char *what, size_t cut, const struct reading *r)
{
    const struct log_entry *s = cut ? &run.log[cut - 1] : NULL;
    if (is_news(what))
        printf("# seed %llu, %u bytes, placement %u, after store %zu (%u bytes at %u, in step %u, %s, %u offered): %s: %s %s\n",
               (unsigned long long)fw.config.seed, run.size, fw.config.placement, cut, s ? s->len : 0, s ? s->offset : 0,
               s ? s->step : 0, s ? run.step[s->step].what : "", s ? s->offered : 0, what, r->why, r->error.text);
}

/* The first cut tells of nothing: there is only noise. */
static void check_cut(size_t cut, struct reading *r)
{
    const struct log_entry *s = cut ? &run.log[cut - 1] : NULL;
    const struct step *step = &run.step[s ? s->step : 0];
    const struct ledger_boot *boot = &ledger.boot[step->boot];
    uint32_t put = boot->first + (s ? s->offered : 0);          /* behind the last that may be there */
    uint32_t due = s && s->offered > 1 ? put - 1 : boot->first; /* behind the last that must be */
    due = due < boot->first + boot->n ? due : boot->first + boot->n;
    uint32_t from = step->oldest < due ? step->oldest : due;
    *r = read_against_ledger(run.image, run.size, (struct wanted){from, due, 0, false});
    count.cuts++;
    count.committed += due - from;
    count.recovered += r->hits;
    count.complaints += r->error.code != 0 && from < due;
    if (r->wrong || (r->records && r->newest > put))
        tell("a record that was not put", cut, r), count.wrong++;
    else if (r->hits < due - from || r->gaps || r->info.lost)
        tell("a record is gone", cut, r);
}

/* The next boot on the memory as it is now: what was there stays, up to what the ring has no room for. */
static void check_boot(size_t cut, const struct reading *before)
{
    memcpy(fw.memory, run.image, run.size);
    fw.seed = cut * 0x9E3779B97F4A7C15u + fw.config.seed;
    fw_boot();
    fw_work(fw_random(20) ? fw_random(12) : 300);
    struct hs_stats stats = hs_stats();
    struct reading r = read_against_ledger(fw.memory, run.size, (struct wanted){.stranger = stats.boot});
    uint64_t slots = hs_image()->packet_count, least = before->info.packets < slots ? before->info.packets : slots - 1;
    const char *what = NULL;
    if (r.end || r.wrong)
        what = "the next boot: wrong";
    else if (r.error.code && !before->error.code)
        what = "the next boot: damage";
    else if (r.records && (r.newest != before->newest || r.info.lost != before->info.lost))
        what = "the next boot: a record is gone";
    else if (!r.records && before->records && stats.packets < before->info.packets + 4 && stats.offered < 20)
        what = "the next boot: all is gone";
    else if (r.info.packets < least)
        what = "the next boot: too little is kept";
    else if (r.stranger_records != stats.offered && r.records)
        what = "the next boot: its own records are gone";
    count.boots++;
    count.boot_records += r.stranger_records;
    if (what)
        tell(what, cut, &r), count.boot_wrong++;
}

static void cut_everywhere(void)
{
    struct reading r;
    memcpy(run.image, run.first, run.size);
    fw.config.memory_size = run.size;
    for (size_t cut = 0; cut <= run.n; cut++) {
        if (cut) {
            const struct log_entry *s = &run.log[cut - 1];
            memcpy(run.image + s->offset, s->now, s->len);
        }
        check_cut(cut, &r);
        check_boot(cut, &r);
    }
    count.stores += run.n;
}

/* --- the proofs --------------------------------------------------------------------------------------- */

static void prove(uint32_t size, uint8_t placement)
{
    unsigned runs = number_of("HS_CUT_RUNS", 2), steps = number_of("HS_CUT_STEPS", 500);
    uint64_t seed = number_of("HS_CUT_SEED", 1), records = 0, boots = 0;
    count = (struct count){0};
    for (unsigned i = 0; i < runs; i++) {
        record_run(
            &(struct fw_config){
                .memory_size = size, .placement = placement, .granules = i % 2 ? 60 : 300, .seed = seed + i, .learns = i % 2},
            steps, 60);
        records += ledger.n;
        boots += ledger.n_boots;
        cut_everywhere();
    }
    printf("# %u bytes, places %s: %u runs of %llu records in %llu boots: %llu stores, %llu cuts, "
           "%llu records recovered of %llu committed, %llu readings wrong, %llu with a complaint\n",
           size, placement ? "implied" : "explicit", runs, (unsigned long long)records, (unsigned long long)boots,
           (unsigned long long)count.stores, (unsigned long long)count.cuts, (unsigned long long)count.recovered,
           (unsigned long long)count.committed, (unsigned long long)count.wrong, (unsigned long long)count.complaints);
    printf("# and %llu next boots of %llu records, %llu wrong\n", (unsigned long long)count.boots,
           (unsigned long long)count.boot_records, (unsigned long long)count.boot_wrong);
    assert_true(count.stores > 1000ull * runs);
    assert_true(count.committed > 10 * count.cuts);
    assert_int_equal(count.recovered, count.committed);
    assert_int_equal(count.wrong, 0);
    assert_int_equal(count.boot_wrong, 0);
    assert_int_equal(told, 0);
}

static void of_2_kb_implied(void **state) { (void)state, prove(2048, HS_PLACE_MICROPYTHON); }
static void of_2_kb_explicit(void **state) { (void)state, prove(2048, HS_PLACE_EXPLICIT); }
static void of_4_kb_implied(void **state) { (void)state, prove(4096, HS_PLACE_MICROPYTHON); }
static void of_4_kb_explicit(void **state) { (void)state, prove(4096, HS_PLACE_EXPLICIT); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_2_kb_implied),
        cmocka_unit_test(of_2_kb_explicit),
        cmocka_unit_test(of_4_kb_implied),
        cmocka_unit_test(of_4_kb_explicit),
    };
    setvbuf(stdout, NULL, _IOLBF, 0);
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
