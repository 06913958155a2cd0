/* SPDX-License-Identifier: MIT
 *
 * A firmware's run, logged store by store: work, marks, stops and starts, keyframes, resets in the middle of a call,
 * further boots. Every record that it puts is in the ledger.
 *
 * The retained memory is either as it looks, so that a reset loses what has not been stored; or it is behind a
 * cache, so that a reset also loses lines that were neither written back by chance nor flushed. In that case a stage
 * of internal RAM may lie behind it, which is not cached.
 */
#ifndef TESTS_CUT_RUN_H
#define TESTS_CUT_RUN_H

#include "lib/trace.h"
#include "tests/cut/ledger.h"
#include "tests/cut/watch.h"

#define LINE 32u /* bytes of a cache line */

enum log_kind { LOG_STORE, LOG_FLUSH, LOG_RESET };

struct log_entry {
    uint32_t offset, len;
    uint32_t step;
    uint32_t offered; /* by the recorder's count, when this had been done */
    uint32_t packets; /* likewise; 0 while a boot begins */
    uint8_t kind;
    uint8_t now[WATCH_STORE_MAX], was[WATCH_STORE_MAX];
    uint8_t *image; /* RESET: the memory that is left */
};

struct step {
    const char *what;
    uint32_t boot;   /* index in the ledger of the boot that makes it */
    uint32_t oldest; /* place on the line of the oldest record that is left behind it */
};

/* What must outlive a reset behind a cache: all records of packets that are closed and flushed. */
struct due {
    uint32_t boot;    /* index in the ledger */
    uint32_t packets; /* of that boot's count, as seen last; 0: not yet */
    uint32_t to;      /* place on the line behind the last that must be there */
};

static struct {
    struct log_entry *log;
    size_t n, room;
    struct step *step;
    uint32_t n_steps, room_steps;
    uint32_t size;    /* of the image */
    uint32_t whole;   /* with the stage behind it */
    uint8_t *first;   /* the memory before the first store */
    uint8_t *image;   /* as the log has it so far */
    uint8_t *backing; /* cached: behind the cache */
    uint8_t *dirty;   /* cached: a flag for each line */
    bool cached;
    uint32_t due_step;         /* first that `due` has not taken in */
    uint32_t work;             /* calls of the firmware's work in a step */
    uint32_t quarters;         /* of the ring, that are filled before the log begins */
    struct due due, first_due; /* first_due: when the log begins */
    uint64_t broken;           /* resets while it was recorded that lost what they must not */
} run;

static inline unsigned number_of(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text && *text ? (unsigned)strtoul(text, NULL, 0) : otherwise;
}

/* --- the cache ---------------------------------------------------------------------------------------- */

static void write_back(uint32_t line)
{
    memcpy(run.backing + line * LINE, run.image + line * LINE, LINE);
    run.dirty[line] = 0;
}

static void touch_lines(uint32_t offset, uint32_t len)
{
    for (uint32_t at = offset / LINE; at * LINE < offset + len; at++) {
        run.dirty[at] = 1;
        if (offset >= run.size) /* the stage */
            write_back(at);
    }
}

static void flush_lines(uint32_t offset, uint32_t len)
{
    for (uint32_t at = offset / LINE; at * LINE < offset + len; at++)
        write_back(at);
}

/* Some line, if it is dirty; near the one touched last, where most of them are. */
static void evict_some(uint32_t near, uint32_t random)
{
    uint32_t lines = run.size / LINE, at = near / LINE + random % 256 - 128;
    if (at < lines && run.dirty[at])
        write_back(at);
}

/* A packet is opened when the one before has been closed and flushed. */
static void due_after(struct due *due, const struct log_entry *e, uint32_t boot, uint32_t first)
{
    if (due->boot != boot)
        *due = (struct due){.boot = boot, .to = due->to};
    if (due->packets && e->packets > due->packets && first + e->offered > due->to)
        due->to = first + e->offered;
    due->packets = e->packets;
}

/* --- the log ------------------------------------------------------------------------------------------ */

static struct log_entry *add_entry(uint8_t kind)
{
    if (run.n == run.room) {
        run.room = run.room ? run.room * 2 : 1 << 16;
        run.log = realloc(run.log, run.room * sizeof *run.log);
    }
    struct log_entry *e = &run.log[run.n++];
    struct hs_stats stats = hs_stats();
    *e = (struct log_entry){.kind = kind, .step = run.n_steps, .offered = stats.offered, .packets = stats.packets};
    return e;
}

static void on_store(size_t offset, uint32_t len)
{
    struct log_entry *e = add_entry(LOG_STORE);
    e->offset = (uint32_t)offset;
    e->len = len;
    memcpy(e->was, run.image + offset, len);
    memcpy(e->now, fw.memory + offset, len);
    memcpy(run.image + offset, e->now, len);
    if (run.cached) {
        touch_lines(e->offset, len);
        if (run.n % 8 == 0)
            evict_some(e->offset, (uint32_t)(run.n * 0x9E3779B1u >> 7));
    }
}

static void on_flush(const void *data, uint32_t len)
{
    if (!run.cached)
        return;
    watch_settle();
    struct log_entry *e = add_entry(LOG_FLUSH);
    e->offset = (uint32_t)((const uint8_t *)data - fw.memory);
    e->len = len;
    flush_lines(e->offset, len);
}

/* The last `n` stores have not been made. */
static void take_back(size_t n)
{
    while (n--) {
        const struct log_entry *e = &run.log[--run.n];
        memcpy(run.image + e->offset, e->was, e->len);
        memcpy(fw.memory + e->offset, e->was, e->len);
    }
}

/* Says of every record so far whether it is in the memory that a reset has left. */
static void tell_gone(const struct step *step)
{
    struct due due = run.due;
    for (size_t i = 0; i < run.n; i++) {
        uint32_t boot = run.log[i].step < run.n_steps ? run.step[run.log[i].step].boot : step->boot;
        if (run.log[i].step >= run.due_step)
            due_after(&due, &run.log[i], boot, ledger.boot[boot].first);
    }
    run.due = due;
    run.due_step = run.n_steps + 1;
    for (uint32_t i = 0; i < ledger.n; i++)
        ledger.entry[i].seen = false;
    struct reading r = read_against_ledger(run.backing, run.size, (struct wanted){.say_seen = true});
    uint64_t lost = 0;
    for (uint32_t i = 0; i < ledger.n; i++) {
        lost += !ledger.entry[i].seen && !ledger.entry[i].gone && i >= step->oldest && i < due.to;
        ledger.entry[i].gone |= !ledger.entry[i].seen;
    }
    if ((r.wrong || lost) && !run.broken++)
        printf("# seed %llu, a reset in step %u (%s): %llu records lost that were flushed; %s %s\n",
               (unsigned long long)fw.config.seed, run.n_steps, step->what, (unsigned long long)lost, r.why, r.error.text);
}

/* The dirty lines are lost, all or one in two; the stage is kept, or noise. */
static void lose_lines(const struct step *step)
{
    bool all = fw_random(2), keeps = fw_random(2);
    for (uint32_t line = 0; line < run.size / LINE; line++)
        if (run.dirty[line] && !all && fw_random(2))
            write_back(line);
    for (uint32_t i = run.size; i < run.whole && !keeps; i++)
        run.backing[i] = (uint8_t)fw_random(256);
    struct log_entry *e = add_entry(LOG_RESET);
    memset(run.dirty, 0, run.whole / LINE + 1);
    memcpy(run.image, run.backing, run.whole);
    memcpy(fw.memory, run.backing, run.whole);
    e->image = malloc(run.whole);
    memcpy(e->image, run.backing, run.whole);
    tell_gone(step);
}

/* --- what a run does ---------------------------------------------------------------------------------- */

static void do_boot(void) { fw_boot(); }
static void do_work(void) { fw_work(run.work ? fw_random(run.work) : 1); }
static void do_flush(void) { hs_flush(); }
static void do_stop(void) { hs_stop(); }
static void do_start(void) { hs_start(); }
static void do_keyframe(void)
{
    if (hs_state != HS_STATE_OFF)
        hs_keyframe();
}
static bool is_gone(uintptr_t code) { return code % 7 == fw.events % 7; }
static void do_forget(void) { hs_forget(is_gone); }
static void do_selftest(void) { hs_selftest_failed(); }

static const struct deed {
    const char *name;
    void (*make)(void);
    unsigned often;
} deeds[] = {
    {"boot", do_boot, 0},
    {"work", do_work, 1000},
    {"flush", do_flush, 10},
    {"stop", do_stop, 5},
    {"keyframe", do_keyframe, 10},
    {"forget", do_forget, 10},
    {"selftest failed", do_selftest, 1},
};
static const struct deed *const boot_deed = &deeds[0];
static const struct deed start = {"start", do_start, 0};

static const struct deed *choose(void)
{
    if (hs_state == HS_STATE_OFF)
        return &start;
    unsigned all = 0, n = 0;
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        all += deeds[i].often;
    unsigned at = fw_random(all);
    while (at >= deeds[n].often)
        at -= deeds[n++].often;
    return &deeds[n];
}

static struct step *add_step(const char *what)
{
    if (run.n_steps == run.room_steps) {
        run.room_steps = run.room_steps ? run.room_steps * 2 : 1 << 10;
        run.step = realloc(run.step, run.room_steps * sizeof *run.step);
    }
    run.step[run.n_steps] = (struct step){.what = what};
    return &run.step[run.n_steps];
}

/* The open packet may be in the stage, where no reader looks: it is flushed for the ledger, and that undone. */
static uint32_t take_with_stage(uint32_t offered)
{
    struct hs_trace trace = hs_trace;
    uint8_t state = hs_state, *memory = malloc(run.whole);
    uint32_t oldest;
    static struct firmware firmware;
    firmware = fw;
    memcpy(memory, fw.memory, run.whole);
    fw.on_flush = NULL;
    hs_flush();
    oldest = ledger_take(fw.memory, run.size, offered);
    fw = firmware;
    hs_trace = trace;
    hs_state = state;
    memcpy(fw.memory, memory, run.whole);
    free(memory);
    return oldest;
}

/* One step of the run; `cut`: a reset comes somewhere in it. */
static void make_step(const struct deed *deed, bool cut)
{
    struct step *step = add_step(deed->name);
    size_t before = run.n;
    watch_begin(&(struct watch){.memory = fw.memory, .size = run.whole, .store = on_store});
    deed->make();
    assert_int_equal(watch_end(), 0);
    if (deed == boot_deed)
        ledger_boot(hs_stats().boot);
    if (cut && !run.cached)
        take_back(fw_random((uint32_t)(run.n - before) + 1));
    step->boot = ledger.n_boots - 1;
    if (run.cached)
        step->oldest = take_with_stage(hs_stats().offered);
    else
        step->oldest = ledger_take(fw.memory, run.size, cut ? LEDGER_CUT : hs_stats().offered);
    if (cut && run.cached)
        lose_lines(step);
    run.n_steps++;
}

static void make_room(void)
{
    run.first = realloc(run.first, run.whole);
    run.image = realloc(run.image, run.whole);
    run.backing = realloc(run.backing, run.whole + LINE);
    run.dirty = realloc(run.dirty, run.whole / LINE + 1);
    memset(run.dirty, 0, run.whole / LINE + 1);
    for (size_t i = 0; i < run.n; i++)
        free(run.log[i].image);
    run.n = run.n_steps = run.due_step = 0;
    run.first_due = (struct due){0};
}

/* Fills the ring, of which only the last stores are logged. All is flushed then. */
static void fill_ring(void)
{
    for (uint32_t i = 1; i <= run.quarters; i++) {
        while (hs_stats().packets < (uint64_t)i * hs_image()->packet_count / 4)
            fw_work(1000);
        hs_flush();
        ledger_take(fw.memory, run.size, hs_stats().offered);
    }
    memcpy(run.first, fw.memory, run.whole);
    memcpy(run.image, fw.memory, run.whole);
    memcpy(run.backing, fw.memory, run.whole);
    memset(run.dirty, 0, run.whole / LINE + 1);
    run.n = run.n_steps = 0;
    run.first_due = (struct due){.packets = hs_stats().packets, .to = ledger.n};
}

/* Begins in noise. Every so many steps the processor is reset somewhere in one of them. */
static void record_run(const struct fw_config *config, unsigned steps, unsigned often)
{
    fw_make(config);
    fw.tick_step = 1;
    fw.on_flush = on_flush;
    run.size = config->memory_size;
    run.whole = run.size + config->stage_size;
    make_room();
    for (uint32_t i = 0; i < run.whole; i++)
        run.first[i] = run.image[i] = run.backing[i] = fw.memory[i] = (uint8_t)fw_random(256);
    ledger_clear();
    make_step(boot_deed, false);
    if (run.quarters)
        fill_ring();
    run.due = run.first_due;
    for (unsigned i = 0; i < steps; i++) {
        bool reset = fw_random(often) == 0;
        make_step(choose(), reset);
        if (reset)
            while (make_step(boot_deed, reset = fw_random(4) == 0), reset)
                ;
    }
    fw.on_flush = NULL;
}

#endif
