/* SPDX-License-Identifier: MIT
 *
 * A firmware for tests of the reader: a heap of one or more areas, a port, and the real recorder. It does
 * seeded random work and drops marks whose label is a sum over its heap, so that a reader can be held against
 * it at every mark. Included by one file of a test program.
 */
#ifndef TESTS_SUPPORT_FIRMWARE_H
#define TESTS_SUPPORT_FIRMWARE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crc.h"
#include "lib/heapstrata.h"
#include "lib/learned.h"
#include "lib/port.h"

#define FW_GRANULES 4096u /* of all areas together */
#define FW_SITES 400u

struct fw_config {
    uint32_t memory_size, packet_size;
    uint16_t flags;      /* enum hs_ring_flag */
    uint8_t placement;   /* enum hs_placement */
    unsigned n_areas;    /* up to 3, default 1 */
    uint32_t granules;   /* of the first area, default: some hundred */
    uint32_t stage_size; /* 0: none */
    uint64_t build_id;   /* default 0x1234 */
    uint64_t seed;
    bool learns;  /* explicit places: events are written as in version 3 */
    bool overlap; /* collections of two threads overlap now and then */
};

/* --- state -------------------------------------------------------------------------------------------- */

enum { FW_FREE, FW_HEAD, FW_TAIL };

static struct firmware {
    struct fw_config config;
    struct hs_learned learned;
    uint8_t *memory; /* the retained one */
    uint8_t kind[FW_GRANULES];
    uint32_t first[4]; /* of each area, and the end */
    unsigned n_areas;
    bool collecting; /* in an allocation */
    uint64_t seed;
    uint32_t ticks;
    uint32_t tick_step;      /* that each look at the clock takes: no two records of a boot at one time */
    hs_lock_t masked;        /* interrupts wait */
    unsigned nested;         /* locks taken while locked, which not every port can do */
    void (*on_unlock)(void); /* they have waited, or may have */
    void (*on_flush)(const void *data, uint32_t len);
    uint8_t *out; /* what was sent */
    size_t out_len, out_room;
    unsigned refuse_every, writes; /* the stream takes no packet each so many writes */
    struct hs_site_entry site[FW_SITES];
    uint16_t hash[2048];
    uint64_t events; /* heap events since it was made */
} fw;

static uint32_t fw_random(uint32_t n)
{
    fw.seed = fw.seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((fw.seed >> 33) * (uint64_t)n >> 31);
}

/* --- the port ----------------------------------------------------------------------------------------- */

hs_lock_t hs_port_lock(void)
{
    hs_lock_t was = fw.masked;
    fw.nested += was;
    fw.masked = 1;
    return was;
}

void hs_port_unlock(hs_lock_t lock)
{
    fw.masked = lock;
    if (!lock && fw.on_unlock)
        fw.on_unlock();
}

uint32_t hs_port_ticks(void) { return fw.ticks += fw.tick_step; }

void hs_port_flush(const void *data, uint32_t len)
{
    if (fw.on_flush)
        fw.on_flush(data, len);
}

bool hs_port_write(const void *data, uint32_t len)
{
    bool packet = len >= sizeof(struct hs_packet) && memcmp(data, "HP", 2) == 0;
    if (fw.refuse_every && packet && ++fw.writes % fw.refuse_every == 0)
        return false;
    if (fw.out_len + len > fw.out_room)
        fw.out = realloc(fw.out, fw.out_room = (fw.out_len + len) * 2);
    memcpy(fw.out + fw.out_len, data, len);
    fw.out_len += len;
    return true;
}

/* --- the heap ----------------------------------------------------------------------------------------- */

/* First fit. `where` is random where the trace has places. */
static uint32_t fw_find(uint32_t n)
{
    uint32_t skip = fw.config.placement == HS_PLACE_EXPLICIT ? fw_random(3) : 0;
    for (unsigned a = 0; a < fw.n_areas; a++)
        for (uint32_t i = fw.first[a], run = 0; i < fw.first[a + 1]; i++) {
            run = fw.kind[i] == FW_FREE ? run + 1 : 0;
            if (run == n && !skip--)
                return i - n + 1;
            run = run == n ? 0 : run;
        }
    return HS_POS_IMPLIED;
}

static void fw_mark_block(uint32_t pos, uint32_t n)
{
    fw.kind[pos] = FW_HEAD;
    memset(fw.kind + pos + 1, FW_TAIL, n - 1);
}

static uint32_t fw_end_of_area(uint32_t pos)
{
    unsigned a = 0;
    while (pos >= fw.first[a + 1])
        a++;
    return fw.first[a + 1];
}

static uint32_t fw_length(uint32_t pos)
{
    uint32_t end = pos + 1, limit = fw_end_of_area(pos);
    while (end < limit && fw.kind[end] == FW_TAIL)
        end++;
    return end - pos;
}

/* A random head, HS_POS_IMPLIED when there is none. */
static uint32_t fw_some_block(void)
{
    uint32_t from = fw_random(fw.first[fw.n_areas]);
    for (uint32_t i = 0; i < fw.first[fw.n_areas]; i++, from = from + 1 < fw.first[fw.n_areas] ? from + 1 : 0)
        if (fw.kind[from] == FW_HEAD)
            return from;
    return HS_POS_IMPLIED;
}

/* --- recording ---------------------------------------------------------------------------------------- */

/* A key's `code` that stands for no instruction but for the capabilities asked for. */
#define FW_CAPS(caps) ((uintptr_t)(caps) << 1 | 1)

/* The texts stay, as hs_place wants. */
static void fw_describe(uintptr_t code, struct hs_place *place)
{
    if (code < 1000) {
        *place = (struct hs_place){.offset = (uint32_t)code >> 1};
        return;
    }
    static const char *const name[] = {"f0", "f1", "f2", "f3", "f4", "f5", "f6"};
    place->function = (struct hs_text){name[code % 7], 2};
    place->file = (struct hs_text){"main.py", 7};
    place->line = (uint32_t)code;
    place->offset = 0;
}

/* A site's line tells the size, so that a reader's sites can be checked. */
static struct hs_key fw_key(uint32_t size)
{
    return (struct hs_key){.code = 1000 + size % 50, .caller = (uintptr_t)hs_anchor + size % 50};
}

static void fw_region(unsigned area, unsigned existing)
{
    char name[8];
    hs_record(&(struct hs_record){.kind = HS_REGION,
                                  .region = {.region = (uint8_t)area,
                                             .first = fw.first[area],
                                             .granules = fw.first[area + 1] - fw.first[area],
                                             .shift = 4,
                                             .memory = HS_MEMORY_INTERNAL,
                                             .placement = (uint8_t)(fw.config.placement | existing),
                                             .base = 0x20000000u + fw.first[area] * 16,
                                             .name = {name, (uint32_t)snprintf(name, sizeof name, "gc%u", area)}}});
}

static void fw_snapshot(void)
{
    struct hs_runs_writer w;
    for (unsigned a = 0; a < fw.n_areas; a++) {
        hs_snapshot_begin(&w, fw.first[a], (uint8_t)((a == 0) | (a + 1 == fw.n_areas) << 1));
        for (uint32_t at = fw.first[a], n; at < fw.first[a + 1]; at += n)
            if (fw.kind[at] == FW_HEAD) {
                hs_snapshot_block(&w, at, n = fw_length(at));
            } else {
                for (n = 1; at + n < fw.first[a + 1] && fw.kind[at + n] == FW_FREE; n++) {
                }
                hs_snapshot_free(&w, at, n);
            }
        hs_snapshot_end(&w, fw.first[a + 1]);
    }
}

static void fw_keyframe(void)
{
    for (unsigned a = 0; a < fw.n_areas; a++)
        fw_region(a, HS_REGION_EXISTING);
    fw_snapshot();
}

static uint32_t fw_keyframe_size(void) { return fw.config.granules ? 60 + fw.config.granules : 200 + FW_GRANULES / 8; }

static void fw_check_keyframe(void)
{
    if (hs_state == HS_STATE_KEYFRAME_DUE)
        hs_keyframe();
}

/* --- work --------------------------------------------------------------------------------------------- */

/* A collection; what is at `keep` survives. */
static void fw_collect(uint8_t cause, uint32_t keep)
{
    struct hs_runs_writer w;
    bool other = fw.config.overlap && fw_random(3) == 0; /* of another thread, which begins in the midst of this one */
    hs_record(&(struct hs_record){.kind = HS_COLLECT, .collect.cause = cause});
    uint32_t share = fw_random(10);
    static uint8_t goes[FW_GRANULES];
    for (unsigned a = 0; a < fw.n_areas; a++) {
        hs_sweep_begin(&w, fw.first[a]);
        for (uint32_t at = fw.first[a]; at < fw.first[a + 1]; at++)
            if (fw.kind[at] == FW_HEAD) {
                goes[at] = fw_random(10) >= share && at != keep;
                hs_sweep_heads(&w, at, !goes[at], 1);
            }
        hs_sweep_end(&w, fw.first[a + 1]);
    }
    if (other)
        hs_record(&(struct hs_record){.kind = HS_COLLECT});
    for (uint32_t at = 0; at < fw.first[fw.n_areas]; at++)
        if (fw.kind[at] == FW_HEAD && goes[at]) {
            memset(fw.kind + at, FW_FREE, fw_length(at));
            fw.events++;
        }
    uint32_t survivor = fw_some_block(); /* a finaliser frees */
    if (survivor != HS_POS_IMPLIED && survivor != keep && fw_random(2)) {
        hs_free((uintptr_t)hs_anchor + 7, survivor);
        memset(fw.kind + survivor, FW_FREE, fw_length(survivor));
        fw.events++;
    }
    hs_record(&(struct hs_record){.kind = HS_COLLECT_END});
    if (other)
        hs_record(&(struct hs_record){.kind = HS_COLLECT_END});
}

static uint32_t fw_size(void) { return 1 + fw_random(fw_random(8) ? 60 : 1500); }

static uint32_t fw_alloc_quietly(uint32_t n, uint32_t keep)
{
    uint32_t pos = fw_find(n);
    if (pos == HS_POS_IMPLIED) {
        fw_collect(1, keep);
        if (fw_random(3) == 0) { /* an interrupt that would allocate */
            hs_fail(fw_key(9), 9, 1);
            fw.events++;
        }
        pos = fw_find(n);
    }
    return pos;
}

static void fw_alloc(void)
{
    uint32_t size = fw_size(), n = (size + 15) / 16;
    uint32_t pos = fw_alloc_quietly(n, HS_POS_IMPLIED);
    fw.events++;
    if (pos == HS_POS_IMPLIED) {
        hs_fail(fw_key(size), size, 0);
        return;
    }
    fw_mark_block(pos, n);
    hs_alloc(fw_key(size), (struct hs_block){pos, size});
}

static void fw_free(void)
{
    uint32_t pos = fw_some_block();
    if (pos == HS_POS_IMPLIED)
        return;
    memset(fw.kind + pos, FW_FREE, fw_length(pos));
    hs_free((uintptr_t)hs_anchor + pos % 3, pos);
    fw.events++;
}

static void fw_realloc(void)
{
    uint32_t old = fw_some_block(), size = fw_size(), n = (size + 15) / 16, pos = old;
    if (old == HS_POS_IMPLIED)
        return;
    uint32_t had = fw_length(old), room = had, limit = fw_end_of_area(old);
    while (old + room < limit && fw.kind[old + room] == FW_FREE)
        room++;
    if (n > room)
        pos = fw_alloc_quietly(n, old);
    if (pos == HS_POS_IMPLIED) {
        hs_fail(fw_key(size), size, 0);
        fw.events++;
        return;
    }
    memset(fw.kind + old, FW_FREE, had);
    fw_mark_block(pos, n);
    hs_realloc(fw_key(size), (struct hs_block){pos, size}, old);
    fw.events++;
}

static uint32_t fw_layout_sum(void) { return hs_crc32(0, fw.kind, sizeof fw.kind); }

static void fw_mark(void)
{
    char label[16];
    hs_mark((struct hs_text){label, (uint32_t)snprintf(label, sizeof label, "%08x", fw_layout_sum())});
}

static void fw_work(unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        fw_check_keyframe();
        fw.ticks += fw_random(5) ? fw_random(8) : fw_random(8) ? fw_random(300) : fw_random(3000000);
        uint32_t what = fw_random(1000);
        if (what < 600)
            fw_alloc();
        else if (what < 850)
            fw_free();
        else if (what < 950)
            fw_realloc();
        else if (what < 955)
            fw_collect(0, HS_POS_IMPLIED);
        else if (what < 970)
            fw_mark();
        else
            hs_record(&(struct hs_record){.kind = HS_THREAD, .thread.thread = what % 3});
    }
}

/* --- boots -------------------------------------------------------------------------------------------- */

/* Starts the firmware on what its memory holds; the heap is empty, recording on. */
static void fw_boot(void)
{
    struct hs_config config = {.memory = fw.memory,
                               .memory_size = fw.config.memory_size,
                               .packet_size = fw.config.packet_size,
                               .site = fw.site,
                               .n_sites = FW_SITES,
                               .hash = fw.hash,
                               .hash_size = 2048,
                               .hz = 1000000,
                               .build_id = fw.config.build_id ? fw.config.build_id : 0x1234,
                               .placement = fw.config.placement,
                               .learned = fw.config.learns ? &fw.learned : NULL,
                               .shift = 4,
                               .flags = fw.config.flags,
                               .describe = fw_describe,
                               .keyframe = fw_keyframe,
                               .keyframe_size = fw_keyframe_size};
    if (fw.config.stage_size) {
        config.stage = fw.memory + fw.config.memory_size;
        config.stage_size = fw.config.stage_size;
    }
    memset(fw.kind, 0, sizeof fw.kind);
    if (hs_init(&config))
        abort();
    for (unsigned a = 0; a < fw.n_areas; a++)
        fw_region(a, 0);
    hs_start();
}

static void fw_make(const struct fw_config *config)
{
    uint8_t *out = fw.out;
    size_t room = fw.out_room;
    free(fw.memory);
    memset(&fw, 0, sizeof fw);
    fw.config = *config;
    fw.out = out;
    fw.out_room = room;
    fw.seed = config->seed;
    fw.n_areas = config->n_areas ? config->n_areas : 1;
    for (unsigned a = 1; a <= fw.n_areas; a++)
        fw.first[a] = fw.first[a - 1] + (config->granules ? config->granules : 200 * a + fw_random(300));
    size_t size = (config->memory_size + config->stage_size + 63) & ~(size_t)63;
    fw.memory = aligned_alloc(64, size); /* the stage is after the image */
    memset(fw.memory, 0xa5, size);
    fw_boot();
}

#endif
