/* SPDX-License-Identifier: MIT
 *
 * Chunks of an input, in their order. Packets are decoded only to count their records.
 */
#include "analysis/dump/dump_chunks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/cmd/cmd.h"
#include "analysis/draw/json.h"
#include "analysis/sites/names.h"
#include "analysis/draw/table.h"
#include "lib/host/input/chunks.h"
#include "lib/host/replay/dictionary.h"

struct dump {
    struct hs_dictionary dictionary;
    struct hs_learned learned; /* for the decoder, in traces of version 3 */
    bool learns;
    uint32_t epoch; /* packets decoded: identifies state of a site that is from an earlier packet */
    struct hs_json *json;
    uint32_t hz;
    uint64_t damaged;
    bool image; /* definitions may follow their use */
    bool want_dictionary;
};

static const struct {
    uint8_t flag;
    const char *name;
} flags[] = {{HS_PACKET_KEYFRAME, "keyframe"}, {HS_PACKET_BOOT, "begins_boot"}, {HS_PACKET_IMPLIED, "implied"}};

/* ---- dictionary ---- */

static const char *const ops[] = {[HS_ALLOC] = "alloc", [HS_FREE] = "free", [HS_REALLOC] = "realloc"};

static void end_line(const struct dump *d)
{
    if (!d->json) {
        putchar('\n');
        return;
    }
    hs_json_end(d->json);
    hs_json_print(d->json, stdout, false);
}

static void begin_line(const struct dump *d, const char *kind)
{
    if (!d->json) {
        printf("%-7s", kind);
        return;
    }
    hs_json_object(d->json, NULL);
    hs_json_text(d->json, "kind", kind);
}

static void show_text(const struct dump *d, const char *name, const char *value)
{
    char shown[HS_NAME_MAX];
    if (d->json)
        hs_json_text(d->json, name, value);
    else
        printf(" %s=%s", name, hs_format(shown, sizeof shown, HS_VALUE_TEXT, (struct hs_value){.s = value}));
}

static void show_number(const struct dump *d, const char *name, uint64_t value)
{
    if (d->json)
        hs_json_uint(d->json, name, value);
    else
        printf(" %s=%" PRIu64, name, value);
}

static void show_signed(const struct dump *d, const char *name, int64_t value)
{
    if (d->json)
        hs_json_int(d->json, name, value);
    else
        printf(" %s=%" PRId64, name, value);
}

static void show_site(const struct dump *d, uint32_t number)
{
    const struct hs_site *site = hs_dictionary_site(&d->dictionary, number);
    begin_line(d, "SITE");
    show_number(d, "number", number);
    show_text(d, "op", ops[site->op <= HS_REALLOC ? site->op : 0]);
    show_signed(d, "caller", site->caller);
    show_text(d, "file", site->file);
    show_text(d, "function", site->function);
    show_number(d, "line", site->line);
    show_number(d, "offset", site->offset);
    show_number(d, "context", site->context);
    end_line(d);
}

static void show_context(const struct dump *d, uint32_t number)
{
    const struct hs_context *context = hs_dictionary_context(&d->dictionary, number);
    begin_line(d, "CONTEXT");
    show_number(d, "number", number);
    show_number(d, "parent", context->parent);
    show_text(d, "file", context->file);
    show_text(d, "function", context->function);
    show_number(d, "line", context->line);
    if (context->caller)
        show_signed(d, "caller", context->caller);
    end_line(d);
}

static void show_dictionary(const struct dump *d)
{
    for (const struct hs_fact *fact = d->dictionary.fact; fact; fact = fact->next) {
        begin_line(d, "FACT");
        show_text(d, "key", fact->key);
        show_text(d, "value", fact->value);
        end_line(d);
    }
    for (uint32_t i = 1; i < d->dictionary.contexts.n; i++)
        show_context(d, i);
    for (uint32_t i = 1; i < d->dictionary.sites.n; i++)
        show_site(d, i);
}

static void take_definitions(struct dump *d, const uint8_t *bytes, uint32_t len, bool only_new)
{
    d->damaged += hs_dictionary_put(&d->dictionary, bytes, len, only_new) < 0;
}

/* ---- packets ---- */

/* Number of records of a packet; *error: why it ends early. */
static uint64_t count_records(struct dump *d, const struct hs_chunk *chunk, int *error)
{
    struct hs_decoder decoder = {
        .site = d->dictionary.state,
        .n_sites = d->dictionary.n_sites,
        .epoch = d->epoch++,
        .learned = d->learns ? &d->learned : NULL,
    };
    struct hs_record records[64];
    uint64_t count = 0;
    hs_decode_packet(&decoder, &chunk->packet, chunk->bytes);
    while ((*error = hs_decode_next(&decoder, records, 64)) > 0)
        count += (unsigned)*error;
    return count;
}

static double packet_seconds(const struct dump *d, const struct hs_packet *packet)
{
    uint64_t ticks = packet->time_lo | (uint64_t)packet->time_hi << 32;
    return d->hz ? (double)ticks / d->hz : 0;
}

static void packet_text(const struct dump *d, const struct hs_chunk *chunk, uint64_t records, int error)
{
    const struct hs_packet *p = &chunk->packet;
    printf("packet %6" PRIu32 "  offset %9" PRIu64 "  boot %3u  time %12.6f  record %9" PRIu32
           "  len %5u  definitions %5u  records %5" PRIu64 "  crc %s",
           p->seq, chunk->offset, p->boot, packet_seconds(d, p), p->number, p->len, p->defs, records,
           hs_packet_open(p) ? "open" : "ok");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (p->flags & flags[i].flag)
            printf("  %s", flags[i].name);
    printf("%s%s\n", error ? "  " : "", error ? hs_strerror(error) : "");
}

static void packet_json(const struct dump *d, const struct hs_chunk *chunk, uint64_t records, int error)
{
    const struct hs_packet *p = &chunk->packet;
    hs_json_object(d->json, NULL);
    hs_json_uint(d->json, "packet", p->seq);
    hs_json_uint(d->json, "offset", chunk->offset);
    hs_json_uint(d->json, "boot", p->boot);
    hs_json_real(d->json, "time_s", packet_seconds(d, p));
    hs_json_uint(d->json, "record", p->number);
    hs_json_uint(d->json, "len", p->len);
    hs_json_uint(d->json, "definitions", p->defs);
    hs_json_uint(d->json, "records", records);
    hs_json_text(d->json, "crc", hs_packet_open(p) ? "open" : "ok");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        hs_json_bool(d->json, flags[i].name, p->flags & flags[i].flag);
    if (error)
        hs_json_text(d->json, "error", hs_strerror(error));
    hs_json_end(d->json);
    hs_json_print(d->json, stdout, false);
}

static void take_packet(struct dump *d, const struct hs_chunk *chunk)
{
    int error;
    take_definitions(d, chunk->definitions, chunk->packet.defs, d->image);
    if (d->want_dictionary)
        return;
    uint64_t records = count_records(d, chunk, &error);
    d->damaged += error != 0;
    (d->json ? packet_json : packet_text)(d, chunk, records, error);
}

static void take_damage(struct dump *d, const struct hs_chunk *chunk)
{
    d->damaged++;
    if (d->want_dictionary)
        return;
    if (!d->json) {
        printf("damage         offset %9" PRIu64 "  bytes %" PRIu64 "  packets %" PRIu32 ": %s\n", chunk->offset, chunk->damaged,
               chunk->refused, hs_strerror(chunk->code));
        return;
    }
    hs_json_object(d->json, NULL);
    hs_json_text(d->json, "damage", hs_strerror(chunk->code));
    hs_json_uint(d->json, "offset", chunk->offset);
    hs_json_uint(d->json, "bytes", chunk->damaged);
    hs_json_uint(d->json, "packets", chunk->refused);
    hs_json_text(d->json, "crc", "bad");
    hs_json_end(d->json);
    hs_json_print(d->json, stdout, false);
}

/* ---- command ---- */

static void take_header(struct dump *d, const struct hs_chunk *chunk)
{
    struct hs_ring_header header;
    if (chunk->len < sizeof header)
        return;
    memcpy(&header, chunk->bytes, sizeof header);
    d->hz = header.hz;
    d->learns = hs_header_learned(&header);
    hs_dictionary_facts(&d->dictionary, chunk->bytes + sizeof header, chunk->len - (uint32_t)sizeof header);
}

static int take_chunks(struct dump *d, struct hs_feed *feed, const char *path)
{
    struct hs_chunk chunk;
    int error;
    while (!(error = feed->next(feed, &chunk)) && chunk.kind != HS_CHUNK_END && !ferror(stdout)) {
        switch (chunk.kind) {
        case HS_CHUNK_HEADER: take_header(d, &chunk); break;
        case HS_CHUNK_NAMES: take_definitions(d, chunk.bytes, chunk.len, false); break;
        case HS_CHUNK_PACKET: take_packet(d, &chunk); break;
        case HS_CHUNK_DAMAGE: take_damage(d, &chunk); break;
        case HS_CHUNK_END: break;
        }
    }
    if (d->want_dictionary)
        show_dictionary(d);
    if (error)
        return hs_complain("%s: %s", path, hs_strerror(error));
    return d->damaged ? hs_complain("%s: %" PRIu64 " damaged places", path, d->damaged) : HS_EXIT_OK;
}

int hs_dump_chunks(const char *path, bool dictionary, bool json)
{
    struct dump d = {.want_dictionary = dictionary};
    struct hs_error error = {0};
    enum hs_source source;
    int status = HS_EXIT_BAD;
    struct hs_feed *feed = hs_feed_open(path, &source, &error);
    if (!feed)
        return hs_complain_of(&error, error.code);
    if (hs_dictionary_open(&d.dictionary) < 0 || (json && !(d.json = hs_json_new())))
        hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    else {
        d.image = feed->image;
        status = take_chunks(&d, feed, path);
    }
    if (d.json)
        hs_json_free(d.json);
    hs_dictionary_close(&d.dictionary);
    feed->close(feed);
    return status;
}
