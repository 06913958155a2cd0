/* SPDX-License-Identifier: MIT
 *
 *   synthetic entropy free|sweep EVENTS          order-0 entropy of the stream's fields
 *   synthetic time free|sweep EVENTS             ns an event of each recorder, by turns, one line a round
 *   synthetic write free|sweep EVENTS FILE       HeapStrata's stream into FILE
 *   synthetic verify free|sweep EVENTS FILE      decodes FILE and compares it with the stream
 *   synthetic list free|sweep SKIP EVENTS        the stream's events as initialisers of struct event in C
 *   synthetic decode FILE                        ns a record of lib/decode alone
 *
 * A last argument of 3: HeapStrata writes version 3 of the format.
 * Prints "name value" lines.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/decode.h"
#include "lib/heapstrata.h"
#include "tests/bench/recorders.h"

#define SEED 42u
#define CHUNK 65536u

static struct stream stream;
static struct event event[CHUNK];

static void fail(const char *what)
{
    fprintf(stderr, "synthetic: %s\n", what);
    exit(1);
}

/* Processor time: others on the machine count less. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* --- recording ---------------------------------------------------------------------------------------- */

static void record(const struct recorder *r, const struct event *e, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bench_ticks += e[i].dt;
        if (e[i].kind == EV_ALLOC)
            r->alloc(e[i].site, e[i].pos, e[i].size);
        else if (e[i].kind == EV_FREE)
            r->release(e[i].pos);
        else if (e[i].kind == EV_HEAD)
            r->head(e[i].pos, e[i].size);
        else if (e[i].kind == EV_SWEEP)
            r->sweep();
        else
            r->sweep_end();
    }
}

static double run(const struct recorder *r, bool sweeps, uint64_t events)
{
    double spent = 0;
    stream_start(&stream, SEED, sweeps);
    r->start();
    while (stream.events < events) {
        uint32_t n = stream_next(&stream, event, CHUNK);
        double start = now();
        record(r, event, n);
        spent += now() - start;
    }
    r->stop();
    return spent / (double)stream.events;
}

static void time_all(bool sweeps, uint64_t events)
{
    static const struct recorder *const all[] = {&rec_heapstrata, &rec_struct16, &rec_leb128, &rec_folded};
    enum { ROUNDS = 5 };
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            printf("ns/%s %.3f\n", all[i]->name, run(all[i], sweeps, events));
    for (size_t i = 1; i < sizeof all / sizeof *all; i++) {
        run(all[i], sweeps, events);
        printf("bytes/%s %.4f\n", all[i]->name, (double)all[i]->bytes() / (double)stream.events);
    }
}

static FILE *file;
static uint64_t definition_bytes, packet_bytes;

static void to_file(const void *data, uint32_t len)
{
    struct hs_packet p;
    if (len >= sizeof p) {
        memcpy(&p, data, sizeof p);
        bool packet = p.sync == HS_PACKET_SYNC;
        packet_bytes += packet ? len - p.defs : 0;
        definition_bytes += packet ? p.defs : len;
    }
    if (fwrite(data, 1, len, file) != len)
        fail("cannot write");
}

static void write_file(bool sweeps, uint64_t events, const char *name)
{
    file = fopen(name, "wb");
    if (!file)
        fail("cannot create the file");
    rec_heapstrata_sink = to_file;
    run(&rec_heapstrata, sweeps, events);
    printf("events %" PRIu64 "\npacket_bytes %" PRIu64 "\nother_bytes %" PRIu64 "\n", stream.events, packet_bytes,
           definition_bytes);
    if (fclose(file))
        fail("cannot write");
}

/* --- entropy ------------------------------------------------------------------------------------------ */

struct histogram {
    const char *name;
    uint64_t n, count[2 * GRANULES];
};

static void note(struct histogram *h, uint32_t value)
{
    h->n++;
    h->count[value % (2 * GRANULES)]++;
}

static double bits(const struct histogram *h)
{
    double sum = 0;
    for (uint32_t i = 0; i < 2 * GRANULES; i++)
        if (h->count[i])
            sum -= (double)h->count[i] * log2((double)h->count[i] / (double)h->n);
    return sum;
}

static void entropy(bool sweeps, uint64_t events)
{
    static struct histogram h[] = {{.name = "kind"},  {.name = "time"},        {.name = "site"},           {.name = "size"},
                                   {.name = "place"}, {.name = "freed block"}, {.name = "head of a sweep"}};
    enum { KIND, TIME, SITE, SIZE, PLACE, FREED, HEAD };
    uint32_t end = 0, freed = 0;
    double live = 0;
    uint64_t n_free = 0;
    stream_start(&stream, SEED, sweeps);
    while (stream.events < events) {
        uint32_t n = stream_next(&stream, event, CHUNK);
        for (uint32_t i = 0; i < n; i++) {
            const struct event *e = &event[i];
            if (e->kind == EV_HEAD)
                note(&h[HEAD], e->size);
            if (e->kind >= EV_HEAD)
                continue;
            note(&h[KIND], e->kind);
            note(&h[TIME], e->dt);
            if (e->kind == EV_ALLOC) {
                note(&h[SITE], e->site);
                note(&h[SIZE], e->size);
                note(&h[PLACE], e->pos - end);
                end = e->pos + ((e->size + 15) >> SHIFT);
            } else if (e->kind == EV_FREE) {
                note(&h[FREED], e->pos - freed);
                freed = e->pos;
                live += log2(stream.n_live);
                n_free++;
            }
        }
    }
    double sum = 0;
    for (size_t i = 0; i < sizeof h / sizeof *h; i++)
        if (h[i].n) {
            printf("%s %.4f %.4f\n", h[i].name, bits(&h[i]) / 8 / (double)h[i].n, bits(&h[i]) / 8 / (double)stream.events);
            sum += bits(&h[i]) / 8;
        }
    printf("all - %.4f\n", sum / (double)stream.events);
    if (n_free)
        printf("which live block %.4f %.4f\n", live / 8 / (double)n_free, live / 8 / (double)stream.events);
}

/* --- reading back ------------------------------------------------------------------------------------- */

static uint8_t *bytes;
static size_t n_bytes;
static struct hs_site_state state[256];
static uint32_t site_of[256]; /* by number: as synthetic, + 1 */
static void load(const char *name)
{
    FILE *in = fopen(name, "rb");
    if (!in || fseek(in, 0, SEEK_END) || (n_bytes = (size_t)ftell(in)) == 0)
        fail("cannot read the file");
    rewind(in);
    bytes = malloc(n_bytes);
    if (!bytes || fread(bytes, 1, n_bytes, in) != n_bytes)
        fail("cannot read the file");
    fclose(in);
}

static void take_definitions(const uint8_t *at, size_t len)
{
    struct hs_record r;
    for (int n; len; at += n, len -= (size_t)n) {
        n = hs_decode_definition(at, len, &r);
        if (n <= 0)
            fail("a definition does not decode");
        if (r.kind != HS_SITE)
            continue;
        state[r.site.number].op = (uint8_t)(HS_ALLOC + r.site.event);
        state[r.site.number].first_size = (uint8_t)r.site.size;
        site_of[r.site.number] = r.site.line ? r.site.line - 0x1000 + 1 : 0;
    }
}

/* Calls `packet` for each packet of the stream. */
static void walk(void (*packet)(struct hs_decoder *, const struct hs_packet *))
{
    static struct hs_learned learned;
    struct hs_decoder d = {.site = state, .n_sites = sizeof state / sizeof *state};
    struct hs_ring_header header;
    memcpy(&header, bytes, sizeof header);
    d.learned = (header.version & 0xff) == HS_FORMAT_LEARNED ? &learned : NULL;
    for (const uint8_t *at = bytes + header.header_size; at < bytes + n_bytes;) {
        struct hs_packet p;
        memcpy(&p, at, sizeof p);
        if (p.sync != HS_PACKET_SYNC)
            fail("no packet where one should be");
        take_definitions(at + sizeof p + p.len, p.defs);
        hs_decode_packet(&d, &p, at + sizeof p);
        packet(&d, &p);
        at += sizeof p + p.len + p.defs;
    }
}

#define BATCH 256
static struct hs_record record_[BATCH];
static uint64_t decoded;

static void count_packet(struct hs_decoder *d, const struct hs_packet *p)
{
    (void)p;
    int n;
    while ((n = hs_decode_next(d, record_, BATCH)) > 0)
        decoded += (uint64_t)n;
    if (n < 0)
        fail("a packet does not decode");
}

static void decode(const char *name)
{
    load(name);
    for (int round = 0; round < 5; round++) {
        decoded = 0;
        double start = now();
        walk(count_packet);
        printf("ns %.3f\n", (now() - start) / (double)decoded);
    }
    printf("records %" PRIu64 "\n", decoded);
}

/* The stream once more, to compare with. */
static uint32_t n_events, next_event;
static const struct event *expect(void)
{
    if (next_event == n_events) {
        n_events = stream_next(&stream, event, CHUNK);
        next_event = 0;
    }
    return &event[next_event++];
}

static uint64_t compared, clock_;
static uint32_t history[HS_RANKS]; /* places of the last records, by record number */

static void check_event(const struct hs_record *r, uint32_t number)
{
    const struct event *e = expect();
    uint32_t old = r->flags & HS_REC_RANK && r->kind == HS_FREE ? history[(number - r->event.old) % HS_RANKS] : r->event.old;
    clock_ += e->dt;
    if (r->time != clock_ || r->kind != (e->kind == EV_ALLOC ? HS_ALLOC : HS_FREE))
        fail("time or kind differs");
    if (r->kind == HS_ALLOC && (r->event.pos != e->pos || r->event.size != e->size || site_of[r->event.site] != e->site + 1u))
        fail("an allocation differs");
    if (r->kind == HS_FREE && old != e->pos)
        fail("a free differs");
    if (r->kind == HS_ALLOC)
        history[number % HS_RANKS] = r->event.pos;
    compared++;
}

static void check_sweep(const struct hs_record *r)
{
    struct hs_runs runs;
    uint32_t length;
    int kind;
    hs_runs_init(&runs, r);
    while ((kind = hs_runs_sweep(&runs, &length)) > 0)
        for (uint32_t i = 0; i < length; i++) {
            if (expect()->size != (kind == HS_RUN_KEPT))
                fail("a sweep differs");
            compared += kind == HS_RUN_FREED;
        }
    if (kind < 0)
        fail("a sweep does not decode");
}

static void check_packet(struct hs_decoder *d, const struct hs_packet *p)
{
    uint32_t number = p->number;
    int n;
    while ((n = hs_decode_next(d, record_, BATCH)) > 0)
        for (int i = 0; i < n; i++, number++) {
            const struct hs_record *r = &record_[i];
            if (r->kind <= HS_REALLOC)
                check_event(r, number);
            else if (r->kind == HS_COLLECT)
                clock_ += expect()->dt;
            else if (r->kind == HS_SWEEP)
                check_sweep(r);
            else if (r->kind == HS_COLLECT_END)
                expect();
        }
    if (n < 0)
        fail("a packet does not decode");
}

static void verify(bool sweeps, uint64_t events, const char *name)
{
    load(name);
    stream_start(&stream, SEED, sweeps);
    walk(check_packet);
    if (compared < events)
        fail("events are missing");
    printf("equal %" PRIu64 "\n", compared);
}

static void list(bool sweeps, uint64_t skip, uint64_t events)
{
    stream_start(&stream, SEED, sweeps);
    for (uint64_t i = 0, n = 0; i < skip + events; i += n) {
        n = stream_next(&stream, event, CHUNK);
        for (uint64_t k = 0; k < n; k++)
            if (i + k >= skip && i + k < skip + events)
                printf("{%" PRIu32 ", %" PRIu32 ", %u, %u, %u},\n", event[k].dt, event[k].pos, event[k].size, event[k].site,
                       event[k].kind);
    }
}

int main(int argc, char **argv)
{
    rec_heapstrata_learns = argc > 1 && strcmp(argv[argc - 1], "3") == 0;
    argc -= rec_heapstrata_learns;
    const char *what = argc > 2 ? argv[1] : "";
    bool sweeps = argc > 3 && strcmp(argv[2], "sweep") == 0;
    uint64_t events = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
    if (!strcmp(what, "decode"))
        decode(argv[2]);
    else if (!strcmp(what, "entropy") && argc == 4)
        entropy(sweeps, events);
    else if (!strcmp(what, "time") && argc == 4)
        time_all(sweeps, events);
    else if (!strcmp(what, "write") && argc == 5)
        write_file(sweeps, events, argv[4]);
    else if (!strcmp(what, "verify") && argc == 5)
        verify(sweeps, events, argv[4]);
    else if (!strcmp(what, "list") && argc == 5)
        list(sweeps, events, strtoull(argv[4], NULL, 0));
    else
        return 2;
    return 0;
}
