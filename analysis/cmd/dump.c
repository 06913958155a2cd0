/* SPDX-License-Identifier: MIT
 *
 * Chunks of an input as they lie in it. Packets are decoded only to count their records.
 */
#include "analysis/cmd/dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/cmd/cmd.h"
#include "analysis/present/json.h"
#include "analysis/present/recordview.h"
#include "lib/host/parts.h"

struct dump {
    struct hs_dictionary dictionary;
    uint32_t epoch;  /* packets decoded: what tells that a site's state is of an earlier one */
    struct hs_json *json;
    uint32_t hz;
    uint32_t shown;  /* bytes of the present dictionary that have been printed */
    uint32_t number; /* of the next definition */
    uint64_t damaged;
    bool want_dictionary;
};

static const struct {
    uint8_t flag;
    const char *name;
} flags[] = {{HS_PACKET_KEYFRAME, "keyframe"}, {HS_PACKET_BOOT, "begins_boot"}, {HS_PACKET_IMPLIED, "implied"}};

/* ---- dictionary ---- */

static bool is_numbered(uint8_t kind)
{
    return kind == HS_STRING || kind == HS_SITE || kind == HS_CONTEXT;
}

static void show_definition(struct dump *d, const struct hs_record *record)
{
    const struct hs_kind_info *info = hs_kind_info(record->kind);
    bool numbered = is_numbered(record->kind);
    if (!d->json) {
        numbered ? printf("%6" PRIu32 "  %-8s", d->number, info->name) : printf("%6s  %-8s", "-", info->name);
        hs_record_text(record, stdout);
        putchar('\n');
    } else {
        hs_json_object(d->json, NULL);
        hs_json_text(d->json, "kind", info->name);
        if (numbered)
            hs_json_uint(d->json, "number", d->number);
        hs_record_json(record, d->json);
        hs_json_end(d->json);
        hs_json_print(d->json, stdout, false);
    }
    d->number += numbered;
}

/* Definitions that have become whole. */
static void show_definitions(struct dump *d)
{
    const struct hs_dictionary *dictionary = &d->dictionary;
    struct hs_record record;
    while (d->shown < dictionary->len) {
        int n = hs_decode_dict(dictionary->bytes + d->shown, dictionary->len - d->shown, &record);
        if (n <= 0)
            return;
        if (d->want_dictionary)
            show_definition(d, &record);
        d->shown += (uint32_t)n;
    }
}

static void take_dictionary(struct dump *d, const struct hs_chunk *chunk)
{
    uint32_t before = d->dictionary.base;
    long n = hs_dictionary_put(&d->dictionary, chunk);
    if (d->dictionary.base != before || d->dictionary.len < d->shown) {
        d->shown = 0;
        d->number = 1;
    }
    if (n < 0)
        hs_complain("offset %" PRIu64 ": %s", chunk->offset, hs_strerror((int)n));
    d->damaged += n < 0;
    show_definitions(d);
}

/* ---- packets ---- */

/* Records of a packet; *error says why it ends early. */
static uint64_t count_records(struct dump *d, const struct hs_chunk *chunk, int *error)
{
    struct hs_decoder decoder = { .site = d->dictionary.state, .n_sites = d->dictionary.n_states, .epoch = d->epoch++ };
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
    printf("packet %6" PRIu32 "  offset %9" PRIu64 "  boot %3u  time %12.6f  record %9" PRIu32 "  len %5u  records %5" PRIu64
           "  crc %s", p->seq, chunk->offset, p->boot, packet_seconds(d, p), p->number, p->len, records,
           p->flags & HS_PACKET_CLOSED ? "ok" : "open");
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
    hs_json_uint(d->json, "records", records);
    hs_json_text(d->json, "crc", p->flags & HS_PACKET_CLOSED ? "ok" : "open");
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
        printf("damage         offset %9" PRIu64 "  bytes %" PRIu64 "  packets %" PRIu32 ": %s\n", chunk->offset,
               chunk->damaged, chunk->refused, hs_strerror(chunk->code));
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

/* ---- all ---- */

static void take_header(struct dump *d, const struct hs_chunk *chunk)
{
    struct hs_ring_header header;
    if (chunk->len < sizeof header)
        return;
    memcpy(&header, chunk->bytes, sizeof header);
    d->hz = header.hz;
    d->dictionary.may_renew = true;
}

static int take_chunks(struct dump *d, struct hs_feed *feed, const char *path)
{
    struct hs_chunk chunk;
    int error;
    while (!(error = feed->next(feed, &chunk)) && chunk.kind != HS_CHUNK_END && !ferror(stdout)) {
        switch (chunk.kind) {
        case HS_CHUNK_HEADER: take_header(d, &chunk); break;
        case HS_CHUNK_DICT:   take_dictionary(d, &chunk); break;
        case HS_CHUNK_PACKET: take_packet(d, &chunk); break;
        case HS_CHUNK_DAMAGE: take_damage(d, &chunk); break;
        case HS_CHUNK_END:    break;
        }
    }
    if (error)
        return hs_complain("%s: %s", path, hs_strerror(error));
    return d->damaged ? hs_complain("%s: %" PRIu64 " damaged places", path, d->damaged) : HS_EXIT_OK;
}

int hs_dump_chunks(const char *path, bool dictionary, bool json)
{
    struct dump d = { .want_dictionary = dictionary, .number = 1 };
    struct hs_error error = {0};
    enum hs_source source;
    int status = HS_EXIT_BAD;
    struct hs_feed *feed = hs_feed_open(path, &source, &error);
    if (!feed)
        return hs_complain("%s", error.text[0] ? error.text : hs_strerror(error.code));
    if (hs_dictionary_open(&d.dictionary) < 0 || (json && !(d.json = hs_json_new())))
        hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    else
        status = take_chunks(&d, feed, path);
    if (d.json)
        hs_json_free(d.json);
    hs_dictionary_close(&d.dictionary);
    feed->close(feed);
    return status;
}
