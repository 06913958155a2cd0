/* SPDX-License-Identifier: MIT
 *
 * Encoder and decoder against each other: seeded random events, every one must come back as it was
 * offered or be counted as lost, in stream and in overwrite mode, with images from 1 KB to 8 MB.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/crc.h"
#include "lib/decode.h"
#include "lib/varint.h"
#include "lib/heapstrata.h"
#include "lib/trace.h"

/* --- the port --------------------------------------------------------------------------------------- */

static uint32_t ticks;
static uint8_t *out;
static size_t out_len, out_size;
static unsigned refuse_every; /* the stream takes no packet each so many writes */

hs_lock_t hs_port_lock(void) { return 0; }
void hs_port_unlock(hs_lock_t lock) { (void)lock; }
uint32_t hs_port_ticks(void) { return ticks; }
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }

bool hs_port_write(const void *data, uint32_t len)
{
    static unsigned writes;
    uint16_t sync;
    memcpy(&sync, data, sizeof sync);
    if (refuse_every && ++writes % refuse_every == 0 && sync == HS_PACKET_SYNC)
        return false;
    if (out_len + len > out_size)
        out = realloc(out, out_size = (out_len + len) * 2);
    memcpy(out + out_len, data, len);
    out_len += len;
    return true;
}

/* --- what was offered ------------------------------------------------------------------------------- */

struct offered {
    uint64_t time;
    uint32_t site_code, size, pos, old, op;
};
static struct offered *log_;
static uint32_t n_log, log_room;

static uint32_t seed;
static uint32_t rnd(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(seed >> 8) * n >> 24);
}

/* From NEW_CODE on, each so many addresses are a function of their own. */
#define NEW_CODE 0x10000u
#define FUNCTIONS 10000u

static void describe(uintptr_t code, struct hs_place *place)
{
    static const char *const name[] = {"a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg"};
    place->function = (struct hs_text){name[code % 7], (uint32_t)code % 7 + 1};
    place->file = (struct hs_text){"main.py", 7};
    place->line = (uint32_t)code;
    if (code >= NEW_CODE) {
        static char other[FUNCTIONS][5];
        unsigned function = code / NEW_CODE % FUNCTIONS;
        snprintf(other[function], sizeof *other, "%04u", function);
        place->function = (struct hs_text){other[function], 4};
    }
}
static void keyframe(void)
{
    struct hs_runs_writer w;
    hs_record(&(struct hs_record){.kind = HS_REGION, .region = {.granules = 1000, .shift = 4, .name = {"gc", 2}}});
    hs_snapshot_begin(&w, 0, 3);
    hs_snapshot_free(&w, 0, 1000);
    hs_snapshot_end(&w, 1000);
}
static uint32_t keyframe_size(void) { return 100; }

/* How places are recorded: the placement rules, and explicit places as version 3 writes them. */
enum { LEARNED = HS_PLACE_MICROPYTHON + 1, WAYS };

static struct hs_site_entry sites[400];
static struct hs_learned learned; /* the recorder's */
static uint16_t hash[2048];

static void start(void *memory, uint32_t size, uint32_t packet, uint8_t way, uint16_t flags)
{
    struct hs_config config = {
        .memory = memory,
        .memory_size = size,
        .packet_size = packet,
        .site = sites,
        .n_sites = 400,
        .hash = hash,
        .hash_size = 2048,
        .hz = 1000000,
        .placement = way == LEARNED ? HS_PLACE_EXPLICIT : way,
        .learned = way == LEARNED ? &learned : NULL,
        .shift = 4,
        .flags = flags,
        .describe = describe,
        .keyframe = keyframe,
        .keyframe_size = keyframe_size,
    };
    memset(memory, 0xa5, size);
    out_len = 0;
    n_log = 0;
    ticks = 0;
    assert_int_equal(hs_init(&config), HS_OK);
    hs_start();
}

static void offer_random(void)
{
    if (n_log == log_room)
        log_ = realloc(log_, (log_room = log_room * 2 + 1024) * sizeof *log_);
    static uint32_t last_site;
    uint32_t site = rnd(4) ? (last_site * 7 + 3) % 97 : rnd(300);
    last_site = site;
    struct offered *o = &log_[n_log];
    *o = (struct offered){.site_code = site, .op = site % 8 == 0 ? HS_FREE : site % 8 == 1 ? HS_REALLOC : HS_ALLOC};
    o->size = o->op == HS_FREE ? 0 : rnd(3) ? 1 + site % 50 : 1 + (rnd(9) ? rnd(300) : rnd(0xffffff) * 300);
    o->pos = rnd(3) && n_log ? log_[n_log - 1].pos + 1 : rnd(1000000);
    o->old = rnd(3) && n_log > 9 ? log_[n_log - 1 - rnd(9)].pos : rnd(1000000);
    if (o->op == HS_FREE)
        o->pos = 0;
    if (o->op == HS_REALLOC && rnd(2))
        o->pos = o->old;
    ticks += rnd(5) ? rnd(8) : rnd(8) ? rnd(300) : rnd(3000000);
    o->time = ticks;
    struct hs_key key = {.code = 1000 + site, .caller = (uintptr_t)hs_anchor + site};
    struct hs_block block = {.pos = o->pos, .size = o->size};
    if (hs_state == HS_STATE_KEYFRAME_DUE)
        hs_keyframe();
    if (o->op == HS_ALLOC)
        hs_alloc(key, block);
    else if (o->op == HS_FREE)
        hs_free(key.caller, o->old);
    else
        hs_realloc(key, block, o->old);
    n_log++;
}

/* --- reading back ----------------------------------------------------------------------------------- */

struct read_back {
    struct hs_site_state state[400];
    int64_t address[400];
    uint32_t own[2][400], names[2][400]; /* hashes of definitions, the number of what they name: names, sites */
    struct hs_decoder d;
    struct hs_learned learned;
    uint32_t recent[HS_RANKS];
    uint32_t next; /* in the log */
    uint64_t records, lost_said;
};

static struct read_back *new_read_back(void)
{
    struct read_back *b = calloc(1, sizeof *b);
    b->d.site = b->state;
    b->d.n_sites = 400;
    b->d.learned = hs_trace.learned ? &b->learned : NULL;
    return b;
}

/* Takes definitions; those that come later count. */
static void read_definitions(struct read_back *b, const uint8_t *bytes, size_t len)
{
    struct hs_record r;
    for (size_t at = 0; at < len;) {
        int n = hs_decode_definition(bytes + at, len - at, &r);
        assert_true(n > 0);
        uint32_t number = r.definition.number;
        assert_in_range(number, 1, 399);
        bool site = r.kind == HS_SITE;
        b->own[site][number] = hs_definition_hash(bytes + at);
        b->names[site][number] = r.kind == HS_FUNCTION ? r.function.file : site ? r.site.function : 0;
        at += (size_t)n;
        if (!site)
            continue;
        assert_int_equal(hs_site_hash(&r.site), b->own[site][number]);
        b->state[number] = (struct hs_site_state){.op = (uint8_t)(HS_ALLOC + r.site.event), .first_size = (uint8_t)r.site.size};
        b->address[number] = r.site.caller;
    }
    for (uint32_t i = 1; i < 400; i++) {
        uint32_t function = b->names[1][i], file = b->names[0][function];
        b->state[i].hash = b->own[1][i] + (function ? 31 * (b->own[0][function] + (file ? 31 * b->own[0][file] : 0)) : 0);
    }
}

/* Whether the record is event `o`; only what a record says is compared. `implied`: it says no place. */
static bool matches(struct read_back *b, const struct hs_record *r, uint32_t number, const struct offered *o, bool implied,
                    bool synced)
{
    uint32_t old = r->event.old;
    if (r->kind != o->op || r->time != o->time)
        return false;
    if (r->event.site && b->address[r->event.site] != (int64_t)o->site_code)
        return false;
    if (o->op != HS_FREE && r->event.size != o->size)
        return false;
    if (o->op != HS_ALLOC && r->flags & HS_REC_RANK)
        old = synced ? b->recent[(number - r->event.old) & 7] : o->old;
    if (o->op != HS_ALLOC && old != o->old)
        return false;
    if (o->op == HS_FREE || implied)
        return true;
    return (r->flags & HS_REC_IN_PLACE ? old : r->event.pos) == o->pos;
}

/* Decodes a packet; events must be those of the log from b->next on. */
static uint32_t read_packet(struct read_back *b, const struct hs_packet *p, const uint8_t *definitions, bool synced)
{
    struct hs_record r[7];
    uint32_t count = 0;
    uint32_t check = 0;
    int n;
    hs_decode_packet(&b->d, p, (const uint8_t *)(p + 1));
    while ((n = hs_decode_next(&b->d, r, 7)) > 0)
        for (int i = 0; i < n; i++) {
            uint32_t number = p->number + count++;
            if (r[i].kind == HS_LOST)
                b->lost_said += r[i].lost.count;
            if (r[i].kind > HS_REALLOC)
                continue;
            assert_true(b->next < n_log);
            const struct offered *o = &log_[b->next++];
            assert_true(matches(b, &r[i], number, o, p->flags & HS_PACKET_IMPLIED, synced));
            if (o->op != HS_FREE) {
                b->recent[number & 7] = o->pos;
                check = HS_CHECK(check, o->pos);
            }
        }
    assert_int_equal(n, 0);
    if (p->flags & HS_PACKET_CLOSED) {
        assert_int_equal(p->sum, hs_packet_sum(p, (const uint8_t *)(p + 1), definitions));
        assert_int_equal(p->check, check);
        assert_int_equal(p->names, b->d.names);
    }
    return count;
}

/* --- stream ------------------------------------------------------------------------------------------ */

/* The packet at `at` of the stream, its definitions taken. Returns its length. */
static size_t packet_of(struct read_back *b, size_t at, struct hs_packet **packet)
{
    struct hs_packet p;
    memcpy(&p, out + at, sizeof p);
    size_t len = sizeof p + p.len + p.defs;
    assert_int_equal(p.sync, HS_PACKET_SYNC);
    *packet = malloc(len);
    memcpy(*packet, out + at, len);
    read_definitions(b, out + at + sizeof p + p.len, p.defs);
    return len;
}

static void stream_once(uint8_t placement, uint32_t packet, uint32_t image)
{
    void *memory = malloc(image);
    start(memory, image, packet, placement, HS_RING_STREAM);
    struct read_back *b = new_read_back();
    for (int i = 0; i < 20000; i++)
        offer_random();
    hs_flush();
    struct hs_stats stats = hs_stats();
    struct hs_packet *p;
    for (size_t at = hs_image()->header_size; at < out_len; free(p)) {
        at += packet_of(b, at, &p);
        assert_int_equal(p->number, b->records);
        b->records += read_packet(b, p, (uint8_t *)(p + 1) + p->len, true);
    }
    assert_int_equal(b->next, n_log);
    assert_int_equal(b->records, stats.offered);
    assert_int_equal(stats.lost, 0);
    free(memory);
    free(b);
}

static void test_stream(void **state)
{
    (void)state;
    for (uint32_t packet = 256; packet <= 8192; packet *= 2)
        for (uint8_t placement = 0; placement < WAYS; placement++) {
            seed = packet + placement;
            stream_once(placement, packet, 1 << 16);
        }
}

/* --- overwrite --------------------------------------------------------------------------------------- */

static int by_seq(const void *a, const void *b)
{
    const struct hs_packet *x = *(struct hs_packet *const *)a, *y = *(struct hs_packet *const *)b;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* In the ring. */
static const uint8_t *definitions_of(const struct hs_packet *p) { return (const uint8_t *)p + hs_image()->packet_size - p->defs; }

static void overwrite_once(uint8_t placement, uint32_t image, uint32_t events)
{
    uint8_t *memory = malloc(image);
    start(memory, image, 0, placement, 0);
    struct read_back *b = new_read_back();
    for (uint32_t i = 0; i < events; i++)
        offer_random();
    const struct hs_ring_header *h = hs_image();
    struct hs_packet **packet = calloc(h->packet_count, sizeof *packet);
    uint32_t n = 0;
    for (uint32_t i = 0; i < h->packet_count; i++) {
        packet[n] = (struct hs_packet *)(memory + h->header_size + i * h->packet_size);
        n += packet[n]->sync == HS_PACKET_SYNC && packet[n]->head == hs_packet_head(packet[n]);
    }
    qsort(packet, n, sizeof *packet, by_seq);
    for (uint32_t i = 0; i < n; i++)
        read_definitions(b, definitions_of(packet[i]), packet[i]->defs);
    /* The log's last events are what the ring holds: count them first, then compare. */
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct hs_record r;
        hs_decode_packet(&b->d, packet[i], (const uint8_t *)(packet[i] + 1));
        while (hs_decode_next(&b->d, &r, 1) == 1)
            kept += r.kind <= HS_REALLOC;
    }
    b->next = n_log - kept;
    uint64_t records = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            assert_int_equal(packet[i]->number, packet[0]->number + records);
        records += read_packet(b, packet[i], definitions_of(packet[i]), false);
    }
    assert_int_equal(b->next, n_log);
    assert_int_equal(packet[0]->number + records, hs_stats().offered);
    free(packet);
    free(memory);
    free(b);
}

static void test_overwrite(void **state)
{
    (void)state;
    for (uint32_t image = 1024; image <= 8u << 20; image *= 2)
        for (uint8_t placement = 0; placement < WAYS; placement++) {
            seed = image + placement;
            overwrite_once(placement, image, 30000);
        }
}

/* One phase of a program: `functions` new ones, each of `lines` lines, each line met three times. */
static void phase(uint32_t *function, uint32_t functions, uint32_t lines)
{
    for (uint32_t round = 0; round < 3; round++)
        for (uint32_t f = 0; f < functions; f++)
            for (uint32_t line = 0; line < lines; line++) {
                struct hs_key key = {.code = NEW_CODE * (1 + *function + f) + line, .caller = (uintptr_t)hs_anchor};
                if (hs_state == HS_STATE_KEYFRAME_DUE)
                    hs_keyframe();
                hs_alloc(key, (struct hs_block){.pos = line, .size = 16});
                assert_ptr_not_equal(hs_trace.at, hs_trace.site);
            }
    *function += functions;
}

/* A table that was once full of sites has room for functions, and the other way round, for as long as what is in use fits. */
static void test_table_is_shared(void **state)
{
    (void)state;
    static uint64_t memory[3 << 10 >> 3];
    uint32_t function = 0;
    start(memory, sizeof memory, 0, HS_PLACE_EXPLICIT, 0);
    for (int i = 0; i < 1000; i++)
        phase(&function, i % 200 < 100 ? 1 : 24, i % 200 < 100 ? 40 : 1);
}

/* --- version 3 ---------------------------------------------------------------------------------------- */

/* An allocator that gives out first what was freed last of a size, and a program that repeats itself. */
static void offer_block(uint32_t site, uint32_t size, uint32_t pos, uint32_t old)
{
    if (n_log == log_room)
        log_ = realloc(log_, (log_room = log_room * 2 + 1024) * sizeof *log_);
    struct offered *o = &log_[n_log++];
    ticks += 3 + n_log % 5;
    *o = (struct offered){.time = ticks, .site_code = site, .size = size, .pos = pos, .old = old, .op = size ? HS_ALLOC : HS_FREE};
    if (size)
        hs_alloc((struct hs_key){.code = 1000 + site, .caller = (uintptr_t)hs_anchor + site}, (struct hs_block){pos, size});
    else
        hs_free((uintptr_t)hs_anchor + site, old);
}

static void offer_loop(uint32_t rounds)
{
    static const uint32_t sizes[] = {24, 100, 24, 300, 40};
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < 5; i++)
            offer_block(1 + i % 3, sizes[i], 1000 + i * 40, 0);
        for (uint32_t i = 5; i-- > 0;)
            offer_block(9, 0, 0, 1000 + i * 40);
    }
}

/* A loop takes little more than a byte for each event, and comes back. Its bytes are what they have always been. */
static void test_learned_loop(void **state)
{
    (void)state;
    void *memory = malloc(1 << 16);
    uint32_t sum = 0, records = 0;
    start(memory, 1 << 16, 4096, LEARNED, HS_RING_STREAM);
    struct read_back *b = new_read_back();
    assert_int_equal(hs_image()->version & 0xff, HS_FORMAT_LEARNED);
    offer_loop(2000);
    hs_flush();
    struct hs_packet *p;
    for (size_t at = hs_image()->header_size; at < out_len; free(p)) {
        at += packet_of(b, at, &p);
        b->records += read_packet(b, p, (uint8_t *)(p + 1) + p->len, true);
        records += p->len;
        sum = hs_crc32(sum, p + 1, p->len);
    }
    assert_int_equal(b->next, n_log);
    assert_in_range(records, n_log, n_log + n_log / 20);
    assert_true(sum == 0x1a4dedd9u);
    free(memory);
    free(b);
}

/* --- losses ------------------------------------------------------------------------------------------ */

static void losses_are_counted(uint8_t way)
{
    void *memory = malloc(1 << 16);
    seed = 5;
    refuse_every = 9;
    start(memory, 1 << 16, 512, way, HS_RING_STREAM);
    struct read_back *b = new_read_back();
    for (int i = 0; i < 50000; i++)
        offer_random();
    refuse_every = 0;
    hs_flush();
    uint64_t decoded = 0, said = 0;
    struct hs_record r;
    struct hs_packet *p;
    for (size_t at = hs_image()->header_size; at < out_len; free(p)) {
        at += packet_of(b, at, &p);
        hs_decode_packet(&b->d, p, (const uint8_t *)(p + 1));
        while (hs_decode_next(&b->d, &r, 1) == 1) {
            decoded++;
            said += r.kind == HS_LOST ? r.lost.count : 0;
        }
        assert_int_equal(p->names, b->d.names); /* what a lost packet defined is defined again */
    }
    assert_true(said > 1000);
    assert_int_equal(said, hs_stats().lost);
    assert_int_equal(decoded + said, hs_stats().offered);
    free(memory);
    free(b);
}

static void test_losses_are_counted(void **state)
{
    (void)state;
    losses_are_counted(HS_PLACE_EXPLICIT);
    losses_are_counted(LEARNED);
}

/* --- second boot ------------------------------------------------------------------------------------- */

static void test_next_boot_continues(void **state)
{
    (void)state;
    static uint8_t memory[65536] __attribute__((aligned(8)));
    seed = 9;
    start(memory, sizeof memory, 0, HS_PLACE_EXPLICIT, 0);
    for (int i = 0; i < 300; i++)
        offer_random();
    struct hs_stats before = hs_stats();
    struct hs_config config = hs_trace.config;
    assert_int_equal(hs_init(&config), HS_OK);
    struct hs_stats after = hs_stats();
    assert_int_equal(after.boot, before.boot + 1);
    assert_int_equal(after.packets, before.packets + 1);
    assert_int_equal(after.sites, before.sites);
    assert_int_equal(after.names, before.names);
    hs_start();
    seed = 9; /* the same sites again: nothing new to define */
    for (int i = 0; i < 300; i++)
        offer_random();
    assert_int_equal(hs_stats().defined, 0);
    config.build_id++; /* another firmware: the old contents are not its own */
    assert_int_equal(hs_init(&config), HS_OK);
    assert_int_equal(hs_stats().boot, 1);
    assert_int_equal(hs_stats().packets, 1);
}

/* --- runs -------------------------------------------------------------------------------------------- */

static void test_runs_come_back(void **state)
{
    (void)state;
    for (seed = 1; seed < 400; seed++) {
        uint32_t first = seed;
        static uint8_t memory[1 << 18] __attribute__((aligned(8)));
        static uint8_t bits[20000];
        struct hs_runs_writer w;
        start(memory, sizeof memory, 8192, HS_PLACE_EXPLICIT, HS_RING_STREAM);
        out_len = 0;
        seed = first;
        uint32_t heads = rnd(20000), bias = 1 + rnd(40);
        hs_sweep_begin(&w, 0);
        for (uint32_t i = 0; i < heads; i++) {
            bits[i] = i && rnd(bias) ? bits[i - 1] : rnd(2);
            hs_sweep_heads(&w, i * 2, bits[i], 1);
        }
        hs_sweep_end(&w, heads * 2);
        uint32_t at = 0, singles[3000], n_singles = rnd(3000), period = rnd(2) ? 0 : 1 + rnd(9);
        for (uint32_t i = 0; i < n_singles; i++) {
            singles[i] = rnd(3) ? 1 : rnd(3) ? 1 + rnd(100) : 1 + rnd(10000);
            if (period && i >= 3 * period && rnd(50)) /* a loop's blocks */
                singles[i] = singles[i - 3 * period];
        }
        hs_snapshot_begin(&w, 0, 3);
        uint32_t pos = 0;
        for (uint32_t i = 0; i < n_singles; pos += singles[i++])
            i % 3 && singles[i] > 1 ? hs_snapshot_free(&w, pos, singles[i]) : hs_snapshot_block(&w, pos, singles[i]);
        hs_snapshot_end(&w, pos);
        hs_flush();

        struct read_back *b = new_read_back();
        uint32_t length, covered = 0, item = 0, snapped = 0;
        int kind;
        for (size_t o = 0; o < out_len;) {
            const struct hs_packet *head = (const struct hs_packet *)(out + o);
            struct hs_packet p;
            struct hs_record r;
            struct hs_runs runs;
            memcpy(&p, head, sizeof p);
            hs_decode_packet(&b->d, &p, out + o + sizeof p);
            while (hs_decode_next(&b->d, &r, 1) == 1) {
                if (r.kind == HS_SWEEP) {
                    assert_int_equal(r.sweep.pos, covered);
                    covered = r.sweep.end;
                    hs_runs_init(&runs, &r);
                    while ((kind = hs_runs_sweep(&runs, &length)) > 0)
                        while (length--)
                            assert_int_equal(kind == HS_RUN_KEPT, bits[at++]);
                    assert_int_equal(kind, 0);
                    assert_ptr_equal(runs.at, runs.end);
                } else if (r.kind == HS_SNAPSHOT && r.time == 0 && item <= n_singles && o + p.len) {
                    if (r.snapshot.end == 1000 && r.snapshot.part == 3 && !covered && !snapped)
                        continue; /* the keyframe at the start */
                    assert_int_equal(r.snapshot.pos, snapped);
                    hs_runs_init(&runs, &r);
                    while ((kind = hs_runs_snapshot(&runs, &length)) > 0) {
                        assert_int_equal(kind, item % 3 && singles[item] > 1 ? HS_RUN_FREE : HS_RUN_BLOCK);
                        assert_int_equal(length, singles[item++]);
                        snapped += length;
                    }
                    assert_int_equal(kind, 0);
                    assert_int_equal(snapped, r.snapshot.end);
                }
            }
            o += sizeof p + p.len + p.defs;
        }
        assert_int_equal(at, heads);
        assert_int_equal(item, n_singles);
        free(b);
        seed = first;
    }
}

/* Blocks that a loop left are a few bytes, and the measure says how many. */
static void test_repeats_are_short(void **state)
{
    (void)state;
    static const uint32_t loop[] = {1, 2, 2, 1, 5, 1, 1, 3};
    struct hs_runs_writer w;
    uint32_t pos = 0;
    hs_snapshot_measure(&w);
    for (uint32_t i = 0; i < 8000; pos += loop[i++ % 8])
        hs_snapshot_block(&w, pos, loop[i % 8]);
    hs_snapshot_end(&w, pos);
    assert_in_range(w.bytes, 10, 40);
}

/* What a SNAPSHOT record with these bytes says: lengths one after the other, and how it ends. */
static int lengths_of(uint8_t part, const uint8_t *bytes, size_t len, uint32_t *sum)
{
    const struct hs_record r = {.kind = HS_SNAPSHOT, .snapshot = {.part = part, .runs = {bytes, (uint32_t)len}}};
    struct hs_runs runs;
    uint32_t length;
    int kind;
    *sum = 0;
    hs_runs_init(&runs, &r);
    while ((kind = hs_runs_snapshot(&runs, &length)) > 0)
        *sum = *sum * 10 + length;
    return kind;
}

static void test_repeats_are_read(void **state)
{
    (void)state;
    static const struct {
        uint8_t len, bytes[6];
        int end;
        uint32_t sum;
    } with[] = {
        {5, {0x80, 0x81, 0xff, 2, 5}, HS_RUN_END, 1212121}, {6, {0x80, 0x81, 0xff, 1, 2, 0x02}, HS_RUN_END, 12223},
        {5, {0x80, 0x81, 0xff, 0, 5}, HS_ERR_FORMAT, 12}, /* of nothing */
        {5, {0x80, 0x81, 0xff, 3, 5}, HS_ERR_FORMAT, 12}, /* of more than there is */
        {5, {0x80, 0x81, 0xff, 2, 0}, HS_ERR_FORMAT, 12}, /* no times */
        {4, {0x80, 0x81, 0xff, 2}, HS_ERR_END, 12},         {3, {0x80, 0x81, 0xff}, HS_ERR_END, 12},
        {5, {0x80, 0xff, 1, 1, 0xff}, HS_ERR_END, 11},
    };
    uint32_t sum;
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        assert_int_equal(lengths_of(HS_SNAPSHOT_REPEATS, with[i].bytes, with[i].len, &sum), with[i].end);
        assert_int_equal(sum, with[i].sum);
    }
    static const uint8_t a_long_run[] = {0xbf, 0x01, 0xff, 2, 4}, of_a_repeat[] = {0x80, 0xff, 1, 4, 0xff, 3, 1};
    assert_int_equal(lengths_of(HS_SNAPSHOT_REPEATS, a_long_run, 5, &sum), HS_ERR_FORMAT);
    assert_int_equal(lengths_of(HS_SNAPSHOT_REPEATS, of_a_repeat, 7, &sum), HS_ERR_FORMAT);
    /* a trace from before there were repeats */
    static const uint8_t singles[] = {0xff, 0x02};
    const struct hs_record old = {.kind = HS_SNAPSHOT, .snapshot.runs = {singles, 2}};
    struct hs_runs runs;
    uint32_t length, n = 0;
    for (hs_runs_init(&runs, &old); hs_runs_snapshot(&runs, &length) > 0; n++)
        assert_int_equal(length, n < 65 ? 1 : 3);
    assert_int_equal(n, 66);
}

/* Runs of heaps with gigabytes: as long as a 32-bit number of granules, and no longer. */
static void test_long_runs(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0xffffff, 0x1000000, 0x10000ff, 0x30000000, 0xfffffff0};
    for (uint32_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t data[16] = {0x7f}, sweep[16] = {0xff};
        struct hs_record r = {.kind = HS_SNAPSHOT, .snapshot.runs = {data, 0}};
        struct hs_record s = {.kind = HS_SWEEP, .sweep = {.bits = {sweep, 0}, .heads = UINT32_MAX}};
        struct hs_runs runs;
        uint32_t length = 0;
        r.snapshot.runs.len = (uint32_t)(hs_put_u32(data + 1, lengths[i] - 128) - data);
        hs_runs_init(&runs, &r);
        assert_int_equal(hs_runs_snapshot(&runs, &length), HS_RUN_FREE);
        assert_true(length == lengths[i]);
        s.sweep.bits.len = (uint32_t)(hs_put_u32(sweep + 1, lengths[i] - 71) - sweep);
        hs_runs_init(&runs, &s);
        assert_int_equal(hs_runs_sweep(&runs, &length), HS_RUN_KEPT);
        assert_true(length == lengths[i]);
        r.snapshot.runs.len = (uint32_t)(hs_put_u32(data + 1, UINT32_MAX - 127) - data);
        hs_runs_init(&runs, &r);
        assert_int_equal(hs_runs_snapshot(&runs, &length), HS_ERR_FORMAT);
    }
}

/* All fields as large as they may be, and as much data as a record has. */
static struct hs_record largest(unsigned kind, const uint8_t *data)
{
    struct hs_record r = {.kind = (uint8_t)kind};
    struct hs_data all = {data, HS_DATA_MAX};
    for (const struct hs_field *f = hs_kind_info(kind)->field; f->name; f++) {
        uint32_t site = 0x7fff;
        if (!f->width)
            memcpy((uint8_t *)&r + f->offset, &all, sizeof all);
        else if (f->type == HS_TYPE_site)
            memcpy((uint8_t *)&r + f->offset, &site, sizeof site);
        else
            memset((uint8_t *)&r + f->offset, 0xff, f->width);
    }
    return r;
}

static void same_fields(const struct hs_record *a, const struct hs_record *b)
{
    for (const struct hs_field *f = hs_kind_info(a->kind)->field; f->name; f++)
        if (f->width) {
            assert_true(hs_field_value(a, f) == hs_field_value(b, f));
        } else {
            assert_int_equal(hs_field_data(a, f).len, hs_field_data(b, f).len);
            assert_memory_equal(hs_field_data(a, f).data, hs_field_data(b, f).data, hs_field_data(a, f).len);
        }
}

/* Each kind is read as it was written, and takes no more room than the recorder keeps for it. */
static void test_every_kind(void **state)
{
    (void)state;
    uint8_t data[HS_DATA_MAX], bytes[2 * HS_RECORD_MAX];
    static struct hs_site_state known[8];
    unsigned n = 0, longest = 0;
    memset(data, 0x55, sizeof data);
    for (unsigned kind = 1; kind < HS_KIND_END; kind++) {
        const struct hs_kind_info *info = hs_kind_info(kind);
        if (!info || info->area != HS_AREA_PACKET)
            continue;
        struct hs_record r = largest(kind, data), back;
        uint8_t *end = bytes;
        *end++ = (uint8_t)kind;
        end = hs_put_body(hs_put_u32(end, UINT32_MAX), &r, HS_DATA_MAX);
        unsigned len = (unsigned)(end - bytes);
        assert_true(len <= hs_record_room(&r, HS_DATA_MAX) && len <= HS_RECORD_MAX);
        longest = len > longest ? len : longest;
        struct hs_packet p = {.len = (uint16_t)len};
        struct hs_decoder d = {.site = known, .n_sites = 8};
        hs_decode_packet(&d, &p, bytes);
        assert_int_equal(hs_decode_next(&d, &back, 1), 1);
        assert_int_equal(back.kind, kind);
        same_fields(&r, &back);
        assert_int_equal(hs_decode_next(&d, &back, 1), 0);
        for (uint16_t cut = 1; cut < len; cut++) {
            p.len = cut;
            hs_decode_packet(&d, &p, bytes);
            assert_int_equal(hs_decode_next(&d, &back, 1), HS_ERR_END);
        }
        n++;
    }
    assert_true(n > 25);
    assert_int_equal(longest, HS_RECORD_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind),          cmocka_unit_test(test_stream),
        cmocka_unit_test(test_overwrite),           cmocka_unit_test(test_losses_are_counted),
        cmocka_unit_test(test_next_boot_continues), cmocka_unit_test(test_runs_come_back),
        cmocka_unit_test(test_repeats_are_short),   cmocka_unit_test(test_repeats_are_read),
        cmocka_unit_test(test_long_runs),           cmocka_unit_test(test_table_is_shared),
        cmocka_unit_test(test_learned_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
