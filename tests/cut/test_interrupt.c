/* SPDX-License-Identifier: MIT
 *
 * Two writers: an interrupt that records in the middle of another record, at every access to memory that the recorder
 * makes. The port's lock masks interrupts as on a microcontroller: what comes meanwhile waits until it is left; with a queue
 * (HS_PENDING: test_pending.c) it seldom has to. Then
 * the trace must hold the records of both, whole, in an order that could have been, none lost, none twice.
 */
#include "lib/trace.h"
#include "tests/cut/ledger.h"
#include "tests/cut/watch.h"

#define RECORDS 512u

/* What a record says but for its time, and where it is in the trace. */
struct said {
    uint64_t digest;
    bool ours; /* the interrupt's */
};

struct sequence {
    struct said record[RECORDS];
    uint32_t n;
};

/* --- the interrupt ------------------------------------------------------------------------------------ */

static struct {
    void (*handler)(void);
    uint64_t at; /* the access at which it comes, from 1; 0: never */
    uint64_t n;  /* accesses so far */
    bool pending, inside;
    unsigned records; /* that it has put */
    unsigned times;   /* that it came while interrupts were not masked, and while they were */
    unsigned waited;
} irq;

static const struct hs_text irq_label = {"interrupt", 9};

/* Interrupts allocate where places are explicit: by a rule they would have to hold the lock across the allocation. */
static void handler(void)
{
    irq.pending = false;
    irq.inside = true;
    if (hs_state != HS_STATE_OFF) {
        uint32_t before = hs_stats().offered;
        hs_mark(irq_label);
        hs_fail(fw_key(77), 77, 1); /* as the heap is locked */
        if (fw.config.placement == HS_PLACE_EXPLICIT) {
            uint32_t pos = fw.first[fw.n_areas] + 8;
            hs_alloc(fw_key(99), (struct hs_block){pos, 99});
            hs_realloc(fw_key(140), (struct hs_block){pos + 20, 140}, pos);
            hs_free((uintptr_t)hs_anchor + 5, pos + 20);
        }
        irq.records += hs_stats().offered - before;
    }
    irq.inside = false;
}

static void on_access(void)
{
    if (irq.inside || ++irq.n != irq.at)
        return;
    if (fw.masked) {
        irq.pending = true;
        irq.waited++;
    } else {
        irq.times++;
        irq.handler();
    }
}

static void on_unlock(void)
{
    if (irq.pending && !irq.inside)
        irq.handler();
}

/* --- what is interrupted ------------------------------------------------------------------------------ */

static struct hs_block block(uint32_t n) { return (struct hs_block){fw.first[fw.n_areas] - 4, n}; }

static void op_alloc(void) { fw_alloc(); }
static void op_free(void) { fw_free(); }
static void op_realloc(void) { fw_realloc(); }
static void op_collect(void) { fw_collect(0, HS_POS_IMPLIED); }
static void op_mark(void) { hs_mark((struct hs_text){"outer", 5}); }
static void op_thread(void) { hs_record(&(struct hs_record){.kind = HS_THREAD, .thread.thread = 3}); }
static void op_fail(void) { hs_fail(fw_key(31), 31, 0); }
static void op_new_site(void) { hs_fail((struct hs_key){.code = 1000000 + fw.config.seed}, 5, 2); }
static void op_flush(void) { hs_flush(); }
static void op_keyframe(void) { hs_keyframe(); }
static void op_stop(void) { hs_stop(); }
static void op_restart(void) { hs_stop(), hs_start(); }
static bool gone(uintptr_t code) { return code & 1; }
static void op_forget(void) { hs_forget(gone), fw_alloc(); }
static void op_many(void) { fw_work(80); }
static void op_same(void)
{
    for (int i = 0; i < 3; i++) {
        hs_fail(fw_key(block(16).size), 16, 0);
        fw_alloc();
    }
}

static const struct op {
    const char *name;
    void (*make)(void);
    unsigned step; /* each so many accesses are interrupted; 0: all. With it keyframes may come elsewhere */
} ops[] = {
    {"alloc", op_alloc},   {"free", op_free},       {"realloc", op_realloc},   {"collect", op_collect}, {"mark", op_mark},
    {"thread", op_thread}, {"fail", op_fail},       {"new site", op_new_site}, {"flush", op_flush},     {"keyframe", op_keyframe},
    {"stop", op_stop},     {"restart", op_restart}, {"forget", op_forget},     {"same", op_same},       {"80 calls", op_many, 9},
};

/* --- going back to where it began --------------------------------------------------------------------- */

static struct {
    struct hs_trace trace;
    struct firmware fw;
    uint8_t state;
    uint8_t *memory;
} saved;

static void save(void)
{
    saved.trace = hs_trace;
    saved.fw = fw;
    saved.state = hs_state;
    saved.memory = realloc(saved.memory, fw.config.memory_size + fw.config.stage_size);
    memcpy(saved.memory, fw.memory, fw.config.memory_size + fw.config.stage_size);
}

static void restore(void)
{
    uint8_t *out = fw.out;
    size_t room = fw.out_room;
    hs_trace = saved.trace;
    fw = saved.fw;
    fw.out = out;
    fw.out_room = room;
    hs_state = saved.state;
    memcpy(fw.memory, saved.memory, fw.config.memory_size + fw.config.stage_size);
    memset(&irq, 0, sizeof irq);
    irq.handler = handler;
}

/* --- what the trace says ------------------------------------------------------------------------------ */

static bool is_ours(struct hs_reader *reader, const struct hs_event *e)
{
    const struct hs_site *s = hs_reader_site(reader, e->site);
    if (e->kind == HS_MARK)
        return e->record->mark.label.len == irq_label.len && !memcmp(e->record->mark.label.data, irq_label.data, irq_label.len);
    if (e->kind == HS_FAIL)
        return e->record->fail.size == 77;
    if (e->kind == HS_FREE)
        return s && s->caller == 5;
    return (e->kind == HS_ALLOC && e->size == 99 && e->pos >= fw.first[fw.n_areas]) ||
           (e->kind == HS_REALLOC && e->size == 140 && e->pos >= fw.first[fw.n_areas]);
}

/* Ranks and what TOTAL counts follow from the others. */
static uint64_t digest_of(struct hs_reader *reader, const struct hs_event *e)
{
    uint64_t h = mix(0, e->kind);
    if (has_site(e))
        h = mix(mix_site(h, reader, e->site), e->size);
    if (e->kind <= HS_REALLOC)
        return mix(mix(h, e->pos), e->old);
    return e->kind == HS_TOTAL || e->kind == HS_FAIL ? h : mix_fields(h, e->record);
}

/* The last records, after `skip` of them. Returns what is wrong with them, NULL if nothing. */
static const char *read_sequence(struct sequence *to, uint64_t skip, bool keyframes)
{
    uint32_t offered = hs_stats().offered;
    const struct hs_event *e;
    uint64_t time = 0;
    const char *why = NULL;
    long n;
    bool stream = fw.config.flags & HS_RING_STREAM;
    struct hs_reader *reader = hs_reader_open(
        stream ? scratch_file(fw.out, fw.out_len) : scratch_file(fw.memory, fw.config.memory_size), NULL);
    assert_non_null(reader);
    to->n = 0;
    while ((n = hs_reader_next(reader, &e)) > 0)
        for (long i = 0; i < n; i++) {
            if (e[i].time < time)
                why = "time runs backwards";
            time = e[i].time;
            if (!plausible(reader, &e[i]) && e[i].size != 5)
                why = "a wrong site";
            if (e[i].kind == HS_TOTAL && e[i].record->total.emitted != e[i].number)
                why = "TOTAL counts what it is not";
            bool keyframe = e[i].kind == HS_REGION || e[i].kind == HS_SNAPSHOT;
            if (e[i].number >= skip && to->n < RECORDS && (keyframes || !keyframe))
                to->record[to->n++] = (struct said){digest_of(reader, &e[i]), is_ours(reader, &e[i])};
        }
    const struct hs_trace_info *info = hs_reader_info(reader);
    if (hs_reader_error(reader)->code)
        why = hs_strerror(hs_reader_error(reader)->code);
    else if (info->lost)
        why = "records are lost";
    else if (info->emitted != offered)
        why = "not as many records as were offered";
    hs_reader_close(reader);
    return why;
}

/* The same records in the same order, ours among them in a row. */
static const char *compare(const struct sequence *alone, const struct sequence *both)
{
    uint32_t at = 0, ours = 0;
    for (uint32_t i = 0; i < both->n; i++) {
        if (both->record[i].ours) {
            ours++;
            continue;
        }
        if (at == alone->n || both->record[i].digest != alone->record[at].digest)
            return "a record of the interrupted is not what it was";
        at++;
    }
    if (at != alone->n)
        return "a record of the interrupted is gone";
    return ours == irq.records ? NULL : "not as many records of the interrupt as it has put";
}

/* --- the proof ---------------------------------------------------------------------------------------- */

static struct {
    uint64_t points, direct, waited, records, wrong;
} count;

static void make(const struct op *op, uint64_t at)
{
    restore();
    irq.at = at;
    watch_begin(&(struct watch){.access = on_access});
    op->make();
    watch_end();
    if (fw.config.flags & HS_RING_STREAM)
        hs_flush();
}

static void interrupt_everywhere(const struct op *op, uint64_t skip)
{
    static struct sequence alone, both;
    make(op, 0);
    uint64_t n = irq.n;
    const char *why = read_sequence(&alone, skip, !op->step);
    if (why)
        printf("# %s, not interrupted: %s\n", op->name, why);
    assert_null(why);
    assert_true(n > 0 && alone.n < RECORDS);
    for (uint64_t at = 1; at <= n; at += op->step ? op->step : 1) {
        make(op, at);
        why = read_sequence(&both, skip, !op->step);
        why = why ? why : compare(&alone, &both);
        if (!why && fw.nested)
            why = "the lock is taken while it is held";
        count.points++;
        count.direct += irq.times;
        count.waited += irq.waited;
        count.records += irq.records;
        if (why && count.wrong++ < 5)
            printf("# %s, placement %u, seed %llu, interrupted at access %llu of %llu, %s: %s\n", op->name, fw.config.placement,
                   (unsigned long long)fw.config.seed, (unsigned long long)at, (unsigned long long)n,
                   irq.times ? "at once" : "after the lock", why);
    }
}

static void prove(const struct fw_config *config)
{
    memset(&count, 0, sizeof count);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct fw_config c = *config;
        c.seed = seed;
        fw_make(&c);
        fw.tick_step = 1;
        fw.on_unlock = on_unlock;
        fw_work(100);
        if (fw.config.flags & HS_RING_STREAM)
            hs_flush();
        save();
        for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
            interrupt_everywhere(&ops[i], saved.trace.offered);
    }
    printf("# places %s, %s: interrupted at %llu points, %llu of them at once, %llu after the lock; %llu records of the "
           "interrupt, %llu wrong\n",
           config->placement ? "implied" : "explicit", config->flags & HS_RING_STREAM ? "stream" : "image",
           (unsigned long long)count.points, (unsigned long long)count.direct, (unsigned long long)count.waited,
           (unsigned long long)count.records, (unsigned long long)count.wrong);
    assert_true(count.direct > (HS_PENDING ? 1000 : 100) && count.waited > (HS_PENDING ? 100 : 1000) &&
                count.records > count.points);
    assert_int_equal(count.wrong, 0);
}

static void in_an_image(void **state)
{
    (void)state;
    prove(&(struct fw_config){.memory_size = 16384, .packet_size = 512, .placement = HS_PLACE_MICROPYTHON, .granules = 80});
    prove(&(struct fw_config){.memory_size = 16384, .packet_size = 512, .placement = HS_PLACE_EXPLICIT, .granules = 80});
    prove(&(struct fw_config){.memory_size = 16384, .packet_size = 512, .learns = true, .granules = 80});
}

static void in_a_stream(void **state)
{
    (void)state;
    prove(&(struct fw_config){
        .memory_size = 16384, .packet_size = 512, .flags = HS_RING_STREAM, .placement = HS_PLACE_MICROPYTHON, .granules = 80});
    prove(&(struct fw_config){
        .memory_size = 16384, .packet_size = 512, .flags = HS_RING_STREAM, .placement = HS_PLACE_EXPLICIT, .granules = 80});
}

#if HS_PENDING
/* More than the queue has room for: what is lost is counted, and what follows is right. */
static void flood(void)
{
    irq.pending = false;
    irq.inside = true;
    for (unsigned i = 0; i < 200; i++)
        hs_fail(fw_key(i % 7), 77, 1);
    irq.inside = false;
}

static uint64_t flooded(const struct op *op, uint64_t at)
{
    const struct hs_event *e;
    restore();
    irq.at = at;
    irq.handler = flood;
    watch_begin(&(struct watch){.access = on_access});
    op->make();
    watch_end();
    fw_work(20);
    struct hs_reader *reader = hs_reader_open(scratch_file(fw.memory, fw.config.memory_size), NULL);
    while (hs_reader_next(reader, &e) > 0)
        ;
    const struct hs_trace_info *info = hs_reader_info(reader);
    uint64_t lost = info->lost;
    assert_int_equal(hs_reader_error(reader)->code, 0);
    assert_int_equal(info->diverged, 0);
    assert_int_equal(info->emitted, hs_stats().offered);
    assert_int_equal(lost, hs_stats().lost);
    hs_reader_close(reader);
    return lost;
}

static void a_flood(void **state)
{
    (void)state;
    unsigned points = 0, losses = 0;
    fw_make(&(struct fw_config){
        .memory_size = 65536, .packet_size = 512, .placement = HS_PLACE_MICROPYTHON, .granules = 80, .seed = 1});
    fw.tick_step = 1;
    fw.on_unlock = on_unlock;
    fw_work(100);
    save();
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        make(&ops[i], 0);
        for (uint64_t at = 1, n = irq.n; at <= n; at += n / 50 + 1, points++)
            losses += flooded(&ops[i], at) != 0;
    }
    printf("# flooded at %u points: lost and counted at %u of them\n", points, losses);
    assert_true(losses > points / 4 && losses < points);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_an_image),
        cmocka_unit_test(in_a_stream),
#if HS_PENDING
        cmocka_unit_test(a_flood),
#endif
    };
    setvbuf(stdout, NULL, _IOLBF, 0);
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
