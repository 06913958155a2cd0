/* SPDX-License-Identifier: MIT
 *
 * Writing a .hst, the container of a trace: the recorder's own stream, compressed, with an index.
 *
 *     struct hs_writer *writer = hs_writer_open("trace.hst", NULL, &error);
 *     while ((n = read(port, bytes, sizeof bytes)) > 0)
 *         hs_writer_put(writer, bytes, n);
 *     if (hs_writer_close(writer, &error) < 0) report(&error);
 *
 * Data that was put before the last hs_writer_flush survives a crash of the writing program: a
 * reader reads all complete frames, with or without the index.
 *
 * --- the file -------------------------------------------------------------------------------------------
 *
 *   struct hs_hst_header | frames | index frame | struct hs_hst_trailer
 *   frame: struct hs_hst_frame, then `stored` bytes that zstd unpacks to `plain` bytes
 *
 * The unpacked frames of kind HS_HST_DATA, concatenated, are the stream (lib/ring.h) that the recorder sent
 * or that was made from a memory image: header, dictionary, packets in the order of their numbers.
 * A packet that was open in the image is copied unchanged. A frame ends at the end of a chunk,
 * unless the stream contains other data than chunks. The index frame unpacks to one struct hs_hst_entry per
 * data frame. All integers are little endian.
 */
#ifndef HS_HOST_WRITER_H
#define HS_HOST_WRITER_H

#include "lib/host/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HS_HST_MAGIC "\x8bHeap\r\n\x1a" /* 8 bytes; a transfer in text mode damages it */
#define HS_HST_VERSION 1
#define HS_HST_FRAME_MAGIC 0x46747348u /* "HstF" */
#define HS_HST_FRAME_MAX (4u << 20)    /* bytes of a frame, unpacked */

struct hs_hst_header {
    char magic[8];
    uint16_t version;     /* HS_HST_VERSION */
    uint16_t header_size; /* sizeof(struct hs_hst_header) */
    uint8_t source;       /* enum hs_source: what the stream was made from */
    uint8_t reserved[3];
    uint32_t hz;       /* ticks per second; this and the next three are from the first header in the stream */
    uint32_t flags;    /* its flags */
    uint64_t build_id; /* its build id */
    uint64_t anchor;   /* its anchor */
    uint32_t reserved2;
    uint32_t check; /* CRC-32 of all members before */
};

enum hs_hst_kind { HS_HST_DATA = 1, HS_HST_INDEX = 2 };
enum hs_hst_flag {
    HS_HST_KEYFRAME = 1,    /* a packet with a keyframe begins in the frame */
    HS_HST_DEFINITIONS = 2, /* a header or a part of the dictionary is in the frame */
};

struct hs_hst_frame {
    uint32_t magic;
    uint8_t kind;  /* enum hs_hst_kind */
    uint8_t flags; /* enum hs_hst_flag */
    uint16_t reserved;
    uint32_t stored, plain;
    uint32_t crc;   /* CRC-32 of the stored bytes */
    uint32_t check; /* CRC-32 of all members before */
};

struct hs_hst_entry {
    uint64_t offset;  /* of the frame in the file */
    uint64_t plain;   /* bytes of the stream before it */
    uint64_t records; /* that the recorder counted before the frame's first packet, in all boots */
    uint64_t time;    /* of the first keyframe that begins in it, else of its first packet; in ticks of that boot */
    uint32_t seq;     /* number of that packet */
    uint32_t packets; /* that begin in the frame; if 0, `records`, `time`, `seq` and `boot` have no meaning */
    uint16_t boot;    /* number of boots in the stream before the boot of that packet */
    uint8_t flags;    /* as the frame's */
    uint8_t reserved[5];
};

struct hs_hst_trailer {
    uint64_t index; /* offset of the index frame */
    uint32_t entries;
    uint32_t check; /* CRC-32 of the two members before */
    char magic[8];  /* HS_HST_MAGIC */
};

/* --- the writer ----------------------------------------------------------------------------------------- */

struct hs_writer;

/* Zero means the default. */
struct hs_writer_config {
    int level;             /* zstd's, default 3 */
    uint32_t frame;        /* bytes of a frame before it is packed, default 64 KB: the most that one damaged byte costs */
    enum hs_source source; /* of the data; default HS_SOURCE_STREAM. hs_writer_put_input sets it */
    unsigned dump;         /* for hs_writer_put_input: number of the dump in a console log, from 1; default: last complete one */
};

/* The amount written so far. */
struct hs_writer_stats {
    uint64_t packets, plain, stored; /* put; bytes of the stream that are in the file, complete; bytes of the file */
};

/* Creates or truncates the file at `path`. NULL on an error. */
struct hs_writer *hs_writer_open(const char *path, const struct hs_writer_config *config, struct hs_error *error);

/* The same, to a file that the caller has opened for writing and truncated. The caller closes it. `name` is for error
 * messages. */
struct hs_writer *hs_writer_of_fd(int fd, const char *name, const struct hs_writer_config *config, struct hs_error *error);

/* Puts the next bytes of the stream, split at any byte. Returns 0 or a negative enum hs_err. The first error is kept and
 * returned by every later call, so that it is enough to check hs_writer_close. */
int hs_writer_put(struct hs_writer *writer, const void *bytes, size_t len);

/* Puts a whole input of any kind that hs_reader_open opens ("-" is standard input): its header, dictionary and
 * packets. Damaged parts are skipped: a gap in the packet numbers and as many bytes that are no packet remain, and *error is filled
 * although 0 is returned.
 * Nothing may have been put before. */
int hs_writer_put_input(struct hs_writer *writer, const char *path, struct hs_error *error);

/* Writes all complete chunks that have been put to the file. Frequent calls make compression worse. */
int hs_writer_flush(struct hs_writer *writer);

struct hs_writer_stats hs_writer_stats(const struct hs_writer *writer);

/* Writes the rest, the index and the trailer, and frees the writer. Returns 0 or the first error. */
int hs_writer_close(struct hs_writer *writer, struct hs_error *error);

#ifdef __cplusplus
}
#endif

#endif
