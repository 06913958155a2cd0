/* SPDX-License-Identifier: MIT
 *
 * A stream as chunks. Bytes that are not part of a chunk are skipped. Every chunk has a check,
 * so that other bytes are not mistaken for a chunk.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/host/input/checksum.h"
#include "lib/host/input/chunks.h"

#define ROOM (256u * 1024) /* of the window; a chunk has up to 128 KB */

struct stream {
    struct hs_feed feed;
    struct hs_byte_source *bytes;
    uint8_t *window;
    size_t at, end;  /* the part of the window that is not processed yet */
    uint64_t offset; /* in the input, of window[at] */
    size_t taken;    /* length of the last chunk returned, which is still at `at` */
    bool header_seen, ended;
    bool wrong; /* a damaged frame was unpacked */
    int err;
    struct hs_chunk garbage; /* pending, `damaged` 0: none */
};

/* Reads until `need` bytes are in the window or the input ends; returns their number. Bytes before and after a gap in the
 * input are joined: the check of a chunk across the gap fails. */
static size_t have(struct stream *s, size_t need)
{
    while (s->end - s->at < need && !s->ended) {
        if (s->at && s->end + need > ROOM) {
            memmove(s->window, s->window + s->at, s->end - s->at);
            s->end -= s->at;
            s->at = 0;
        }
        long n = s->bytes->read(s->bytes, s->window + s->end, ROOM - s->end);
        s->ended = n <= 0;
        s->err = n < 0 ? (int)n : s->err;
        s->end += n > 0 ? (size_t)n : 0;
    }
    return s->end - s->at;
}

/* --- chunks ------------------------------------------------------------------------------------------- */

/* Whether the sizes in the header are consistent. */
static bool sane(const struct hs_ring_header *h)
{
    uint64_t size = (uint64_t)h->header_size + (uint64_t)h->packet_size * h->packet_count;
    return h->packet_size > sizeof(struct hs_packet) && h->packet_count && size <= h->total_size;
}

int hs_header_check(const uint8_t *bytes, size_t len)
{
    struct hs_ring_header h;
    if (len < sizeof h)
        return HS_ERR_END;
    memcpy(&h, bytes, sizeof h);
    if (memcmp(h.magic, HS_RING_MAGIC, sizeof h.magic) != 0)
        return HS_ERR_FORMAT;
    if ((h.version & 0xff) != HS_FORMAT_VERSION && !hs_header_learned(&h))
        return h.version < 256 ? HS_ERR_VERSION : HS_ERR_CHECK;
    if (h.header_size < sizeof h || h.header_size > sizeof h + HS_FACTS_MAX)
        return HS_ERR_CHECK;
    if (len < h.header_size)
        return HS_ERR_END;
    uint32_t check = hs_checksum(0, bytes, offsetof(struct hs_ring_header, notes));
    check = hs_checksum(check, bytes + sizeof h, h.header_size - sizeof h);
    return h.check == check && sane(&h) ? HS_OK : HS_ERR_CHECK;
}

bool hs_packet_begins(const uint8_t *bytes, size_t len, struct hs_packet *packet)
{
    if (len < sizeof *packet)
        return false;
    memcpy(packet, bytes, sizeof *packet);
    if (packet->sync != HS_PACKET_SYNC)
        return false;
    return packet->head == hs_packet_head(packet);
}

bool hs_packet_whole(const struct hs_chunk *chunk)
{
    return chunk->packet.sum == hs_packet_sum(&chunk->packet, chunk->bytes, chunk->definitions);
}

/* Tries to read a header. Returns the chunk's length, or 0 for none. */
static size_t try_header(struct stream *s, struct hs_chunk *chunk)
{
    struct hs_ring_header h;
    if (have(s, sizeof h) < sizeof h)
        return 0;
    memcpy(&h, s->window + s->at, sizeof h);
    size_t n = have(s, h.header_size < sizeof h + HS_FACTS_MAX ? h.header_size : sizeof h + HS_FACTS_MAX);
    if (hs_header_check(s->window + s->at, n) != HS_OK)
        return 0;
    chunk->kind = HS_CHUNK_HEADER;
    chunk->bytes = s->window + s->at;
    chunk->len = h.header_size;
    s->header_seen = true;
    return chunk->len;
}

size_t hs_names_len(const uint8_t *bytes, size_t len)
{
    struct hs_names_chunk names;
    if (len < sizeof names)
        return 0;
    memcpy(&names, bytes, sizeof names);
    if (len < sizeof names + names.len)
        return 0;
    uint32_t crc = hs_checksum(hs_checksum(0, &names.len, sizeof names.len), bytes + sizeof names, names.len);
    return names.crc == crc ? sizeof names + names.len : 0;
}

static size_t try_names(struct stream *s, struct hs_chunk *chunk)
{
    struct hs_names_chunk names;
    if (have(s, sizeof names) < sizeof names)
        return 0;
    memcpy(&names, s->window + s->at, sizeof names);
    size_t n = have(s, sizeof names + names.len); /* first, because it may move the window */
    size_t len = hs_names_len(s->window + s->at, n);
    chunk->kind = HS_CHUNK_NAMES;
    chunk->bytes = s->window + s->at + sizeof names;
    chunk->len = names.len;
    return len;
}

/* Counts a packet that has a header but cannot be used. */
static size_t refuse(struct stream *s, int code, uint32_t seq)
{
    if (!s->garbage.refused++) {
        s->garbage.seq = seq;
        s->garbage.code = code;
    }
    return 0;
}

/* Whether there may be wrong bytes from a damaged frame: an open packet has no sum that would exclude them. */
static bool wrong_bytes(const struct stream *s) { return s->wrong || s->bytes->damage.code == HS_ERR_CHECK; }

static size_t try_packet(struct stream *s, struct hs_chunk *chunk)
{
    struct hs_packet *p = &chunk->packet;
    size_t n = have(s, sizeof *p); /* first, because it may move the window */
    if (!hs_packet_begins(s->window + s->at, n, p))
        return 0;
    size_t len = sizeof *p + p->len + p->defs;
    if (have(s, len) < len)
        return refuse(s, HS_ERR_END, p->seq);
    chunk->bytes = s->window + s->at + sizeof *p;
    chunk->len = p->len;
    chunk->definitions = chunk->bytes + p->len;
    chunk->kind = HS_CHUNK_PACKET;
    if (hs_packet_open(p) ? !s->feed.image || wrong_bytes(s) : !hs_packet_whole(chunk))
        return refuse(s, HS_ERR_CHECK, p->seq);
    return len;
}

static size_t try_chunk(struct stream *s, struct hs_chunk *chunk)
{
    if (have(s, 2) < 2)
        return 0;
    const uint8_t *b = s->window + s->at;
    if (b[0] != 'H' || (!s->header_seen && b[1] != HS_RING_MAGIC[1]))
        return 0;
    return b[1] == (HS_PACKET_SYNC >> 8)  ? try_packet(s, chunk)
           : b[1] == (HS_NAMES_SYNC >> 8) ? try_names(s, chunk)
           : b[1] == HS_RING_MAGIC[1]     ? try_header(s, chunk)
                                          : 0;
}

/* --- bytes between chunks ----------------------------------------------------------------------------- */

static void advance(struct stream *s, size_t n)
{
    s->at += n;
    s->offset += n;
}

/* Skips at least one byte, up to a byte that may begin a chunk. */
static void skip(struct stream *s)
{
    size_t n = have(s, 1);
    const uint8_t *here = s->window + s->at, *next = n > 1 ? memchr(here + 1, 'H', n - 1) : NULL;
    size_t garbage = next ? (size_t)(next - here) : n;
    if (!s->garbage.damaged)
        s->garbage.offset = s->offset;
    s->garbage.damaged += garbage;
    advance(s, garbage);
}

/* Returns skipped bytes as damage. Bytes before the first header belong to another program and are not damage. */
static bool give_garbage(struct stream *s, struct hs_chunk *chunk, bool before_header)
{
    struct hs_chunk garbage = s->garbage;
    if (!garbage.damaged)
        return false;
    memset(&s->garbage, 0, sizeof s->garbage);
    if (before_header && !garbage.refused)
        return false;
    *chunk = garbage;
    chunk->kind = HS_CHUNK_DAMAGE;
    chunk->code = garbage.refused ? garbage.code : HS_ERR_FORMAT;
    return true;
}

/* Returns the damage that the byte source reports. */
static bool give_damage(struct stream *s, struct hs_chunk *chunk)
{
    struct hs_damage damage = s->bytes->damage;
    if (!damage.code)
        return false;
    s->wrong |= damage.code == HS_ERR_CHECK;
    memset(&s->bytes->damage, 0, sizeof s->bytes->damage);
    *chunk = (struct hs_chunk){.kind = HS_CHUNK_DAMAGE, .offset = damage.offset, .code = damage.code, .damaged = damage.bytes};
    return true;
}

static int next_chunk(struct hs_feed *feed, struct hs_chunk *chunk)
{
    struct stream *s = (struct stream *)feed;
    advance(s, s->taken);
    s->taken = 0;
    for (;;) {
        bool before_header = !s->header_seen;
        if (give_damage(s, chunk))
            return HS_OK;
        *chunk = (struct hs_chunk){.offset = s->offset};
        size_t len = try_chunk(s, chunk);
        if (!len && s->ended && s->bytes->follow) { /* the chunk may not be complete yet */
            memset(&s->garbage.refused, 0, sizeof s->garbage.refused);
            s->ended = false;
            chunk->kind = HS_CHUNK_END;
            return s->err;
        }
        if (!len && have(s, 1)) {
            skip(s);
            continue;
        }
        if (give_garbage(s, chunk, before_header))
            return HS_OK; /* the next call finds the chunk again */
        if (!len && give_damage(s, chunk))
            return HS_OK;
        s->taken = len;
        chunk->kind = len ? chunk->kind : HS_CHUNK_END;
        return len ? HS_OK : s->err;
    }
}

static void follow_stream(struct hs_feed *feed, bool on)
{
    struct stream *s = (struct stream *)feed;
    s->bytes->follow = on;
    s->ended = s->err != 0;
}

static bool stream_grows(struct hs_feed *feed)
{
    struct stream *s = (struct stream *)feed;
    return s->bytes->growing && s->bytes->growing(s->bytes);
}

static void close_stream(struct hs_feed *feed)
{
    struct stream *s = (struct stream *)feed;
    s->bytes->close(s->bytes);
    free(s->window);
    free(s);
}

struct hs_feed *hs_feed_of_stream(struct hs_byte_source *bytes, bool image)
{
    struct stream *s = calloc(1, sizeof *s);
    uint8_t *window = malloc(ROOM);
    if (!s || !window || !bytes) {
        free(s);
        free(window);
        if (bytes)
            bytes->close(bytes);
        return NULL;
    }
    s->feed.next = next_chunk;
    s->feed.close = close_stream;
    s->feed.follow = follow_stream;
    s->feed.growing = stream_grows;
    s->bytes = bytes;
    s->window = window;
    s->offset = bytes->offset;
    s->feed.image = image;
    return &s->feed;
}
