/* SPDX-License-Identifier: MIT
 *
 * All records that a firmware has put, by boot and number, as the reader tells them right after they were put;
 * and what later readings of cut images say, held against them. Readings never assert: they count, and keep the
 * first reason, so that a proof can say how many of how many were wrong.
 *
 * A record's place on the line is its number among all records of all boots.
 */
#ifndef TESTS_CUT_LEDGER_H
#define TESTS_CUT_LEDGER_H

#include "tests/support/digest.h"

#define LEDGER_BOOTS 4096u

struct entry {
    uint64_t time;
    uint64_t digest; /* of what the record says, the places left out */
    uint64_t place;  /* of its places; 0: they are not known */
    bool gone;       /* a reset lost it, as it may */
    bool seen;       /* by the last reading that was asked to say so */
};

struct ledger_boot {
    uint32_t number; /* as the recorder counts it */
    uint32_t first;  /* place on the line of its first record */
    uint32_t n;      /* records put so far */
};

static struct {
    struct entry *entry; /* by place on the line */
    uint32_t n, room;
    struct ledger_boot boot[LEDGER_BOOTS];
    uint32_t n_boots;
} ledger;

/* What a reading is to look for. */
struct wanted {
    uint32_t from, to; /* places on the line: those in between that are not gone are counted */
    uint32_t stranger; /* boot whose records are not in the ledger, 0: none is expected */
    bool say_seen;     /* sets `seen` */
};

/* What a reading found. Records are those of the ledger, but for those of a stranger. */
struct reading {
    long end;                /* what the reader ended with, or could not open with */
    uint32_t oldest, newest; /* places on the line; newest is one behind */
    uint64_t records;
    uint32_t hits;  /* of those wanted */
    uint64_t gaps;  /* records missing between two of one boot */
    uint64_t wrong; /* that were never put, or not so */
    uint64_t stranger_records;
    struct hs_trace_info info;
    struct hs_error error;
    char why[200]; /* the first thing wrong */
};

/* --- entries ------------------------------------------------------------------------------------------ */

/* How many of these are not gone. */
static inline uint32_t count_wanted(uint32_t from, uint32_t to)
{
    uint32_t n = 0;
    for (uint32_t at = from; at < to; at++)
        n += !ledger.entry[at].gone;
    return n;
}

static struct entry entry_of(struct hs_reader *reader, const struct hs_event *e)
{
    struct entry entry = {.time = e->time, .digest = mix(e->time, e->kind)};
    if (has_site(e))
        entry.digest = mix_site(entry.digest, reader, e->site);
    entry.digest = mix_fields(entry.digest, e->record);
    if (e->kind <= HS_REALLOC && !(e->flags & HS_EVENT_UNPLACED))
        entry.place = mix(mix(1, e->pos), e->old) | 1;
    return entry;
}

/* --- readings ----------------------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3))) wrong(struct reading *r, const char *text, ...)
{
    va_list more;
    va_start(more, text);
    if (!r->wrong++)
        vsnprintf(r->why, sizeof r->why, text, more);
    va_end(more);
}

static const struct ledger_boot *find_boot(uint32_t number)
{
    for (uint32_t i = ledger.n_boots; i--;)
        if (ledger.boot[i].number == number)
            return &ledger.boot[i];
    return NULL;
}

/* Place on the line of the record of that time; UINT32_MAX when there was none. */
static uint32_t find_time(const struct ledger_boot *boot, uint64_t time)
{
    uint32_t low = boot->first, high = boot->first + boot->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ledger.entry[middle].time < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low < boot->first + boot->n && ledger.entry[low].time == time ? low : UINT32_MAX;
}

/* Where the reading is. */
struct reading_state {
    struct reading *r;
    const struct wanted *wanted;
    const struct ledger_boot *boot;
    uint32_t at;     /* place on the line of the event before */
    uint64_t number; /* of the event before */
    uint32_t last_boot;
    uint64_t last_time;
};

static void read_stranger(struct reading_state *s, struct hs_reader *reader, const struct hs_event *e)
{
    struct reading *r = s->r;
    if (!r->stranger_records && r->records && e->kind != HS_RESET)
        wrong(r, "boot %u begins with a %s", e->boot, hs_kind_info(e->kind)->name);
    if (r->stranger_records && e->number != s->number + 1)
        r->gaps += e->number - s->number - 1;
    if (s->last_boot == e->boot && e->time < s->last_time)
        wrong(r, "time runs backwards in boot %u", e->boot);
    if (!plausible(reader, e))
        wrong(r, "record %llu of boot %u has a wrong site", (unsigned long long)r->stranger_records, e->boot);
    r->stranger_records++;
}

static void read_known(struct reading_state *s, struct hs_reader *reader, const struct hs_event *e)
{
    struct reading *r = s->r;
    struct entry now = entry_of(reader, e);
    uint32_t at = s->at + (uint32_t)(e->number - s->number);
    if (!s->boot || s->boot->number != e->boot) {
        s->boot = find_boot(e->boot);
        at = s->boot ? find_time(s->boot, e->time) : UINT32_MAX;
        if (at == UINT32_MAX) {
            wrong(r, "record %llu: boot %u had no such one", (unsigned long long)e->number, e->boot);
            s->boot = NULL;
            return;
        }
    } else {
        r->gaps += at - s->at - 1;
    }
    if (at >= s->boot->first + s->boot->n) {
        wrong(r, "boot %u has no record %u", e->boot, at - s->boot->first);
        s->boot = NULL;
        return;
    }
    struct entry *then = &ledger.entry[at];
    if (then->digest != now.digest)
        wrong(r, "record %u of boot %u, a %s, is not what was put", at - s->boot->first, e->boot, hs_kind_info(e->kind)->name);
    else if (then->place && now.place && then->place != now.place)
        wrong(r, "record %u of boot %u is at another place", at - s->boot->first, e->boot);
    if (r->records && at < r->newest)
        wrong(r, "record %u of boot %u comes late", at - s->boot->first, e->boot);
    if (!r->records++)
        r->oldest = at;
    s->at = at;
    r->newest = at + 1;
    r->hits += at >= s->wanted->from && at < s->wanted->to && !then->gone;
    then->seen |= s->wanted->say_seen;
}

static inline struct reading read_against_ledger(const void *data, size_t len, struct wanted wanted)
{
    static struct reading r;
    struct reading_state s = {.r = &r, .wanted = &wanted};
    const struct hs_event *e;
    r = (struct reading){.end = 0};
    struct hs_reader *reader = hs_reader_open(scratch_file(data, len), &r.error);
    if (!reader) {
        r.end = r.error.code;
        return r;
    }
    while ((r.end = hs_reader_next(reader, &e)) > 0)
        for (long i = 0; i < r.end; i++) {
            if (wanted.stranger && e[i].boot == wanted.stranger)
                read_stranger(&s, reader, &e[i]);
            else
                read_known(&s, reader, &e[i]);
            s.number = e[i].number;
            s.last_boot = e[i].boot;
            s.last_time = e[i].time;
        }
    r.info = *hs_reader_info(reader);
    r.error = *hs_reader_error(reader);
    hs_reader_close(reader);
    return r;
}

/* --- writing the ledger ------------------------------------------------------------------------------- */

static inline void ledger_clear(void) { ledger.n = ledger.n_boots = 0; }

/* A boot begins: what follows belongs to it. */
static inline void ledger_boot(uint32_t number)
{
    assert_true(ledger.n_boots < LEDGER_BOOTS);
    ledger.boot[ledger.n_boots++] = (struct ledger_boot){.number = number, .first = ledger.n};
}

static void ledger_add(const struct entry *entry)
{
    if (ledger.n == ledger.room) {
        ledger.room = ledger.room ? ledger.room * 2 : 1 << 12;
        ledger.entry = realloc(ledger.entry, ledger.room * sizeof *ledger.entry);
    }
    ledger.entry[ledger.n++] = *entry;
    ledger.boot[ledger.n_boots - 1].n++;
}

/* Takes in what the present boot has put since the last time, which is all still in the image; `offered` in all,
 * LEDGER_CUT when a reset has cut it short. Returns the place on the line of the oldest record in the image. */
#define LEDGER_CUT UINT32_MAX
static inline uint32_t ledger_take(const void *image, size_t size, uint32_t offered)
{
    struct ledger_boot *boot = &ledger.boot[ledger.n_boots - 1];
    uint32_t known = boot->n, last = UINT32_MAX;
    uint64_t skip = 0;
    const struct hs_event *e;
    long n;
    struct hs_reader *reader = hs_reader_open(scratch_file(image, size), NULL);
    if (!reader && offered == LEDGER_CUT)
        return ledger.n;
    assert_non_null(reader);
    uint32_t oldest = UINT32_MAX;
    uint64_t number = 0;
    while ((n = hs_reader_next(reader, &e)) > 0)
        for (long i = 0; i < n; i++) {
            const struct ledger_boot *of = find_boot(e[i].boot);
            assert_non_null(of);
            if (oldest == UINT32_MAX && (oldest = find_time(of, e[i].time)) == UINT32_MAX)
                oldest = ledger.n;
            if (of != boot)
                continue;
            assert_true(plausible(reader, &e[i]));
            if (last == UINT32_MAX) { /* its first record here: one that is known, or the boot's first */
                uint32_t at = known ? find_time(boot, e[i].time) : boot->first;
                assert_true(at != UINT32_MAX);
                skip = known - (at - boot->first);
            } else {
                assert_true(e[i].number == number + 1);
            }
            last = 0;
            number = e[i].number;
            if (skip || boot->n == offered) {
                skip -= skip > 0;
                continue;
            }
            struct entry entry = entry_of(reader, &e[i]);
            assert_true(!boot->n || entry.time > ledger.entry[ledger.n - 1].time);
            ledger_add(&entry);
        }
    assert_int_equal(n, 0);
    hs_reader_close(reader);
    if (offered != LEDGER_CUT)
        assert_int_equal(boot->n, offered);
    return oldest == UINT32_MAX ? ledger.n : oldest;
}

#endif
