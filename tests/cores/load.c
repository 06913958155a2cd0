/* SPDX-License-Identifier: MIT */
#include "tests/cores/load.h"

uint32_t load_below(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) * n >> 16;
}

/* Any number of bits alike, so that every length of a varint is met, and both sides of every limit. */
static uint32_t any_length(uint32_t *seed)
{
    uint32_t bits = load_below(seed, 33), top = bits ? 1u << (bits - 1) : 0;
    switch (load_below(seed, 3)) {
    case 0: return top;
    case 1: return top - 1;
    default: return (load_below(seed, 65535) << 16 | load_below(seed, 65535)) & (top | (top - 1));
    }
}

/* --- what the program is like ------------------------------------------------------------------------- */

static uint8_t kind_of(uint32_t code) { return code % 8 == 0 ? HS_FREE : code % 8 == 1 ? HS_REALLOC : HS_ALLOC; }

int32_t load_caller(uint32_t code) { return (int32_t)(code * 36) - 400; }

void load_describe(uintptr_t code, struct hs_place *place)
{
    static const char path[] = "/a/path/that/has/more/bytes/than/one/record/of/data/can/have/at/most/lib/module.py";
    static const char names[] = "<module>handle_requestread";
    static const uint8_t end[] = {0, 8, 22, 26};
    uint32_t which = code % 3;
    place->file = code % 5 ? (struct hs_text){"main.py", 7} : (struct hs_text){path, sizeof path - 1};
    place->function = (struct hs_text){names + end[which], (uint32_t)end[which + 1] - end[which]};
    place->line = (uint32_t)code;
    place->offset = (uint32_t)code * 3;
}

struct hs_text load_text(const struct load_op *op)
{
    static const char text[] = "0123456789 connected to the access point, in the third attempt; all is well, "
                               "so far as can be seen here";
    return (struct hs_text){text, op->seed % 100};
}

/* --- what comes next ---------------------------------------------------------------------------------- */

void load_start(struct load *load, uint32_t seed) { *load = (struct load){.seed = seed}; }

static void event(struct load *load, struct load_op *op)
{
    uint32_t *seed = &load->seed;
    op->code = load_below(seed, 4) ? (load->code * 7 + 3) % LOAD_CODES : load_below(seed, LOAD_CODES);
    op->kind = kind_of(op->code);
    op->size = load_below(seed, 3)   ? 1 + op->code % 50
               : load_below(seed, 3) ? 1 + load_below(seed, 300)
                                     : any_length(seed) & 0x3fffffff;
    op->pos = load_below(seed, 3) && load->n_placed ? load->placed[(load->n_placed - 1) & 7] + 1 : any_length(seed) & 0x0fffffff;
    op->old = load_below(seed, 3) && load->n_placed > 7 ? load->placed[load_below(seed, 8)] : any_length(seed) & 0x0fffffff;
    if (op->kind == HS_REALLOC && load_below(seed, 2))
        op->pos = op->old;
    if (op->kind != HS_FREE)
        load->placed[load->n_placed++ & 7] = op->pos;
    load->code = op->code;
}

void load_next(struct load *load, struct load_op *op)
{
    static const uint8_t rare[] = {HS_FAIL, HS_MARK, HS_THREAD, HS_SWEEP, HS_SNAPSHOT, HS_REGION, HS_REGION_END};
    uint32_t *seed = &load->seed;
    *op = (struct load_op){.kind = HS_ALLOC};
    load->time += load->slow            ? 0xfffffff0u
                  : load_below(seed, 5) ? load_below(seed, 8)
                  : load_below(seed, 9) ? load_below(seed, 300)
                                        : any_length(seed);
    if (load_below(seed, 20)) {
        event(load, op);
        return;
    }
    op->kind = rare[load_below(seed, sizeof rare)];
    op->code = 2 + load_below(seed, 6); /* a place that allocates */
    op->cause = (uint8_t)any_length(seed);
    op->value = any_length(seed);
    op->size = any_length(seed);
    op->wide = (uint64_t)any_length(seed) << 32 | any_length(seed);
    op->seed = load_below(seed, 65535);
}

/* --- runs --------------------------------------------------------------------------------------------- */

void load_runs(struct load_runs *runs, const struct load_op *op)
{
    *runs = (struct load_runs){.op = *op, .seed = op->seed, .pos = op->value & 0xffff};
    runs->left = load_below(&runs->seed, 250);
}

bool load_run(struct load_runs *runs, struct load_run *run)
{
    uint32_t *seed = &runs->seed, longest = load_below(seed, 3) ? 1 : load_below(seed, 5) ? 40 : 9000;
    if (!runs->left)
        return false;
    runs->left--;
    *run = (struct load_run){.pos = runs->pos, .length = 1 + load_below(seed, longest), .kind = load_below(seed, 2) == 0};
    runs->pos += run->length;
    return true;
}

static void offer_sweep(const struct load_op *op)
{
    struct hs_runs_writer w;
    struct load_runs runs;
    struct load_run run;
    hs_record(&(struct hs_record){.kind = HS_COLLECT, .collect.cause = op->cause});
    load_runs(&runs, op);
    hs_sweep_begin(&w, runs.pos);
    while (load_run(&runs, &run))
        hs_sweep_heads(&w, run.pos, run.kind, run.length);
    hs_sweep_end(&w, runs.pos);
    hs_record(&(struct hs_record){.kind = HS_COLLECT_END});
}

static void offer_snapshot(const struct load_op *op)
{
    struct hs_runs_writer w;
    struct load_runs runs;
    struct load_run run;
    load_runs(&runs, op);
    hs_snapshot_begin(&w, runs.pos, 1);
    while (load_run(&runs, &run))
        if (run.kind)
            hs_snapshot_free(&w, run.pos, run.length);
        else
            hs_snapshot_block(&w, run.pos, run.length);
    hs_snapshot_end(&w, runs.pos);
}

/* --- recording ---------------------------------------------------------------------------------------- */

struct hs_key load_key(uint32_t code)
{
    return (struct hs_key)
    {
        .code = code + 1000, .caller = hs_code_address((uintptr_t)hs_anchor) + (uintptr_t)(intptr_t)load_caller(code),
#if HS_STACKS
        .context = hs_context(0, LOAD_CONTEXT_LINE(code)),
#endif
    };
}

static void offer_plain(const struct load_op *op)
{
    struct hs_text text = load_text(op);
    struct hs_record r = {.kind = op->kind};
    if (op->kind == HS_REGION)
        r.region = (struct hs_record_region){.region = op->cause,
                                             .first = op->value,
                                             .granules = op->size,
                                             .shift = op->cause,
                                             .memory = op->cause,
                                             .placement = op->cause,
                                             .base = op->wide,
                                             .name = text};
    else if (op->kind == HS_REGION_END)
        r.region_end.region = op->cause;
    else
        r.thread.thread = op->value;
    hs_record(&r);
}

void load_offer(const struct load_op *op)
{
    struct hs_block block = {.pos = op->pos, .size = op->size};
    switch (op->kind) {
    case HS_ALLOC: hs_alloc(load_key(op->code), block); break;
    case HS_FREE: hs_free(load_key(op->code).caller, op->old); break;
    case HS_REALLOC: hs_realloc(load_key(op->code), block, op->old); break;
    case HS_FAIL: hs_fail(load_key(op->code), op->size, op->cause); break;
    case HS_SWEEP: offer_sweep(op); break;
    case HS_SNAPSHOT: offer_snapshot(op); break;
    case HS_MARK: hs_mark(load_text(op)); break;
    default: offer_plain(op); break;
    }
}
