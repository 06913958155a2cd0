/* SPDX-License-Identifier: MIT
 *
 * Decoded records: a struct for each kind, generated from records.def, and the tables that describe the kinds.
 */
#ifndef HS_RECORD_H
#define HS_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/each.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Major versions: a reader reads all traces of these. Version 3 differs in how events with explicit places are written
 * (lib/learned.h); only traces that have such events are of it. The minor version is the number of kinds with a length
 * that the recorder knows: a reader that knows fewer kinds skips records of the others. */
#define HS_FORMAT_VERSION 2
#define HS_FORMAT_LEARNED 3

enum hs_kind {
#define HS_RECORD(NAME, member, code, area, text, ...) HS_##NAME = code,
#include "lib/records.def"
    HS_KIND_SIZED = 38, /* kinds from here on carry their length */
    HS_KIND_END = 64,
};

enum hs_area { HS_AREA_NONE, HS_AREA_EVENT, HS_AREA_PACKET, HS_AREA_DICT };

/* The kind of memory that a region is in. */
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
    HS_LEVEL_SUMMARY, /* figures of each region at every collection, and the sites that requested most since the last one */
};

#define HS_LEVEL_INTERVAL_MAX (1u << 24) /* mean distance between two samples, bytes */

/* How the traced allocator chooses the place of a block. With a rule other than EXPLICIT the trace has no places of new
 * blocks: the reader computes them with its own copy of the rule. A check word in every packet covers the real places. */
enum hs_placement {
    HS_PLACE_EXPLICIT,
    HS_PLACE_MICROPYTHON, /* MicroPython's gc.c: first fit, areas in their order */
};
#define HS_REGION_EXISTING 0x80u /* set with the placement rule: the region may have blocks, which a snapshot shows */

/* MARK: start of the labels that CircuitPython's hooks write at each start of the interpreter. Such a label gives the reason
 * for the start. Older traces have the sizes of the stacks in one ("pystack 2048, stack 24064"), newer ones in the fact
 * "stacks". */
#define HS_MARK_SUPERVISOR "circuitpython: "

/* SNAPSHOT: bits of `part`. */
#define HS_SNAPSHOT_FIRST 1u
#define HS_SNAPSHOT_LAST 2u
#define HS_SNAPSHOT_REPEATS 4u /* the byte 0xff in the data begins a repeat */

/* FAIL: the low bits of `cause` are the cause itself, the others name a region of the heap that refused. */
#define HS_FAIL_CAUSE(cause) ((cause)&3u)
#define HS_FAIL_REGION(region) ((uint8_t)(((region) + 1u) << 2))
#define HS_FAIL_REGIONS 63u /* regions with this number or more cannot be named */

#define HS_POS_IMPLIED 0xffffffffu /* the placement rule gives the place */

/* A block that one of the last eight records placed is named by its rank instead of its granule. There is a history of eight
 * slots. Record number n (packet.number plus its index in the packet; all kinds count) that places a block writes its granule
 * into slot n & 7. In record n, rank k names the granule that slot (n - k) & 7 had before. HS_RANKS instead of a rank names no
 * block: `old` is HS_POS_IMPLIED. */
#define HS_RANKS 8u

enum hs_record_flag {
    HS_REC_RANK = 1,     /* `old` is a rank: 1 is the block of the record before, 0 that of the record eight before */
    HS_REC_IN_PLACE = 2, /* REALLOC: the block did not move: its place is that which `old` names */
};

/* A text without a NUL. In a decoded record it points into the decoder's input buffer. */
struct hs_text {
    const char *data;
    uint32_t len;
};

/* Packed bytes, with the same ownership. */
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

/* ALLOC, FREE and REALLOC share a struct. FREE has no `pos` and no `size`, ALLOC no `old`. */
struct hs_block_record {
    uint32_t site, size; /* size: requested bytes */
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

/* A record of an unknown kind: `site` is the SITE that it names, 0 if none; `bytes` are its other fields. */
struct hs_record_unknown {
    uint32_t site;
    struct hs_data bytes;
};

/* First member of all kinds that have a field of type `site`. */
struct hs_record_any {
    uint32_t site;
};

/* First member of all definitions. */
struct hs_record_definition {
    uint32_t number;
};

#define HS_UNION_EVENT(member) struct hs_block_record member;
#define HS_UNION_PACKET(member) struct hs_record_##member member;
#define HS_UNION_DICT HS_UNION_PACKET

/* One record. Only the member for its kind is valid. */
struct hs_record {
    uint64_t time; /* ticks since the recorder started in this boot; hs_ring_header.hz per second */
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
    uint8_t offset; /* of the member in struct hs_record */
    uint8_t width;  /* bytes of a number; 0 if the member is a hs_text or hs_data */
};

#define HS_FIELDS_MAX 14

struct hs_kind_info {
    const char *name; /* as in records.def; NULL: the code is not in use */
    const char *text;
    uint8_t area;                             /* enum hs_area */
    struct hs_field field[HS_FIELDS_MAX + 1]; /* ends with a NULL name */
};

/* Description of a record kind, NULL for a code that is not in use. A firmware that does not call it does not contain the
 * table if it is linked with --gc-sections. */
const struct hs_kind_info *hs_kind_info(unsigned kind);

/* The same; for an unknown kind it describes the fields of struct hs_record_unknown and the code. Never NULL. */
const struct hs_kind_info *hs_kind_info_any(unsigned kind);

/* Value of a number field. */
uint64_t hs_field_value(const struct hs_record *record, const struct hs_field *field);

/* Bytes of a text, rest, bytes or numbers field. */
struct hs_data hs_field_data(const struct hs_record *record, const struct hs_field *field);

/* Takes the next number from the start of `numbers`. Returns 1; 0 at the end, or if the bytes are not a number. */
int hs_next_number(struct hs_data *numbers, uint64_t *value);

/* The SITE that a record names, 0 if its kind names none. */
uint32_t hs_record_site(const struct hs_record *record);

/* Whether the record's kind names a SITE. For an unknown kind: whether the record names a SITE other than 0. */
int hs_record_names_site(const struct hs_record *record);

/* The region that a record names, or -1 if its kind names none. */
int hs_record_region(const struct hs_record *record);

/* Words for the values of a field: HS_WORDS of records.def. */
struct hs_words {
    uint8_t kind, mask; /* mask: the bits of the value that select the word */
    const char *field;
    const char *word[9]; /* "" or NULL: not in use */
};
/* NULL: the field has no words. */
const struct hs_words *hs_words_of(unsigned kind, const char *field);
/* NULL: there is no word for the value. */
const char *hs_word(const struct hs_words *words, uint64_t value);

/* Errors: a function that can fail returns one of these, or a count of 0 or more. */
enum hs_err {
    HS_OK = 0,
    HS_ERR_END = -1,     /* input ends inside a record, packet or header */
    HS_ERR_FORMAT = -2,  /* no writer of this format makes such bytes */
    HS_ERR_VERSION = -3, /* written by another format version */
    HS_ERR_CHECK = -4,   /* check word does not match */
    HS_ERR_FULL = -5,    /* no room */
    HS_ERR_SIZE = -6,    /* memory from the caller is too small */
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
