/* SPDX-License-Identifier: MIT
 *
 * Levels: choosing one, sampling, and following what was sampled. Summaries are in level_summary.c.
 */
#include "lib/level.h"

#include <string.h>

#include "lib/assertion.h"
#include "lib/trace.h"
#include "lib/varint.h"

#if defined(__GNUC__) && !defined(__clang__)
#define HOT __attribute__((optimize("O2")))
#else
#define HOT
#endif

/* --- distances ------------------------------------------------------------------------------------------- */

/* A Weyl sequence, each of its 2^32 numbers mixed: two of them in a row have nothing in common, which is more
 * than a shift register of one word can say, and what follows compares neighbours. */
static uint32_t draw(void)
{
    uint32_t z = hs_trace.random += 0x9E3779B9u;
    z = (z ^ z >> 16) * 0x21F0AAADu;
    z = (z ^ z >> 15) * 0x735A2D97u;
    return z ^ z >> 15;
}

/* The upper 32 bits of a product, in pieces: a small core calls the library for it. */
static uint32_t multiply_high(uint32_t a, uint32_t b)
{
    uint32_t low = (a & 0xffff) * (b & 0xffff), mid = (a >> 16) * (b & 0xffff) + (low >> 16);
    uint32_t other = (a & 0xffff) * (b >> 16) + (mid & 0xffff);
    return (a >> 16) * (b >> 16) + (mid >> 16) + (other >> 16);
}

/* An exponentially distributed distance, rounded down, by comparisons alone (J. von Neumann, "Various techniques
 * used in connection with random digits", 1951): numbers are drawn while they fall; when an odd number of them
 * did, the first one is the distance in units of the mean, else the mean is added and it begins again. Exact but
 * for the 32 bits of a number, with no logarithm and no table; nine draws on average. */
static uint32_t distance(void)
{
    uint32_t mean = hs_trace.config.level.interval, sum = 0;
    for (;; sum += mean) {
        uint32_t first = draw(), last = first, next, odd = 1;
        for (; (next = draw()) <= last; last = next)
            odd ^= 1;
        if (odd)
            return sum + multiply_high(first, mean);
    }
}

/* --- blocks followed --------------------------------------------------------------------------------------- */

/* Open addressing; an entry is a granule plus 1, so that 0 is an empty one. */
static uint32_t mask(void) { return hs_trace.config.n_followed - 1; }
static uint32_t home(uint32_t entry) { return (entry * 0x9E3779B1u) >> 16 & mask(); }

/* Where the entry is, or the empty place where it would be. */
static uint32_t find(uint32_t entry)
{
    const uint32_t *table = hs_trace.config.followed;
    uint32_t at = home(entry);
    while (table[at] && table[at] != entry)
        at = (at + 1) & mask();
    return at;
}

/* At most seven eighths are used, so that a search ends soon. */
bool hs_level_follow(uint32_t entry, uint32_t *at)
{
    struct hs_trace *t = &hs_trace;
    if (!entry || t->n_followed >= t->config.n_followed - t->config.n_followed / 8)
        return false;
    *at = find(entry);
    t->n_followed += !t->config.followed[*at];
    t->config.followed[*at] = entry;
    HS_ASSERT(t->n_followed < t->config.n_followed); /* a search ends at an empty entry */
    return true;
}

/* Those behind an entry that goes move up, unless that puts them before their home. */
static void remove_at(uint32_t hole)
{
    HS_ASSERT(hs_trace.n_followed && hs_trace.config.followed[hole]);
    uint32_t *table = hs_trace.config.followed;
    struct hs_held *held = hs_trace.config.held;
    for (uint32_t at = (hole + 1) & mask(); table[at]; at = (at + 1) & mask())
        if (((at - home(table[at])) & mask()) >= ((at - hole) & mask())) {
            table[hole] = table[at];
            if (held)
                held[hole] = held[at];
            hole = at;
        }
    table[hole] = 0;
    hs_trace.n_followed--;
}

/* --- hooks ------------------------------------------------------------------------------------------------- */

static void put_sample(struct hs_site_entry *site, struct hs_record *sample)
{
    struct hs_trace *t = &hs_trace;
    uint32_t at;
    hs_level_left = distance();
    t->samples++;
    if (!hs_level_follow(sample->sample.place, &at)) {
        sample->sample.place = 0;
        t->unfollowed++;
    }
    hs_record_named(site, sample);
}

/* The site that followed the last one's last time is tried first: `size`, which nothing is predicted from here,
 * has its index, in this packet. Site 0 is nobody's key, and counts apart. */
static HOT void count(HS_KEY_PARAMETERS, uint32_t size, uint8_t op)
{
    struct hs_trace *t = &hs_trace;
    struct hs_site_entry *site = &t->site[t->at->size];
    if (!hs_is_site(site, (struct hs_key)HS_KEY, op) || site->used != t->epoch) {
        site = hs_site_find(HS_KEY_ARGUMENTS((struct hs_key)HS_KEY), op, size);
        if (site == t->site) {
            t->other_times++;
            t->other_bytes += size;
            return;
        }
        t->at->size = (uint16_t)(site - t->site);
    }
    t->at = site;
    site->times++;
    site->bytes += size;
}

HOT void hs_level_put(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint8_t op)
{
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock = hs_port_lock();
    if (t->config.level.level == HS_LEVEL_SUMMARY) {
        count(HS_KEY_ARGUMENTS((struct hs_key)HS_KEY), size, op);
        hs_level_hold(HS_KEY_ARGUMENTS((struct hs_key)HS_KEY), pos, size);
    } else
        put_sample(hs_site_find(HS_KEY_ARGUMENTS((struct hs_key)HS_KEY), op, size),
                   &(struct hs_record){.kind = HS_SAMPLE, .sample = {.size = size, .place = pos + 1}});
    hs_port_unlock(lock);
}

void hs_level_gone(uint32_t pos, uint8_t op)
{
    if (!hs_trace.n_followed)
        return;
    uint32_t at = find(pos + 1);
    if (!hs_trace.config.followed[at])
        return;
    remove_at(at);
    if (hs_trace.config.level.level == HS_LEVEL_SAMPLED)
        hs_record(&(struct hs_record){.kind = HS_SAMPLE_END, .sample_end = {.place = pos, .cause = op == HS_REALLOC}});
}

static void put_swept(struct hs_data places)
{
    hs_record(&(struct hs_record){.kind = HS_SAMPLE_SWEEP, .sample_sweep.places = places});
}

/* What moves up when an entry goes comes from places not yet looked at, so the place is looked at again; what
 * moves over the table's end has been looked at, and is once more. */
void hs_level_swept(bool (*gone)(uint32_t pos))
{
    struct hs_trace *t = &hs_trace;
    uint8_t data[HS_DATA_MAX], *to = data;
    for (uint32_t at = 0; at < t->config.n_followed && t->n_followed;) {
        uint32_t entry = t->config.followed[at];
        if (!entry || !gone(entry - 1)) {
            at++;
            continue;
        }
        to = hs_put_u32(to, entry - 1);
        remove_at(at);
        if (to + HS_VARINT32_MAX > data + HS_DATA_MAX) {
            put_swept((struct hs_data){data, (uint32_t)(to - data)});
            to = data;
        }
    }
    if (to > data)
        put_swept((struct hs_data){data, (uint32_t)(to - data)});
}

/* --- begin and end --------------------------------------------------------------------------------------- */

void hs_level_say(void)
{
    const struct hs_level_choice *c = &hs_trace.config.level;
    hs_record_locked(&(struct hs_record){
        .kind = HS_LEVEL, .level = {.level = c->level, .interval = c->level == HS_LEVEL_SAMPLED ? c->interval : 0}});
}

/* A seed that differs from boot to boot. */
static uint32_t seed(void)
{
    const struct hs_trace *t = &hs_trace;
    return t->config.level.seed ? t->config.level.seed : hs_port_ticks() ^ t->shape.boot * 0x85EBCA6Bu;
}

/* A packet begins: its records are all of one level, since counters and predictions share memory. */
static void turn(void)
{
    hs_lock_t lock = hs_port_lock();
    hs_packet_turn();
    hs_port_unlock(lock);
}

static void clear_counters(void)
{
    struct hs_trace *t = &hs_trace;
    for (uint32_t i = 1; i < t->n_sites; i++)
        t->site[i].times = t->site[i].bytes = 0;
    t->other_times = t->other_bytes = 0;
}

void hs_level_begin(void)
{
    struct hs_trace *t = &hs_trace;
    turn();
    hs_lock_t lock = hs_port_lock();
    t->random = seed();
    t->samples = t->unfollowed = t->n_followed = t->unheld_bytes = 0;
    t->summaries = 0;
    t->since_keyframe = t->shape.packet_count; /* hs_level_regions_due */
    if (t->config.n_followed)
        memset(t->config.followed, 0, t->config.n_followed * sizeof *t->config.followed);
    clear_counters();
    hs_level_left = t->config.level.level == HS_LEVEL_SAMPLED ? distance() : 0;
    hs_level_say();
    hs_state = HS_STATE_LEVEL;
    hs_port_unlock(lock);
    t->config.summary(2);
}

void hs_level_end(void)
{
    hs_trace.config.summary(2);
    hs_state = HS_STATE_OFF;
    turn();
}

static bool possible(const struct hs_level_choice *c)
{
    uint32_t n = hs_trace.config.n_followed;
    bool served = hs_trace.config.summary && !(n & (n - 1)) && n <= 65536;
    return c->level <= HS_LEVEL_SUMMARY && c->interval <= HS_LEVEL_INTERVAL_MAX && (c->level <= HS_LEVEL_FULL || served);
}

int hs_level_set(const struct hs_level_choice *choice)
{
    struct hs_level_choice now = *choice;
    if (!possible(choice))
        return HS_ERR_ARG;
    now.level = now.level ? now.level : HS_LEVEL_FULL;
    now.interval = now.interval ? now.interval : HS_SAMPLE_INTERVAL;
    bool recording = hs_state != HS_STATE_OFF;
    if (hs_state == HS_STATE_LEVEL)
        hs_level_end();
    hs_trace.config.level = now;
    hs_state = HS_STATE_OFF;
    if (recording)
        hs_start();
    return HS_OK;
}

struct hs_level_state hs_level_state(void)
{
    const struct hs_trace *t = &hs_trace;
    return (struct hs_level_state){t->config.level, t->samples, t->unfollowed};
}
