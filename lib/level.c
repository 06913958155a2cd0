/* SPDX-License-Identifier: MIT
 *
 * Levels: setting the level, sampling, and following the sampled blocks. Summaries are in level_summary.c.
 */
#include "lib/level.h"

#include <string.h>

#include "lib/assertion.h"
#include "lib/hot.h"
#include "lib/section.h"
#include "lib/trace.h"
#include "lib/varint.h"

#if HS_WITH_LEVELS
/* --- distances ------------------------------------------------------------------------------------------- */

/* A Weyl sequence with each of its 2^32 numbers mixed. `distance` compares consecutive numbers; here they are not correlated, as
 * they would be in a shift register of one word. */
static uint32_t draw(void)
{
    uint32_t z = hs_trace.random += 0x9E3779B9u;
    z = (z ^ z >> 16) * 0x21F0AAADu;
    z = (z ^ z >> 15) * 0x735A2D97u;
    return z ^ z >> 15;
}

/* The upper 32 bits of a product, from 32-bit products, because a small core calls the library for a 64-bit product. */
static uint32_t multiply_high(uint32_t a, uint32_t b)
{
    uint32_t low = (a & 0xffff) * (b & 0xffff), mid = (a >> 16) * (b & 0xffff) + (low >> 16);
    uint32_t other = (a & 0xffff) * (b >> 16) + (mid & 0xffff);
    return (a >> 16) * (b >> 16) + (mid >> 16) + (other >> 16);
}

/* An exponentially distributed distance, rounded down, from comparisons only (J. von Neumann, "Various techniques
 * used in connection with random digits", 1951). Numbers are drawn while they decrease. If the length of that sequence is odd,
 * its first number is the distance in units of the mean; else the mean is added and it starts again. It is exact to 32 bits,
 * needs no logarithm and no table, and draws nine numbers on average. */
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

/* --- followed blocks --------------------------------------------------------------------------------------- */

/* A hash table with open addressing. An entry is a granule plus 1; 0 is an empty entry. */
static uint32_t mask(void) { return hs_trace.config.n_followed - 1; }
static uint32_t home(uint32_t entry) { return (entry * 0x9E3779B1u) >> 16 & mask(); }

/* Index of the entry, or of the empty entry where it would be. */
static uint32_t find(uint32_t entry)
{
    const uint32_t *table = hs_trace.config.followed;
    uint32_t at = home(entry);
    while (table[at] && table[at] != entry)
        at = (at + 1) & mask();
    return at;
}

/* At most seven eighths of the entries are used, so that searches are short. */
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

/* Removes an entry and moves the following ones back, except if that would put them before their home. */
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

/* First tries the site that followed the last site before: its index is in the last site's `size`, which has no other use at this
 * level, and is valid in this packet only. Site 0 has no key and its own counters. */
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

HOT void hs_level_write(const struct hs_put *e)
{
    if (hs_trace.config.level.level == HS_LEVEL_SUMMARY) {
        count(HS_KEY_ARGUMENTS(e->key), e->size, e->op);
        hs_level_hold(HS_KEY_ARGUMENTS(e->key), e->pos, e->size);
    } else
        put_sample(hs_site_find(HS_KEY_ARGUMENTS(e->key), e->op, e->size),
                   &(struct hs_record){.kind = HS_SAMPLE, .sample = {.size = e->size, .place = e->pos + 1}});
}

HOT void hs_level_put(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint8_t op)
{
    hs_put_any(&(struct hs_put){.key = HS_KEY, .size = size, .pos = pos, .op = op, .level = true});
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

/* remove_at moves entries back that were not checked yet, so the same index is checked again. Entries that it moves across the
 * table's end were checked already, and are checked twice. */
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

/* Begins a packet. All records of a packet have one level, because counters and predictions share memory. */
static void turn(void)
{
    hs_lock_t lock;
    if (!hs_section_enter(&lock))
        return;
    hs_packet_turn();
    hs_section_leave(lock);
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
    hs_lock_t lock;
    if (!hs_section_enter(&lock))
        return;
    hs_packet_turn();
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
    hs_section_leave(lock);
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
#endif
