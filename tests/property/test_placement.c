/* SPDX-License-Identifier: MIT
 *
 * The heap map against a transcription of MicroPython's gc.c, one byte a granule, with all its state: the
 * index of the last free byte of the allocation table, the last free area, the areas marked as filled. Both
 * run the same seeded random program, with one area and with several, as a build with MICROPY_GC_SPLIT_HEAP
 * and as one without, and must agree on every place, and now and then on every granule.
 *
 * HS_SEED=N runs that program only, HS_SEEDS=N so many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/host/replay/heapmap.h"

/* --- the allocator ------------------------------------------------------------------------------------ */

enum { AT_FREE, AT_HEAD, AT_TAIL };
#define BLOCKS_PER_ATB 4
#define NONE UINT32_MAX

struct area {
    uint8_t kind[16384 + 1]; /* and the free byte behind the table */
    size_t table_len;        /* gc_alloc_table_byte_len */
    size_t last_free;        /* gc_last_free_atb_index */
    uint32_t first;
    bool present;
};

static struct gc {
    struct area area[6];
    unsigned n_areas;
    unsigned last_area; /* gc_last_free_area */
    bool split;
} gc;

static unsigned next_area(unsigned i)
{
    while (++i < gc.n_areas && !gc.area[i].present) {
    }
    return i;
}

static struct area *area_at(uint32_t pos)
{
    for (unsigned i = 0; i < gc.n_areas; i++)
        if (gc.area[i].present && pos - gc.area[i].first < gc.area[i].table_len * BLOCKS_PER_ATB)
            return &gc.area[i];
    return NULL;
}

/* gc_alloc without its collection: that is the caller's, as an event of its own. */
static uint32_t gc_alloc(size_t n_blocks)
{
    for (unsigned k = gc.split ? gc.last_area : 0; k < gc.n_areas; k = next_area(k)) {
        struct area *area = &gc.area[k];
        size_t n_free = 0, i;
        for (i = area->last_free; i < area->table_len; i++)
            for (unsigned b = 0; b < BLOCKS_PER_ATB; b++) {
                if (area->kind[i * BLOCKS_PER_ATB + b] != AT_FREE) {
                    n_free = 0;
                } else if (++n_free >= n_blocks) {
                    i = i * BLOCKS_PER_ATB + b;
                    goto found;
                }
            }
        if (gc.split && n_blocks == 1)
            area->last_free = (i + 1) / BLOCKS_PER_ATB;
        continue;
    found:
        if (n_free == 1) {
            gc.last_area = k;
            area->last_free = (i + 1) / BLOCKS_PER_ATB;
        }
        size_t start = i - n_free + 1;
        area->kind[start] = AT_HEAD;
        memset(area->kind + start + 1, AT_TAIL, i - start);
        return area->first + (uint32_t)start;
    }
    return NONE;
}

static void became_free(struct area *area, size_t block)
{
    if (gc.split && &gc.area[gc.last_area] != area)
        gc.last_area = 0;
    if (block / BLOCKS_PER_ATB < area->last_free)
        area->last_free = block / BLOCKS_PER_ATB;
}

static void gc_free(uint32_t pos)
{
    struct area *area = area_at(pos);
    size_t block = pos - area->first;
    assert_int_equal(area->kind[block], AT_HEAD);
    became_free(area, block);
    do
        area->kind[block++] = AT_FREE;
    while (area->kind[block] == AT_TAIL);
}

/* Where the block can stay and be resized there, does so. */
static bool resize_in_place(uint32_t pos, size_t new_blocks)
{
    struct area *area = area_at(pos);
    size_t block = pos - area->first, n_free = 0, n_blocks = 1;
    for (size_t bl = block + 1; bl < area->table_len * BLOCKS_PER_ATB; bl++) {
        if (area->kind[bl] == AT_TAIL) {
            n_blocks++;
        } else if (area->kind[bl] == AT_FREE) {
            n_free++;
            if (n_blocks + n_free >= new_blocks)
                break;
        } else {
            break;
        }
    }
    if (new_blocks < n_blocks) {
        memset(area->kind + block + new_blocks, AT_FREE, n_blocks - new_blocks);
        became_free(area, block + new_blocks);
        return true;
    }
    if (new_blocks > n_blocks + n_free)
        return false;
    if (new_blocks > n_blocks)
        memset(area->kind + block + n_blocks, AT_TAIL, new_blocks - n_blocks);
    return true;
}

static void gc_sweep(const uint8_t *survives)
{
    bool free_tail = false;
    size_t head = 0;
    for (unsigned k = 0; k < gc.n_areas; k = next_area(k)) {
        struct area *area = &gc.area[k];
        for (size_t block = 0; block < area->table_len * BLOCKS_PER_ATB; block++) {
            if (area->kind[block] == AT_HEAD)
                free_tail = !survives[head++];
            if (free_tail)
                area->kind[block] = AT_FREE;
        }
        area->last_free = 0;
    }
    gc.last_area = 0;
}

/* --- the program -------------------------------------------------------------------------------------- */

static uint64_t seed;
static uint32_t rnd(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) * (uint64_t)n >> 31);
}

static struct hs_heapmap map;
static struct hs_numbers freed_heads;
static uint32_t live[1 << 15];
static uint32_t n_live;
static uint8_t survives[1 << 15];
static uint32_t next_first;
static uint64_t n_ops, n_moved, n_moved_after, n_collected, n_failed;

static bool large; /* this program's areas and blocks */

static void add_area(void)
{
    uint32_t granules = BLOCKS_PER_ATB * (1 + rnd(large ? 4096 : rnd(3) ? 40 : 1024));
    struct area *area = &gc.area[gc.n_areas];
    memset(area, 0, sizeof *area);
    area->table_len = granules / BLOCKS_PER_ATB;
    area->first = next_first += rnd(3) ? 0 : rnd(500);
    area->present = true;
    next_first += granules;
    struct hs_area_config config = {area->first, granules, (uint8_t)(gc.n_areas * 7), HS_PLACE_MICROPYTHON};
    assert_int_equal(hs_heapmap_add(&map, &config), HS_OK);
    gc.n_areas++;
}

static void collect_live(void)
{
    n_live = 0;
    for (unsigned k = 0; k < gc.n_areas; k = next_area(k))
        for (size_t b = 0; b < gc.area[k].table_len * BLOCKS_PER_ATB; b++)
            if (gc.area[k].kind[b] == AT_HEAD)
                live[n_live++] = gc.area[k].first + (uint32_t)b;
}

static void compare(void)
{
    for (unsigned k = 0; k < gc.n_areas; k = next_area(k)) {
        const struct hs_map_area *a = map.area[k * 7];
        for (size_t b = 0; b < gc.area[k].table_len * BLOCKS_PER_ATB; b++) {
            unsigned used = a->used[b >> 6] >> (b & 63) & 1, tail = a->tail[b >> 6] >> (b & 63) & 1;
            assert_int_equal(used + tail, gc.area[k].kind[b]);
        }
    }
}

/* Empty areas behind the first go at a sweep, as with MICROPY_GC_SPLIT_HEAP_AUTO. */
static void drop_empty_areas(void)
{
    for (unsigned k = next_area(0); k < gc.n_areas; k = next_area(k))
        if (!memchr(gc.area[k].kind, AT_HEAD, gc.area[k].table_len * BLOCKS_PER_ATB) && rnd(2)) {
            gc.area[k].present = false;
            hs_heapmap_remove(&map, (uint8_t)(k * 7));
        }
}

/* A collection; what is at `keep` survives. */
static void collect(uint32_t keep)
{
    struct hs_walk sweep;
    collect_live();
    struct hs_extent all = {0, next_first};
    assert_int_equal(hs_heapmap_heads(&map, all), n_live);
    uint32_t share = rnd(10), n_freed = 0, i, run;
    for (i = 0; i < n_live; i++)
        n_freed += !(survives[i] = rnd(10) < share || live[i] == keep);
    /* The same as runs of a SWEEP record, one for each piece of the granules. */
    freed_heads.n = 0;
    hs_walk_start(&sweep, &map, all);
    for (i = 0; i < n_live; i += run) {
        for (run = 1; i + run < n_live && survives[i + run] == survives[i] && rnd(9); run++) {
        }
        assert_int_equal(survives[i] ? hs_walk_keep(&sweep, run) : hs_walk_drop(&sweep, run, &freed_heads), HS_OK);
    }
    assert_int_equal(hs_walk_keep(&sweep, 1), HS_ERR_CHECK);
    hs_walk_end(&map, &freed_heads, 0);
    assert_int_equal(freed_heads.n, n_freed);
    for (i = 0, run = 0; i < n_live; i++)
        if (!survives[i])
            assert_int_equal(freed_heads.item[run++], live[i]);
    gc_sweep(survives);
    drop_empty_areas();
    collect_live();
    n_collected++;
}

static uint32_t some_size(void)
{
    if (large && rnd(3) == 0)
        return 1 + rnd(rnd(2) ? 6000 : 1500);
    switch (rnd(12)) {
    case 0: return 1 + rnd(300);
    case 1: return 1 + rnd(70);
    case 2:
    case 3: return 1 + rnd(20);
    case 4:
    case 5: return 2;
    case 6: return 3;
    default: return 1;
    }
}

/* gc_alloc, with the collection that it makes when nothing is found. */
static uint32_t alloc(uint32_t granules, uint32_t keep, bool *collected)
{
    *collected = false;
    uint32_t pos = gc_alloc(granules);
    if (pos == NONE && rnd(10)) {
        collect(keep);
        *collected = true;
        pos = gc_alloc(granules);
        if (pos == NONE && gc.n_areas < 6 && gc.split && rnd(3)) {
            add_area();
            pos = gc_alloc(granules);
        }
    }
    return pos;
}

static void do_alloc(void)
{
    uint32_t granules = some_size();
    bool collected;
    uint32_t pos = alloc(granules, NONE, &collected);
    if (pos == NONE) {
        n_failed++;
        return;
    }
    assert_int_equal(hs_heapmap_alloc(&map, granules), pos);
    assert_int_equal(hs_heapmap_length(&map, pos), granules);
    if (n_live < sizeof live / sizeof *live)
        live[n_live++] = pos;
}

static void do_free(void)
{
    uint32_t i = rnd(n_live), pos = live[i];
    live[i] = live[--n_live];
    gc_free(pos);
    assert_true(hs_heapmap_free(&map, pos) > 0);
    assert_int_equal(hs_heapmap_free(&map, pos), 0);
}

static void do_resize(void)
{
    uint32_t old = live[rnd(n_live)], length = hs_heapmap_length(&map, old);
    struct hs_resize resize = {.old = old, .granules = rnd(2) ? some_size() : length + rnd(4)};
    uint32_t pos = old;
    if (!resize_in_place(old, resize.granules)) {
        pos = alloc(resize.granules, old, &resize.collected);
        if (pos == NONE)
            return;
        gc_free(old);
        n_moved++;
        n_moved_after += resize.collected;
    }
    struct hs_resized resized = hs_heapmap_resize(&map, &resize);
    assert_int_equal(resized.pos, pos);
    assert_int_equal(resized.old_granules, length);
    collect_live();
}

static void run_program(uint64_t number)
{
    hs_heapmap_close(&map);
    memset(&gc, 0, sizeof gc);
    seed = number;
    rnd(2);
    next_first = rnd(2) ? 0 : rnd(100000);
    n_live = 0;
    large = number % 40 == 0;
    gc.split = rnd(3) != 0;
    for (unsigned n = gc.split ? 1 + rnd(3) : 1; n; n--)
        add_area();
    uint32_t tendency = 2 + rnd(6), ops = 500 + rnd(3000);
    for (uint32_t op = 0; op < ops; op++, n_ops++) {
        if (op % 64 == 0)
            tendency = 2 + rnd(6);
        uint32_t what = rnd(10);
        if (what < tendency || !n_live)
            do_alloc();
        else if (what < 8)
            do_free();
        else if (what < 9 || rnd(20))
            do_resize();
        else
            collect(NONE);
        if (op % 256 == 255)
            compare();
    }
    compare();
}

static uint64_t program;

static int say_program(void **state)
{
    (void)state;
    print_message("[ programs ] the last was HS_SEED=%llu\n", (unsigned long long)program);
    return 0;
}

static void places_agree(void **state)
{
    (void)state;
    const char *one = getenv("HS_SEED"), *many = getenv("HS_SEEDS");
    uint64_t first = one ? strtoull(one, NULL, 0) : 1, n = one ? 1 : many ? strtoull(many, NULL, 0) : 2000;
    for (uint64_t i = first; i < first + n; i++) {
        program = i;
        run_program(i);
    }
    print_message(
        "[ programs ] %llu operations, %llu blocks moved, %llu of them after a collection, %llu collections, %llu failures\n",
        (unsigned long long)n_ops, (unsigned long long)n_moved, (unsigned long long)n_moved_after,
        (unsigned long long)n_collected, (unsigned long long)n_failed);
    assert_true(n_moved && n_moved_after && n_collected && n_failed);
    hs_heapmap_close(&map);
    free(freed_heads.item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(places_agree, say_program)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
