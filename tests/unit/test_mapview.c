/* SPDX-License-Identifier: MIT
 *
 * Maps: random layouts printed in MicroPython's form against a transcription of py/gc.c that works on an
 * allocation table of two bits a block as the firmware does; and what changed against granule by granule.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/map/mapview.h"

#define GRANULES_MAX 3000u

static uint64_t state;

static uint32_t chance(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % below);
}

/* ---- the firmware ---- */

enum { AT_FREE, AT_HEAD, AT_TAIL };

struct area {
    uint8_t kind[GRANULES_MAX]; /* a multiple of 4 of them, as 4 blocks share a byte */
    uint32_t blocks, shift;
    uint64_t start;
};

/* gc_dump_alloc_table, 1.25.0, with h for every head. */
static void firmware_table(const struct area *area, FILE *print)
{
    static const size_t DUMP_BYTES_PER_LINE = 64;
    fprintf(print, "GC memory layout; from %lx:", (unsigned long)area->start);
    for (size_t bl = 0; bl < area->blocks; bl++) {
        if (bl % DUMP_BYTES_PER_LINE == 0) {
            size_t bl2 = bl;
            while (bl2 < area->blocks && area->kind[bl2] == AT_FREE)
                bl2++;
            if (bl2 - bl >= 2 * DUMP_BYTES_PER_LINE) {
                fprintf(print, "\n       (%u lines all free)", (unsigned)(bl2 - bl) / (unsigned)DUMP_BYTES_PER_LINE);
                bl = bl2 & (~(DUMP_BYTES_PER_LINE - 1));
                if (bl >= area->blocks)
                    break;
            }
            fprintf(print, "\n%08x: ", (unsigned)(bl << area->shift));
        }
        fputc(".h="[area->kind[bl]], print);
    }
    fputs("\n", print);
}

/* gc_info, 1.25.0, over one area after the other. */
struct gc_info {
    size_t total, used, free, max_free, num_1block, num_2block, max_block;
};

static void firmware_info(const struct area *area, struct gc_info *info)
{
    bool finish = false;
    info->total += (size_t)area->blocks << area->shift;
    for (size_t block = 0, len = 0, len_free = 0; !finish;) {
        unsigned kind = area->kind[block];
        switch (kind) {
        case AT_FREE:
            info->free += 1;
            len_free += 1;
            len = 0;
            break;
        case AT_HEAD:
            info->used += 1;
            len = 1;
            break;
        case AT_TAIL:
            info->used += 1;
            len += 1;
            break;
        }
        block++;
        finish = block == area->blocks;
        if (!finish)
            kind = area->kind[block];
        if (finish || kind == AT_FREE || kind == AT_HEAD) {
            if (len == 1)
                info->num_1block += 1;
            else if (len == 2)
                info->num_2block += 1;
            if (len > info->max_block)
                info->max_block = len;
            if (finish || kind == AT_HEAD) {
                if (len_free > info->max_free)
                    info->max_free = len_free;
                len_free = 0;
            }
        }
    }
}

static void firmware_prints(const struct area *area, unsigned n, FILE *print)
{
    struct gc_info info = {0};
    for (unsigned i = 0; i < n; i++)
        firmware_info(&area[i], &info);
    fprintf(print, "GC: total: %u, used: %u, free: %u\n", (unsigned)info.total, (unsigned)(info.used << area[0].shift),
            (unsigned)(info.free << area[0].shift));
    fprintf(print, " No. of 1-blocks: %u, 2-blocks: %u, max blk sz: %u, max free sz: %u\n", (unsigned)info.num_1block,
            (unsigned)info.num_2block, (unsigned)info.max_block, (unsigned)info.max_free);
    for (unsigned i = 0; i < n; i++)
        firmware_table(&area[i], print);
}

/* ---- the same in a model ---- */

/* Blocks and gaps of random lengths; `gaps` in a hundred are long. */
static void fill_area(struct area *area, unsigned gaps)
{
    memset(area->kind, AT_FREE, sizeof area->kind);
    for (uint32_t at = 0; at < area->blocks;) {
        uint32_t n = 1 + (chance(100) < gaps ? chance(400) : chance(6));
        bool block = chance(2);
        for (uint32_t i = 0; i < n && at < area->blocks; i++, at++)
            if (block)
                area->kind[at] = i ? AT_TAIL : AT_HEAD;
    }
}

static void add_region(struct hs_model *m, unsigned index, const struct area *area)
{
    struct hs_record record = {.kind = HS_REGION,
                               .region = {.region = (uint8_t)index,
                                          .first = index * GRANULES_MAX,
                                          .granules = area->blocks,
                                          .shift = (uint8_t)area->shift,
                                          .base = area->start}};
    struct hs_event event = {.kind = HS_REGION, .region = (uint8_t)index, .record = &record};
    assert_int_equal(hs_model_feed(m, &event, 1), HS_OK);
}

static void add_blocks(struct hs_model *m, unsigned index, const struct area *area)
{
    static const struct hs_record record = {.kind = HS_ALLOC};
    for (uint32_t at = 0; at < area->blocks; at++) {
        uint32_t n = 1;
        if (area->kind[at] != AT_HEAD)
            continue;
        while (at + n < area->blocks && area->kind[at + n] == AT_TAIL)
            n++;
        struct hs_event event = {.kind = HS_ALLOC,
                                 .region = (uint8_t)index,
                                 .record = &record,
                                 .number = 1 + at,
                                 .pos = index * GRANULES_MAX + at,
                                 .granules = n,
                                 .size = n << area->shift,
                                 .site = 1 + at % 50};
        assert_int_equal(hs_model_feed(m, &event, 1), HS_OK);
    }
}

static void picture_of(struct hs_heap_snapshot *snapshot, const struct area *area, unsigned n)
{
    struct hs_model *m = hs_model_new(NULL);
    assert_non_null(m);
    for (unsigned i = 0; i < n; i++)
        add_region(m, i, &area[i]);
    for (unsigned i = 0; i < n; i++)
        add_blocks(m, i, &area[i]);
    assert_int_equal(hs_heap_snapshot_take(snapshot, m), HS_OK);
    hs_model_free(m);
}

static struct area random_area(void)
{
    struct area area = {.blocks = 4 * (1 + chance(GRANULES_MAX / 4)), .shift = 5, .start = 0x20000000 + 32 * chance(1000)};
    fill_area(&area, chance(2) ? 60 : 3);
    return area;
}

static void test_as_the_firmware(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        state = seed * UINT64_C(0x9e3779b97f4a7c15);
        struct area area[2] = {random_area(), random_area()};
        unsigned n = 1 + chance(2);
        struct hs_heap_snapshot *snapshot = calloc(1, sizeof *snapshot);
        char *ours, *theirs;
        size_t ours_len, theirs_len;
        FILE *out = open_memstream(&ours, &ours_len), *print = open_memstream(&theirs, &theirs_len);
        assert_true(snapshot && out && print);
        picture_of(snapshot, area, n);
        assert_int_equal(hs_mapview_meminfo(&(struct hs_mapview){.snapshot = snapshot}, out), HS_OK);
        firmware_prints(area, n, print);
        fclose(out);
        fclose(print);
        assert_string_equal(ours, theirs);
        free(ours);
        free(theirs);
        hs_heap_snapshot_free(snapshot);
        free(snapshot);
    }
}

/* Full: every granule of the table, whatever is free. */
static void test_full(void **unused)
{
    struct area area = {.blocks = 640, .shift = 4, .start = 0x1000};
    struct hs_heap_snapshot *snapshot = calloc(1, sizeof *snapshot);
    char *text;
    size_t len;
    unsigned lines = 0;
    (void)unused;
    FILE *out = open_memstream(&text, &len);
    assert_true(snapshot && out);
    area.kind[600] = AT_HEAD;
    picture_of(snapshot, &area, 1);
    assert_int_equal(hs_mapview_meminfo(&(struct hs_mapview){.snapshot = snapshot, .full = true}, out), HS_OK);
    fclose(out);
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 2 + 1 + 10);
    assert_null(strstr(text, "all free"));
    assert_non_null(strstr(text, "\n00002400: ........................h......................................."));
    free(text);
    hs_heap_snapshot_free(snapshot);
    free(snapshot);
}

static int owner(const struct hs_heap_snapshot *p, uint32_t pos)
{
    for (uint32_t i = 0; i < p->n_blocks; i++)
        if (pos - p->block[i].pos < p->block[i].granules)
            return (int)i;
    return -1;
}

static void test_changes(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        state = seed * UINT64_C(0x9e3779b97f4a7c15);
        struct area before = random_area(), after = before;
        struct hs_heap_snapshot *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
        static uint8_t change[GRANULES_MAX];
        fill_area(&after, 3);
        memcpy(after.kind, before.kind, before.blocks / 2);
        picture_of(a, &before, 1);
        picture_of(b, &after, 1);
        hs_compare(&(struct hs_comparison){a, b, false}, (struct hs_extent){0, before.blocks}, change);
        for (uint32_t i = 0; i < before.blocks; i++) {
            int x = owner(a, i), y = owner(b, i);
            bool same = x >= 0 && y >= 0 && a->block[x].pos == b->block[y].pos && a->block[x].granules == b->block[y].granules;
            unsigned expected = same               ? HS_CHANGE_KEPT
                                : x >= 0 && y >= 0 ? HS_CHANGE_REPLACED
                                : x >= 0           ? HS_CHANGE_GONE
                                : y >= 0           ? HS_CHANGE_NEW
                                                   : HS_CHANGE_FREE;
            assert_int_equal(change[i], expected);
        }
        hs_heap_snapshot_free(a);
        hs_heap_snapshot_free(b);
        free(a);
        free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_firmware),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
