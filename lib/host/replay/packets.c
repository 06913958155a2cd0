/* SPDX-License-Identifier: MIT
 *
 * Makes packets on the host. Records are written in the field order of the schema, the reverse of
 * lib/decode.c.
 */
#include "lib/host/replay/packets.h"

#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/host/input/checksum.h"
#include "lib/host/util/array.h"
#include "lib/schema.h"
#include "lib/varint.h"

#define PACKET_MAX 60000u                                /* bytes of a packet's records */
#define NAME_MAX_BYTES 56u                               /* of a name */
#define RECORD_MAX (HS_PACKETS_DATA + 2u * HS_PLAIN_MAX) /* bytes of one record */

static uint8_t *claim(struct hs_packets *p, size_t n)
{
    if (!p->err && !hs_array_reserve(p->bytes, p->room, p->len + n))
        p->err = HS_ERR_MEMORY;
    return p->err ? NULL : p->bytes + p->len;
}

static void append(struct hs_packets *p, const void *bytes, size_t n)
{
    uint8_t *at = claim(p, n);
    if (!at || !n)
        return;
    memcpy(at, bytes, n);
    p->len += n;
}

void hs_packets_header(struct hs_packets *p, const struct hs_packets_config *config)
{
    uint8_t facts[HS_FACTS_MAX] = {0};
    size_t len = config->facts_len < sizeof facts - 1 ? config->facts_len : sizeof facts - 1, whole = (len + 8) & ~(size_t)7;
    struct hs_ring_header h = {
        .version = HS_FORMAT_VERSIONS,
        .header_size = (uint16_t)(sizeof h + whole),
        .packet_size = 65532,
        .packet_count = 1,
        .hz = config->hz,
        .flags = (uint16_t)(HS_RING_STREAM | (config->wide ? HS_RING_64BIT : 0)),
        .boot = 1,
    };
    memcpy(h.magic, HS_RING_MAGIC, sizeof h.magic);
    memcpy(facts, config->facts, len);
    h.total_size = h.header_size + h.packet_size;
    h.check = hs_checksum(hs_checksum(0, &h, offsetof(struct hs_ring_header, notes)), facts, whole);
    p->shift = config->shift;
    append(p, &h, sizeof h);
    append(p, facts, whole);
}

/* --- definitions -------------------------------------------------------------------------------------- */

/* Adds a definition with these fields. Returns its hash. */
static uint32_t define(struct hs_packets *p, uint8_t kind, const uint8_t *fields, size_t len)
{
    uint8_t *at = p->definitions + p->definitions_len;
    HS_ASSERT(len < 64 && p->definitions_len + len + 1 <= sizeof p->definitions);
    at[0] = (uint8_t)((kind - HS_STRING) << 6 | len);
    memcpy(at + 1, fields, len);
    p->definitions_len += (uint32_t)len + 1;
    return hs_definition_hash(at);
}

/* The name becomes a function without a file; the site is in that function and has no line. */
uint32_t hs_packets_site(struct hs_packets *p, const char *name)
{
    uint32_t number = p->n_sites + 1;
    size_t len = strnlen(name, 32);
    uint8_t function[64] = {(uint8_t)number, 0}, site[4] = {(uint8_t)number, 0, 0, (uint8_t)number};
    if (number >= HS_PACKETS_SITES || p->definitions_len + sizeof function + sizeof site > sizeof p->definitions)
        return 0;
    memcpy(function + 2, name, len);
    uint32_t hash = define(p, HS_FUNCTION, function, 2 + len);
    p->hash[number] = define(p, HS_SITE, site, sizeof site) + 31 * hash;
    p->n_sites = number;
    return number;
}

/* Strings, functions and contexts are numbered together: the file of site n is string n + HS_PACKETS_SITES. */
uint32_t hs_packets_line(struct hs_packets *p, const struct hs_packets_line *l)
{
    uint8_t number = (uint8_t)(p->n_sites + 1), file = (uint8_t)(number + HS_PACKETS_SITES);
    size_t file_len = strnlen(l->file, NAME_MAX_BYTES), function_len = strnlen(l->function, NAME_MAX_BYTES);
    uint8_t string[64] = {file}, function[64] = {number, file}, site[16] = {number, 0, 0, number}, *end;
    if (number >= HS_PACKETS_SITES || p->definitions_len + 3 * sizeof string > sizeof p->definitions)
        return 0;
    memcpy(string + 1, l->file, file_len);
    memcpy(function + 2, l->function, function_len);
    end = hs_put_u32(site + 4, l->line);
    uint32_t hash = define(p, HS_STRING, string, 1 + file_len);
    hash = define(p, HS_FUNCTION, function, 2 + function_len) + 31 * hash;
    p->hash[number] = define(p, HS_SITE, site, (size_t)(end - site)) + 31 * hash;
    p->n_sites = number;
    return number;
}

/* --- packets ------------------------------------------------------------------------------------------ */

static void open_packet(struct hs_packets *p, uint8_t flags)
{
    p->head = (struct hs_packet){
        .sync = HS_PACKET_SYNC,
        .flags = (uint8_t)(flags | p->shift << 4),
        .boot = (uint8_t)p->boot,
        .seq = p->seq++,
        .number = (uint32_t)p->number,
        .time_lo = (uint32_t)p->time,
        .time_hi = (uint16_t)(p->time >> 32),
    };
    p->packet = p->len;
    p->named = 0;
    p->open = true;
    append(p, &p->head, sizeof p->head);
}

static void close_packet(struct hs_packets *p)
{
    uint32_t names = 0;
    if (!p->open || p->err)
        return;
    p->open = false;
    for (uint32_t i = 1; i <= p->n_sites; i++)
        names += p->named >> i & 1 ? HS_SITE_CHECK(i, p->hash[i], 0u) : 0;
    struct hs_packet *h = &p->head;
    size_t len = p->len - p->packet - sizeof *h;
    HS_ASSERT(len <= PACKET_MAX);
    h->len = (uint16_t)len;
    h->defs = (uint16_t)p->definitions_len;
    h->flags |= HS_PACKET_CLOSED;
    h->names = names;
    h->head = hs_packet_head(h);
    append(p, p->definitions, p->definitions_len);
    if (p->err)
        return;
    const uint8_t *records = p->bytes + p->packet + sizeof *h;
    h->sum = hs_packet_sum(h, records, records + len);
    memcpy(p->bytes + p->packet, h, sizeof *h);
}

void hs_packets_boot(struct hs_packets *p)
{
    close_packet(p);
    p->boot++;
    p->number = p->time = 0;
    open_packet(p, HS_PACKET_BOOT);
}

/* --- records ------------------------------------------------------------------------------------------ */

void hs_packets_put(struct hs_packets *p, const struct hs_record *r)
{
    if (p->open && p->len - p->packet > PACKET_MAX - RECORD_MAX) {
        close_packet(p);
        open_packet(p, 0);
    }
    uint8_t *start = claim(p, RECORD_MAX), *at = start;
    if (!start || !hs_wire_layout(r->kind))
        return;
    *at++ = r->kind;
    at = hs_put_u32(at, (uint32_t)(r->time - p->time));
    at = hs_put_body(at, r, HS_PACKETS_DATA);
    HS_ASSERT(at <= start + RECORD_MAX);
    p->len += (size_t)(at - start);
    p->time = r->time;
    p->number++;
    uint32_t site = hs_record_site(r);
    p->named |= site < HS_PACKETS_SITES ? UINT64_C(1) << site : 0;
}

struct hs_feed *hs_feed_of_packets(struct hs_packets *p)
{
    close_packet(p);
    if (p->err) {
        free(p->bytes);
        return NULL;
    }
    struct hs_byte_source *bytes = hs_byte_source_of_file(-1, (struct hs_front){p->bytes, p->len, 0});
    if (!bytes)
        free(p->bytes);
    p->bytes = NULL;
    return bytes ? hs_feed_of_stream(bytes, false) : NULL;
}
