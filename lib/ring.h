/* SPDX-License-Identifier: MIT
 *
 * The retained image: header, dictionary and packet slots, as they lie in memory that outlives a reset,
 * and as they travel in a stream. All integers are little endian.
 *
 *   struct hs_ring_header | dictionary area (dict_size) | slot 0 | slot 1 | ... (packet_size each)
 *
 * A stream is a sequence of chunks: the header, then dictionary pieces (struct hs_dict_chunk + bytes) and
 * packets (struct hs_packet + bytes, without the unused rest of the slot) in any order in which every
 * definition comes before its first use.
 */
#ifndef HS_RING_H
#define HS_RING_H

#include <stdint.h>

#define HS_RING_MAGIC    "HeapStra" /* 8 bytes, at the start of the header */
#define HS_PACKET_SYNC   0x5048u    /* "HP" */
#define HS_DICT_SYNC     0x4448u    /* "HD" */

enum hs_ring_flag {
    HS_RING_STREAM = 1,  /* packets leave as they close; else the oldest is overwritten */
    HS_RING_64BIT = 2,   /* pointers of the traced program have 8 bytes */
    HS_RING_CONTEXT = 4, /* sites carry a calling context */
    HS_RING_AGAIN = 16,  /* in a stream only: packets may follow that this stream's receiver has already */
    HS_RING_SELFTEST_FAILED = 8, /* the hook's own allocation was not seen: nothing will be recorded */
};

/* Start of the image. `check` covers the bytes before it; what lies behind it changes while tracing. */
struct hs_ring_header {
    char magic[8];
    uint16_t version;      /* HS_FORMAT_VERSION */
    uint16_t header_size;  /* sizeof(struct hs_ring_header) */
    uint32_t total_size;   /* bytes of the whole image, header included */
    uint32_t dict_size;    /* bytes of the dictionary area */
    uint32_t packet_size;  /* bytes of a slot */
    uint32_t packet_count; /* slots */
    uint32_t hz;           /* ticks per second */
    uint64_t build_id;     /* fingerprint of the firmware's layout, see hs_config.build_id */
    uint64_t anchor;       /* run-time address of hs_anchor; native callers are relative to it */
    uint16_t flags;        /* enum hs_ring_flag */
    uint16_t reserved;
    uint32_t check;        /* CRC-32 of all before */
    uint32_t boot;         /* number of the present boot, from 1 */
    uint32_t dict_len;     /* committed bytes of the dictionary */
};

enum hs_packet_flag {
    HS_PACKET_CLOSED = 1,   /* `check` and `sum` are valid */
    HS_PACKET_KEYFRAME = 2, /* begins with the regions and a snapshot */
    HS_PACKET_BOOT = 4,     /* first packet of a boot */
    HS_PACKET_IMPLIED = 8,  /* places of new blocks follow the placement rule and are not recorded */
    HS_PACKET_SHIFT = 0xf0, /* log2 of the granule, for explicit places */
};

/* Start of a packet. A record is committed by the store to `len` behind its bytes; a packet by the
 * store to `sync` behind its header. `number` is what makes every loss countable: the next packet's
 * number, less this one's, less the records decoded from this one, were lost in between. */
struct hs_packet {
    uint16_t sync;    /* HS_PACKET_SYNC */
    uint8_t flags;    /* enum hs_packet_flag */
    uint8_t boot;     /* low byte of the boot's number */
    uint32_t seq;     /* counts packets from 0, over all boots */
    uint32_t number;  /* records offered before this packet in this boot, recorded or lost */
    uint32_t time_lo; /* ticks at the packet's start, 48 bits */
    uint16_t time_hi;
    uint16_t head;    /* hs_packet_head */
    uint16_t len;     /* committed bytes behind this header */
    uint16_t check;   /* at close: HS_CHECK_FOLD of HS_CHECK over the places of its ALLOC and REALLOC records, from 0 */
    uint32_t sum;     /* at close: hs_packet_sum */
};

/* The check word over places: each is added to the word rotated by 5 bits; its halves are folded at close. */
#define HS_CHECK(check, pos)  (((uint32_t)(check) << 5 | (uint32_t)(check) >> 27) + (pos))
#define HS_CHECK_FOLD(check)  ((uint16_t)((check) ^ (check) >> 16))

/* A piece of the dictionary in a stream. */
struct hs_dict_chunk {
    uint16_t sync;   /* HS_DICT_SYNC */
    uint16_t len;    /* bytes behind this header */
    uint32_t offset; /* of these bytes in the dictionary */
    uint32_t crc;    /* CRC-32 of `len`, `offset` and the bytes */
};

_Static_assert(sizeof(struct hs_ring_header) == 64, "layout");
_Static_assert(sizeof(struct hs_packet) == 28, "layout");
_Static_assert(sizeof(struct hs_dict_chunk) == 12, "layout");

/* Check of what is final when a packet is opened: `flags`, with CLOSED taken as 0, to `time_hi`. */
uint16_t hs_packet_head(const struct hs_packet *packet);

/* Check of the header before `sum`, and the committed bytes, filled up to whole words with 0:
 * h = (h ^ word) * 0x9E3779B1, h ^= h >> 15 for each word, from 0. Every step maps states one to one, so a
 * change within one word is always seen, any other with probability 1 - 2^-32, at a sixth of a CRC's cost. */
uint32_t hs_packet_sum(const struct hs_packet *packet, const uint8_t *bytes);

#endif
