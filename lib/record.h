/* SPDX-License-Identifier: MIT
 *
 * Records as they are once decoded: one flat struct for every kind, and the tables that describe it.
 */
#ifndef HS_RECORD_H
#define HS_RECORD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HS_FORMAT_VERSION 2

enum hs_kind {
#define HS_RECORD(name, code, area, fields, text) HS_##name = code,
#include "lib/records.def"
#undef HS_RECORD
    HS_KIND_END = 40,
};

enum hs_area { HS_AREA_NONE, HS_AREA_EVENT, HS_AREA_PACKET, HS_AREA_DICT };

/* The kind of memory a region lies in. */
enum hs_memory {
    HS_MEMORY_UNKNOWN,
    HS_MEMORY_INTERNAL, /* data RAM */
    HS_MEMORY_IRAM,
    HS_MEMORY_RTC_SLOW,
    HS_MEMORY_RTC_FAST,
    HS_MEMORY_PSRAM,
    HS_MEMORY_POOL, /* elements of one fixed size */
    HS_MEMORY_HOST, /* a process's heap */
};

/* How much is recorded. */
enum hs_level {
    HS_LEVEL_STOPPED,
    HS_LEVEL_FULL,    /* every event */
    HS_LEVEL_SAMPLED, /* blocks chosen by their bytes, and summaries */
    HS_LEVEL_SUMMARY, /* figures of each region at every collection, and who asked for most in between */
};

#define HS_LEVEL_INTERVAL_MAX (1u << 24) /* bytes between two samples, on average */

/* How the traced allocator chooses the place of a block. Under a rule other than EXPLICIT the trace
 * holds no addresses of new blocks: the reader's own copy of the rule finds them, and every packet
 * carries a check word over the real ones. */
enum hs_placement {
    HS_PLACE_EXPLICIT,
    HS_PLACE_MICROPYTHON, /* MicroPython's gc.c: first fit from a cursor, areas in turn */
};
#define HS_REGION_EXISTING 0x80u /* bit beside the placement rule: contents follow as a snapshot */

/* SNAPSHOT: bits of `cause`. */
#define HS_SNAPSHOT_FIRST   1u
#define HS_SNAPSHOT_LAST    2u
#define HS_SNAPSHOT_REPEATS 4u /* of the data's bytes 0xff begins a repeat */

/* FAIL: the cause proper, and how `cause` names a region of the heap that was asked. */
#define HS_FAIL_CAUSE(cause)   ((cause) & 3u)
#define HS_FAIL_REGION(region) ((uint8_t)(((region) + 1u) << 2))
#define HS_FAIL_REGIONS        63u /* regions from here on cannot be named */

#define HS_POS_IMPLIED 0xffffffffu /* place to be found by the placement rule */

/* A block placed by one of the last eight records is named by its rank instead of its granule: record
 * number n (packet.number plus its place in the packet; records of all kinds count) that places a block
 * writes the granule into slot n & 7 of a history, and rank k names what slot (n - k) & 7 held before. HS_RANKS in place of
 * a rank names no block: `old` is HS_POS_IMPLIED. */
#define HS_RANKS 8u

enum hs_record_flag {
    HS_REC_RANK = 1,     /* `old` is a rank: 1 is the block of the record before, 0 that of eight before */
    HS_REC_IN_PLACE = 2, /* REALLOC: `pos` is what `old` names */
};

/* One record; its members have 1, 4 or 8 bytes. Members that its kind does not name in records.def are unspecified. `data` points into
 * the buffer being decoded and is not terminated. */
struct hs_record {
    uint64_t time;    /* ticks since the time base, struct hs_ring_header.hz a second */
    uint32_t site;
    uint32_t size;    /* bytes */
    uint32_t pos;     /* granules */
    uint32_t old;     /* granules */
    uint32_t end;     /* granules */
    uint32_t count;
    uint64_t address;
    const uint8_t *data;
    uint32_t data_len;
    uint32_t thread;
    uint32_t file;
    uint32_t function;
    uint32_t line;
    uint32_t context;
    uint32_t number;  /* of a definition */
    uint8_t kind;     /* enum hs_kind */
    uint8_t flags;    /* enum hs_record_flag */
    uint8_t cause;
    uint8_t region;
    uint8_t shift;
    uint8_t memory;
};

enum hs_wire { HS_WIRE_U, HS_WIRE_S, HS_WIRE_B, HS_WIRE_R };

struct hs_field {
    const char *name;
    const char *text;
    uint8_t wire;   /* enum hs_wire */
    uint8_t offset; /* in struct hs_record; for HS_WIRE_B and HS_WIRE_R that of `data` */
    uint8_t width;  /* bytes of the member */
};

struct hs_kind_info {
    const char *name; /* as in records.def; NULL for a code that is not in use */
    const char *text;
    uint8_t area;             /* enum hs_area */
    struct hs_field field[12]; /* ends with a NULL name */
};

/* Description of a record kind, or NULL. A firmware that does not call it has no such table
 * (link with --gc-sections). */
const struct hs_kind_info *hs_kind_info(unsigned kind);

/* Errors: every function that can fail returns one of these, or a count of 0 and more. */
enum hs_err {
    HS_OK = 0,
    HS_ERR_END = -1,       /* input ends in the middle of something */
    HS_ERR_FORMAT = -2,    /* bytes that no writer of this format makes */
    HS_ERR_VERSION = -3,   /* written by another format version */
    HS_ERR_CHECK = -4,     /* check word does not match */
    HS_ERR_FULL = -5,      /* no room */
    HS_ERR_SIZE = -6,      /* memory handed over is too small */
    HS_ERR_ARG = -7,       /* argument outside its range */
    HS_ERR_IO = -8,        /* system call failed */
    HS_ERR_MEMORY = -9,    /* out of memory on the host */
    HS_ERR_KIND = -10,     /* file of another kind */
};

/* A short English text for an error, never NULL. */
const char *hs_strerror(int err);

#ifdef __cplusplus
}
#endif

#endif
