/* SPDX-License-Identifier: MIT
 *
 * The retained image: header and packet slots, as they lie in memory that outlives a reset, and as they
 * travel in a stream. All integers are little endian.
 *
 *   struct hs_ring_header, facts | slot 0 | slot 1 | ... (packet_size each)
 *   slot: struct hs_packet | records (len) -> ... free ... <- definitions (defs) |
 *
 * Records grow upwards behind the packet's header, definitions downwards from the slot's end.
 *
 * A stream is a sequence of chunks: the header with its facts, and packets (struct hs_packet, records,
 * definitions, without what is free in between), in which every definition comes before its first use.
 */
#ifndef HS_RING_H
#define HS_RING_H

#include <stdint.h>

#define HS_RING_MAGIC "HeapStra" /* 8 bytes, at the start of the header */
#define HS_PACKET_SYNC 0x5048u   /* "HP" */
#define HS_NAMES_SYNC 0x4448u    /* "HD" */

enum hs_ring_flag {
    HS_RING_STREAM = 1,  /* packets leave as they close; else the oldest is overwritten */
    HS_RING_64BIT = 2,   /* pointers of the traced program have 8 bytes */
    HS_RING_CONTEXT = 4, /* sites carry a calling context */
    HS_RING_AGAIN = 16,  /* in a stream only: packets may follow that this stream's receiver has already */
};

enum hs_ring_note {
    HS_NOTE_SELFTEST_FAILED = 1, /* the hook's own allocation was not seen: nothing will be recorded */
};

/* Start of the image. */
struct hs_ring_header {
    char magic[8];
    uint16_t version;      /* HS_FORMAT_VERSION, and the minor version in the high byte */
    uint16_t header_size;  /* sizeof(struct hs_ring_header) and the facts, a multiple of 8 */
    uint32_t total_size;   /* bytes of the whole image, header included */
    uint32_t packet_size;  /* bytes of a slot, a multiple of 4 */
    uint32_t packet_count; /* slots */
    uint64_t build_id;     /* fingerprint of the firmware's layout, see hs_config.build_id */
    uint32_t hz;           /* ticks per second */
    uint16_t flags;        /* enum hs_ring_flag */
    /* `check` covers all before and the facts; what follows here changes. */
    uint16_t notes;  /* enum hs_ring_note */
    uint32_t check;  /* hs_header_sum */
    uint32_t boot;   /* number of the present boot, from 1 */
    uint64_t anchor; /* address of hs_anchor in this boot; native callers are relative to it */
};
/* Behind it lie facts about the traced program, "key=value" with a NUL behind each, filled up with NULs. */
#define HS_FACTS_MAX 512u /* bytes */

enum hs_packet_flag {
    HS_PACKET_CLOSED = 1,   /* all checks are valid */
    HS_PACKET_KEYFRAME = 2, /* begins with the regions and a snapshot */
    HS_PACKET_BOOT = 4,     /* first packet of a boot */
    HS_PACKET_IMPLIED = 8,  /* places of new blocks follow the placement rule and are not recorded */
    HS_PACKET_SHIFT = 0xf0, /* log2 of the granule, for explicit places */
};

/* Start of a packet. A record is committed by the store to `len` behind its bytes, a definition by that to
 * `defs`, a packet by the store to `sync` behind its header. `number` is what makes every loss countable:
 * the next packet's number, less this one's, less the records decoded from this one, were lost in between. */
struct hs_packet {
    uint16_t sync;    /* HS_PACKET_SYNC */
    uint8_t flags;    /* enum hs_packet_flag */
    uint8_t boot;     /* low byte of the boot's number */
    uint32_t seq;     /* counts packets from 0, over all boots */
    uint32_t number;  /* records offered before this packet in this boot, recorded or lost */
    uint32_t time_lo; /* ticks at the packet's start, 48 bits */
    uint16_t time_hi;
    uint16_t head;  /* hs_packet_head */
    uint16_t len;   /* committed bytes of records behind this header */
    uint16_t defs;  /* committed bytes of definitions at the slot's end */
    uint32_t check; /* at close: HS_CHECK over the places of its ALLOC and REALLOC records, from 0 */
    uint32_t names; /* sum of HS_SITE_CHECK of the sites that its records name; a site counts before its first record does */
    uint32_t sum;   /* at close, or at the next boot: hs_packet_sum */
};

/* The check word over places: each is added to the word rotated by 5 bits. */
#define HS_CHECK(check, pos) (((uint32_t)(check) << 5 | (uint32_t)(check) >> 27) + (pos))

/* In a stream made from an image: definitions in front of its packets. In an image a definition may lie in a
 * later packet than its first use; the newest of a number counts. */
struct hs_names_chunk {
    uint16_t sync; /* HS_NAMES_SYNC */
    uint16_t len;  /* bytes behind this header */
    uint32_t crc;  /* CRC-32 of `len` and the bytes */
};

_Static_assert(sizeof(struct hs_ring_header) == 56, "layout");
_Static_assert(sizeof(struct hs_packet) == 36, "layout");
_Static_assert(sizeof(struct hs_names_chunk) == 8, "layout");

/* Check of a header of `header_size` bytes, facts included. */
uint32_t hs_header_sum(const struct hs_ring_header *header);

/* Whether a packet is under no sum: it is the newest, or nothing was recorded since a reset cut it off. The next boot puts
 * a packet that was left open under a sum, as it is; its CLOSED stays 0, for its `check` is not known. */
static inline int hs_packet_open(const struct hs_packet *packet) { return !(packet->flags & HS_PACKET_CLOSED) && !packet->sum; }

/* Check of what is final when a packet is opened: `flags`, with CLOSED taken as 0, to `time_hi`. */
uint16_t hs_packet_head(const struct hs_packet *packet);

/* Check of the header before `sum`, with CLOSED taken as 0, of the records and the definitions, each filled up to whole words with 0:
 * h = (h ^ word) * 0x9E3779B1, h ^= h >> 15 for each word, from 0. Every step maps states one to one, so a
 * change within one word is always seen, any other with probability 1 - 2^-32, at a sixth of a CRC's cost. */
uint32_t hs_packet_sum(const struct hs_packet *packet, const uint8_t *records, const uint8_t *definitions);

/* --- definitions -----------------------------------------------------------------------------------------
 * One byte: two bits of kind (its code less HS_STRING), six of the length of what follows; its number, its
 * other fields as records.def lists them. Zeros at its end are left out. Sites are numbered by themselves;
 * strings, functions and contexts together. */
#define HS_DEFINITION_KIND(first) (HS_STRING + ((first) >> 6))
#define HS_DEFINITION_LEN(first) (1u + ((first)&63u)) /* with this byte */
#define HS_DEFINITION_MAX 64u

/* What a site adds to a packet's `names`: its hash, its first size, by which the packet predicts, and its number, so that
 * two places that have changed their numbers are told. */
#define HS_SITE_CHECK(number, hash, first_size) (((hash) + 0x01000193u * (first_size)) * (2 * (uint32_t)(number) + 1))

/* Hash of what a definition says, its number left out, and a site's first size. To it is added 31 times the hash of
 * what it names: a site its function and 7 times that of its context, a function its file, a context its function. */
uint32_t hs_definition_hash(const uint8_t *definition);

#endif
