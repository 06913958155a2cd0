/* SPDX-License-Identifier: MIT
 *
 * Reading a trace from any container: the public C API of libheapstrata (pkg-config heapstrata).
 *
 * The reader recognises the input by its content and decodes the records. It follows the heap's layout, so that
 * every event has the place of its block. It reports what was lost or damaged.
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

/* The first error. `text` names the file, the offset and the packet, and says what was salvaged. */
struct hs_error {
    int code;        /* negative enum hs_err, HS_OK when there was none */
    uint64_t offset; /* in the input */
    char text[512];
};

enum hs_source { HS_SOURCE_HST, HS_SOURCE_STREAM, HS_SOURCE_IMAGE };

enum hs_event_flag {
    HS_EVENT_UNPLACED = 1, /* the layout is unknown, after a loss or because recording started mid-run: pos, old
                              and granules are HS_POS_IMPLIED. On events of all kinds, except ALLOC FREE REALLOC
                              with explicit places in a known region. Not at levels above "full", which have no
                              layout */
    HS_EVENT_RESYNC = 2,   /* SNAPSHOT, last part: `block` is the whole layout from here on */
    HS_EVENT_MOVED = 4,    /* REALLOC: pos differs from old */
    HS_EVENT_DIVERGED = 8, /* contradicts the layout so far: a SNAPSHOT or SWEEP; a free of a block that does not
                              exist (old_granules is 0); a block placed over others, which are then removed; a REGION
                              that cannot be followed because it is too large or overlaps another */
};

/* Blocks of the layout, ascending. */
struct hs_extent {
    uint32_t pos, granules;
};

/* One record with its places resolved. Pointers are valid until the next call of hs_reader_next. */
struct hs_event {
    uint64_t time;   /* ticks, non-decreasing within a boot */
    uint64_t number; /* of the record in the trace, from 0; lost and overwritten records are counted */
    uint32_t site;   /* of kinds that name one, see hs_record_names_site */
    uint32_t size;   /* ALLOC REALLOC FAIL SAMPLE TOP: requested bytes */
    uint32_t pos;    /* ALLOC REALLOC SAMPLE: head of the new block, trace-wide granule number; HS_POS_IMPLIED for a
                        SAMPLE that is not followed */
    uint32_t granules;
    uint32_t old;          /* FREE REALLOC SAMPLE_END: head of the old block; FAIL: requested capabilities */
    uint32_t old_granules; /* 0: there was no such block (for example, a finaliser freed it twice) */
    uint32_t thread;
    uint32_t boot;
    uint8_t kind;   /* enum hs_kind */
    uint8_t flags;  /* enum hs_event_flag */
    uint8_t region; /* index for hs_reader_region: the region of pos or old; else the one that the record names, 0 if none */
    uint8_t op;     /* SAMPLE TOP: the site's operation, HS_ALLOC or HS_REALLOC */
    const struct hs_record *record; /* the record itself, for all kinds */
    const uint32_t *freed;          /* SWEEP: heads of the freed blocks, ascending */
    uint32_t n_freed;
    const struct hs_extent *block; /* with HS_EVENT_RESYNC */
    uint32_t n_blocks;
};

/* A region that the trace has named so far. */
struct hs_region {
    uint32_t first, granules; /* trace-wide granule numbers */
    uint64_t base;            /* address of the first granule */
    uint32_t least;           /* smallest block in bytes, its header included; in a pool: the size of every block */
    uint32_t header;          /* bytes of the header in front of each block; they are part of the block */
    uint32_t caps;            /* capability bits as the allocator defines them */
    uint8_t shift, memory, placement, present;
    uint8_t within;            /* 1 + index of the region of another heap that contains this one, 0: none */
    char name[HS_REGION_NAME]; /* heap/region, or only the heap's name if the heap has one region */
};

/* Length of the heap's name at the start of a region's name. */
size_t hs_region_heap(const char *name);

/* Whether the two named regions belong to the same heap. */
bool hs_same_heap(const char *one, const char *other);

/* The sizes of a region's blocks: see struct hs_region. */
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

/* A site. The reader owns the strings, which are valid until hs_reader_close; "" when unknown. */
struct hs_site {
    const char *file, *function;
    uint32_t line, offset; /* line 0: not Python code, and `offset` is the requested capabilities */
    int64_t caller;        /* native caller, relative to the anchor */
    uint32_t context;      /* index for hs_reader_context, 0 = none */
    uint8_t op;            /* HS_ALLOC, HS_FREE or HS_REALLOC */
};

struct hs_context {
    const char *file, *function;
    uint32_t line, parent; /* line 0: native code */
    int64_t caller;        /* of native code: return address, relative to the anchor */
};

/* Figures of the whole trace; final when hs_reader_next has returned 0. */
struct hs_trace_info {
    enum hs_source source;
    uint32_t hz;            /* ticks per second */
    uint32_t pointer_bytes; /* of the traced program */
    uint32_t ring_bytes;    /* of the ring that the trace is from; 0: it was a stream */
    uint64_t build_id, anchor;
    uint32_t boots;
    uint64_t packets, packet_bytes, dict_bytes; /* as written by the recorder, headers included */
    uint64_t records;                           /* decoded from packets */
    uint64_t events;                            /* allocations, frees, reallocs, failures and swept blocks */
    /* Sums over all boots: emitted = records + lost + overwritten_records. */
    uint64_t emitted;                        /* records that the recorder counted; packets carry this count */
    uint64_t lost;                           /* records that the recorder dropped, or that are missing or damaged */
    uint64_t overwritten_records;            /* records before the first packet, which the ring no longer has */
    uint64_t overwritten;                    /* packets before the first one */
    uint64_t missing_packets;                /* later packets, missing or damaged: the gaps in the packet numbers */
    uint64_t unnamed_packets;                /* skipped because a missing packet defined their sites; their records are lost */
    uint64_t damaged_packets, damaged_bytes; /* refused by their check, or truncated */
    uint64_t diverged;                       /* contradictions of the followed layout */
    uint8_t selftest_failed;
    uint64_t unknown; /* those of `records` with a kind that this reader does not know: from a newer recorder */
};

/* Opens a .hst file, a stream capture or a memory image ("-" is standard input). NULL on error. */
struct hs_reader *hs_reader_open(const char *path, struct hs_error *error);

/* Converts a folder to a trace in an unnamed file. Returns the file's descriptor, positioned at its start; the caller closes
 * it. On an error, returns a negative enum hs_err and fills *error. When a part of the folder was skipped, it returns the
 * file and fills *error as well. */
typedef int hs_folder_opener(const char *path, struct hs_error *error);

/* Sets the function that opens folders, for everything that opens an input. NULL: folders are refused. */
void hs_reader_take_folders(hs_folder_opener *opener);

/* The regions whose events hs_reader_next returns. */
struct hs_selection {
    const char *heap;   /* all regions of this heap, NULL: of any heap */
    const char *region; /* a region's number, its name, or its name without the heap's; NULL: any */
    bool outermost;     /* each byte counts once: of a heap that contains the interpreter's (gc), only the gc heap is
                         * selected; of other nested regions, the outermost */
};

/* Skips the events of all other regions. The caller owns the strings, which must stay valid. A block that moves out of
 * the selection is returned as freed. Call it before the first hs_reader_next. */
void hs_reader_select(struct hs_reader *reader, const struct hs_selection *selection);

const struct hs_selection *hs_reader_selection(const struct hs_reader *reader);

/* Figures of a region that `outermost` skips because its heap contains the interpreter's heap. */
struct hs_around {
    uint64_t used, peak; /* bytes, headers included */
    uint64_t blocks;
};
/* NULL if it is not such a region, or if its figures are unknown: at a level that does not follow blocks. */
const struct hs_around *hs_reader_around(const struct hs_reader *reader, unsigned region);

/* Whether the region with this number is selected. */
bool hs_reader_selects(const struct hs_reader *reader, unsigned region);

/* Returns the number of the next events, 0 at the end of the trace, or a negative enum hs_err when the input cannot be
 * read further. The reader skips damage if it can, counts it, and keeps the first as its error. */
long hs_reader_next(struct hs_reader *reader, const struct hs_event **events);

/* Sets follow mode, for a .hst or a stream that is still being written: hs_reader_next also returns 0 when there is no more
 * data yet, and can be called again. Call it before the first hs_reader_next. Returns false if the input cannot be followed,
 * for example a memory image. */
bool hs_reader_follow(struct hs_reader *reader);

/* After hs_reader_next has returned 0: whether more events may follow. */
bool hs_reader_waits(const struct hs_reader *reader);

const struct hs_error *hs_reader_error(const struct hs_reader *reader);
const struct hs_trace_info *hs_reader_info(const struct hs_reader *reader);

/* Site `number` (0 = other), or NULL when no such site has been defined. */
const struct hs_site *hs_reader_site(const struct hs_reader *reader, uint32_t number);
uint32_t hs_reader_sites(const struct hs_reader *reader); /* number of sites, site 0 included */
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
