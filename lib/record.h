/* SPDX-License-Identifier: MIT
 *
 * Records as they are once decoded: a struct for each kind, made of records.def, and the tables that describe them.
 */
#ifndef HS_RECORD_H
#define HS_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/each.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A reader reads all traces of its major version. The minor version is how many of the kinds that carry their length the
 * recorder knows: a reader that knows fewer skips the others. */
#define HS_FORMAT_VERSION 2

enum hs_kind {
#define HS_RECORD(NAME, member, code, area, text, ...) HS_##NAME = code,
#include "lib/records.def"
    HS_KIND_SIZED = 38, /* kinds from here on carry their length */
    HS_KIND_END = 64,
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

/* MARK: how the label begins of those that the hooks in CircuitPython make, at each start of the interpreter: of why it was
 * started, and how large its stacks are ("pystack 2048, stack 24064"). */
#define HS_MARK_SUPERVISOR "circuitpython: "

/* SNAPSHOT: bits of `part`. */
#define HS_SNAPSHOT_FIRST 1u
#define HS_SNAPSHOT_LAST 2u
#define HS_SNAPSHOT_REPEATS 4u /* of the data's bytes 0xff begins a repeat */

/* FAIL: the cause proper, and how `cause` names a region of the heap that was asked. */
#define HS_FAIL_CAUSE(cause) ((cause)&3u)
#define HS_FAIL_REGION(region) ((uint8_t)(((region) + 1u) << 2))
#define HS_FAIL_REGIONS 63u /* regions from here on cannot be named */

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

/* A text, not terminated. In a record that was decoded it points into the buffer that was decoded. */
struct hs_text {
    const char *data;
    uint32_t len;
};

/* Packed bytes, likewise. */
struct hs_data {
    const uint8_t *data;
    uint32_t len;
};

/* The C types of the field types in records.def. */
#define HS_C_site uint32_t
#define HS_C_region uint8_t
#define HS_C_granule uint32_t
#define HS_C_block uint32_t
#define HS_C_u8 uint8_t
#define HS_C_u32 uint32_t
#define HS_C_caps uint32_t
#define HS_C_address uint64_t
#define HS_C_caller int64_t
#define HS_C_text struct hs_text
#define HS_C_rest struct hs_text
#define HS_C_bytes struct hs_data
#define HS_C_numbers struct hs_data
#define HS_C_none uint8_t
#define HS_MEMBER(record, type, field, text) HS_C_##type field;

/* ALLOC, FREE and REALLOC share a struct. `pos` is not FREE's, `size` neither, `old` is not ALLOC's. */
struct hs_block_record {
    uint32_t site, size; /* size in bytes */
    uint32_t pos, old;   /* granules */
};

/* A struct for each other kind. */
#define HS_STRUCT_EVENT(member, ...)
#define HS_STRUCT_PACKET(member, ...) \
    struct hs_record_##member { \
        HS_EACH(HS_MEMBER, member, __VA_ARGS__) \
    };
#define HS_STRUCT_DICT HS_STRUCT_PACKET
#define HS_RECORD(NAME, member, code, area, text, ...) HS_STRUCT_##area(member, __VA_ARGS__)
#include "lib/records.def"

/* A record of a kind that this reader does not know: `site` is the SITE that it names, 0 if none; `bytes` its other fields. */
struct hs_record_unknown {
    uint32_t site;
    struct hs_data bytes;
};

/* What all kinds with a field of type `site` begin with. */
struct hs_record_any {
    uint32_t site;
};

/* What all definitions begin with. */
struct hs_record_definition {
    uint32_t number;
};

#define HS_UNION_EVENT(member) struct hs_block_record member;
#define HS_UNION_PACKET(member) struct hs_record_##member member;
#define HS_UNION_DICT HS_UNION_PACKET

/* One record. The member of its kind counts, the others are unspecified. */
struct hs_record {
    uint64_t time; /* ticks since the time base, struct hs_ring_header.hz a second */
    uint8_t kind;  /* enum hs_kind */
    uint8_t flags; /* enum hs_record_flag */
    union {
        struct hs_record_any any;
        struct hs_block_record event; /* ALLOC, FREE or REALLOC */
        struct hs_record_unknown unknown;
        struct hs_record_definition definition;
#define HS_RECORD(NAME, member, code, area, text, ...) HS_UNION_##area(member)
#include "lib/records.def"
    };
};

enum hs_wire { HS_WIRE_U, HS_WIRE_S, HS_WIRE_B, HS_WIRE_R };

/* Types of fields, as in records.def. */
enum hs_type {
    HS_TYPE_none,
    HS_TYPE_site,
    HS_TYPE_region,
    HS_TYPE_granule,
    HS_TYPE_block,
    HS_TYPE_u8,
    HS_TYPE_u32,
    HS_TYPE_caps,
    HS_TYPE_address,
    HS_TYPE_caller,
    HS_TYPE_text,
    HS_TYPE_rest,
    HS_TYPE_bytes,
    HS_TYPE_numbers,
};

struct hs_field {
    const char *name;
    const char *text;
    uint8_t type;   /* enum hs_type */
    uint8_t wire;   /* enum hs_wire */
    uint8_t offset; /* in struct hs_record, of the member */
    uint8_t width;  /* bytes of a number; 0 where the member is a hs_text or hs_data */
};

#define HS_FIELDS_MAX 14

struct hs_kind_info {
    const char *name; /* as in records.def; NULL for a code that is not in use */
    const char *text;
    uint8_t area;                             /* enum hs_area */
    struct hs_field field[HS_FIELDS_MAX + 1]; /* ends with a NULL name */
};

/* Description of a record kind, NULL for a code that is not in use. A firmware that does not call it has no such table
 * (link with --gc-sections). */
const struct hs_kind_info *hs_kind_info(unsigned kind);

/* The same; of a kind that this reader does not know, of what it has all the same: its code, its site and its bytes. */
const struct hs_kind_info *hs_kind_info_any(unsigned kind);

/* Value of a number field. */
uint64_t hs_field_value(const struct hs_record *record, const struct hs_field *field);

/* Bytes of a text, rest, bytes or numbers field. */
struct hs_data hs_field_data(const struct hs_record *record, const struct hs_field *field);

/* Next of the numbers that are left in `numbers`, which moves on: 1; 0 at the end, or where the bytes make no number. */
int hs_next_number(struct hs_data *numbers, uint64_t *value);

/* The SITE that a record names, 0 if its kind names none. */
uint32_t hs_record_site(const struct hs_record *record);

/* Whether its kind names a SITE; of a kind that is not known, whether it names another one than 0. */
int hs_record_names_site(const struct hs_record *record);

/* The region that a record names, or -1 if its kind names none. */
int hs_record_region(const struct hs_record *record);

/* What a value of a field stands for: HS_WORDS of records.def. */
struct hs_words {
    uint8_t kind, mask; /* bits of the value that are the enumeration */
    const char *field;
    const char *word[9]; /* "" or NULL: not in use */
};
/* NULL: the field is a number. */
const struct hs_words *hs_words_of(unsigned kind, const char *field);
/* NULL: the value is none of them. */
const char *hs_word(const struct hs_words *words, uint64_t value);

/* Errors: every function that can fail returns one of these, or a count of 0 and more. */
enum hs_err {
    HS_OK = 0,
    HS_ERR_END = -1,     /* input ends in the middle of something */
    HS_ERR_FORMAT = -2,  /* bytes that no writer of this format makes */
    HS_ERR_VERSION = -3, /* written by another format version */
    HS_ERR_CHECK = -4,   /* check word does not match */
    HS_ERR_FULL = -5,    /* no room */
    HS_ERR_SIZE = -6,    /* memory handed over is too small */
    HS_ERR_ARG = -7,     /* argument outside its range */
    HS_ERR_IO = -8,      /* system call failed */
    HS_ERR_MEMORY = -9,  /* out of memory on the host */
    HS_ERR_KIND = -10,   /* file of another kind */
};

/* A short English text for an error, never NULL. */
const char *hs_strerror(int err);

#ifdef __cplusplus
}
#endif

#endif
