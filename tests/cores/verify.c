/* SPDX-License-Identifier: MIT */
#include "tests/cores/verify.h"

#include <string.h>

#include "tests/cores/check.h"

struct verifier verifier;

static const uint8_t *dictionary(void) { return (const uint8_t *)hs_image() + hs_image()->header_size; }

/* --- definitions -------------------------------------------------------------------------------------- */

/* Whether definition `number` is this text, or its end when it is long. */
static bool is_text(uint32_t number, struct hs_text text) {
    const struct verifier *v = &verifier;
    struct hs_record r;
    uint32_t len = text.len < HS_DATA_MAX ? text.len : HS_DATA_MAX;
    if (number >= v->n_sites || v->site[number].kind != HS_STRING)
        return len == 0 && number == 0;
    uint32_t at = v->site[number].offset;
    return hs_decode_dict(dictionary() + at, hs_image()->dict_len - at, &r) > 0 && r.data_len == len &&
           memcmp(r.data, text.data + text.len - len, len) == 0;
}

static void define(const struct hs_record *r) {
    struct verifier *v = &verifier;
    uint32_t number = v->n_sites++;
    CHECK(number < VERIFY_SITES);
    if (number >= VERIFY_SITES)
        return;
    v->state[number] = (struct hs_site_state){.op = r->kind == HS_SITE ? r->op : 0,
                                              .first_size = r->kind == HS_SITE ? (uint8_t)r->size : 0};
    v->site[number] = (struct verify_site){
        .offset = v->defined, .caller = (int32_t)r->address, .line = r->line, .file = (uint8_t)r->file,
        .function = (uint8_t)r->function, .context = (uint8_t)r->context, .kind = r->kind, .op = r->op};
}

void verify_definitions(void) {
    struct verifier *v = &verifier;
    struct hs_record r;
    while (v->defined < hs_image()->dict_len) {
        int len = hs_decode_dict(dictionary() + v->defined, hs_image()->dict_len - v->defined, &r);
        CHECK(len > 0);
        if (len <= 0)
            return;
        if (r.kind != HS_INFO)
            define(&r);
        v->defined += (uint32_t)len;
    }
    v->decoder.site = v->state;
    v->decoder.n_sites = v->n_sites;
}

/* --- sites -------------------------------------------------------------------------------------------- */

static void verify_context(const struct verify_site *site, uint32_t code) {
    const struct verify_site *context = &verifier.site[site->context];
    struct hs_place place;
    load_describe(LOAD_CONTEXT_LINE(code), &place);
    EQUAL(context->kind, HS_CONTEXT);
    EQUAL(context->line, place.line);
    CHECK(is_text(context->file, place.file));
    CHECK(is_text(context->function, place.function));
}

/* Site `number` is where the load says that the event is from. */
static void verify_site(uint32_t number, uint8_t op, uint32_t code) {
    const struct verifier *v = &verifier;
    struct hs_place place = {.line = 0};
    if (!number && v->others)
        return;
    CHECK(number && number < v->n_sites);
    if (number >= v->n_sites)
        return;
    const struct verify_site *site = &v->site[number];
    if (op != HS_FREE)
        load_describe(code + 1000, &place);
    EQUAL(site->kind, HS_SITE);
    EQUAL(site->op, op);
    EQUAL(site->line, place.line);
    EQUAL(site->caller, load_caller(code));
    CHECK(is_text(site->file, place.file));
    CHECK(is_text(site->function, place.function));
    if (HS_STACKS && op != HS_FREE)
        verify_context(site, code);
}

/* --- records ------------------------------------------------------------------------------------------ */

static uint32_t old_of(const struct hs_record *r) {
    return r->flags & HS_REC_RANK ? verifier.recent[(verifier.number - r->old) & (HS_RANKS - 1)] : r->old;
}

static void verify_event(const struct hs_record *r) {
    struct verifier *v = &verifier;
    const struct load_op *op = &v->op;
    verify_site(r->site, op->kind, op->code);
    if (op->kind != HS_ALLOC)
        EQUAL(old_of(r), op->old);
    if (op->kind == HS_FREE)
        return;
    EQUAL(r->size, op->size);
    EQUAL(v->decoder.implied ? HS_POS_IMPLIED : op->pos, r->flags & HS_REC_IN_PLACE ? op->old : r->pos);
    v->recent[v->number & (HS_RANKS - 1)] = op->pos;
}

static void verify_data(const struct hs_record *r, struct hs_text text) {
    EQUAL(r->data_len, text.len < HS_DATA_MAX ? text.len : HS_DATA_MAX);
    CHECK(memcmp(r->data, text.data, r->data_len) == 0);
}

static void verify_region(const struct hs_record *r) {
    const struct load_op *op = &verifier.op;
    EQUAL(r->region, op->cause);
    EQUAL(r->pos, op->value);
    EQUAL(r->count, op->size);
    EQUAL(r->shift, op->cause);
    EQUAL(r->memory, op->cause);
    EQUAL(r->cause, op->cause);
    CHECK(r->address == op->wide);
    verify_data(r, load_text(op));
}

/* A run of the load, of `length` granules or heads, may come in pieces that follow each other. */
static struct load_run run_left;

static void verify_run(bool kind, uint32_t length) {
    while (length) {
        if (!run_left.length)
            CHECK(load_run(&verifier.runs, &run_left));
        uint32_t part = length < run_left.length ? length : run_left.length;
        CHECK(part != 0);
        EQUAL(kind, run_left.kind);
        run_left.length -= part;
        length -= part ? part : length;
    }
}

/* A piece of a sweep: heads lie at each granule. */
static void verify_sweep(const struct hs_record *r) {
    struct hs_runs runs;
    uint32_t length, heads = 0;
    int kind;
    hs_runs_init(&runs, r);
    while ((kind = hs_runs_sweep(&runs, &length)) > 0) {
        verify_run(kind == HS_RUN_KEPT, length);
        heads += length;
    }
    EQUAL(kind, HS_RUN_END);
    CHECK(runs.at == runs.end);
    EQUAL(r->count, heads);
    EQUAL(r->end - r->pos, heads);
}

/* A piece of a snapshot; blocks are not joined. */
static void verify_snapshot(const struct hs_record *r) {
    struct hs_runs runs;
    struct load_run run;
    uint32_t length, pos = r->pos;
    int kind;
    hs_runs_init(&runs, r);
    while ((kind = hs_runs_snapshot(&runs, &length)) > 0) {
        CHECK(load_run(&verifier.runs, &run));
        EQUAL(pos, run.pos);
        EQUAL(length, run.length);
        EQUAL(kind == HS_RUN_FREE, run.kind);
        pos += length;
    }
    EQUAL(kind, HS_RUN_END);
    EQUAL(r->end, pos);
}

/* --- which record is due ------------------------------------------------------------------------------ */

static void next_op(void) {
    struct verifier *v = &verifier;
    load_next(&v->load, &v->op);
    v->due = true;
    v->ops++;
    v->in_runs = false;
    load_runs(&v->runs, &v->op);
    run_left.length = 0;
}

/* The pieces of a sweep follow each other, between the record that begins the collection and the one that ends it. */
static void verify_collection(const struct hs_record *r) {
    struct verifier *v = &verifier;
    if (!v->in_runs) {
        EQUAL(r->kind, HS_COLLECT);
        EQUAL(r->cause, v->op.cause);
        v->in_runs = true;
    } else if (r->kind == HS_SWEEP) {
        verify_sweep(r);
    } else {
        EQUAL(r->kind, HS_COLLECT_END);
        EQUAL(v->runs.left + run_left.length, 0);
        v->due = false;
    }
}

static void verify_snapshots(const struct hs_record *r) {
    struct verifier *v = &verifier;
    EQUAL(r->cause & 1, !v->in_runs);
    v->in_runs = true;
    verify_snapshot(r);
    v->due = v->runs.left != 0;
}

static void verify_op(const struct hs_record *r) {
    struct verifier *v = &verifier;
    const struct load_op *op = &v->op;
    if (!v->due)
        next_op();
    CHECK(r->time == v->load.time);
    if (op->kind == HS_SWEEP) {
        verify_collection(r);
        return;
    }
    v->due = false;
    EQUAL(r->kind, op->kind);
    if (r->kind != op->kind)
        return;
    switch (op->kind) {
    case HS_SNAPSHOT: verify_snapshots(r); break;
    case HS_FAIL:
        verify_site(r->site, HS_ALLOC, op->code);
        EQUAL(r->size, op->size);
        EQUAL(r->cause, op->cause);
        break;
    case HS_MARK: verify_data(r, load_text(op)); break;
    case HS_REGION: verify_region(r); break;
    case HS_REGION_END: EQUAL(r->region, op->cause); break;
    case HS_THREAD: EQUAL(r->thread, op->value); break;
    default: verify_event(r); break;
    }
}

static bool is_keyframe(const struct hs_record *r) {
    return r->kind == HS_REGION && r->data_len == 4 && memcmp(r->data, VERIFY_HEAP, 4) == 0;
}

/* What the recorder writes of its own accord. */
static bool verify_own(const struct hs_record *r) {
    struct verifier *v = &verifier;
    switch (r->kind) {
    case HS_RESET:
        v->resets++;
        EQUAL(r->count, v->boot);
        return true;
    case HS_LEVEL: v->levels++; return true;
    case HS_TOTAL:
        EQUAL(r->count, v->number);
        EQUAL(r->size, 0);
        return true;
    case HS_SNAPSHOT:
        if (!v->in_keyframe)
            return false;
        v->in_keyframe = !(r->cause & 2);
        return true;
    default:
        v->in_keyframe = is_keyframe(r);
        v->keyframes += v->in_keyframe;
        return v->in_keyframe;
    }
}

/* --- packets ------------------------------------------------------------------------------------------ */

void verify_boot(uint32_t seed, uint32_t boot) {
    struct verifier *v = &verifier;
    load_start(&v->load, seed);
    v->due = v->in_keyframe = false;
    v->boot = boot;
    v->number = v->ops = v->keyframes = v->resets = v->levels = 0;
    if (boot == 1) {
        v->defined = v->seq = 0;
        v->n_sites = 1;
        v->state[0] = (struct hs_site_state){.epoch = 0};
        memset(v->sum, 0, sizeof v->sum);
    }
}

static uint32_t verify_records(const struct hs_packet *packet) {
    struct verifier *v = &verifier;
    struct hs_record record[3];
    uint32_t check = 0;
    int n;
    hs_decode_packet(&v->decoder, packet, (const uint8_t *)(packet + 1));
    while ((n = hs_decode_next(&v->decoder, record, 3)) > 0)
        for (int i = 0; i < n; i++, v->number++)
            if (!verify_own(&record[i])) {
                verify_op(&record[i]);
                if (record[i].kind == HS_ALLOC || record[i].kind == HS_REALLOC)
                    check = HS_CHECK(check, v->op.pos);
            }
    EQUAL(n, 0);
    return check;
}

void verify_packet(const struct hs_packet *packet) {
    struct verifier *v = &verifier;
    verify_definitions();
    EQUAL(packet->sync, HS_PACKET_SYNC);
    EQUAL(packet->seq, v->seq);
    EQUAL(packet->boot, v->boot & 0xff);
    EQUAL(packet->number, v->number);
    EQUAL(packet->flags & HS_PACKET_CLOSED, HS_PACKET_CLOSED);
    EQUAL(packet->head, hs_packet_head(packet));
    EQUAL(packet->sum, hs_packet_sum(packet, (const uint8_t *)(packet + 1)));
    uint32_t check = verify_records(packet);
    EQUAL(packet->check, HS_CHECK_FOLD(check));
    v->sum[v->seq++ & (VERIFY_SUMS - 1)] = packet->sum;
}

void verify_ring(void) {
    const struct verifier *v = &verifier;
    const struct hs_ring_header *h = hs_image();
    const uint8_t *slot = dictionary() + h->dict_size;
    uint32_t closed = 0;
    for (uint32_t i = 0; i < h->packet_count; i++, slot += h->packet_size) {
        const struct hs_packet *p = (const struct hs_packet *)(const void *)slot;
        if (p->sync != HS_PACKET_SYNC || !(p->flags & HS_PACKET_CLOSED))
            continue;
        closed++;
        CHECK(p->seq < v->seq && p->seq + h->packet_count >= v->seq);
        EQUAL(hs_packet_sum(p, (const uint8_t *)(p + 1)), v->sum[p->seq & (VERIFY_SUMS - 1)]);
    }
    uint32_t most = h->packet_count - 1; /* one is open */
    EQUAL(closed, v->seq < most ? v->seq : most);
}
