/* SPDX-License-Identifier: MIT
 *
 * The reader's state, and the conversion of records to events with places. Not part of the public API.
 */
#ifndef HS_REPLAY_H
#define HS_REPLAY_H

#include "lib/host/replay/heapmap.h"
#include "lib/host/input/chunks.h"
#include "lib/host/replay/dictionary.h"

#define HS_BATCH 128 /* most events of one hs_reader_next */
#define HS_SEEN 4096 /* most packets that the reader remembers, to recognise those sent again */

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
    int fatal; /* if not 0, what hs_reader_next returns from now on */
    bool done;
    bool following, waits; /* follow mode; no more data yet */
    bool unwritten;        /* no process writes the input any more: the next end is final */

    /* The current packet. */
    struct hs_decoder decoder;
    struct hs_learned learned; /* the decoder's, in traces of version 3 */
    struct hs_packet packet;
    uint64_t packet_offset;
    bool in_packet;
    uint32_t check; /* of its places so far */
    bool checkable; /* all its places are known */
    struct hs_record record[HS_BATCH];
    unsigned n_records, at_record;
    uint64_t number; /* in its boot, of record[at_record] */

    struct hs_seen seen[HS_SEEN]; /* by number */
    uint64_t n_salvaged;          /* packets read to their end */

    /* The current boot. */
    bool packet_seen;
    bool restarted; /* a header has followed the last packet: the packet numbers may start again */
    bool again;     /* packets may arrive a second time: HS_RING_AGAIN */
    bool resent;    /* the next packets have been sent before, up to next_seq */
    uint32_t next_seq;
    uint64_t next_number;  /* expected in the next packet, which has its low 32 bits */
    uint32_t ring_boot;    /* of the header */
    uint64_t number_base;  /* records of the boots before */
    uint64_t time;         /* of the last event */
    uint32_t thread, boot; /* in the order in which each event has them */
    uint8_t level;         /* current enum hs_level. Above FULL, records have no places, and the map is not maintained */

    /* The layout. */
    struct hs_heapmap map;
    struct hs_region region[256];
    unsigned n_regions;
    uint32_t recent[HS_RANKS]; /* see HS_RANKS in record.h; HS_POS_IMPLIED: unknown */
    bool synced;               /* the map is the heap's layout */
    unsigned collecting;       /* collections that are running: those of threads without a common lock overlap */
    bool swept;                /* one of them has written its SWEEP */
    bool collected;            /* an allocation has started a collection and is not recorded yet */
    bool drawing, differs;     /* inside a snapshot; it differs from the map */
    uint8_t rule_shift;        /* log2 of the granule of regions with a placement rule */
    struct hs_numbers freed;
    struct hs_extent *block;
    uint32_t room_blocks;

    struct hs_event event[HS_BATCH];
    unsigned n_events;

    /* Which events are returned: select.c. */
    struct hs_selection selection;
    bool selecting;     /* false: all events are returned */
    bool selected[256]; /* by the region's number */
    bool all_selected;  /* all numbers so far */
    bool leaves[256];   /* was selected up to the current event */
    struct hs_around around[256];
    bool not_around; /* these figures are unknown: since a level that does not follow blocks */
};

/* Makes events from the records from at_record on, until the records end or an event must be returned
 * before the next. */
void hs_heap_replay(struct hs_reader *r);

/* After a REGION record: finds whether the region is selected, and which region contains it. */
void hs_select_region(struct hs_reader *r, unsigned region);

/* Removes the events of regions that are not selected. */
void hs_select(struct hs_reader *r);

/* Forgets all regions. `known`: the heap has none, so the layout is known. */
void hs_heap_replay_anew(struct hs_reader *r, bool known);

/* A packet begins with a keyframe, which has all regions; the recorder forgets the most recent blocks. */
void hs_heap_replay_keyframe(struct hs_reader *r);

/* Events are missing here: the layout is unknown from here on. */
void hs_heap_replay_gap(struct hs_reader *r);

/* The trace contradicts the layout so far: counts that, and the layout is unknown from here on. */
void hs_heap_replay_contradiction(struct hs_reader *r, const char *what);

#endif
