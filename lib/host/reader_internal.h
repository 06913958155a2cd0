/* SPDX-License-Identifier: MIT
 *
 * Internals of the reader; not part of the public API.
 *
 *   file or pipe -> hs_byte_source -> hs_feed -> chunks -> reader.c -> events
 *
 * A feed turns one kind of input into chunks: the header, parts of the dictionary, packets in the order of
 * their numbers, and the damage between them.
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

/* Formats `text` into *error, unless *error already has an error: the first one is kept. */
void hs_fail_with(struct hs_error *error, int code, uint64_t offset, const char *text, ...) __attribute__((format(printf, 4, 5)));

/* --- bytes -------------------------------------------------------------------------------------------- */

/* A part of the input that could not be read. */
struct hs_damage {
    int code;        /* why; HS_OK: no damage */
    uint64_t offset; /* in the input */
    uint64_t bytes;
};

/* A source of bytes. `read` returns the number of bytes it wrote, 0 at the end, or a negative enum hs_err. It adds to
 * `damage` what it had to skip before these bytes. */
struct hs_byte_source {
    long (*read)(struct hs_byte_source *bytes, uint8_t *into, size_t room);
    void (*close)(struct hs_byte_source *bytes);
    bool (*growing)(struct hs_byte_source *bytes); /* whether a process still writes: EOF is not final. May be NULL */
    bool follow;                                   /* `read` may return more bytes after it has returned 0 */
    uint64_t offset;                               /* in the input, of the byte read next */
    struct hs_damage damage;
};

/* A file or pipe. `front` holds the bytes already read from it; the source takes ownership of them. A negative `fd`: there are
 * no more bytes. */
struct hs_front {
    uint8_t *data;
    size_t len;
    uint64_t offset; /* of data[0] in the input */
};
struct hs_byte_source *hs_byte_source_of_file(int fd, struct hs_front front);

/* The stream in a .hst. Takes ownership of `file`, which must be at its first byte. NULL when this version cannot
 * read the .hst's header; the error says why. */
struct hs_byte_source *hs_byte_source_of_container(struct hs_byte_source *file, struct hs_error *error);

/* Whether an input that begins with these bytes is a .hst; whether the .hst was made from a memory image. */
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

/* Length of the definitions chunk (HS_NAMES_SYNC) that the bytes begin with; 0 when there is none or it is damaged. */
size_t hs_names_len(const uint8_t *bytes, size_t len);

/* Whether the bytes begin with a packet header whose check is correct. */
bool hs_packet_begins(const uint8_t *bytes, size_t len, struct hs_packet *packet);

/* Whether the contents of a closed packet match its check. */
bool hs_packet_whole(const struct hs_chunk *chunk);

/* --- dictionary --------------------------------------------------------------------------------------- */

struct hs_fact {
    char *key, *value;
    struct hs_fact *next;
};

/* One definition. It may refer to numbers that are not defined yet. */
struct hs_definition {
    uint8_t kind; /* HS_SITE, HS_STRING, HS_FUNCTION, HS_CONTEXT; 0: not defined */
    uint8_t op, first_size;
    uint32_t hash; /* of this definition only */
    const char *text;
    uint32_t file, function, context, line, offset; /* the recorder's numbers */
    int64_t caller;
};

/* A name, with everything it refers to resolved. */
struct hs_name {
    uint8_t kind;  /* as above; 0: a part of it is not defined */
    uint32_t hash; /* of the name and everything it refers to */
    const char *file, *text;
    uint32_t context; /* the user's number */
};

struct hs_items_kind; /* the size of an item, and when two are equal */

/* Unique items, numbered in the order they were added. They never move, so pointers to them stay valid. */
struct hs_items {
    const struct hs_items_kind *kind;
    void **item; /* by the user's number; 0 is none */
    uint32_t n, room;
    struct hs_map map; /* from an item's contents to its number */
};

/* All definitions of a trace. The recorder reuses its numbers, in another boot or for another site; the user's never change. */
struct hs_dictionary {
    struct hs_site_state *state;      /* for the decoder, by the recorder's number */
    uint32_t *site;                   /* the user's number; 0 where a part of it is not defined */
    struct hs_name *name;             /* by the recorder's number */
    struct hs_definition *defined[2]; /* as received: [0] of names, [1] of sites */
    uint32_t n_sites, n_names;        /* number 0 included */
    uint32_t room;                    /* numbers that the arrays have room for */
    struct hs_items sites, contexts;
    char **text; /* unique; they do not move */
    uint32_t n_texts, texts_room;
    struct hs_map texts;
    struct hs_fact *fact;
    uint32_t n_facts;
};

int hs_dictionary_open(struct hs_dictionary *d);
void hs_dictionary_close(struct hs_dictionary *d);

/* Adds definitions. A new definition of a known number replaces the old one, unless `only_new`. Returns 0, HS_ERR_FORMAT
 * when some of them are invalid, or HS_ERR_MEMORY. */
int hs_dictionary_put(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len, bool only_new);

/* Adds the facts that follow a header. */
int hs_dictionary_facts(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len);

/* Adds the fact of a FACT record; it replaces an earlier one with the same key. A fact that does not fit is dropped. */
void hs_dictionary_fact(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len);

/* By the user's number; NULL when there is none. */
const struct hs_site *hs_dictionary_site(const struct hs_dictionary *d, uint32_t number);
const struct hs_context *hs_dictionary_context(const struct hs_dictionary *d, uint32_t number);

#endif
