/* SPDX-License-Identifier: MIT
 *
 * The one trace instance, and the functions that the files of lib/ share. Not for hooks.
 */
#ifndef HS_TRACE_H
#define HS_TRACE_H

#include "lib/heapstrata.h"
#include "lib/learned.h"
#include "lib/port.h"
#include "lib/schema.h"

/* Bytes of the longest event record: tag, site, size, target, place, time; and one byte that may be written after it. */
#define HS_EVENT_MAX (1 + 3 + 5 + 5 + (HS_EXPLICIT ? 5 : 0) + 5 + 1)
/* Bytes of the longest predicted event. */
#define HS_HIT_MAX (1 + 5)
/* Bytes of the longest plain record. */
#define HS_RECORD_MAX (HS_PLAIN_MAX + HS_DATA_MAX)
_Static_assert(sizeof(struct hs_packet) + HS_RECORD_MAX + HS_DEFINITION_MAX <= HS_PACKET_MIN, "any record fits any packet");

/* The most bytes of a name in a definition. Of a longer name only the end is kept, after a sign that it was cut. */
#define HS_TEXT_MAX (HS_DEFINITION_MAX - 1 - 3 - 3)

/* The most packets of an image: the low 16 bits of a packet's number are then enough to compute its age. */
#define HS_PACKETS_MAX 0x4000u

/* Bits of an event's first byte; FORMAT.md, chapter 3. */
#define HS_TAG_HIT 0x80u
#define HS_TAG_TIME 0x7fu /* of a hit */
#define HS_TAG_MISS 0x40u
#define HS_TAG_SITE 0x30u
#define HS_TAG_SECOND 0x10u /* the site is the second candidate, hs_site_entry.second */
#define HS_TAG_NUMBER 0x20u /* the site's number follows */
#define HS_TAG_OTHER 0x30u  /* site 0; the event's kind follows */
#define HS_TAG_SIZE 0x08u
#define HS_TAG_TARGET 0x04u
#define HS_TAG_MIDDLE 112u /* version 3: times of a hit from here on take a byte or more behind it */
#define HS_TAG_LONG (HS_TAG_MIDDLE + (HS_TAG_TIME - HS_TAG_MIDDLE) * 256u) /* from here on more than one byte */
#define HS_TAG_LOW 0x03u /* low bits of the target, or of the time if there is no target */

/* A text, and the number and entry of its definition. */
struct hs_named {
    const char *data;
    uint32_t len, number;
    struct hs_site_entry *entry; /* NULL: it has none */
};

/* Copy of values of the image's header. The recorder uses this copy, because retained memory may be changed by others. */
struct hs_shape {
    uint32_t packet_size, packet_count, boot;
    uint16_t header_size, flags;
};

/* An event to be written. */
struct hs_put {
    struct hs_key key;
    uint32_t size;
    uint32_t pos;  /* ALLOC, REALLOC: new head */
    uint32_t old;  /* FREE, REALLOC: old head */
    uint8_t op;    /* HS_ALLOC, HS_FREE, HS_REALLOC, HS_FAIL */
    uint8_t cause; /* of FAIL */
    bool level;    /* an event of lib/level.h, at "sampled" or "summary" */
};

struct hs_trace {
    /* Used by every event. */
    uint8_t *cursor;          /* next byte of the packet, HS_NO_PACKET when none is open */
    uint8_t *hit_limit;       /* no predicted event may begin after this */
    uint8_t *bytes;           /* of the open packet, after its header */
    struct hs_site_entry *at; /* the last event's site */
    uint32_t last;            /* port ticks of the last record; its distance from the first is a multiple of 2^HS_TICK_SHIFT */
    uint32_t offered;
    uint32_t check;
    uint32_t recent[HS_RANKS];  /* blocks placed by the last records; record.h, HS_RANKS */
    struct hs_learned *learned; /* NULL: events are written as in version 2 */

    /* Used by events that are not predicted. */
    struct hs_site_entry *site;
    uint8_t *limit;    /* no event may begin after this */
    uint32_t expected; /* explicit places: granule after the last block */
    uint16_t epoch;    /* low bits of the packet's number */
    uint8_t implied, shift;

    /* Used when a packet is closed and the next one opened. */
    struct hs_ring_header *header;
    struct hs_shape shape;
    uint8_t *end;                   /* end of the open packet's slot: definitions grow downwards from here */
    uint16_t defs;                  /* bytes of definitions in the open packet */
    uint32_t seq;                   /* number of the next packet */
    uint32_t slot;                  /* slot of the open packet, also while it is in the stage */
    uint32_t since_keyframe;        /* packets */
    uint32_t lost;                  /* records lost in this boot */
    uint32_t lost_unsaid;           /* of these, not yet in a LOST record */
    uint32_t opened;                /* `last` when the packet was opened */
    uint64_t time;                  /* recorded ticks at that moment */
    uint32_t defined;               /* bytes of definitions in this boot */
    bool drained;                   /* hs_drain is in use */
    bool layout_lost;               /* the last keyframe did not fit */
    uint16_t kept;                  /* number of newest packets, the open one included, whose definitions a reader can use */
    uint16_t reclaimed;             /* `epoch` when entries were last freed */
    uint16_t n_sites, n_names;      /* entries used so far: from the table's start (site 0 included), from its end */
    struct hs_named file, function; /* of the last site defined */
    uint32_t hashed;                /* entries in use in the hash */

    /* Used at levels other than "full". */
    uint32_t random;                   /* state of the random generator */
    uint32_t n_followed;               /* entries in use in config.followed */
    uint32_t samples, unfollowed;      /* blocks since recording began at this level: recorded; not followed */
    uint32_t other_times, other_bytes; /* counters of site 0, whose entry has no room for them */
    uint32_t unheld_bytes;             /* requested bytes of the blocks not followed, at level "summary" */
    uint16_t summaries;                /* since recording began at this level */
    uint8_t held_step;                 /* log2 of the summaries that one number of HELD stands for */
    uint32_t now;                      /* port ticks of the record being written */
#if HS_PENDING
    volatile bool busy;               /* a section is open */
    uint8_t core;                     /* core that entered it */
    uint32_t pending_at, pending_end; /* offsets in the queue, bytes: next entry to write; end of the last */
    uint32_t n_pending, pending_lost; /* entries in the queue; records for which it had no room */
    const struct hs_place *place;     /* of the event being written; NULL: call config.describe */
    uint64_t pending[HS_PENDING / sizeof(uint64_t)];
#endif
    struct hs_config config;
};
extern struct hs_trace hs_trace;
#define HS_NO_PACKET ((uint8_t *)UINTPTR_MAX) /* greater than every limit */

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

/* The site of `key` and `op`, defined and ready for the open packet; site 0 if it cannot be defined. May close the packet and
 * open the next; afterwards there is room for an event. In a section. */
struct hs_site_entry *hs_site_find(HS_KEY_PARAMETERS, uint8_t op, uint32_t size);

/* The entry of `key` and `op`, NULL if there is none. Its definition may be gone, or not yet used in the open packet. */
struct hs_site_entry *hs_site_of_key(HS_KEY_PARAMETERS, uint8_t op);

/* Makes a site ready for use in the open packet: resets its predictions. False if a reader cannot use its definition or one
 * that it names. */
bool hs_site_ready(struct hs_site_entry *site);

/* Clears the table and reads the definitions of the ring's packets into it. */
void hs_site_init(void);

/* `packet` will be overwritten next: copies those of its definitions that later packets need into the open packet. */
void hs_site_carry(const struct hs_packet *packet);

/* At the start of a boot: whether a slot of the ring has the packet that belongs there, whole. */
bool hs_slot_readable(uint32_t index);

/* Adds a site to the packet's check. Call it before the first record that names the site. */
static inline void hs_packet_name(const struct hs_site_entry *site)
{
    hs_open_packet()->names += HS_SITE_CHECK(site - hs_trace.site, site->hash, site->first_size);
}

/* The packet that the last boot left in the stage, if it is the image's next packet; else NULL. */
struct hs_packet *hs_staged_packet(void);

/* Slot of the ring. */
struct hs_packet *hs_slot(uint32_t index);

/* hs_has_key: whether a site has this key. hs_is_site: whether it has this key and this kind of event. */
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

/* Computes the limits for records again after the definitions have changed. */
void hs_packet_limit(void);

/* Closes the open packet, if there is one, and opens the next. In a section. */
void hs_packet_turn(void);

/* The same, after `n` records were lost. */
void hs_packet_lost(uint32_t n);

/* Begin and end recording at a level other than "full". After hs_level_end the caller writes a LEVEL record. */
void hs_level_begin(void);
void hs_level_end(void);

/* Level "summary": hs_level_hold follows a new block, in a section; hs_level_tell_held writes HELD records of the live blocks. */
void hs_level_hold(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size);
void hs_level_tell_held(void);

/* Adds a block to config.followed (`entry`: its granule + 1) and sets `*at` to its index. False: the table is full. In a
 * section. */
bool hs_level_follow(uint32_t entry, uint32_t *at);

/* Writes an event at a level other than "full", in a section. */
void hs_level_write(const struct hs_put *event);

/* Writes a LEVEL record with the current level. In a section. */
void hs_level_say(void);

/* Writes a record that names a site, and sets record->any.site: site 0 if a reader cannot use the site's definition. In a
 * section. */
void hs_record_named(struct hs_site_entry *site, struct hs_record *record);

#endif
