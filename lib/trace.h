/* SPDX-License-Identifier: MIT
 *
 * The one trace instance and what lib/'s own files share of it. Not for hooks.
 */
#ifndef HS_TRACE_H
#define HS_TRACE_H

#include "lib/heapstrata.h"
#include "lib/learned.h"
#include "lib/port.h"
#include "lib/schema.h"

/* Bytes of the longest event record: tag, site, size, target, place, time; one more may be stored behind it. */
#define HS_EVENT_MAX (1 + 3 + 5 + 5 + (HS_EXPLICIT ? 5 : 0) + 5 + 1)
/* Of a predicted one. */
#define HS_HIT_MAX (1 + 5)
/* Of the longest plain record. */
#define HS_RECORD_MAX (HS_PLAIN_MAX + HS_DATA_MAX)
_Static_assert(sizeof(struct hs_packet) + HS_RECORD_MAX + HS_DEFINITION_MAX <= HS_PACKET_MIN, "any record fits any packet");

/* Bytes of a name in a definition; a longer one keeps its end, with a sign in front. */
#define HS_TEXT_MAX (HS_DEFINITION_MAX - 1 - 3 - 3)

/* Packets may have this many, so that a packet's number, cut to 16 bits, tells its age. */
#define HS_PACKETS_MAX 0x4000u

/* Bits of an event's first byte; FORMAT.md, chapter 3. */
#define HS_TAG_HIT 0x80u
#define HS_TAG_TIME 0x7fu /* of a hit */
#define HS_TAG_MISS 0x40u
#define HS_TAG_SITE 0x30u
#define HS_TAG_SECOND 0x10u /* the site is the second candidate */
#define HS_TAG_NUMBER 0x20u /* the site's number follows */
#define HS_TAG_OTHER 0x30u  /* site 0; what it does follows */
#define HS_TAG_SIZE 0x08u
#define HS_TAG_TARGET 0x04u
#define HS_TAG_MIDDLE 112u /* version 3: times of a hit from here on take a byte or more behind it */
#define HS_TAG_LONG (HS_TAG_MIDDLE + (HS_TAG_TIME - HS_TAG_MIDDLE) * 256u) /* from here on more than one byte */
#define HS_TAG_LOW 0x03u /* low bits of the target, or of the time when there is no target */

/* A text and its definition's number. */
struct hs_named {
    const char *data;
    uint32_t len, number;
};

/* What the image's header says of it. The recorder goes by this: memory that outlives a reset may change under it. */
struct hs_shape {
    uint32_t packet_size, packet_count, boot;
    uint16_t header_size, flags;
};

struct hs_trace {
    /* What every event touches. */
    uint8_t *cursor;          /* next byte of the packet, HS_NO_PACKET when none is open */
    uint8_t *hit_limit;       /* no predicted event may begin behind this */
    uint8_t *bytes;           /* of the open packet, behind its header */
    struct hs_site_entry *at; /* the last event's site */
    uint32_t last;            /* port ticks of the last record, a multiple of 2^HS_TICK_SHIFT from the first */
    uint32_t offered;
    uint32_t check;
    uint32_t recent[HS_RANKS];  /* blocks placed by the last records; record.h, HS_RANKS */
    struct hs_learned *learned; /* NULL: events are written as in version 2 */

    /* What the others touch besides. */
    struct hs_site_entry *site;
    uint8_t *limit;    /* no event may begin behind this */
    uint32_t expected; /* explicit places: granule behind the last block */
    uint16_t epoch;    /* low bits of the packet's number */
    uint8_t implied, shift;

    /* What turning a packet touches. */
    struct hs_ring_header *header;
    struct hs_shape shape;
    uint8_t *end;              /* of the open packet's slot: definitions grow down from here */
    uint16_t defs;             /* bytes of them */
    uint32_t seq;              /* of the next packet */
    uint32_t slot;             /* where the open packet lies, or goes */
    uint32_t since_keyframe;   /* packets */
    uint32_t lost;             /* all */
    uint32_t lost_unsaid;      /* without a LOST record as yet */
    uint32_t opened;           /* `last` when the packet was opened */
    uint64_t time;             /* recorded ticks at that moment */
    uint32_t defined;          /* bytes of definitions in this boot */
    bool drained;              /* packets leave the ring */
    bool layout_lost;          /* the last keyframe did not fit */
    uint16_t kept;             /* packets, the open one included, in which a definition is where the reader finds it */
    uint16_t reclaimed;        /* `epoch` when entries were last given back */
    uint16_t n_sites, n_names; /* entries that have been in use: from the start of the table (site 0 included), from its end */
    struct hs_named file, function; /* of the last site defined */
    uint32_t hashed;                /* entries in use in the hash */

    /* What levels other than "full" touch. */
    uint32_t random;                   /* state of the generator */
    uint32_t n_followed;               /* entries in use in config.followed */
    uint32_t samples, unfollowed;      /* since recording began at this level; of these, not followed */
    uint32_t other_times, other_bytes; /* of site 0, whose entry has no room for them */
    uint32_t unheld_bytes;             /* of the blocks not followed, at level "summary" */
    uint16_t summaries;                /* since recording began at this level */
    uint8_t held_step;                 /* log2 of the summaries that one number of HELD stands for */
    struct hs_config config;
};
extern struct hs_trace hs_trace;
#define HS_NO_PACKET ((uint8_t *)UINTPTR_MAX) /* behind every limit */

/* Whether events are written as in version 3. */
#if HS_LEARN && HS_EXPLICIT
static inline bool hs_learns(void) { return hs_trace.learned != NULL; }
#else
static inline bool hs_learns(void) { return false; }
#endif

/* The open packet. */
static inline struct hs_packet *hs_open_packet(void)
{
    return (struct hs_packet *)(void *)(hs_trace.bytes - sizeof(struct hs_packet));
}

/* The site that `key` and `op` name, defined and as a packet's reader has it; site 0 when it cannot be defined.
 * May turn the packet; afterwards there is room for an event. Lock held. */
struct hs_site_entry *hs_site_find(HS_KEY_PARAMETERS, uint8_t op, uint32_t size);

/* Makes a site ready, if its definition and those of what it names are where a reader finds them. */
bool hs_site_ready(struct hs_site_entry *site);

/* Empties the table, and takes in the definitions of the ring's packets. */
void hs_site_init(void);

/* Copies definitions of `packet`, which will be overwritten next, that later packets need, into the open one. */
void hs_site_carry(const struct hs_packet *packet);

/* Whether what lies in a slot of the ring when a boot begins is the packet that belongs there, and may be read. */
bool hs_slot_readable(uint32_t index);

/* A site is named by the record that comes next: it counts in the packet's check. */
static inline void hs_packet_name(const struct hs_site_entry *site)
{
    hs_open_packet()->names += HS_SITE_CHECK(site - hs_trace.site, site->hash, site->first_size);
}

/* The packet that the last boot left in the stage, if it is the one that comes next in the image; else NULL. */
struct hs_packet *hs_staged_packet(void);

/* Slot of the ring. */
struct hs_packet *hs_slot(uint32_t index);

/* Whether a site is the one that a key names; the second, for what it does, too. */
static inline __attribute__((always_inline)) bool hs_has_key(const struct hs_site_entry *site, struct hs_key key)
{
#if HS_STACKS
    if (site->key.context != key.context)
        return false;
#endif
    return site->key.code == key.code && site->key.caller == key.caller;
}
static inline __attribute__((always_inline)) bool hs_is_site(const struct hs_site_entry *site, struct hs_key key, uint8_t op)
{
    return hs_has_key(site, key) && site->op == op;
}

/* Entry of a string, function or context. */
static inline struct hs_site_entry *hs_name_entry(uint32_t number) { return &hs_trace.site[hs_trace.config.n_sites - number]; }

/* Sets how far records may go, after a change of the definitions. */
void hs_packet_limit(void);

/* Closes the open packet, if there is one, and opens the next. Lock held. */
void hs_packet_turn(void);

/* Begins and ends recording at a level other than "full"; a packet must be turned and a LEVEL record written
 * behind the end. */
void hs_level_begin(void);
void hs_level_end(void);

/* Level "summary": waits for the end of a block, with the lock held; and tells which blocks are still there. */
void hs_level_hold(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size);
void hs_level_tell_held(void);

/* Whether a block is followed now; `at` its place in config.followed. Lock held. */
bool hs_level_follow(uint32_t entry, uint32_t *at);

/* Writes the LEVEL record of the level chosen. Lock held. */
void hs_level_say(void);

/* A record that names a site, which is `other` when its definition is gone; sets record->any.site. Lock held. */
void hs_record_named(struct hs_site_entry *site, struct hs_record *record);

#endif
