/* SPDX-License-Identifier: MIT */
#include "tests/cores/verify.h"

#include <string.h>

#include "lib/crc.h"
#include "lib/trace.h"
#include "tests/cores/check.h"

struct verifier verifier;

/* --- definitions -------------------------------------------------------------------------------------- */

/* Where a definition belongs; NULL when there is no such number. */
static struct verify_definition *entry_of(uint8_t kind, uint32_t number)
{
    if (!number || number >= VERIFY_SITES)
        return NULL;
    return &verifier.definition[kind == HS_SITE ? number : VERIFY_SITES - number];
}

/* Definition `number`, NULL when there is none of that kind. */
static const struct verify_definition *find(uint8_t kind, uint32_t number)
{
    const struct verify_definition *d = entry_of(kind, number);
    return d && d->kind == kind ? d : NULL;
}

static void define_text(struct verify_definition *d, struct hs_text text)
{
    d->what = hs_crc32(0, text.data, text.len);
    d->text_len = (uint8_t)text.len;
}

static void define_fields(struct verify_definition *d, const struct hs_record *r)
{
    switch (r->kind) {
    case HS_STRING: define_text(d, r->string.text); break;
    case HS_FUNCTION:
        define_text(d, r->function.name);
        d->parent = (uint8_t)r->function.file;
        break;
    case HS_CONTEXT:
        d->what = hs_crc32(0, NULL, 0);
        d->line = (uint16_t)r->context.line;
        d->parent = (uint8_t)r->context.function;
        d->context = (uint8_t)r->context.parent;
        break;
    default:
        d->what = (uint32_t)r->site.caller;
        d->line = (uint16_t)r->site.line;
        d->parent = (uint8_t)r->site.function;
        d->context = (uint8_t)r->site.context;
        d->op = (uint8_t)(HS_ALLOC + r->site.event);
        d->first_size = (uint8_t)r->site.size;
    }
}

static void define(const uint8_t *bytes, const struct hs_record *r)
{
    struct verifier *v = &verifier;
    uint32_t number = r->definition.number;
    struct verify_definition *d = entry_of(r->kind, number);
    CHECK(d && (!d->kind || (d->kind == HS_SITE) == (r->kind == HS_SITE)));
    if (!d)
        return;
    *d = (struct verify_definition){.hash = hs_definition_hash(bytes), .kind = r->kind};
    define_fields(d, r);
    if (r->kind == HS_SITE && number >= v->n_sites)
        v->n_sites = number + 1;
    if (r->kind != HS_SITE && number > v->n_names)
        v->n_names = number;
}

static void take(const struct hs_packet *packet, const uint8_t *at)
{
    struct hs_record r;
    const uint8_t *end = at + packet->defs;
    for (int len; at < end; at += len) {
        len = hs_decode_definition(at, (size_t)(end - at), &r);
        CHECK(len > 0);
        if (len <= 0)
            return;
        define(at, &r);
    }
}

/* Adds to `hash` that of a function and its file. False when one of them is not known. */
static bool add_function(uint32_t number, uint32_t *hash)
{
    const struct verify_definition *function = find(HS_FUNCTION, number);
    if (!number)
        return true;
    const struct verify_definition *file = function ? find(HS_STRING, function->parent) : NULL;
    if (!function || (function->parent && !file))
        return false;
    *hash += 31 * (function->hash + (file ? 31 * file->hash : 0));
    return true;
}

/* The same of a context, those around it being known as well. */
static bool add_context(uint32_t number, uint32_t *hash)
{
    for (uint32_t depth = 0; number && depth < VERIFY_SITES; depth++) {
        const struct verify_definition *context = find(HS_CONTEXT, number);
        uint32_t own = context ? context->hash : 0;
        if (!context || !add_function(context->parent, &own))
            return false;
        *hash += depth ? 0 : 7 * own;
        number = context->context;
    }
    return !number;
}

/* A site of which anything is missing is as if it were not defined. */
static void settle(void)
{
    struct verifier *v = &verifier;
    memset(v->state, 0, sizeof v->state);
    for (uint32_t i = 1; i < v->n_sites; i++) {
        const struct verify_definition *site = find(HS_SITE, i);
        uint32_t hash = site ? site->hash : 0;
        if (site && add_function(site->parent, &hash) && add_context(site->context, &hash))
            v->state[i] = (struct hs_site_state){.op = site->op, .first_size = site->first_size, .hash = hash};
    }
    v->decoder.site = v->state;
    v->decoder.n_sites = v->n_sites;
}

static void forget(void)
{
    struct verifier *v = &verifier;
    memset(v->definition, 0, sizeof v->definition);
    v->n_sites = 1;
    v->n_names = 0;
}

/* --- the ring ----------------------------------------------------------------------------------------- */

static const uint8_t *definitions_of(const struct hs_packet *p) { return (const uint8_t *)p + hs_image()->packet_size - p->defs; }

static bool is_closed(const struct hs_packet *p) { return (p->flags & HS_PACKET_CLOSED) != 0; }

/* Whether a packet may be read. */
static bool is_whole(const struct hs_packet *p)
{
    return p->sync == HS_PACKET_SYNC && p->head == hs_packet_head(p) && sizeof *p + p->len + p->defs <= hs_image()->packet_size &&
           (hs_packet_open(p) || p->sum == hs_packet_sum(p, (const uint8_t *)(p + 1), definitions_of(p)));
}

/* The packet of this number, NULL when it is not in the ring. */
static const struct hs_packet *in_ring(uint32_t seq)
{
    const struct hs_ring_header *h = hs_image();
    const uint8_t *slot = (const uint8_t *)h + h->header_size;
    for (uint32_t i = 0; i < h->packet_count; i++, slot += h->packet_size) {
        const struct hs_packet *p = (const struct hs_packet *)(const void *)slot;
        if (p->seq == seq && is_whole(p))
            return p;
    }
    return NULL;
}

/* Packets that the ring may hold, as numbers: from here to verifier.seq, the open one, if there is one. */
static uint32_t oldest(void)
{
    uint32_t count = hs_image()->packet_count;
    return verifier.seq > count ? verifier.seq - count : 0;
}

void verify_know_ring(void)
{
    forget();
    for (uint32_t seq = oldest(); seq <= verifier.seq; seq++) {
        const struct hs_packet *p = in_ring(seq);
        if (p)
            take(p, definitions_of(p));
    }
    settle();
}

void verify_know(const struct hs_packet *packet, const uint8_t *definitions)
{
    take(packet, definitions);
    settle();
}

/* --- sites -------------------------------------------------------------------------------------------- */

/* Whether the definition is of this text, or of its end, with a sign in front, when it is long. */
static bool is_text(const struct verify_definition *d, struct hs_text text)
{
    static const char sign[] = "\xe2\x80\xa6";
    uint32_t cut = sizeof sign - 1;
    if (text.len <= HS_TEXT_MAX)
        return d && d->text_len == text.len && d->what == hs_crc32(0, text.data, text.len);
    uint32_t end = HS_TEXT_MAX - cut;
    return d && d->text_len == HS_TEXT_MAX && d->what == hs_crc32(hs_crc32(0, sign, cut), text.data + text.len - end, end);
}

/* Function `number` and its file are those of `place`. */
static void verify_function(uint32_t number, const struct hs_place *place)
{
    const struct verify_definition *function = find(HS_FUNCTION, number);
    CHECK(is_text(function, place->function));
    CHECK(function && is_text(find(HS_STRING, function->parent), place->file));
}

static void verify_context(const struct verify_definition *site, uint32_t code)
{
    const struct verify_definition *context = find(HS_CONTEXT, site->context);
    struct hs_place place;
    if (!site->context && verifier.others)
        return;
    load_describe(LOAD_CONTEXT_LINE(code), &place);
    CHECK(context != NULL);
    if (!context)
        return;
    EQUAL(context->line, place.line);
    EQUAL(context->context, 0);
    verify_function(context->parent, &place);
}

/* Site `number` is where the load says that the event is from. */
static void verify_site(uint32_t number, uint8_t op, uint32_t code)
{
    struct verifier *v = &verifier;
    struct hs_place place = {.line = 0};
    *(number ? &v->named : &v->unnamed) += 1;
    if (!number && v->others)
        return;
    const struct verify_definition *site = find(HS_SITE, number);
    CHECK(site && v->state[number].op);
    if (!site)
        return;
    if (op != HS_FREE)
        load_describe(code + 1000, &place);
    EQUAL(site->op, op);
    EQUAL(site->line, place.line);
    EQUAL(site->what, load_caller(code));
    if (op == HS_FREE)
        EQUAL(site->parent, 0);
    else
        verify_function(site->parent, &place);
    if (HS_STACKS && op != HS_FREE)
        verify_context(site, code);
    else
        EQUAL(site->context, 0);
}

/* --- records ------------------------------------------------------------------------------------------ */

static uint32_t old_of(const struct hs_record *r)
{
    return r->flags & HS_REC_RANK ? verifier.recent[(verifier.number - r->event.old) & (HS_RANKS - 1)] : r->event.old;
}

static void verify_event(const struct hs_record *r)
{
    struct verifier *v = &verifier;
    const struct load_op *op = &v->op;
    verify_site(r->event.site, op->kind, op->code);
    if (op->kind != HS_ALLOC)
        EQUAL(old_of(r), op->old);
    if (op->kind == HS_FREE)
        return;
    EQUAL(r->event.size, op->size);
    EQUAL(v->decoder.implied ? HS_POS_IMPLIED : op->pos, r->flags & HS_REC_IN_PLACE ? op->old : r->event.pos);
    v->recent[v->number & (HS_RANKS - 1)] = op->pos;
}

static void verify_text(struct hs_text got, struct hs_text text)
{
    EQUAL(got.len, text.len < HS_DATA_MAX ? text.len : HS_DATA_MAX);
    CHECK(memcmp(got.data, text.data, got.len) == 0);
}

static void verify_region(const struct hs_record_region *r)
{
    const struct load_op *op = &verifier.op;
    EQUAL(r->region, op->cause);
    EQUAL(r->first, op->value);
    EQUAL(r->granules, op->size);
    EQUAL(r->shift, op->cause);
    EQUAL(r->memory, op->cause);
    EQUAL(r->placement, op->cause);
    CHECK(r->base == op->wide);
    verify_text(r->name, load_text(op));
}

/* A run of the load, of `length` granules or heads, may come in pieces that follow each other. */
static struct load_run run_left;

static void verify_run(bool kind, uint32_t length)
{
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
static void verify_sweep(const struct hs_record *r)
{
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
    EQUAL(r->sweep.heads, heads);
    EQUAL(r->sweep.end - r->sweep.pos, heads);
}

/* A piece of a snapshot; blocks are not joined. */
static void verify_snapshot(const struct hs_record *r)
{
    struct hs_runs runs;
    struct load_run run;
    uint32_t length, pos = r->snapshot.pos;
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
    EQUAL(r->snapshot.end, pos);
}

/* --- which record is due ------------------------------------------------------------------------------ */

static void next_op(void)
{
    struct verifier *v = &verifier;
    load_next(&v->load, &v->op);
    v->due = true;
    v->ops++;
    v->in_runs = false;
    load_runs(&v->runs, &v->op);
    run_left.length = 0;
}

/* The pieces of a sweep follow each other, between the record that begins the collection and the one that ends it. */
static void verify_collection(const struct hs_record *r)
{
    struct verifier *v = &verifier;
    if (!v->in_runs) {
        EQUAL(r->kind, HS_COLLECT);
        EQUAL(r->collect.cause, v->op.cause);
        v->in_runs = true;
    } else if (r->kind == HS_SWEEP) {
        verify_sweep(r);
    } else {
        EQUAL(r->kind, HS_COLLECT_END);
        EQUAL(v->runs.left + run_left.length, 0);
        v->due = false;
    }
}

static void verify_snapshots(const struct hs_record *r)
{
    struct verifier *v = &verifier;
    EQUAL(r->snapshot.part & 1, !v->in_runs);
    v->in_runs = true;
    verify_snapshot(r);
    v->due = v->runs.left != 0;
}

static void verify_op(const struct hs_record *r)
{
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
        verify_site(r->fail.site, HS_ALLOC, op->code);
        EQUAL(r->fail.size, op->size);
        EQUAL(r->fail.cause, op->cause);
        break;
    case HS_MARK: verify_text(r->mark.label, load_text(op)); break;
    case HS_REGION: verify_region(&r->region); break;
    case HS_REGION_END: EQUAL(r->region_end.region, op->cause); break;
    case HS_THREAD: EQUAL(r->thread.thread, op->value); break;
    default: verify_event(r); break;
    }
}

static bool is_keyframe(const struct hs_record *r)
{
    return r->kind == HS_REGION && r->region.name.len == 4 && memcmp(r->region.name.data, VERIFY_HEAP, 4) == 0;
}

/* What the recorder writes of its own accord. */
static bool verify_own(const struct hs_record *r)
{
    struct verifier *v = &verifier;
    switch (r->kind) {
    case HS_RESET:
        v->resets++;
        EQUAL(r->reset.boot, v->boot);
        return true;
    case HS_LEVEL: v->levels++; return true;
    case HS_TOTAL:
        EQUAL(r->total.emitted, v->number);
        EQUAL(r->total.lost, 0);
        return true;
    case HS_SNAPSHOT:
        if (!v->in_keyframe)
            return false;
        v->in_keyframe = !(r->snapshot.part & 2);
        return true;
    default:
        v->in_keyframe = is_keyframe(r);
        v->keyframes += v->in_keyframe;
        return v->in_keyframe;
    }
}

/* --- packets ------------------------------------------------------------------------------------------ */

void verify_boot(uint32_t seed, uint32_t boot)
{
    struct verifier *v = &verifier;
    load_start(&v->load, seed);
    v->due = v->in_keyframe = false;
    v->boot = boot;
    v->number = v->ops = v->keyframes = v->resets = v->levels = v->named = v->unnamed = 0;
    if (boot == 1) {
        v->seq = 0;
        forget();
    }
}

/* Sum over the sites that a packet's records name, each once. */
struct met {
    uint8_t site[VERIFY_SITES];
    uint32_t sum;
};

static void meet(struct met *met, const struct hs_record *r)
{
    uint32_t site = hs_record_site(r);
    if (!site || site >= VERIFY_SITES || met->site[site])
        return;
    met->site[site] = 1;
    met->sum += HS_SITE_CHECK(site, verifier.state[site].hash, verifier.state[site].first_size);
}

/* Of the load's records, in `check` the places of new blocks. */
static void verify_record(const struct hs_record *r, uint32_t *check)
{
    struct verifier *v = &verifier;
    if (!verify_own(r)) {
        verify_op(r);
        if (r->kind == HS_ALLOC || r->kind == HS_REALLOC)
            *check = HS_CHECK(*check, v->op.pos);
    }
    v->number++;
}

static void verify_records(const struct hs_packet *packet)
{
    struct verifier *v = &verifier;
    struct hs_record record[3];
    struct met met = {.sum = 0};
    uint32_t check = 0;
    int n;
    hs_decode_packet(&v->decoder, packet, (const uint8_t *)(packet + 1));
    while ((n = hs_decode_next(&v->decoder, record, 3)) > 0)
        for (int i = 0; i < n; i++) {
            meet(&met, &record[i]);
            verify_record(&record[i], &check);
        }
    EQUAL(n, 0);
    EQUAL(v->decoder.names, met.sum);
    EQUAL(packet->check, is_closed(packet) ? check : 0);
    EQUAL(packet->names, met.sum);
    v->sum[v->seq & (VERIFY_SUMS - 1)] = packet->sum;
    v->names[v->seq & (VERIFY_SUMS - 1)] = met.sum;
}

static void verify_next(const struct hs_packet *packet)
{
    struct verifier *v = &verifier;
    EQUAL(packet->sync, HS_PACKET_SYNC);
    EQUAL(packet->seq, v->seq);
    EQUAL(packet->boot, v->boot & 0xff);
    EQUAL(packet->number, v->number);
    EQUAL(packet->head, hs_packet_head(packet));
    verify_records(packet);
    v->seq++;
}

void verify_packet(const struct hs_packet *packet, const uint8_t *definitions)
{
    if (hs_image()->flags & HS_RING_STREAM)
        verify_know(packet, definitions);
    else
        verify_know_ring();
    CHECK(is_closed(packet));
    EQUAL(packet->sum, hs_packet_sum(packet, (const uint8_t *)(packet + 1), definitions));
    verify_next(packet);
}

void verify_open(const struct hs_packet *stage)
{
    const struct hs_packet *p = stage ? stage : in_ring(verifier.seq);
    CHECK(p && is_whole(p) && hs_packet_open(p));
    if (!p)
        return;
    verify_know_ring();
    if (stage)
        verify_know(p, definitions_of(p));
    verify_next(p);
}

/* A packet that was verified before, or is being written. */
static void verify_again(const struct hs_packet *p)
{
    struct verifier *v = &verifier;
    struct hs_record r;
    hs_decode_packet(&v->decoder, p, (const uint8_t *)(p + 1));
    while (hs_decode_next(&v->decoder, &r, 1) == 1)
        CHECK(r.kind != HS_FAIL || !r.fail.site || (r.fail.site < v->n_sites && v->state[r.fail.site].op));
    EQUAL(v->decoder.error, HS_OK);
    if (p->seq == v->seq)
        return;
    uint32_t sum = v->sum[p->seq & (VERIFY_SUMS - 1)];
    CHECK(sum ? is_closed(p) && p->sum == sum : !is_closed(p)); /* one left open has a sum of its own now */
    EQUAL(v->decoder.names, v->names[p->seq & (VERIFY_SUMS - 1)]);
}

void verify_ring(void)
{
    const struct verifier *v = &verifier;
    uint32_t count = hs_image()->packet_count, here = 0, written = v->seq + (in_ring(v->seq) != NULL);
    verify_know_ring();
    for (uint32_t seq = oldest(); seq <= v->seq; seq++) {
        const struct hs_packet *p = in_ring(seq);
        if (p) {
            here++;
            verify_again(p);
        }
    }
    EQUAL(here, written < count ? written : count);
}
