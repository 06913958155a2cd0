/* SPDX-License-Identifier: MIT
 *
 * What the reader is made of; not part of the public API.
 *
 *   file or pipe -> hs_bytes -> hs_feed -> chunks -> reader.c -> events
 *
 * A feed turns one kind of input into chunks: the header, dictionary pieces and packets in the order of
 * their numbers, and what is damaged in between.
 */
#ifndef HS_HOST_PARTS_H
#define HS_HOST_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/decode.h"
#include "lib/host/reader.h"

/* CRC-32 as hs_crc32 of lib/crc.h, several bytes at a time. */
uint32_t hs_checksum(uint32_t crc, const void *data, size_t len);

/* Keeps the first error: formats `text` into it when it has none yet. */
void hs_fail_with(struct hs_error *error, int code, uint64_t offset, const char *text, ...)
    __attribute__((format(printf, 4, 5)));

/* --- bytes -------------------------------------------------------------------------------------------- */

/* What could not be read of the input. */
struct hs_damage {
    int code;        /* why; HS_OK: there is none */
    uint64_t offset; /* in the input */
    uint64_t bytes;
};

/* Where bytes come from. `read` returns how many it wrote, 0 at the end, or a negative enum hs_err; what it
 * had to leave out in front of these bytes it adds to `damage`. */
struct hs_bytes {
    long (*read)(struct hs_bytes *bytes, uint8_t *into, size_t room);
    void (*close)(struct hs_bytes *bytes);
    bool (*growing)(struct hs_bytes *bytes); /* whether a writer is at it: its end is none. May be NULL */
    uint64_t offset; /* in the input, of the byte read next */
    struct hs_damage damage;
};

/* A file or pipe. `front` is what has been read of it already, and is owned by the bytes from then on. */
struct hs_front {
    uint8_t *data;
    size_t len;
    uint64_t offset; /* of data[0] in the input */
};
struct hs_bytes *hs_bytes_of_file(int fd, struct hs_front front);

/* The stream within a .hst; `file` is read from its first byte and owned. NULL when the file's header is
 * not one of a .hst that this version reads; the error says why. */
struct hs_bytes *hs_bytes_of_container(struct hs_bytes *file, struct hs_error *error);

/* Whether these first bytes are those of a .hst; whether that was made from a memory image. */
bool hs_container_begins(const uint8_t *data, size_t len);
bool hs_container_of_image(const struct hs_bytes *container);

/* --- chunks ------------------------------------------------------------------------------------------- */

enum hs_chunk_kind { HS_CHUNK_END, HS_CHUNK_HEADER, HS_CHUNK_DICT, HS_CHUNK_PACKET, HS_CHUNK_DAMAGE };

struct hs_chunk {
    enum hs_chunk_kind kind;
    uint64_t offset;      /* in the input, of its first byte */
    const uint8_t *bytes; /* HEADER: the header; DICT: the piece; PACKET: what lies behind its header */
    uint32_t len;         /* of `bytes` */
    uint32_t at;          /* DICT: offset in the dictionary */
    struct hs_packet packet;
    int code;             /* DAMAGE: why */
    uint64_t damaged;     /* DAMAGE: bytes */
    const char *text;     /* DAMAGE: what to say of it; NULL: what `code` says */
    uint32_t refused;     /* DAMAGE: packets in there whose header was whole, */
    uint32_t seq;         /* and the number of the first of them */
};

/* `next` sets the next chunk, valid until the next call; 0, or a negative enum hs_err when the input cannot
 * be read any further. */
struct hs_feed {
    bool image; /* made from a memory image, perhaps by way of a .hst: a packet may be open */
    int (*next)(struct hs_feed *feed, struct hs_chunk *chunk);
    void (*close)(struct hs_feed *feed);
};

/* A stream; `bytes` are owned. `image`: it was made from one, and packets that are not closed are taken as
 * they are. */
struct hs_feed *hs_feed_of_stream(struct hs_bytes *bytes, bool image);

/* A memory image somewhere in `memory`, which is owned. NULL when there is none. */
struct hs_feed *hs_feed_of_image(struct hs_front memory, struct hs_error *error);

/* Opens any input: recognises it by its content. NULL on an error. */
struct hs_feed *hs_feed_open(const char *path, enum hs_source *source, struct hs_error *error);

/* The same. `dump`: which of several dumps in the log of a console, from 1; 0: the last whole one. */
struct hs_feed *hs_feed_open_dump(const char *path, unsigned dump, enum hs_source *source, struct hs_error *error);

/* A reader of chunks; `feed` is owned, and closed when this fails. `name` is for errors. */
struct hs_reader *hs_reader_of_feed(struct hs_feed *feed, const char *name, struct hs_error *error);

/* Writes a chunk of a feed to a .hst; damage is none. */
struct hs_writer;
int hs_writer_put_chunk(struct hs_writer *writer, const struct hs_chunk *chunk);

/* --- what chunks are made of -------------------------------------------------------------------------- */

/* Whether `len` bytes begin with a header that this version can read: 0, HS_ERR_END when they are too few,
 * HS_ERR_FORMAT (no header), HS_ERR_CHECK (a damaged one), HS_ERR_VERSION. */
int hs_header_check(const uint8_t *bytes, size_t len);

/* Whether the bytes begin with the header of a packet, its own check being right. */
bool hs_packet_begins(const uint8_t *bytes, size_t len, struct hs_packet *packet);

/* Whether a closed packet's CRC is right. */
bool hs_packet_whole(const struct hs_packet *packet, const uint8_t *bytes);

/* --- dictionary --------------------------------------------------------------------------------------- */

/* One definition. They are never moved, so that pointers to them stay good. */
struct hs_definition {
    uint8_t kind; /* HS_STRING, HS_SITE, HS_CONTEXT */
    char *text;
    union {
        struct hs_site site;
        struct hs_context context;
    };
};

struct hs_fact {
    char *key, *value;
    struct hs_fact *next;
};

#define HS_DEFINITIONS_BLOCK 256u
#define HS_DEFINITIONS_MAX   (1u << 20)

/* All definitions of a trace. When a recorder begins a new dictionary behind an old one (another boot in a
 * stream), its numbers start at 1 again; to the user they go on: `base` is added. */
struct hs_dictionary {
    uint8_t *bytes;   /* of the present dictionary */
    uint32_t len, room;
    uint32_t parsed;  /* of these bytes */
    bool may_renew;   /* a header came: a new dictionary may follow */
    struct hs_site_state *state; /* for the decoder, by the recorder's number */
    uint32_t n_states, room_states;
    uint32_t base;
    struct hs_definition **block; /* by the user's number, HS_DEFINITIONS_BLOCK each */
    uint32_t n, n_blocks;         /* number 0 included */
    struct hs_fact *fact;
};

int hs_dictionary_open(struct hs_dictionary *d);
void hs_dictionary_close(struct hs_dictionary *d);

/* Takes a piece at its offset. Returns how many bytes of it are new, HS_ERR_END when what lies before it is
 * missing, HS_ERR_FORMAT, HS_ERR_FULL or HS_ERR_MEMORY. */
long hs_dictionary_put(struct hs_dictionary *d, const struct hs_chunk *piece);

/* Definition by the user's number, NULL when there is none of this kind. */
struct hs_definition *hs_dictionary_get(const struct hs_dictionary *d, uint32_t number, enum hs_kind kind);

#endif
