/* SPDX-License-Identifier: MIT
 *
 * References from records: a graph written down by hand, graphs that are cut, and bytes that are anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/refs/retained.h"

struct script {
    struct hs_model *model;
    struct hs_refs refs;
    uint64_t number;
};

static int play(struct script *s, struct hs_record record, struct hs_event event)
{
    event.kind = record.kind;
    event.number = s->number++;
    event.record = &record;
    hs_model_feed(s->model, &event, 1);
    return hs_refs_feed(&s->refs, s->model, &event);
}

/* A heap of 32 granules: blocks of 1, 2, 8 and 1 granules at 0, 1, 4 and 20. */
static void setup_heap(struct script *s)
{
    static const struct hs_extent block[] = {{0, 1}, {1, 2}, {4, 8}, {20, 1}};
    *s = (struct script){.model = hs_model_new(NULL)};
    s->refs.pointer_bytes = 4;
    play(s, (struct hs_record){.kind = HS_REGION, .region = {.granules = 32, .shift = 4, .base = 0x20000000, .name = {"gc", 2}}},
         (struct hs_event){0});
    for (size_t i = 0; i < sizeof block / sizeof *block; i++)
        play(s, (struct hs_record){.kind = HS_ALLOC},
             (struct hs_event){.site = 1, .size = block[i].granules * 16, .pos = block[i].pos, .granules = block[i].granules});
}

static void close_heap(struct script *s)
{
    hs_refs_free(&s->refs);
    hs_model_free(s->model);
}

static struct hs_record with(struct hs_record record, const uint8_t *data, uint32_t len)
{
    switch (record.kind) {
    case HS_ROOT: record.root.refs = (struct hs_data){data, len}; break;
    case HS_REFS: record.refs.refs = (struct hs_data){data, len}; break;
    case HS_CODE: record.code.bytes = (struct hs_data){data, len}; break;
    case HS_FRAME: record.frame.name = (struct hs_text){(const char *)data, len}; break;
    case HS_MODULE: record.module.name = (struct hs_text){(const char *)data, len}; break;
    case HS_GLOBAL: record.global.name = (struct hs_text){(const char *)data, len}; break;
    case HS_MARK: record.mark.label = (struct hs_text){(const char *)data, len}; break;
    default: fail();
    }
    return record;
}

/* A root at offset 0x24 leads to block 1 (at granule 1), another 12 bytes on to the one at 4. Block 0 refers to
 * nothing; block 1's word 1 to granule 4; the block at 4 from words 0 and 30 to 20 and 0. */
static const uint8_t roots[] = {0, 1 << 1, 2, 3 << 1};
static const uint8_t refs[] = {0x00, 0x82, 3 << 1, 0x00, 0x81, 20 << 1, 3, 0x84, (4 << 1) - 1};

static void by_hand(void **unused)
{
    struct script s;
    struct hs_retained r;
    (void)unused;
    setup_heap(&s);
    assert_int_equal(play(&s,
                          with((struct hs_record){.kind = HS_ROOT, .root = {.origin = 1, .address = 0x24}}, roots, sizeof roots),
                          (struct hs_event){0}),
                     0);
    assert_int_equal(play(&s, with((struct hs_record){.kind = HS_REFS, .refs.part = 2}, refs, sizeof refs), (struct hs_event){0}),
                     1);
    const struct hs_refgraph *g = &s.refs.graph;
    assert_int_equal(g->n_roots, 2);
    assert_int_equal(g->root[0].block, 1);
    assert_int_equal(g->root[0].address, 0x24);
    assert_int_equal(g->root[1].block, 2);
    assert_int_equal(g->root[1].address, 0x30);
    assert_int_equal(g->first[4], 3);
    assert_int_equal(g->to[0], 2);
    assert_int_equal(g->word[0], 1);
    assert_int_equal(g->to[1], 3);
    assert_int_equal(g->word[1], 0);
    assert_int_equal(g->to[2], 0);
    assert_int_equal(g->word[2], 30);
    assert_int_equal(hs_retained_measure(&r, g), 0);
    assert_int_equal(r.unreached, 0);
    assert_int_equal(r.bytes[2], 16 + 128 + 16);
    assert_int_equal(r.bytes[1], 32); /* the root leads to block 2 without it */
    assert_int_equal(r.dominators.of[2], HS_NODE_ROOTS);
    struct hs_holder step[4];
    assert_int_equal(hs_retained_path(&r, 3, step, 4), 2);
    assert_true(step[0].root == &g->root[1] && step[1].block == 2 && step[1].word == 0);
    assert_int_equal(hs_retained_references(&r, 2, step, 4), 2);
    assert_true(step[0].root && step[1].block == 1);
    hs_retained_free(&r);
    close_heap(&s);
}

/* Whatever is missing, no half graph comes of it. */
static void cut(void **unused)
{
    struct script s;
    (void)unused;
    setup_heap(&s);
    struct hs_record root = with((struct hs_record){.kind = HS_ROOT, .root.origin = 1}, roots, sizeof roots);
    struct hs_record part = with((struct hs_record){.kind = HS_REFS}, refs, sizeof refs), last = part;
    last.refs.part = 2;
    assert_int_equal(play(&s, last, (struct hs_event){0}), 0); /* no roots */
    assert_int_equal(s.refs.dropped, 1);
    play(&s, root, (struct hs_event){0});
    play(&s, with((struct hs_record){.kind = HS_MARK}, (const uint8_t *)"", 0), (struct hs_event){0});
    assert_int_equal(play(&s, last, (struct hs_event){0}), 0); /* something in between, so records are missing */
    assert_int_equal(s.refs.dropped, 3);
    play(&s, root, (struct hs_event){0});
    s.number++; /* lost */
    assert_int_equal(play(&s, last, (struct hs_event){0}), 0);
    play(&s, root, (struct hs_event){0});
    play(&s, part, (struct hs_event){0});
    assert_false(s.refs.complete);
    assert_int_equal(play(&s, with((struct hs_record){.kind = HS_REFS, .refs = {.part = 2, .pos = 20}}, (const uint8_t *)"", 0),
                          (struct hs_event){0}),
                     1);
    assert_true(s.refs.complete);
    close_heap(&s);
}

/* As MicroPython compiles "def f(a, *, b=1): ...", then "X = 1"; at 12 X is stored, with one word on the stack. */
static const uint8_t body[] = {0x18, 0x06, 0x01, 0x6b, 0x60, 0x53, 0x2c, 0x00, 0x81, 0x10, 0x02,
                               0x62, 0x33, 0x00, 0x16, 0x03, 0x81, 0x16, 0x04, 0x51, 0x63};
static const uint8_t names[] = {9, 0, 8, 0, 7, 0, 6, 0, 5, 1};
static const char frame_name[] = "main.py <module>";
static const struct hs_frame_facts facts = {5, 4, true};

static struct hs_slot slot_at(const struct hs_refgraph *g, uint32_t block, uint32_t word)
{
    struct hs_slot slot = {0};
    if (!hs_frames_slot(&g->frames, &facts, &(struct hs_word){.block = block, .word = word}, &slot))
        slot.index = UINT32_MAX;
    return slot;
}

/* A frame of 4 slots in the block at granule 4, 8 bytes from its head; its code in two pieces. */
static void frames(void **unused)
{
    struct script s;
    (void)unused;
    setup_heap(&s);
    play(&s, with((struct hs_record){.kind = HS_ROOT, .root = {.origin = 1, .address = 0x24}}, roots, sizeof roots),
         (struct hs_event){0});
    play(&s, with((struct hs_record){.kind = HS_CODE, .code.code = 1}, body, 10), (struct hs_event){0});
    play(&s, with((struct hs_record){.kind = HS_CODE, .code = {.code = 1, .at = 10}}, body + 10, sizeof body - 10),
         (struct hs_event){0});
    play(&s, with((struct hs_record){.kind = HS_CODE, .code = {.code = 1, .what = 1}}, names, sizeof names), (struct hs_event){0});
    play(&s,
         with(
             (struct hs_record){
                 .kind = HS_FRAME,
                 .frame =
                     {.code = 1, .address = 0x20000000 + 4 * 16 + 8, .pos = 4, .slots = 4, .offset = 12, .line = 7, .globals = 1}},
             (const uint8_t *)frame_name, sizeof frame_name - 1),
         (struct hs_event){0});
    assert_int_equal(play(&s, with((struct hs_record){.kind = HS_REFS, .refs.part = 2}, refs, sizeof refs), (struct hs_event){0}),
                     1);
    const struct hs_refgraph *g = &s.refs.graph;
    assert_int_equal(g->frames.n, 1);
    assert_int_equal(g->frames.code[0].bytes, sizeof body);
    assert_int_equal(g->frames.code[0].name_bytes, sizeof names);
    assert_true(hs_frame_is_body(&g->frames.frame[0]) && g->frames.frame[0].globals == 1);
    assert_int_equal(slot_at(g, 2, 6).index, UINT32_MAX); /* in the frame, before its slots */
    assert_int_equal(slot_at(g, 2, 7).use, HS_SLOT_STACK);
    assert_int_equal(slot_at(g, 2, 8).use, HS_SLOT_LEFT_OVER);
    assert_int_equal(slot_at(g, 2, 10).use, HS_SLOT_LEFT_OVER);
    assert_int_equal(slot_at(g, 2, 10).index, 3);
    assert_int_equal(slot_at(g, 2, 11).use, HS_SLOT_HANDLERS);
    assert_int_equal(slot_at(g, 1, 7).index, UINT32_MAX);
    struct hs_bytecode code;
    struct hs_made made[5] = {{0}};
    assert_true(hs_bytecode_open(&code, g->frames.code[0].byte, g->frames.code[0].bytes));
    assert_int_equal(hs_bytecode_names(&code, made, 5), 0);
    assert_true(made[4].times == 1 && made[4].bytes == 5);  /* 81 16 04; 6b 60: six lines on */
    assert_true(made[3].times == 1 && made[3].bytes == 11); /* f and its default value */
    close_heap(&s);
}

/* A piece of code that is not the next one spoils the graph. */
static void code_with_a_gap(void **unused)
{
    struct script s;
    (void)unused;
    setup_heap(&s);
    play(&s, with((struct hs_record){.kind = HS_ROOT, .root = {.origin = 1, .address = 0x24}}, roots, sizeof roots),
         (struct hs_event){0});
    play(&s, with((struct hs_record){.kind = HS_CODE, .code = {.code = 1, .at = 3}}, body, 10), (struct hs_event){0});
    assert_int_equal(play(&s, with((struct hs_record){.kind = HS_REFS, .refs.part = 2}, refs, sizeof refs), (struct hs_event){0}),
                     0);
    assert_int_equal(s.refs.dropped, 1);
    close_heap(&s);
}

static uint32_t state = 7;
static uint32_t chance(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(state >> 8) * below >> 24);
}

/* A record of a kind with numbers that may make sense. */
static struct hs_record any_record(uint8_t kind)
{
    uint32_t pos = chance(3) ? chance(34) : chance(UINT32_MAX), count = chance(4) ? 0 : chance(UINT32_MAX);
    uint8_t cause = (uint8_t)chance(8);
    struct hs_record r = {.kind = kind};
    switch (kind) {
    case HS_REFS: r.refs = (struct hs_record_refs){.pos = pos, .word = count, .part = cause}; break;
    case HS_ROOT: r.root = (struct hs_record_root){.origin = cause, .address = chance(100)}; break;
    case HS_MODULE: r.module = (struct hs_record_module){.pos = pos, .slots = count}; break;
    case HS_GLOBAL: r.global = (struct hs_record_global){.slot = count, .what = cause, .pos = pos, .key = chance(3)}; break;
    case HS_FRAME:
        r.frame = (struct hs_record_frame){
            .address = chance(100), .pos = pos, .slots = count, .code = chance(3), .offset = chance(20)};
        break;
    default: r.code = (struct hs_record_code){.code = chance(3), .what = cause, .at = count}; break;
    }
    return r;
}

/* Real records with bytes changed, and bytes that are nothing: refused or taken, never out of bounds. */
static void anything(void **unused)
{
    struct script s;
    uint64_t whole = 0;
    (void)unused;
    setup_heap(&s);
    for (int i = 0; i < 200000; i++) {
        uint8_t data[16];
        uint32_t len = chance(sizeof data + 1);
        for (uint32_t b = 0; b < len; b++)
            data[b] = chance(3) && b < sizeof refs ? refs[b] : (uint8_t)chance(256);
        static const uint8_t kinds[] = {HS_REFS, HS_ROOT, HS_MODULE, HS_GLOBAL, HS_REFS, HS_ROOT, HS_FRAME, HS_CODE};
        struct hs_record record = any_record(kinds[chance(sizeof kinds)]);
        if (record.kind == HS_CODE && chance(8)) {
            record.code.code = s.refs.coming.frames.n_codes + 1;
            record.code.at = 0;
        }
        if (record.kind == HS_ROOT && chance(2))
            record = with(record, roots, sizeof roots);
        else
            record = with(record, data, len);
        int fed = play(&s, record, (struct hs_event){0});
        assert_true(fed == 0 || fed == 1);
        if (fed != 1)
            continue;
        struct hs_retained r;
        assert_int_equal(hs_retained_measure(&r, &s.refs.graph), 0);
        assert_true(r.reached_bytes + r.unreached_bytes == s.model->used);
        hs_retained_free(&r);
        for (uint32_t word = 0; word < 64; word++)
            slot_at(&s.refs.graph, chance(2) ? 2 : HS_NO_BLOCK, word);
        whole++;
    }
    assert_true(whole > 100);
    close_heap(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(cut), cmocka_unit_test(frames),
                                       cmocka_unit_test(code_with_a_gap), cmocka_unit_test(anything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
