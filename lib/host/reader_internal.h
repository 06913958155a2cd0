/* SPDX-License-Identifier: MIT
 *
 * What the reader is made of; not part of the public API.
 *
 *   file or pipe -> hs_byte_source -> hs_feed -> chunks -> reader.c -> events
 *
 * A feed turns one kind of input into chunks: the header, dictionary pieces and packets in the order of
 * their numbers, and what is damaged in between.
 */
#ifndef HS_READER_INTERNAL_H
#define HS_READER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/decode.h"
#include "lib/host/reader.h"
#include "lib/host/util/map.h"

/* CRC-32 as hs_crc32 of lib/crc.h, several bytes at a time. */
uint32_t hs_checksum(uint32_t crc, const void *data, size_t len);

/* Keeps the first error: formats `text` into it when it has none yet. */
void hs_fail_with(struct hs_error *error, int code, uint64_t offset, const char *text, ...) __attribute__((format(printf, 4, 5)));

/* --- bytes -------------------------------------------------------------------------------------------- */

/* What could not be read of the input. */
struct hs_damage {
    int code;        /* why; HS_OK: there is none */
    uint64_t offset; /* in the input */
    uint64_t bytes;
};

/* Where bytes come from. `read` returns how many it wrote, 0 at the end, or a negative enum hs_err; what it
 * had to leave out in front of these bytes it adds to `damage`. */
struct hs_byte_source {
    long (*read)(struct hs_byte_source *bytes, uint8_t *into, size_t room);
    void (*close)(struct hs_byte_source *bytes);
    bool (*growing)(struct hs_byte_source *bytes); /* whether a writer is at it: its end is none. May be NULL */
    bool follow;                                   /* `read` goes on behind an end where a writer added something */
    uint64_t offset;                               /* in the input, of the byte read next */
    struct hs_damage damage;
};

/* A file or pipe. `front` is what has been read of it already, and is owned by the bytes from then on. A negative `fd`: there is
 * no more than that. */
struct hs_front {
    uint8_t *data;
    size_t len;
    uint64_t offset; /* of data[0] in the input */
};
struct hs_byte_source *hs_byte_source_of_file(int fd, struct hs_front front);

/* The stream within a .hst; `file` is read from its first byte and owned. NULL when the file's header is
 * not one of a .hst that this version reads; the error says why. */
struct hs_byte_source *hs_byte_source_of_container(struct hs_byte_source *file, struct hs_error *error);

/* Whether these first bytes are those of a .hst; whether that was made from a memory image. */
bool hs_container_begins(const uint8_t *data, size_t len);
bool hs_container_of_image(const struct hs_byte_source *container);

/* --- chunks ------------------------------------------------------------------------------------------- */

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
    const char *text; /* DAMAGE: what to say of it; NULL: what `code` says */
    uint32_t refused; /* DAMAGE: packets in there whose header was whole, */
    uint32_t seq;     /* and the number of the first of them */
};

/* `next` sets the next chunk, valid until the next call; 0, or a negative enum hs_err when the input cannot
 * be read any further. */
struct hs_feed {
    bool image;    /* made from a memory image, perhaps by way of a .hst: a packet may be open, its definitions in a later one */
    bool doubtful; /* definitions may be missing: a packet's must be verified before its records are used */
    int (*next)(struct hs_feed *feed, struct hs_chunk *chunk);
    /* NULL where it cannot be. With `on` an END is but the end of what is there at present, and what a writer has begun stays
     * for the next call. */
    void (*follow)(struct hs_feed *feed, bool on);
    bool (*growing)(struct hs_feed *feed); /* whether there may be more later */
    void (*close)(struct hs_feed *feed);
};

/* A stream; `bytes` are owned. `image`: it was made from one, and packets that are not closed are taken as
 * they are. */
struct hs_feed *hs_feed_of_stream(struct hs_byte_source *bytes, bool image);

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

/* Length of the definitions in front of an image's packets, 0 when the bytes do not begin with such or are damaged. */
size_t hs_names_len(const uint8_t *bytes, size_t len);

/* Whether the bytes begin with the header of a packet, its own check being right. */
bool hs_packet_begins(const uint8_t *bytes, size_t len, struct hs_packet *packet);

/* Whether a packet that is not open is as it was when it was closed. */
bool hs_packet_whole(const struct hs_chunk *chunk);

/* --- dictionary --------------------------------------------------------------------------------------- */

struct hs_fact {
    char *key, *value;
    struct hs_fact *next;
};

/* What a definition says; it may name what is not defined as yet. */
struct hs_definition {
    uint8_t kind; /* HS_SITE, HS_STRING, HS_FUNCTION, HS_CONTEXT; 0: not defined */
    uint8_t op, first_size;
    uint32_t hash; /* its own */
    const char *text;
    uint32_t file, function, context, line, offset; /* the recorder's numbers */
    int64_t caller;
};

/* What a name's number stands for, with all that it names. */
struct hs_name {
    uint8_t kind;  /* as above; 0: something of it is not defined */
    uint32_t hash; /* of all of it */
    const char *file, *text;
    uint32_t context; /* the user's number */
};

struct hs_items_kind; /* the size of an item, and when two are equal */

/* Items that never move, so that pointers to them stay good, each there once, numbered as they came. */
struct hs_items {
    const struct hs_items_kind *kind;
    void **item; /* by the user's number; 0 is none */
    uint32_t n, room;
    struct hs_map map; /* from what an item says to its number */
};

/* All definitions of a trace. The recorder's numbers are given anew, by another boot or to another place; the user's stay. */
struct hs_dictionary {
    struct hs_site_state *state;      /* for the decoder, by the recorder's number */
    uint32_t *site;                   /* the user's number; 0 where something of it is not defined */
    struct hs_name *name;             /* by the recorder's number */
    struct hs_definition *defined[2]; /* what was said: of names, of sites */
    uint32_t n_sites, n_names;        /* number 0 included */
    uint32_t room;                    /* numbers that the arrays have place for */
    struct hs_items sites, contexts;
    char **text; /* each there once; they do not move */
    uint32_t n_texts, texts_room;
    struct hs_map texts;
    struct hs_fact *fact;
    uint32_t n_facts;
};

int hs_dictionary_open(struct hs_dictionary *d);
void hs_dictionary_close(struct hs_dictionary *d);

/* Takes definitions; one of a number that is known takes its place, unless `only_new`. Returns 0, HS_ERR_FORMAT when some
 * of them make no sense, or HS_ERR_MEMORY. */
int hs_dictionary_put(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len, bool only_new);

/* Takes the facts behind a header. */
int hs_dictionary_facts(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len);

/* Takes a fact that a record tells, in the place of what was told of that key before. One that does not fit is left out. */
void hs_dictionary_fact(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len);

/* By the user's number; NULL when there is none. */
const struct hs_site *hs_dictionary_site(const struct hs_dictionary *d, uint32_t number);
const struct hs_context *hs_dictionary_context(const struct hs_dictionary *d, uint32_t number);

#endif
