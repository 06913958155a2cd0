/* SPDX-License-Identifier: MIT
 *
 * The retained image: the layout of header and packet slots in memory that outlives a reset, and in a stream. All integers
 * are little endian.
 *
 *   struct hs_ring_header, facts | slot 0 | slot 1 | ... (packet_size each)
 *   slot: struct hs_packet | records (len) -> ... free ... <- definitions (defs) |
 *
 * Records grow upwards from the end of the packet's header, definitions downwards from the slot's end.
 *
 * A stream is a sequence of chunks: the header with its facts, and packets (struct hs_packet, records, definitions, without
 * the free bytes in between). In a stream every definition comes before its first use.
 */
#ifndef HS_RING_H
#define HS_RING_H

#include <stdint.h>

#define HS_RING_MAGIC "HeapStra" /* 8 bytes, at the start of the header */
#define HS_PACKET_SYNC 0x5048u   /* "HP" */
#define HS_NAMES_SYNC 0x4448u    /* "HD" */

enum hs_ring_flag {
    HS_RING_STREAM = 1,  /* each packet is sent when it closes; else the oldest is overwritten */
    HS_RING_64BIT = 2,   /* pointers of the traced program have 8 bytes */
    HS_RING_CONTEXT = 4, /* sites carry a calling context */
    HS_RING_AGAIN = 16,  /* only in a stream: its receiver may already have packets that follow */
};

enum hs_ring_note {
    HS_NOTE_SELFTEST_FAILED = 1, /* the hooks did not see an allocation of the self-test */
};

/* Start of the image. */
struct hs_ring_header {
    char magic[8];
    uint16_t version;      /* HS_FORMAT_VERSION or HS_FORMAT_LEARNED, and the minor version in the high byte */
    uint16_t header_size;  /* bytes of this struct and the facts, a multiple of 8 */
    uint32_t total_size;   /* bytes of the image, header included */
    uint32_t packet_size;  /* bytes of a slot, a multiple of 4 */
    uint32_t packet_count; /* slots */
    uint64_t build_id;     /* hs_config.build_id */
    uint32_t hz;           /* ticks per second */
    uint16_t flags;        /* enum hs_ring_flag */
    /* `check` covers the members before this line and the facts; the members after it change. */
    uint16_t notes;  /* enum hs_ring_note */
    uint32_t check;  /* hs_header_sum */
    uint32_t boot;   /* number of this boot, from 1 */
    uint64_t anchor; /* address of hs_anchor in this boot; addresses of native callers are relative to it */
};
/* Facts about the traced program follow the header: "key=value", each with a NUL, padded with NULs. */
#define HS_FACTS_MAX 512u /* bytes */

enum hs_packet_flag {
    HS_PACKET_CLOSED = 1,   /* `check` and `sum` are valid */
    HS_PACKET_KEYFRAME = 2, /* begins with the regions and a snapshot */
    HS_PACKET_BOOT = 4,     /* first packet of a boot */
    HS_PACKET_IMPLIED = 8,  /* places of new blocks are not recorded: the placement rule gives them */
    HS_PACKET_SHIFT = 0xf0, /* log2 of the granule, for explicit places */
};

/* Start of a packet. The writer stores a record's bytes first and then commits them by a store to `len`; a definition by a
 * store to `defs`, a packet's header by a store to `sync`. `number` makes every loss countable: the next packet's number, minus
 * this packet's number, minus the records decoded from this packet, is the number of records lost in between. */
struct hs_packet {
    uint16_t sync;    /* HS_PACKET_SYNC */
    uint8_t flags;    /* enum hs_packet_flag */
    uint8_t boot;     /* low byte of the boot's number */
    uint32_t seq;     /* number of the packet, from 0, over all boots */
    uint32_t number;  /* records offered before this packet in this boot, recorded or lost */
    uint32_t time_lo; /* ticks at the packet's start, 48 bits */
    uint16_t time_hi;
    uint16_t head;  /* hs_packet_head */
    uint16_t len;   /* committed bytes of records after this header */
    uint16_t defs;  /* committed bytes of definitions at the slot's end */
    uint32_t check; /* set at close: HS_CHECK over the places of its ALLOC and REALLOC records, starting with 0 */
    uint32_t names; /* sum of HS_SITE_CHECK of the sites its records name; added before the first such record is committed */
    uint32_t sum;   /* hs_packet_sum, set at close or at the next boot */
};

/* The check word over places: for each place, rotate the word by 5 bits and add the place. */
#define HS_CHECK(check, pos) (((uint32_t)(check) << 5 | (uint32_t)(check) >> 27) + (pos))

/* Definitions before the packets of a stream that was made from an image. In an image, a definition may be in a later packet
 * than its first use; the newest definition of a number is valid. */
struct hs_names_chunk {
    uint16_t sync; /* HS_NAMES_SYNC */
    uint16_t len;  /* bytes after this header */
    uint32_t crc;  /* CRC-32 of `len` and these bytes */
};

_Static_assert(sizeof(struct hs_ring_header) == 56, "layout");
_Static_assert(sizeof(struct hs_packet) == 36, "layout");
_Static_assert(sizeof(struct hs_names_chunk) == 8, "layout");

/* Check of a header of `header_size` bytes, facts included. */
uint32_t hs_header_sum(const struct hs_ring_header *header);

/* Whether a packet has no sum yet: it is being written, or a reset cut it off and no boot followed. The next boot sets the sum
 * of such a packet; CLOSED stays 0, because `check` is unknown. */
static inline int hs_packet_open(const struct hs_packet *packet) { return !(packet->flags & HS_PACKET_CLOSED) && !packet->sum; }

/* CRC-32, cut to 16 bits, of the members that are final when a packet is opened: `flags` (with CLOSED as 0) to `time_hi`. */
uint16_t hs_packet_head(const struct hs_packet *packet);

/* Check of the header's members before `sum` (with CLOSED as 0), the records and the definitions, each padded to whole words
 * with 0. For each word: h = (h ^ word) * 0x9E3779B1, h ^= h >> 15; h starts as 0. Each step is a bijection, so a change within
 * one word is always detected, any other change with probability 1 - 2^-32, at a sixth of a CRC's cost. */
uint32_t hs_packet_sum(const struct hs_packet *packet, const uint8_t *records, const uint8_t *definitions);

/* --- definitions -----------------------------------------------------------------------------------------
 * One byte: two bits for the kind (its code minus HS_STRING), six for the length of the rest. Then the number and the other
 * fields in the order of records.def. Zeros at the end are left out. Sites have their own numbers; strings, functions and
 * contexts share one sequence of numbers. */
#define HS_DEFINITION_KIND(first) (HS_STRING + ((first) >> 6))
#define HS_DEFINITION_LEN(first) (1u + ((first)&63u)) /* including the first byte */
#define HS_DEFINITION_MAX 64u

/* What a site adds to a packet's `names`. It covers the hash, the first size, with which the packet predicts, and the number,
 * so that two sites with exchanged numbers are detected. */
#define HS_SITE_CHECK(number, hash, first_size) (((hash) + 0x01000193u * (first_size)) * (2 * (uint32_t)(number) + 1))

/* Hash of a definition without its number and without a site's first size. The caller adds the hashes of the definitions that it
 * names: 31 times that of a site's or context's function or of a function's file, and 7 times that of a site's context. */
uint32_t hs_definition_hash(const uint8_t *definition);

/* hs_definition_hash of a SITE's definition, from its fields. */
struct hs_record_site;
uint32_t hs_site_hash(const struct hs_record_site *site);

#endif
