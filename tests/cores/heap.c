/* SPDX-License-Identifier: MIT */
#include "tests/cores/heap.h"

#include <string.h>

#include "lib/port.h"
#include "tests/cores/load.h"

#define GRANULES 600u
#define SHIFT 4u
#define NOWHERE 0xffffffffu

enum { FREE, HEAD, TAIL };
static uint8_t granule[GRANULES];
static uint32_t seed;
static uint8_t placement;

static uint32_t below(uint32_t n) { return load_below(&seed, n); }

static uint32_t length_of(uint32_t pos)
{
    uint32_t end = pos + 1, rest = granule[pos] == FREE ? FREE : TAIL;
    while (end < GRANULES && granule[end] == rest)
        end++;
    return end - pos;
}

static void put(uint32_t pos, uint32_t n)
{
    memset(granule + pos, TAIL, n);
    granule[pos] = HEAD;
}

static uint32_t first_fit(uint32_t n)
{
    for (uint32_t at = 0, len; at < GRANULES; at += len) {
        len = length_of(at);
        if (granule[at] == FREE && len >= n)
            return at;
    }
    return NOWHERE;
}

/* A block at or behind a random place, NOWHERE when there is none. */
static uint32_t some_block(void)
{
    uint32_t at = below(GRANULES);
    while (at < GRANULES && granule[at] != HEAD)
        at++;
    return at < GRANULES ? at : NOWHERE;
}

/* --- what the program does ---------------------------------------------------------------------------- */

/* About two thirds of all blocks go. `kept` stays. */
static void collect(uint8_t cause, uint32_t kept)
{
    struct hs_runs_writer w;
    uint32_t before = seed;
    hs_record(&(struct hs_record){.kind = HS_COLLECT, .collect.cause = cause});
    hs_sweep_begin(&w, 0);
    for (uint32_t at = 0; at < GRANULES; at += length_of(at))
        if (granule[at] == HEAD)
            hs_sweep_heads(&w, at, below(3) == 0 || at == kept, 1);
    hs_sweep_end(&w, GRANULES);
    seed = before; /* the same fates once more */
    for (uint32_t at = 0, len; at < GRANULES; at += len) {
        len = length_of(at);
        if (granule[at] == HEAD && (below(3) != 0) & (at != kept))
            memset(granule + at, FREE, len);
    }
    hs_record(&(struct hs_record){.kind = HS_COLLECT_END});
}

static uint32_t room_for(uint32_t n, uint32_t kept)
{
    uint32_t pos = first_fit(n);
    if (pos == NOWHERE) {
        collect(1, kept);
        pos = first_fit(n);
    }
    return pos;
}

/* Places and sizes go together, as they do in programs. */
static uint32_t size_at(uint32_t code) { return below(6) ? 8 * code + 5 : 1 + below(below(9) ? 200 : 5000); }
static uint32_t granules_of(uint32_t size) { return (size + (1 << SHIFT) - 1) >> SHIFT; }

static void allocate(void)
{
    uint32_t code = 2 + below(6), size = size_at(code), pos = room_for(granules_of(size), NOWHERE);
    if (pos == NOWHERE) {
        hs_fail(load_key(code), size, 0);
        return;
    }
    put(pos, granules_of(size));
    hs_alloc(load_key(code), (struct hs_block){.pos = pos, .size = size});
}

static void release(void)
{
    uint32_t pos = some_block();
    if (pos == NOWHERE)
        return;
    memset(granule + pos, FREE, length_of(pos));
    hs_free(load_key(8).caller, pos);
}

/* In place where there is room, as MicroPython does it. */
static void resize(void)
{
    uint32_t old = some_block(), size = size_at(9), n = granules_of(size), pos = old;
    if (old == NOWHERE)
        return;
    uint32_t had = length_of(old), next = old + had;
    uint32_t room = had + (next < GRANULES && granule[next] == FREE ? length_of(next) : 0);
    if (n > room)
        pos = room_for(n, old);
    if (pos == NOWHERE) {
        hs_fail(load_key(2), size, 0);
        return;
    }
    memset(granule + old, FREE, had);
    put(pos, n);
    hs_realloc(load_key(9), (struct hs_block){.pos = pos, .size = size}, old);
}

static void collect_at_will(void) { collect(0, NOWHERE); }
static void mark(void) { hs_mark((struct hs_text){"connected", 9}); }

/* --- the rest ----------------------------------------------------------------------------------------- */

void heap_start(uint32_t new_seed, uint8_t rule)
{
    placement = rule;
    seed = new_seed;
    memset(granule, FREE, sizeof granule);
}

void heap_work(uint32_t steps)
{
    static const struct {
        uint32_t share; /* of 100 */
        void (*step)(void);
    } what[] = {{65, allocate}, {22, release}, {11, resize}, {1, collect_at_will}, {1, mark}};
    while (steps--) {
        uint32_t any = below(100), i = 0;
        port_ticks += below(40);
        if (hs_state == HS_STATE_KEYFRAME_DUE)
            hs_keyframe();
        for (; any >= what[i].share; i++)
            any -= what[i].share;
        what[i].step();
    }
}

void heap_keyframe(void)
{
    struct hs_runs_writer w;
    hs_record(&(struct hs_record){.kind = HS_REGION,
                                  .region = {.granules = GRANULES,
                                             .shift = SHIFT,
                                             .memory = HS_MEMORY_INTERNAL,
                                             .placement = (uint8_t)(placement | HS_REGION_EXISTING),
                                             .base = 0x20000000,
                                             .name = {"heap", 4}}});
    hs_snapshot_begin(&w, 0, 3);
    for (uint32_t at = 0, len; at < GRANULES; at += len) {
        len = length_of(at);
        if (granule[at] == FREE)
            hs_snapshot_free(&w, at, len);
        else
            hs_snapshot_block(&w, at, len);
    }
    hs_snapshot_end(&w, GRANULES);
}
