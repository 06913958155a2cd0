/* SPDX-License-Identifier: MIT
 *
 * HeapStrata for firmware: what an allocation hook calls. One trace instance, no heap, no C library but
 * memcpy, memset and memcmp.
 *
 * Hooks return nothing: a hook cannot act on a failure, so a record that cannot be written is counted
 * and the loss itself is recorded. All functions take the port's lock for tens of instructions and may
 * be called from interrupts, threads and cores at once, unless said otherwise.
 */
#ifndef HEAPSTRATA_H
#define HEAPSTRATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hs_config.h"
#include "lib/record.h"
#include "lib/ring.h"

/* What tells one place that allocates from another. */
struct hs_key {
    uintptr_t code;   /* address of the running instruction of the interpreted program, 0 = none */
    uintptr_t caller; /* return address of the native caller */
#if HS_STACKS
    uintptr_t context; /* number of the calling context, 0 = none */
#endif
};

/* A block: where, in trace-wide granules, and how many bytes were asked for. */
struct hs_block {
    uint32_t pos;
    uint32_t size;
};

#define HS_NOWHERE ((uintptr_t)1) /* code of a site whose code is gone */

/* What a site definition says of interpreted code. The texts stay as they are until hs_forget(NULL). */
struct hs_place {
    struct hs_text file, function;
    uint32_t line;
    uint32_t offset; /* of the instruction in its code */
};

/* Keeps the word of a site that frees or resizes apart from that of one that allocates, whatever the size. */
#define HS_RANK_SET 0x80u

/* A definition as the encoder knows it, most often a site; `hs_config.n_sites` of these in the caller's memory. */
struct hs_site_entry {
    struct hs_key key;
    union {
        struct hs_site_entry *next; /* site: those that followed it in this packet, the first */
        const char *text;           /* string, function: the name, NULL when only its definition has it */
        uintptr_t times;            /* site, at level "summary": blocks asked for since the last summary */
    };
    union {
        struct hs_site_entry *second; /* and the last other */
        uintptr_t bytes;              /* asked for since the last summary */
    };
    /* These three make one word, which is compared at once. */
    uint16_t size;      /* last size when below 65535, else 0; string, function: its length; context: its line */
    uint8_t op;         /* HS_ALLOC, HS_FREE, HS_REALLOC; 0: not a site */
    uint8_t rank;       /* of the block it freed or resized last; HS_RANK_SET but for ALLOC */
    uint16_t used;      /* packet in which it was used last: the members above are of that one */
    uint16_t defined;   /* packet with its newest definition */
    uint32_t hash;      /* hs_definition_hash, with those of what it names */
    uint16_t parent;    /* number of a site's or context's FUNCTION, of a function's STRING */
    uint8_t kind;       /* HS_SITE, HS_STRING, HS_FUNCTION, HS_CONTEXT; 0: free */
    uint8_t first_size; /* its definition's */
};

struct hs_learned; /* lib/learned.h */

/* What to record; 0 as `level` is "full". */
struct hs_level_choice {
    uint8_t level;     /* enum hs_level, but for HS_LEVEL_STOPPED */
    uint32_t interval; /* "sampled": mean distance between samples in bytes, 1 to HS_LEVEL_INTERVAL_MAX; 0: HS_SAMPLE_INTERVAL */
    uint32_t seed;     /* "sampled": of the random distances; 0: taken from the clock and the number of the boot */
};

/* A block that is waited for at level "summary". */
struct hs_held {
    struct hs_key key;
    uint32_t size;
    uint16_t thread, since; /* hs_level_thread; summaries before it came */
    bool told;
};

/* Zero means the default where one is named. The memory is the caller's and stays in use. */
struct hs_config {
    void *memory;         /* retained image; what an earlier boot left there is continued when it fits. 8-aligned */
    uint32_t memory_size; /* bytes, at least HS_IMAGE_MIN */
    uint32_t packet_size; /* default: 4096, less in a small image; a multiple of 4, HS_PACKET_MIN to HS_PACKET_MAX */
    void *stage;          /* memory that is not cached, for the packet being written, `stage_size` bytes: the image gets it
                           * when it is closed. Where it outlives a reset, the next boot takes over what is in it.
                           * NULL: packets are written in their place. 8-aligned */
    uint32_t stage_size;  /* at least packet_size, which is at most this where it is the default */
    struct hs_site_entry *site;
    uint16_t *hash;       /* `hash_size` entries */
    uint16_t n_sites;     /* entries of `site`, site 0 included: 8 to 32768 */
    uint32_t hash_size;   /* a power of two, at least 4 * n_sites */
    uint32_t hz;          /* recorded ticks a second */
    uint64_t build_id;    /* hs_fingerprint of the hook's list of symbols */
    struct hs_text facts; /* about the program: "key=value" and a NUL each, at most HS_FACTS_MAX bytes; stays as it is */
    uint16_t flags;       /* enum hs_ring_flag */
    uint8_t reset_cause;  /* of RESET in records.def */
    uint8_t placement;    /* enum hs_placement of all regions */
    /* Explicit places in a build with HS_LEARN: memory for what is learned of the events, which makes a trace of C code half as
     * long and needs a reader of version 3. NULL: the trace is of version 2. */
    struct hs_learned *learned;
    uint8_t shift; /* log2 of the granule */
    /* Tells file, function and line of `code`; called once for each new site, with the lock held: must
     * neither allocate nor record. */
    void (*describe)(uintptr_t code, struct hs_place *place);
    /* Writes the regions and a snapshot through hs_region, hs_snapshot_* and hs_cursor. */
    void (*keyframe)(void);
    /* At most how many bytes that takes: a ring that would be filled to a quarter goes without. */
    uint32_t (*keyframe_size)(void);
    uint32_t keyframe_every; /* packets; default: half the ring. hs_drain_keyframes sets it */
    /* NULL, or told when a packet is closed, with the lock held: must do no more than wake who drains the ring. */
    void (*closed)(void);
    /* What lib/level.h needs; all of it may be left out by who never leaves "full". */
    struct hs_level_choice level; /* to start with */
    uint32_t *followed;           /* sampled blocks whose end is waited for: `n_followed` entries */
    uint32_t n_followed;          /* a power of two up to 65536 */
    struct hs_held *held; /* "summary": of `n_followed` entries, blocks that are not freed are told at each summary; NULL: none is */
    void (*summary)(uint8_t cause); /* writes the figures of each region through hs_summary_*, then hs_level_top */
};

#define HS_IMAGE_MIN 1024u
#define HS_PACKET_MIN 256u
#define HS_PACKET_MAX 65532u

/* State of the recorder. A hook does nothing when it is HS_STATE_OFF, and calls hs_keyframe first when
 * it is HS_STATE_KEYFRAME_DUE: before the allocator's call, when records and heap agree. At HS_STATE_LEVEL it
 * calls the functions of lib/level.h instead of those for events. */
enum hs_state { HS_STATE_OFF, HS_STATE_ON, HS_STATE_KEYFRAME_DUE, HS_STATE_LEVEL };
extern volatile uint8_t hs_state;

/* The recorder's own figures. */
struct hs_stats {
    uint32_t offered; /* records in this boot, written or lost */
    uint32_t lost;
    uint32_t packets; /* of all boots */
    uint32_t boot;
    uint32_t sites, names; /* definitions known now: sites, and strings, functions and contexts */
    uint32_t defined;      /* bytes of definitions written in this boot */
    uint32_t ring_size;
};

/* Prepares the image, continuing an earlier boot's, and records the reset. Recording is off afterwards.
 * Returns 0, HS_ERR_SIZE or HS_ERR_ARG. Once, before interrupts or threads use the trace. */
int hs_init(const struct hs_config *config);

/* Starts recording with a keyframe (at another level than "full", a summary), or stops it and closes the packet. Not from an interrupt. */
void hs_start(void);
void hs_stop(void);

/* Closes the packet being written, so that all so far is under a check (and sent, in a stream). */
void hs_flush(void);

/* Forgets all records and sites and begins the image anew, as after power-on. Not from an interrupt. */
void hs_reset(void);

struct hs_stats hs_stats(void);

/* Notes in the header that allocations bypass the hooks. */
void hs_selftest_failed(void);

/* The image, for a dump: header and packets. */
const struct hs_ring_header *hs_image(void);
uint32_t hs_image_size(void); /* bytes, whatever its header says */

/* --- events, called behind the allocator's own work ------------------------------------------------ */
static inline void hs_alloc(struct hs_key key, struct hs_block block);
static inline void hs_free(uintptr_t caller, uint32_t pos);
static inline void hs_realloc(struct hs_key key, struct hs_block block, uint32_t old);
static inline void hs_fail(struct hs_key key, uint32_t size, uint8_t cause);

/* --- everything else -------------------------------------------------------------------------------- */

/* Writes a PACKET record of any kind; its `time` is not read. Data longer than HS_DATA_MAX bytes is cut. */
void hs_record(const struct hs_record *record);
void hs_record_locked(const struct hs_record *record); /* with hs_port_lock held by the caller */

/* The same of a kind that names a site (its first field in records.def is of type `site`): the site of `key`, which is
 * defined if it is new. Sets record->any.site: 0, "other", when there is no room for the definition. ISR safe, as
 * hs_config.describe is. */
void hs_record_at(struct hs_key key, struct hs_record *record);
void hs_mark(struct hs_text label);

/* Keyframe, when hs_state says that one is due; calls hs_config.keyframe. Not from an interrupt. */
void hs_keyframe(void);

/* Whether keyframes fit the ring, so that a reader will know the layout. Where they do not, what a collection frees is
 * not worth its bytes: a hook records the figures of the regions behind it instead (lib/level.h). */
bool hs_keeps_layout(void);

/* Every site whose code is no longer what it was, as `gone` says of its address, is looked up anew when
 * it is met again. Call when code is freed. NULL: all code is gone, and all texts of hs_place are. */
void hs_forget(bool (*gone)(uintptr_t code));

/* Calling context of a call at `code` from within context `parent`: a number for hs_key.context. */
uint32_t hs_context(uint32_t parent, uintptr_t code);

/* The same of a call that native code makes, by its return address. */
uint32_t hs_caller_context(uint32_t parent, uintptr_t caller);

/* Fingerprint of a firmware's layout, for hs_config.build_id: FNV-1a over the 32-bit distances of `n`
 * functions from hs_anchor. The host computes the same from the ELF file. */
uint64_t hs_fingerprint(const uintptr_t *functions, size_t n);
void hs_anchor(void);

/* Address of a function's first instruction: Thumb marks a pointer to one by its lowest bit. */
static inline uintptr_t hs_code_address(uintptr_t function)
{
#ifdef __arm__
    return function & ~(uintptr_t)1;
#else
    return function;
#endif
}

/* --- runs: sweeps and snapshots -------------------------------------------------------------------- */

#define HS_DATA_MAX 64u

/* A SWEEP or SNAPSHOT being written, in pieces that fit the buffer. Lives on the caller's stack. */
struct hs_runs_writer {
    uint32_t pos;   /* where this piece starts */
    uint32_t count; /* heads so far in this piece */
    uint32_t run;   /* length of the run at hand */
    uint32_t kind;  /* of the run at hand: the bit of a sweep */
    uint8_t n_bits, bits;
    uint8_t part;
    uint8_t record_kind; /* 0: nothing is written */
    uint8_t len;
    uint8_t plain;   /* a snapshot: bytes at the data's end that are codes of one byte each */
    uint8_t period;  /* of which the last so many come over and over; 0: none do */
    uint8_t at;      /* which of them is next */
    uint32_t repeat; /* bytes that did, not yet in the data */
    uint32_t bytes;  /* of the records so far, at most */
    uint8_t data[HS_DATA_MAX];
};

/* A sweep of the granules from `pos`: hs_sweep_heads for all live heads in address order, `n` of one fate
 * at a time, the first at `pos`; then the end. Called while every head is still there. */
void hs_sweep_begin(struct hs_runs_writer *w, uint32_t pos);
static inline void hs_sweep_heads(struct hs_runs_writer *w, uint32_t pos, bool survive, uint32_t n);
void hs_sweep_turn(struct hs_runs_writer *w, uint32_t pos);
void hs_sweep_end(struct hs_runs_writer *w, uint32_t end);

/* A snapshot of a region: free runs and blocks in address order. `part` bit 0: first region of the
 * snapshot; bit 1: last. */
void hs_snapshot_begin(struct hs_runs_writer *w, uint32_t pos, uint8_t part);
void hs_snapshot_free(struct hs_runs_writer *w, uint32_t pos, uint32_t granules);
void hs_snapshot_block(struct hs_runs_writer *w, uint32_t pos, uint32_t granules);
void hs_snapshot_end(struct hs_runs_writer *w, uint32_t end);

/* In the place of hs_snapshot_begin: nothing is written; after the end `w->bytes` is how many bytes it would have been. */
void hs_snapshot_measure(struct hs_runs_writer *w);

static inline void hs_sweep_heads(struct hs_runs_writer *w, uint32_t pos, bool survive, uint32_t n)
{
    if (w->kind != survive)
        hs_sweep_turn(w, pos);
    w->run += n;
}

/* --- how the events reach the encoder: in registers, where a struct would go through memory ----------- */

#if HS_STACKS
#define HS_KEY_PARAMETERS uintptr_t code, uintptr_t caller, uintptr_t context
#define HS_KEY_ARGUMENTS(key) (key).code, (key).caller, (key).context
#define HS_KEY \
    { \
        .code = code, .caller = caller, .context = context \
    }
#else
#define HS_KEY_PARAMETERS uintptr_t code, uintptr_t caller
#define HS_KEY_ARGUMENTS(key) (key).code, (key).caller
#define HS_KEY \
    { \
        .code = code, .caller = caller \
    }
#endif
void hs_put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size);
void hs_put_free(uintptr_t caller, uint32_t pos);
void hs_put_realloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint32_t old);
void hs_put_fail(HS_KEY_PARAMETERS, uint32_t size, uint8_t cause);

static inline void hs_alloc(struct hs_key key, struct hs_block block)
{
    hs_put_alloc(HS_KEY_ARGUMENTS(key), block.pos, block.size);
}
static inline void hs_free(uintptr_t caller, uint32_t pos) { hs_put_free(caller, pos); }
static inline void hs_realloc(struct hs_key key, struct hs_block block, uint32_t old)
{
    hs_put_realloc(HS_KEY_ARGUMENTS(key), block.pos, block.size, old);
}
static inline void hs_fail(struct hs_key key, uint32_t size, uint8_t cause) { hs_put_fail(HS_KEY_ARGUMENTS(key), size, cause); }

#endif
