/* SPDX-License-Identifier: MIT
 *
 * A feed turns one kind of input into chunks: the header, parts of the dictionary, packets in the order of their numbers, and
 * the damage between them. Not part of the public API.
 *
 *   file or pipe -> hs_byte_source -> hs_feed -> chunks -> reader.c -> events
 */
#ifndef HS_HOST_CHUNKS_H
#define HS_HOST_CHUNKS_H

#include "lib/decode.h"
#include "lib/host/input/bytes.h"

enum hs_chunk_kind { HS_CHUNK_END, HS_CHUNK_HEADER, HS_CHUNK_NAMES, HS_CHUNK_PACKET, HS_CHUNK_DAMAGE };

struct hs_chunk {
    enum hs_chunk_kind kind;
    uint64_t offset;            /* in the input, of its first byte */
    const uint8_t *bytes;       /* HEADER: the header and its facts; NAMES: definitions; PACKET: its records */
    uint32_t len;               /* of `bytes` */
    const uint8_t *definitions; /* PACKET: packet.defs bytes */
    struct hs_packet packet;
    int code;         /* DAMAGE: why */
    uint64_t damaged; /* DAMAGE: bytes */
    const char *text; /* DAMAGE: message; NULL: the message of `code` */
    uint32_t refused; /* DAMAGE: damaged packets in it whose header was intact, */
    uint32_t seq;     /* and the number of the first of them */
};

/* `next` sets the next chunk, valid until the next call. It returns 0, or a negative enum hs_err when the input cannot
 * be read further. */
struct hs_feed {
    bool image;    /* made from a memory image, maybe through a .hst: a packet may be open, its definitions in a later one */
    bool doubtful; /* definitions may be missing: verify a packet's sites before its records are used */
    int (*next)(struct hs_feed *feed, struct hs_chunk *chunk);
    /* NULL if the input cannot be followed. In follow mode END means "no more data yet"; a later call returns a chunk that
     * is still partially written. */
    void (*follow)(struct hs_feed *feed, bool on);
    bool (*growing)(struct hs_feed *feed); /* whether more data may follow */
    void (*close)(struct hs_feed *feed);
};

/* A stream; takes ownership of `bytes`. `image`: it was made from a memory image, and packets that are still open are
 * accepted. */
struct hs_feed *hs_feed_of_stream(struct hs_byte_source *bytes, bool image);

/* A memory image anywhere in `memory`; takes ownership of it. NULL when there is none. */
struct hs_feed *hs_feed_of_image(struct hs_front memory, struct hs_error *error);

/* Opens any input: recognises it by its content. NULL on an error. */
struct hs_feed *hs_feed_open(const char *path, enum hs_source *source, struct hs_error *error);

/* The same. `dump`: number of the dump in a console log, from 1; 0: the last complete one. */
struct hs_feed *hs_feed_open_dump(const char *path, unsigned dump, enum hs_source *source, struct hs_error *error);

/* A reader of chunks; takes ownership of `feed`, and closes it on an error. `name` is for error messages. */
struct hs_reader *hs_reader_of_feed(struct hs_feed *feed, const char *name, struct hs_error *error);

/* Writes a chunk of a feed to a .hst. DAMAGE and END write nothing. */
struct hs_writer;
int hs_writer_put_chunk(struct hs_writer *writer, const struct hs_chunk *chunk);

/* --- parts of chunks ---------------------------------------------------------------------------------- */

/* Whether `len` bytes begin with a header that this version can read. Returns 0, HS_ERR_END (too few bytes),
 * HS_ERR_FORMAT (no header), HS_ERR_CHECK (damaged) or HS_ERR_VERSION. */
int hs_header_check(const uint8_t *bytes, size_t len);

/* Whether the packets behind the header are of version 3. */
static inline bool hs_header_learned(const struct hs_ring_header *header)
{
    return (header->version & 0xff) == HS_FORMAT_LEARNED;
}

/* Length of the definitions chunk (HS_NAMES_SYNC) that the bytes begin with; 0 when there is none or it is damaged. */
size_t hs_names_len(const uint8_t *bytes, size_t len);

/* Whether the bytes begin with a packet header whose check is correct. */
bool hs_packet_begins(const uint8_t *bytes, size_t len, struct hs_packet *packet);

/* Whether the contents of a closed packet match its check. */
bool hs_packet_whole(const struct hs_chunk *chunk);

#endif
