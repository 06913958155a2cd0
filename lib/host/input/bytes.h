/* SPDX-License-Identifier: MIT
 *
 * Where the bytes of an input come from: a file, a pipe, the stream in a .hst. Not part of the public API.
 */
#ifndef HS_HOST_BYTES_H
#define HS_HOST_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/host/reader.h"

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

#endif
