/* SPDX-License-Identifier: MIT
 *
 * Reading a trace, whatever it lies in: the public C API of libheapstrata (pkg-config heapstrata).
 *
 * The reader recognises the input by its content, decodes the records, follows the heap's layout, so that
 * every event has the place of its block, and says what was lost or damaged.
 *
 *     struct hs_error error;
 *     struct hs_reader *reader = hs_reader_open("trace.hst", &error);
 *     const struct hs_event *event;
 *     long n;
 *     while ((n = hs_reader_next(reader, &event)) > 0)
 *         for (long i = 0; i < n; i++) ... event[i] ...
 *     if (n < 0) report(hs_reader_error(reader));
 *     hs_reader_close(reader);
 */
#ifndef HS_HOST_READER_H
#define HS_HOST_READER_H

#include <stdbool.h>

#include "lib/record.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hs_reader;

#define HS_REGION_NAME 40u /* bytes of a name, the NUL included */

/* First error met. `text` names the file, the offset, the packet, and what was salvaged. */
struct hs_error {
    int code;        /* negative enum hs_err, HS_OK when there was none */
    uint64_t offset; /* in the input */
    char text[512];
};

enum hs_source { HS_SOURCE_HST, HS_SOURCE_STREAM, HS_SOURCE_IMAGE };

enum hs_event_flag {
    HS_EVENT_UNPLACED = 1, /* the layout is not known, since a loss or because recording began in midst: pos, old
                              and granules are HS_POS_IMPLIED. On events of all kinds; where places are explicit,
                              not on ALLOC FREE REALLOC. Not at levels above "full", which have no layout */
    HS_EVENT_RESYNC = 2,   /* SNAPSHOT, last part: `block` is the whole layout from here on */
    HS_EVENT_MOVED = 4,    /* REALLOC: pos differs from old */
    HS_EVENT_DIVERGED = 8, /* contradicts the layout followed so far: a SNAPSHOT or SWEEP; a block freed that is not
                              there (old_granules is 0), or placed over others, which are gone then; a REGION
                              that cannot be followed: too large, or over another */
};

/* Blocks of the layout, ascending. */
struct hs_extent {
    uint32_t pos, granules;
};

/* One record with its places resolved. Pointers are valid until the next call of hs_reader_next. */
struct hs_event {
    uint64_t time;   /* ticks, non-decreasing within a boot */
    uint64_t number; /* of the record in the trace, from 0; those lost or overwritten count */
    uint32_t site;   /* of kinds that name one, see hs_record_names_site */
    uint32_t size;   /* ALLOC REALLOC FAIL SAMPLE TOP: bytes asked for */
    uint32_t pos;    /* ALLOC REALLOC SAMPLE: head of the new block, trace-wide granule number; of a SAMPLE that is not
                        followed HS_POS_IMPLIED */
    uint32_t granules;
    uint32_t old;          /* FREE REALLOC SAMPLE_END: head of the block before; FAIL: capabilities asked for */
    uint32_t old_granules; /* 0: there was no such block (a repeated free of a finaliser, say) */
    uint32_t thread;
    uint32_t boot;
    uint8_t kind;   /* enum hs_kind */
    uint8_t flags;  /* enum hs_event_flag */
    uint8_t region; /* index into hs_reader_region: of pos or old; else the one that the record names, 0 if none */
    uint8_t op;     /* SAMPLE TOP: what the site does, HS_ALLOC or HS_REALLOC */
    const struct hs_record *record; /* the record itself, for all kinds */
    const uint32_t *freed;          /* SWEEP: heads that go, ascending */
    uint32_t n_freed;
    const struct hs_extent *block; /* with HS_EVENT_RESYNC */
    uint32_t n_blocks;
};

/* A region that the trace has named so far. */
struct hs_region {
    uint32_t first, granules; /* trace-wide granule numbers */
    uint64_t base;            /* address of the first granule */
    uint32_t least;           /* bytes that a block takes at least, its header included; in a pool: that every one takes */
    uint32_t header;          /* bytes in front of each block that belong to it */
    uint32_t caps;            /* capability bits of the allocator's own */
    uint8_t shift, memory, placement, present;
    uint8_t within;            /* 1 + the region of another heap that it lies in, 0: in none */
    char name[HS_REGION_NAME]; /* heap/region, or the heap's name where that has no other */
};

/* Length of the heap's name at the begin of a region's. */
size_t hs_region_heap(const char *name);

/* Whether two regions, by their names, are of one heap. */
bool hs_same_heap(const char *one, const char *other);

/* What a region's blocks are made of: see struct hs_region. */
struct hs_block_form {
    uint32_t least, header;
    uint8_t shift;
};

/* Granules of a block of `size` bytes; at least 1. */
static inline uint64_t hs_block_granules(uint64_t size, struct hs_block_form form)
{
    uint64_t bytes = size + form.header;
    bytes = bytes > form.least ? bytes : form.least;
    return bytes ? (bytes + ((uint64_t)1 << form.shift) - 1) >> form.shift : 1;
}

/* A place that allocates. Strings are owned by the reader and live as long as it does; "" when unknown. */
struct hs_site {
    const char *file, *function;
    uint32_t line, offset; /* line 0: no Python code, and `offset` is the capabilities asked for */
    int64_t caller;        /* native caller, relative to the anchor */
    uint32_t context;      /* index for hs_reader_context, 0 = none */
    uint8_t op;            /* HS_ALLOC, HS_FREE or HS_REALLOC */
};

struct hs_context {
    const char *file, *function;
    uint32_t line, parent; /* line 0: native code */
    int64_t caller;        /* of native code: return address, relative to the anchor */
};

/* What is known of the whole; final once hs_reader_next has returned 0. */
struct hs_trace_info {
    enum hs_source source;
    uint32_t hz;            /* ticks per second */
    uint32_t pointer_bytes; /* of the traced program */
    uint64_t build_id, anchor;
    uint32_t boots;
    uint64_t packets, packet_bytes, dict_bytes; /* as written by the recorder, headers included */
    uint64_t records;                           /* decoded from packets */
    uint64_t events;                            /* allocations, frees, reallocs, failures and swept blocks */
    /* All boots together: emitted = records + lost + overwritten_records. */
    uint64_t emitted;             /* records, by the recorder's own count: its packets are numbered by it */
    uint64_t lost;                /* that the recorder dropped, or that are missing or damaged */
    uint64_t overwritten_records; /* before the first packet: the ring no longer holds them */
    uint64_t overwritten;         /* packets, likewise */
    uint64_t missing_packets;     /* later ones that are not there or damaged, by the gaps in their numbers */
    uint64_t unnamed_packets;     /* left out, since they name places that a missing packet defined; their records are lost */
    uint64_t damaged_packets, damaged_bytes; /* refused by their check, or cut */
    uint64_t diverged;                       /* times the followed layout was contradicted */
    uint8_t selftest_failed;
    uint64_t unknown; /* of `records`, those of kinds that this reader does not know: a newer recorder's */
};

/* Opens a .hst file, a stream capture or a memory image ("-" is standard input). NULL on error. */
struct hs_reader *hs_reader_open(const char *path, struct hs_error *error);

/* Who can make a trace of a folder: writes it to a file without a name and returns that, at its beginning, to be closed by the
 * caller; or a negative enum hs_err, with *error filled. When something of the folder was left out, *error says so although
 * a file is returned. */
typedef int hs_folder_opener(const char *path, struct hs_error *error);

/* Lets everything that opens an input take folders as well. NULL: not any more. */
void hs_reader_take_folders(hs_folder_opener *opener);

/* Which regions' events are handed out. */
struct hs_selection {
    const char *heap;   /* all regions of this heap, NULL: of any */
    const char *region; /* a region's number, its name or the part of it behind the heap's; NULL: any */
    bool outermost;     /* each byte counts once: of a heap that the interpreter's (gc) lies in, only that is handed out; of
                         * others that lie within each other the outermost */
};

/* From here on, leaves out the events of all other regions. The texts stay the caller's. A block that is moved out of
 * the selection is handed out as freed. Before the first hs_reader_next. */
void hs_reader_select(struct hs_reader *reader, const struct hs_selection *selection);

const struct hs_selection *hs_reader_selection(const struct hs_reader *reader);

/* Figures of a region that `outermost` leaves out since the interpreter's heap lies in its heap. */
struct hs_around {
    uint64_t used, peak; /* bytes, headers included */
    uint64_t blocks;
};
/* NULL: it is not such a region. */
const struct hs_around *hs_reader_around(const struct hs_reader *reader, unsigned region);

/* Whether a region with the number is one of those selected. */
bool hs_reader_selects(const struct hs_reader *reader, unsigned region);

/* The next events. Returns how many, 0 at the end of the trace, negative enum hs_err when the input
 * cannot be read any further. Damage that can be skipped is skipped, counted and kept as the first error. */
long hs_reader_next(struct hs_reader *reader, const struct hs_event **events);

/* Lets the reader wait at the end of a .hst or a stream that is being written: hs_reader_next then returns 0 for what is not there
 * as yet, too, and goes on when it is called again. Before the first call of it. Returns false where that is not possible: the
 * input is an image, or cannot grow. */
bool hs_reader_follow(struct hs_reader *reader);

/* Behind a hs_reader_next that returned 0: whether there may be more later. */
bool hs_reader_waits(const struct hs_reader *reader);

const struct hs_error *hs_reader_error(const struct hs_reader *reader);
const struct hs_trace_info *hs_reader_info(const struct hs_reader *reader);

/* Site `number` (0 = other), or NULL when no such site has been defined. */
const struct hs_site *hs_reader_site(const struct hs_reader *reader, uint32_t number);
uint32_t hs_reader_sites(const struct hs_reader *reader); /* how many, site 0 included */
const struct hs_context *hs_reader_context(const struct hs_reader *reader, uint32_t number);
const struct hs_region *hs_reader_region(const struct hs_reader *reader, unsigned index);
unsigned hs_reader_regions(const struct hs_reader *reader);

/* Value of an INFO fact such as "port" or "version", or NULL. */
const char *hs_reader_fact(const struct hs_reader *reader, const char *key);

void hs_reader_close(struct hs_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
