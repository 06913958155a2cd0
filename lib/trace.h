/* SPDX-License-Identifier: MIT
 *
 * The one trace instance and what lib/'s own files share of it. Not for hooks.
 */
#ifndef HS_TRACE_H
#define HS_TRACE_H

#include "lib/heapstrata.h"
#include "lib/port.h"

/* Bytes of the longest event record: tag, site, size, target, place, time; one more may be stored behind it. */
#define HS_EVENT_MAX (1 + 3 + 5 + 5 + 5 + 5 + 1)
/* Bytes of the longest plain record, a REGION, without its data. */
#define HS_PLAIN_MAX 36
_Static_assert(sizeof(struct hs_packet) + HS_PLAIN_MAX + HS_DATA_MAX <= HS_PACKET_MIN, "any record fits any packet");

#define HS_DEFINITION_MAX (2 + HS_DATA_MAX + 2) /* a string is the longest */

/* Bits of an event's first byte; FORMAT.md, chapter 3. */
#define HS_TAG_HIT      0x80u
#define HS_TAG_TIME     0x7fu /* of a hit */
#define HS_TAG_MISS     0x40u
#define HS_TAG_SITE     0x30u
#define HS_TAG_SECOND   0x10u /* the site is the second candidate */
#define HS_TAG_NUMBER   0x20u /* the site's number follows */
#define HS_TAG_OTHER    0x30u /* site 0; what it does follows */
#define HS_TAG_SIZE     0x08u
#define HS_TAG_TARGET   0x04u
#define HS_TAG_LOW      0x03u /* low bits of the target, or of the time when there is no target */

/* A string and its definition's number. */
struct hs_named {
    const char *data;
    uint32_t len, number;
};

struct hs_trace {
    /* What every event touches. */
    uint8_t *cursor;            /* next byte of the packet, HS_NO_PACKET when none is open */
    uint8_t *fast_limit;        /* no predicted event may begin behind this; NULL where places are explicit */
    uint8_t *bytes;             /* of the open packet, behind its header */
    struct hs_site_entry *at;   /* the last event's site */
    uint32_t last;              /* port ticks of the last record, a multiple of 2^HS_TICK_SHIFT from the first */
    uint32_t offered;
    uint32_t check;
    uint32_t recent[HS_RANKS];  /* blocks placed by the last records; record.h, HS_RANKS */

    /* What the others touch besides. */
    struct hs_site_entry *site;
    uint8_t *limit;             /* no event may begin behind this */
    uint32_t expected;          /* explicit places: granule behind the last block */
    uint8_t epoch;
    uint8_t implied, shift;

    /* What turning a packet touches. */
    struct hs_ring_header *header;
    uint8_t *dict;
    uint32_t seq;               /* of the next packet */
    uint32_t slot;              /* where the open packet lies */
    uint32_t since_keyframe;    /* packets */
    uint32_t lost;              /* all */
    uint32_t lost_unsaid;       /* without a LOST record as yet */
    uint32_t opened;            /* `last` when the packet was opened */
    uint64_t time;              /* recorded ticks at that moment */
    uint32_t dict_sent;         /* stream: bytes that have left */
    uint16_t n_numbers;         /* definitions, plus one */
    struct hs_named file, function; /* of the last site defined */
    uint32_t hashed;            /* entries in use in the hash */

    /* What levels other than "full" touch. */
    uint32_t random;            /* state of the generator */
    uint32_t n_followed;        /* entries in use in config.followed */
    uint32_t samples, unfollowed; /* since recording began at this level; of these, not followed */
    uint32_t other_times, other_bytes; /* of site 0, whose entry has no room for them */
    struct hs_config config;
};
extern struct hs_trace hs_trace;
#define HS_NO_PACKET ((uint8_t *)UINTPTR_MAX) /* behind every limit */

/* The open packet. */
static inline struct hs_packet *hs_open_packet(void) {
    return (struct hs_packet *)(void *)(hs_trace.bytes - sizeof(struct hs_packet));
}

/* The site that `key` and `op` name, site 0 when it cannot be defined. Lock held. */
struct hs_site_entry *hs_site_find(HS_KEY_PARAMETERS, uint8_t op, uint32_t size);

/* Prepares the site table; takes in what the dictionary already holds. */
void hs_site_init(void);

/* Closes the open packet, if there is one, and opens the next. Lock held. */
void hs_packet_turn(void);

/* Begins and ends recording at a level other than "full"; a packet must be turned and a LEVEL record written
 * behind the end. */
void hs_level_begin(void);
void hs_level_end(void);

/* Writes the LEVEL record of the level chosen. Lock held. */
void hs_level_say(void);

/* Writes a record's fields as the schema says; returns the byte behind them. */
uint8_t *hs_put_fields(uint8_t *at, const struct hs_record *record);

#endif
