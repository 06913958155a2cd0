/* SPDX-License-Identifier: MIT
 *
 * HeapStrata for firmware: the functions that an allocation hook calls. There is one trace instance. It uses no heap,
 * and of the C library only memcpy, memset and memcmp.
 *
 * Functions for events return nothing, because a hook cannot act on a failure. A record that cannot be written is counted,
 * and the loss is recorded. All functions may be called from interrupts, threads and cores at the same time, unless a
 * comment says otherwise. They hold the port's lock for tens of instructions if HS_PENDING is set, else while they run.
 */
#ifndef HEAPSTRATA_H
#define HEAPSTRATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hs_config.h"
#include "lib/record.h"
#include "lib/ring.h"

/* Identifies a site. */
struct hs_key {
    uintptr_t code;   /* address of the running instruction of the interpreted program, 0 = none */
    uintptr_t caller; /* return address of the native caller */
#if HS_STACKS
    uintptr_t context; /* number of the calling context, 0 = none */
#endif
};

/* A block: `pos` is the trace-wide number of its first granule, `size` the requested bytes. */
struct hs_block {
    uint32_t pos;
    uint32_t size;
};

#define HS_NOWHERE ((uintptr_t)1) /* code of a site whose code was freed */

/* The part of a site's definition that describes interpreted code. The texts must stay valid and unchanged until
 * hs_forget(NULL). */
struct hs_place {
    struct hs_text file, function;
    uint32_t line;
    uint32_t offset; /* of the instruction in its code */
    bool nested;     /* set by the caller: this call interrupts another one, so the own variables of the hook may be in use */
};

/* Set in `rank` of sites that free or resize: their size/op/rank word then never equals that of a site that allocates. */
#define HS_RANK_SET 0x80u

/* The encoder's entry for one definition, most often of a site. The caller provides `hs_config.n_sites` entries. */
struct hs_site_entry {
    struct hs_key key;
    union {
        struct hs_site_entry *next; /* site: the first site that followed it in this packet */
        const char *text;           /* string, function: the name; NULL if only its definition has it */
        uintptr_t times;            /* site, at level "summary": blocks requested since the last summary */
    };
    union {
        struct hs_site_entry *second; /* site: the most recent other site that followed it */
        uintptr_t bytes;              /* site, at level "summary": bytes requested since the last summary */
    };
    /* The next three members form one word, so that one comparison covers all of them. */
    uint16_t size; /* last size if below 65535, else 0; string, function: its length; context: its line */
    uint8_t op;    /* HS_ALLOC, HS_FREE, HS_REALLOC; 0: not a site */
    uint8_t rank;  /* of the block it last freed or resized, with HS_RANK_SET; ALLOC: 0; other levels: 1 = named in the packet */
    uint16_t used; /* packet in which it was last used; the predictions above are valid in that packet only */
    uint16_t defined;   /* packet that has its newest definition */
    uint32_t hash;      /* hs_definition_hash, combined with the hashes of the definitions it names */
    uint16_t parent;    /* site, context: number of its FUNCTION; function: of its STRING */
    uint8_t kind;       /* HS_SITE, HS_STRING, HS_FUNCTION, HS_CONTEXT; 0: free */
    uint8_t first_size; /* site: the size in its definition */
};

struct hs_learned; /* lib/learned.h */

/* What to record. A `level` of 0 means "full". */
struct hs_level_choice {
    uint8_t level;     /* enum hs_level; HS_LEVEL_STOPPED (0) means HS_LEVEL_FULL */
    uint32_t interval; /* "sampled": mean distance between samples in bytes, 1 to HS_LEVEL_INTERVAL_MAX; 0: HS_SAMPLE_INTERVAL */
    uint32_t seed;     /* "sampled": seed of the random distances; 0: made from the clock and the boot's number */
};

/* A live block that is followed at level "summary". */
struct hs_held {
    struct hs_key key;
    uint32_t size;
    uint16_t thread, since; /* hs_level_thread; number of summaries before it was allocated */
    bool told;
};

/* Zero selects the default of a member that has one. The caller owns all memory; the recorder uses it until the next hs_init. */
struct hs_config {
    void *memory; /* retained image, aligned to 8. An earlier boot's image is continued if firmware and layout are the same */
    uint32_t memory_size; /* bytes, at least HS_IMAGE_MIN */
    uint32_t packet_size; /* default: 4096, less in a small image; a multiple of 4, HS_PACKET_MIN to HS_PACKET_MAX */
    void *stage;          /* uncached memory for the open packet, `stage_size` bytes, aligned to 8. A closed packet is copied
                           * into the image. If this memory outlives a reset, the next boot recovers the packet in it.
                           * NULL: packets are written directly into the image */
    uint32_t stage_size;  /* at least packet_size; limits the default of packet_size */
    struct hs_site_entry *site;
    uint16_t *hash;       /* `hash_size` entries */
    uint16_t n_sites;     /* entries of `site`, including site 0: 8 to 32768 */
    uint32_t hash_size;   /* a power of two, at least 4 * n_sites */
    uint32_t hz;          /* recorded ticks per second */
    uint64_t build_id;    /* hs_fingerprint of the hook's list of symbols */
    struct hs_text facts; /* about the program: "key=value", each with a NUL, at most HS_FACTS_MAX bytes; must not change */
    uint16_t flags;       /* enum hs_ring_flag */
    uint8_t reset_cause;  /* `cause` of RESET in records.def */
    uint8_t placement;    /* enum hs_placement of all regions */
    /* Explicit places in a build with HS_LEARN: memory for what is learned of the events, which makes a trace of C code half as
     * long and needs a reader of version 3. NULL: the trace is of version 2. */
    struct hs_learned *learned;
    uint8_t shift; /* log2 of the granule */
    /* Finds file, function and line of `code`. Called for each new site: with the lock held, or with HS_PENDING in a section
     * or in an interrupt during one. Must neither allocate nor record. */
    void (*describe)(uintptr_t code, struct hs_place *place);
    /* Writes REGION records and a snapshot, with hs_heap_region and hs_snapshot_*; hs_heaps_keyframe does so. */
    void (*keyframe)(void);
    /* The most bytes that a keyframe takes now. A keyframe larger than a quarter of the ring is not written; with
     * keyframe_every set, one larger than three quarters. */
    uint32_t (*keyframe_size)(void);
    uint32_t keyframe_every; /* packets between keyframes, at most and by default half the ring. hs_drain_keyframes sets it */
    /* Optional. Called when a closed packet is in the ring, with the lock held or in a section (HS_PENDING). May only signal the
     * drainer. */
    void (*closed)(void);
    /* For lib/level.h. Leave all of it zero if the level is always "full". */
    struct hs_level_choice level; /* at the start */
    uint32_t *followed;           /* live blocks that are followed: `n_followed` entries */
    uint32_t n_followed;          /* a power of two up to 65536 */
    struct hs_held *held; /* "summary": `n_followed` entries; each summary then lists the live blocks. NULL: it lists none */
    void (*summary)(uint8_t cause); /* writes the figures of each region with hs_summary_*, then calls hs_level_top */
};

#define HS_IMAGE_MIN 1024u
#define HS_PACKET_MIN 256u
#define HS_PACKET_MAX 65532u

/* State of the recorder. At HS_STATE_OFF a hook does nothing. At HS_STATE_KEYFRAME_DUE it first calls hs_keyframe, before
 * it calls the allocator: at that moment the records and the heap agree. At HS_STATE_LEVEL it calls the functions of
 * lib/level.h instead of those for events. */
enum hs_state { HS_STATE_OFF, HS_STATE_ON, HS_STATE_KEYFRAME_DUE, HS_STATE_LEVEL };
extern volatile uint8_t hs_state;

/* Whether recording is at a level other than "full". */
static inline bool hs_at_level(void) { return HS_WITH_LEVELS && hs_state == HS_STATE_LEVEL; }

/* Figures about the recorder. */
struct hs_stats {
    uint32_t offered; /* records in this boot, written, queued or lost */
    uint32_t lost;
    uint32_t packets; /* of all boots */
    uint32_t boot;
    uint32_t sites, names; /* table entries used so far: sites (site 0 included); strings, functions and contexts */
    uint32_t defined;      /* bytes of definitions written in this boot */
    uint32_t ring_size;
};

/* Prepares the image, or continues that of an earlier boot, and records the reset. Recording is off afterwards.
 * Copies `config`. Returns 0, HS_ERR_SIZE or HS_ERR_ARG. Call it once, before interrupts or threads use the trace. */
int hs_init(const struct hs_config *config);

/* hs_start starts recording with a keyframe, or with a summary at a level other than "full". hs_stop stops recording and
 * closes the packet. Not from an interrupt. */
void hs_start(void);
void hs_stop(void);

/* Writes a TOTAL record and closes the open packet: a check then covers all records so far. A stream sends the packet. */
void hs_flush(void);

/* Erases all records and sites and makes a new image, as after power-on. Recording restarts if it was on. Not from an
 * interrupt. */
void hs_reset(void);

struct hs_stats hs_stats(void);

/* Notes in the header that the hooks did not see the self-test's allocations. */
void hs_selftest_failed(void);

/* The image, for a dump: header and packets. NULL before hs_init. */
const struct hs_ring_header *hs_image(void);
uint32_t hs_image_size(void); /* bytes, from the configuration, not from the image's header */

/* --- events: call them after the allocator has done its work ---------------------------------------- */
static inline void hs_alloc(struct hs_key key, struct hs_block block);
static inline void hs_free(uintptr_t caller, uint32_t pos);
static inline void hs_realloc(struct hs_key key, struct hs_block block, uint32_t old);
static inline void hs_fail(struct hs_key key, uint32_t size, uint8_t cause);

/* --- everything else -------------------------------------------------------------------------------- */

/* Writes a PACKET record of any kind. `time` is ignored. Data is cut to HS_DATA_MAX bytes. */
void hs_record(const struct hs_record *record);
void hs_record_locked(const struct hs_record *record); /* HS_PENDING 0: the caller holds hs_port_lock; else in a section */

/* Writes a record of a kind whose first field in records.def is of type `site`. Defines the site of `key` if it is new, and
 * sets record->any.site; 0, "other", if there is no room for the definition. ISR safe if hs_config.describe is. From an
 * interrupt during a section (HS_PENDING) the record is not written; it is counted as lost. */
void hs_record_at(struct hs_key key, struct hs_record *record);
void hs_mark(struct hs_text label);

/* Writes a keyframe with hs_config.keyframe. Call it at HS_STATE_KEYFRAME_DUE. Not from an interrupt. */
void hs_keyframe(void);

/* Whether the last keyframe fitted the ring, so that a reader knows the layout. If not, sweeps are not worth their bytes:
 * after a collection a hook records the figures of the regions instead (lib/level.h). */
bool hs_keeps_layout(void);

/* Call it when code is freed. Sites for whose code address `gone` returns true are looked up again at their next use.
 * NULL: all code was freed, and all texts of hs_place with it. Not from an interrupt. */
void hs_forget(bool (*gone)(uintptr_t code));

/* Calling context of a call at `code` within context `parent`: a number for hs_key.context, 0 if it cannot be defined.
 * With HS_STACKS 0, `parent`. */
uint32_t hs_context(uint32_t parent, uintptr_t code);

/* The same for a call from native code, given by its return address. */
uint32_t hs_caller_context(uint32_t parent, uintptr_t caller);

/* Call these before and after another core is stopped: in between, that core is not writing a record. Do not wait in between
 * for a lock that it may hold. With HS_PENDING 0 they do nothing. Not from an interrupt. */
void hs_cores_stop(void);
void hs_cores_stopped(void);

/* Fingerprint of a firmware's layout, for hs_config.build_id: FNV-1a over the 32-bit distances of `n`
 * functions from hs_anchor. The host computes the same from the ELF file. */
uint64_t hs_fingerprint(const uintptr_t *functions, size_t n);
void hs_anchor(void);

/* Address of a function's first instruction. In a pointer to Thumb code the lowest bit is set; it is cleared here. */
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

/* Writes a SWEEP or SNAPSHOT as one or more records, each as large as the buffer. The caller owns it, on its stack. */
struct hs_runs_writer {
    uint32_t pos;   /* first granule of the current record */
    uint32_t count; /* heads so far in the current record */
    uint32_t run;   /* length of the current run */
    uint32_t kind;  /* sweep: whether the heads of the current run survive */
    uint8_t n_bits, bits;
    uint8_t part;
    uint8_t record_kind; /* 0: only measure */
    uint8_t len;
    uint8_t plain;   /* snapshot: bytes at the end of the data that are one-byte codes */
    uint8_t period;  /* length of the sequence of codes that repeats, in bytes; 0: none does */
    uint8_t at;      /* the code of that sequence that comes next */
    uint32_t repeat; /* repeated codes that are not in the data yet */
    uint32_t bytes;  /* upper bound of the bytes of all records so far */
    uint8_t data[HS_DATA_MAX];
};

/* A sweep of the granules from `pos`. hs_sweep_heads reports runs of `n` live heads in address order that all survive or are
 * all freed; `pos` is the first of them. Then call hs_sweep_end. Call all of them before the blocks are freed. */
void hs_sweep_begin(struct hs_runs_writer *w, uint32_t pos);
static inline void hs_sweep_heads(struct hs_runs_writer *w, uint32_t pos, bool survive, uint32_t n);
void hs_sweep_turn(struct hs_runs_writer *w, uint32_t pos);
void hs_sweep_end(struct hs_runs_writer *w, uint32_t end);

/* A snapshot of a region: report free runs and blocks in address order. `part`: HS_SNAPSHOT_FIRST for the snapshot's first
 * region, HS_SNAPSHOT_LAST for its last. */
void hs_snapshot_begin(struct hs_runs_writer *w, uint32_t pos, uint8_t part);
void hs_snapshot_free(struct hs_runs_writer *w, uint32_t pos, uint32_t granules);
void hs_snapshot_block(struct hs_runs_writer *w, uint32_t pos, uint32_t granules);
void hs_snapshot_end(struct hs_runs_writer *w, uint32_t end);

/* Call it instead of hs_snapshot_begin to measure: nothing is written. After the end, `w->bytes` is the most bytes that the
 * records would take. */
void hs_snapshot_measure(struct hs_runs_writer *w);

static inline void hs_sweep_heads(struct hs_runs_writer *w, uint32_t pos, bool survive, uint32_t n)
{
    if (w->kind != survive)
        hs_sweep_turn(w, pos);
    w->run += n;
}

/* --- events are passed to the encoder in registers; a struct would be passed in memory ---------------- */

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
