/* SPDX-License-Identifier: MIT */
#include "tests/bench/recorders.h"

#include <stddef.h>
#include <string.h>

#include "lib/heapstrata.h"
#include "lib/learned.h"
#include "lib/port.h"
#include "lib/varint.h"

#define NOINLINE __attribute__((noinline))

uint32_t bench_ticks;

/* --- HeapStrata --------------------------------------------------------------------------------------- */

#define IMAGE 0x40000u

void (*rec_heapstrata_sink)(const void *data, uint32_t len);
uint8_t rec_heapstrata_placement = HS_PLACE_EXPLICIT;
bool rec_heapstrata_learns;
static struct hs_learned learned;
static uint64_t memory[IMAGE / 8];
static struct hs_site_entry sites[256];
static uint16_t hash[1024];
static struct hs_runs_writer writer;

bool hs_port_write(const void *data, uint32_t len)
{
    rec_heapstrata_sink(data, len);
    return true;
}
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }

static void describe(uintptr_t code, struct hs_place *place)
{
    static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    place->file = (struct hs_text){"synthetic.py", 12};
    place->function = (struct hs_text){names + code % 40, 8};
    place->line = (uint32_t)code;
    place->offset = (uint32_t)code * 5;
}

static void keyframe(void)
{
    struct hs_runs_writer w;
    hs_record(&(struct hs_record){.kind = HS_REGION,
                                  .region = {.granules = GRANULES, .shift = SHIFT, .base = 0x20000000, .name = {"next-fit", 8}}});
    hs_snapshot_begin(&w, 0, 3);
    hs_snapshot_free(&w, 0, GRANULES);
    hs_snapshot_end(&w, GRANULES);
}
static uint32_t keyframe_size(void) { return 64; }

static void hs_rec_start(void)
{
    const struct hs_config config = {
        .memory = memory,
        .memory_size = IMAGE,
        .packet_size = 4096,
        .site = sites,
        .n_sites = 256,
        .hash = hash,
        .hash_size = 1024,
        .hz = 1000000,
        .placement = rec_heapstrata_placement,
        .learned = rec_heapstrata_learns ? &learned : NULL,
        .shift = SHIFT,
        .flags = rec_heapstrata_sink ? HS_RING_STREAM : 0,
        .describe = describe,
        .keyframe = keyframe,
        .keyframe_size = keyframe_size,
    };
    memset(memory, 0, sizeof memory);
    bench_ticks = 0;
    hs_init(&config);
    hs_start();
}

/* As a hook does it: state first, then the record. In the overwrite ring the keyframes that fall due are
 * those of an empty heap, which are not read. */
static inline bool recording(void)
{
    if (hs_state == HS_STATE_KEYFRAME_DUE)
        hs_keyframe();
    return hs_state != HS_STATE_OFF;
}
static NOINLINE void hs_rec_alloc(uint32_t site, uint32_t pos, uint32_t size)
{
    if (recording())
        hs_alloc((struct hs_key){.code = 0x1000 + site, .caller = (uintptr_t)hs_anchor + (site & 7) * 16},
                 (struct hs_block){.pos = pos, .size = size});
}
static NOINLINE void hs_rec_free(uint32_t pos)
{
    if (recording())
        hs_free((uintptr_t)hs_anchor + 256, pos);
}
static NOINLINE void hs_rec_sweep(void)
{
    hs_record(&(struct hs_record){.kind = HS_COLLECT, .collect.cause = 1});
    hs_sweep_begin(&writer, 0);
}
static NOINLINE void hs_rec_head(uint32_t pos, bool survives) { hs_sweep_heads(&writer, pos, survives, 1); }
static NOINLINE void hs_rec_sweep_end(void)
{
    hs_sweep_end(&writer, GRANULES);
    hs_record(&(struct hs_record){.kind = HS_COLLECT_END});
}
static void hs_rec_stop(void) { hs_stop(); }
static uint64_t hs_rec_bytes(void) { return 0; } /* counted by the sink */

const struct recorder rec_heapstrata = {"HeapStrata", hs_rec_start,     hs_rec_alloc, hs_rec_free, hs_rec_sweep,
                                        hs_rec_head,  hs_rec_sweep_end, hs_rec_stop,  hs_rec_bytes};

/* --- a ring of bytes ---------------------------------------------------------------------------------- */

#define RING 0x40000u

static uint8_t *const ring = (uint8_t *)memory;
static uint8_t *at;
static uint64_t laps;
static uint32_t last_ticks, last_end, last_freed;
static uint32_t last_size[SITES];

static void ring_start(void)
{
    at = ring;
    laps = 0;
    bench_ticks = last_ticks = last_end = last_freed = 0;
    memset(last_size, 0, sizeof last_size);
}
static inline uint8_t *room(uint8_t *to)
{
    if (to > ring + RING - 32) {
        laps += (uint64_t)(to - ring);
        to = ring;
    }
    return to;
}
static inline uint32_t elapsed(void)
{
    uint32_t dt = bench_ticks - last_ticks;
    last_ticks = bench_ticks;
    return dt;
}
static uint64_t ring_bytes(void) { return laps + (uint64_t)(at - ring); }
static void nothing(void) {}

/* --- plain LEB128 deltas ------------------------------------------------------------------------------ */

static NOINLINE void leb_alloc(uint32_t site, uint32_t pos, uint32_t size)
{
    uint8_t *to = room(at);
    *to++ = EV_ALLOC;
    to = hs_put_u32(to, elapsed());
    to = hs_put_u32(to, site);
    to = hs_put_u32(to, size);
    to = hs_put_u32(to, hs_zigzag32((int32_t)(pos - last_end)));
    last_end = pos + ((size + 15) >> SHIFT);
    at = to;
}
static NOINLINE void leb_free(uint32_t pos)
{
    uint8_t *to = room(at);
    *to++ = EV_FREE;
    to = hs_put_u32(to, elapsed());
    to = hs_put_u32(to, hs_zigzag32((int32_t)(pos - last_freed)));
    last_freed = pos;
    at = to;
}
/* A sweep: the distances of what it frees. */
static NOINLINE void leb_head(uint32_t pos, bool survives)
{
    if (survives)
        return;
    at = hs_put_u32(room(at), pos - last_freed);
    last_freed = pos;
}
static NOINLINE void leb_sweep(void)
{
    uint8_t *to = room(at);
    *to++ = EV_SWEEP;
    at = hs_put_u32(to, elapsed());
    last_freed = 0;
}
const struct recorder rec_leb128 = {
    "plain LEB128 deltas", ring_start, leb_alloc, leb_free, leb_sweep, leb_head, nothing, nothing, ring_bytes};

/* --- the same with the kind in the time and a size only when it is not the site's last ----------------- */

static NOINLINE void fold_alloc(uint32_t site, uint32_t pos, uint32_t size)
{
    uint8_t *to = room(at);
    bool same = last_size[site] == size;
    to = hs_put_u32(to, elapsed() << 1 | 1);
    to = hs_put_u32(to, site << 1 | same);
    if (!same)
        to = hs_put_u32(to, last_size[site] = size);
    to = hs_put_u32(to, hs_zigzag32((int32_t)(pos - last_end)));
    last_end = pos + ((size + 15) >> SHIFT);
    at = to;
}
static NOINLINE void fold_free(uint32_t pos)
{
    uint8_t *to = room(at);
    to = hs_put_u32(to, elapsed() << 1);
    to = hs_put_u32(to, hs_zigzag32((int32_t)(pos - last_freed)));
    last_freed = pos;
    at = to;
}
const struct recorder rec_folded = {
    "LEB128, kind and size folded", ring_start, fold_alloc, fold_free, leb_sweep, leb_head, nothing, nothing, ring_bytes};

/* --- 16-byte struct ----------------------------------------------------------------------------------- */

struct fixed {
    uint32_t ticks, pos, size, site_kind;
};

static inline void put_fixed(const struct fixed *record)
{
    uint8_t *to = room(at);
    memcpy(to, record, sizeof *record);
    at = to + sizeof *record;
}
static NOINLINE void fixed_alloc(uint32_t site, uint32_t pos, uint32_t size)
{
    put_fixed(&(struct fixed){bench_ticks, pos, size, site << 8 | EV_ALLOC});
}
static NOINLINE void fixed_free(uint32_t pos) { put_fixed(&(struct fixed){bench_ticks, pos, 0, EV_FREE}); }
static NOINLINE void fixed_head(uint32_t pos, bool survives)
{
    if (!survives)
        fixed_free(pos);
}
const struct recorder rec_struct16 = {
    "16-byte struct into a ring", ring_start, fixed_alloc, fixed_free, nothing, fixed_head, nothing, nothing, ring_bytes};
