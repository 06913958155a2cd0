/* SPDX-License-Identifier: MIT
 *
 * The reader's state, and how records become events with places. Not part of the public API.
 */
#ifndef HS_REPLAY_H
#define HS_REPLAY_H

#include "lib/host/replay/heapmap.h"
#include "lib/host/reader_internal.h"

#define HS_BATCH 128 /* events handed out at once */
#define HS_SEEN 4096 /* packets of which is remembered that they were read */

struct hs_seen {
    uint32_t seq; /* plus one */
    uint32_t sum;
};

struct hs_reader {
    const char *path;
    struct hs_feed *feed;
    struct hs_dictionary dictionary;
    struct hs_trace_info info;
    struct hs_error error;
    int fatal; /* what hs_reader_next returns from now on, if not 0 */
    bool done;
    bool following, waits; /* the input may grow; it is at its end for now */
    bool unwritten;        /* no writer is at it: the next end is its last */

    /* The packet at hand. */
    struct hs_decoder decoder;
    struct hs_packet packet;
    uint64_t packet_offset;
    bool in_packet;
    uint32_t check; /* over its places so far */
    bool checkable; /* all its places are known */
    struct hs_record record[HS_BATCH];
    unsigned n_records, at_record;
    uint64_t number; /* in its boot, of record[at_record] */

    struct hs_seen seen[HS_SEEN]; /* by number */
    uint64_t n_salvaged;          /* packets read to their end */

    /* The boot at hand. */
    bool packet_seen;
    bool restarted; /* a header came since the last packet: its numbers may start again */
    bool again;     /* packets may come that have been read: HS_RING_AGAIN */
    bool resent;    /* what follows has been sent before, up to next_seq */
    uint32_t next_seq;
    uint64_t next_number; /* that the next packet should have; its low 32 bits are in the packet */
    uint32_t boot;
    uint32_t ring_boot;   /* of the header */
    uint64_t number_base; /* records of the boots before */
    uint64_t time;        /* of the last event */
    uint32_t thread;
    uint8_t level; /* enum hs_level of what comes: above FULL it tells of no places, and need not */

    /* The layout. */
    struct hs_heapmap map;
    struct hs_region region[256];
    unsigned n_regions;
    uint32_t recent[HS_RANKS]; /* see HS_RANKS in record.h; HS_POS_IMPLIED: not known */
    bool synced;               /* the map is the heap */
    unsigned collecting;       /* collections under way: those of threads without a common lock overlap */
    bool swept;                /* one of them has told what it frees */
    bool collected;            /* a collection ran since the last allocation, for the next one */
    bool drawing, differs;     /* a snapshot is under way; it is not what the map had */
    uint8_t rule_shift;        /* log2 of the granule of regions under a rule */
    struct hs_numbers freed;
    struct hs_extent *block;
    uint32_t room_blocks;

    struct hs_event event[HS_BATCH];
    unsigned n_events;

    /* Which events are handed out: select.c. */
    struct hs_selection selection;
    bool selecting;     /* not all of them */
    bool selected[256]; /* by the region's number */
    bool leaves[256];   /* was selected up to the event at hand */
    struct hs_around around[256];
};

/* Makes events of the records from at_record on, until the records end or an event must be handed out
 * before the next. */
void hs_heap_replay(struct hs_reader *r);

/* A region came: whether it is one of those selected, and what it lies within. */
void hs_select_region(struct hs_reader *r, unsigned region);

/* Leaves out events of regions that are not. */
void hs_select(struct hs_reader *r);

/* No region is known from here on. `known`: because there is none. */
void hs_heap_replay_anew(struct hs_reader *r, bool known);

/* A packet begins with a keyframe, which tells of all regions; the recorder forgets the blocks placed last. */
void hs_heap_replay_keyframe(struct hs_reader *r);

/* Events are missing here. */
void hs_heap_replay_gap(struct hs_reader *r);

/* The trace contradicts the layout followed so far, which is therefore not known any longer. */
void hs_heap_replay_contradiction(struct hs_reader *r, const char *what);

#endif
