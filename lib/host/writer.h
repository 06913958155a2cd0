/* SPDX-License-Identifier: MIT
 *
 * Writing a .hst, the container of a trace: the recorder's own stream, compressed, with an index.
 *
 *     struct hs_writer *writer = hs_writer_open("trace.hst", NULL, &error);
 *     while ((n = read(port, bytes, sizeof bytes)) > 0)
 *         hs_writer_put(writer, bytes, n);
 *     if (hs_writer_close(writer, &error) < 0) report(&error);
 *
 * What has been put in front of the last hs_writer_flush survives the death of the writing program: a
 * reader takes all whole frames, with or without the index behind them.
 *
 * --- the file -------------------------------------------------------------------------------------------
 *
 *   struct hs_hst_header | frames | index frame | struct hs_hst_trailer
 *   frame: struct hs_hst_frame, then `stored` bytes that zstd unpacks to `plain` bytes
 *
 * The unpacked frames of kind HS_HST_DATA, one after the other, are the stream (lib/ring.h) as the recorder
 * sent it, or as it is made from a memory image: header, dictionary, packets in the order of their numbers.
 * A packet that was open in the image is in the stream as it was there. A frame ends at the end of a chunk
 * unless the stream holds something else than chunks. The index frame unpacks to one struct hs_hst_entry a
 * data frame. All integers are little endian.
 */
#ifndef HS_HOST_WRITER_H
#define HS_HOST_WRITER_H

#include "lib/host/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HS_HST_MAGIC "\x8bHeap\r\n\x1a" /* 8 bytes; a transfer as text breaks it */
#define HS_HST_VERSION 1
#define HS_HST_FRAME_MAGIC 0x46747348u /* "HstF" */
#define HS_HST_FRAME_MAX (4u << 20)    /* bytes of a frame, unpacked */

struct hs_hst_header {
    char magic[8];
    uint16_t version;     /* HS_HST_VERSION */
    uint16_t header_size; /* sizeof(struct hs_hst_header) */
    uint8_t source;       /* enum hs_source: what the stream was made from */
    uint8_t reserved[3];
    uint32_t hz;       /* ticks a second, of the first header in the stream */
    uint32_t flags;    /* its flags */
    uint64_t build_id; /* its build id */
    uint64_t anchor;   /* its anchor */
    uint32_t reserved2;
    uint32_t check; /* CRC-32 of all before */
};

enum hs_hst_kind { HS_HST_DATA = 1, HS_HST_INDEX = 2 };
enum hs_hst_flag {
    HS_HST_KEYFRAME = 1,    /* a packet with a keyframe begins in the frame */
    HS_HST_DEFINITIONS = 2, /* a header or a piece of the dictionary is in the frame */
};

struct hs_hst_frame {
    uint32_t magic;
    uint8_t kind;  /* enum hs_hst_kind */
    uint8_t flags; /* enum hs_hst_flag */
    uint16_t reserved;
    uint32_t stored, plain;
    uint32_t crc;   /* CRC-32 of the stored bytes */
    uint32_t check; /* CRC-32 of all before */
};

struct hs_hst_entry {
    uint64_t offset;  /* of the frame in the file */
    uint64_t plain;   /* bytes of the stream before it */
    uint64_t records; /* offered by the recorder before the frame's first packet, over all boots */
    uint64_t time;    /* of the first keyframe that begins in it, else of its first packet; ticks of its boot */
    uint32_t seq;     /* number of that packet */
    uint32_t packets; /* in the frame; 0: the four before mean nothing */
    uint16_t boot;    /* boots in the stream before that packet's */
    uint8_t flags;    /* as the frame's */
    uint8_t reserved[5];
};

struct hs_hst_trailer {
    uint64_t index; /* offset of the index frame */
    uint32_t entries;
    uint32_t check; /* CRC-32 of the two before */
    char magic[8];  /* HS_HST_MAGIC */
};

/* --- the writer ----------------------------------------------------------------------------------------- */

struct hs_writer;

/* Zero means the default. */
struct hs_writer_config {
    int level;             /* zstd's, default 3 */
    uint32_t frame;        /* bytes of a frame before it is packed, default 256 KB */
    enum hs_source source; /* what is put; default HS_SOURCE_STREAM. hs_writer_put_input sets it */
    unsigned dump;         /* hs_writer_put_input: which dump of the log of a console, from 1; default: the last whole one */
};

/* What has been written so far. */
struct hs_writer_stats {
    uint64_t packets, plain, stored; /* bytes of the stream; bytes in the file */
};

/* Creates or empties the file at `path`. NULL on an error. */
struct hs_writer *hs_writer_open(const char *path, const struct hs_writer_config *config, struct hs_error *error);

/* The same into a file that is open for writing, which is emptied by who opened it and stays open. `name` is for
 * messages. */
struct hs_writer *hs_writer_of_fd(int fd, const char *name, const struct hs_writer_config *config, struct hs_error *error);

/* The next bytes of the stream, cut anywhere. Returns 0 or a negative enum hs_err, the same one for ever
 * after: it need not be checked before hs_writer_close. */
int hs_writer_put(struct hs_writer *writer, const void *bytes, size_t len);

/* A whole input, of any kind that hs_reader_open takes ("-" is standard input): its header, dictionary and
 * packets. What is damaged is left out; the gap shows, and *error tells of it although 0 is returned. Before
 * anything else has been put. */
int hs_writer_put_input(struct hs_writer *writer, const char *path, struct hs_error *error);

/* Writes to the file what has been put, as far as it is whole chunks. Often costs compression. */
int hs_writer_flush(struct hs_writer *writer);

struct hs_writer_stats hs_writer_stats(const struct hs_writer *writer);

/* Writes the rest, the index and the trailer, and frees the writer. Returns 0 or the first error. */
int hs_writer_close(struct hs_writer *writer, struct hs_error *error);

#ifdef __cplusplus
}
#endif

#endif
