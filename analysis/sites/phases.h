/* SPDX-License-Identifier: MIT
 *
 * The cost of the phases of imports: a tree of modules, and within each the bytes that opening, lexing, parsing,
 * compiling, loading and running it requested, and how many of them are still live. The same phase entered again is
 * added to the same node.
 *
 * A block belongs to the phase in which it was last allocated or resized, just as it belongs to a site.
 */
#ifndef HS_SITES_PHASES_H
#define HS_SITES_PHASES_H

#include "analysis/sites/names.h"
#include "lib/host/util/map.h"

enum hs_phase_kind {
    HS_PHASE_NONE, /* the root: events in no phase */
    HS_PHASE_IMPORT,
    HS_PHASE_OPEN,
    HS_PHASE_PARSE,
    HS_PHASE_COMPILE,
    HS_PHASE_RUN,
    HS_PHASE_LOAD,
    HS_PHASE_LEX, /* within parsing, allocations of the lexer; added by hs_phases_finish where names are known */
    HS_PHASE_KINDS,
};

struct hs_phase_sum {
    uint64_t allocs, asked;        /* allocations and reallocations, and the bytes they requested */
    uint64_t kept, kept_requested; /* of its blocks that are live at the end: bytes taken, bytes requested */
    uint64_t kept_blocks;
};

struct hs_phase {
    char *name;                      /* of the module or file; may be "" */
    uint32_t parent, child, sibling; /* nodes; 0: none, because the root is never a child */
    uint64_t times;                  /* how often it was entered */
    int64_t grew;                    /* bytes used at its end minus bytes used at its start */
    uint64_t ticks;
    struct hs_phase_sum self, all; /* without and with its children; hs_phases_finish sets `all` */
    uint64_t *kind;                /* requested bytes of the kept blocks, children included, by index of hs_block_kind; one extra
                                 * entry for blocks of unknown kind; NULL before hs_phases_finish */
    uint8_t what;                  /* enum hs_phase_kind */
};

/* One site within one phase. */
struct hs_phase_entry {
    uint32_t phase, site;
    struct hs_phase_sum sum;
};

#define HS_PHASE_THREADS 64u
#define HS_PHASE_DEPTH 128u

struct hs_phase_frame {
    uint32_t phase;
    uint64_t used, time;
};

struct hs_phases {
    struct hs_phase *node; /* [0] is the root */
    uint32_t n, room;
    struct hs_phase_entry *entry;
    uint32_t n_entries, entry_room;
    struct hs_map map;         /* index of entries by phase and site */
    uint32_t *owner, n_owners; /* entry of the block at each granule, by trace-wide number; UINT32_MAX: none */
    struct hs_phase_frame frame[HS_PHASE_THREADS][HS_PHASE_DEPTH];
    unsigned depth[HS_PHASE_THREADS];
    uint32_t last;    /* entry of the last event */
    uint64_t records; /* PHASE records */
    int error;
};

/* NULL when out of memory. */
struct hs_phases *hs_phases_new(void);
void hs_phases_free(struct hs_phases *phases);

/* Processes an event after the model has processed it. Returns HS_OK or HS_ERR_MEMORY. */
int hs_phases_feed(struct hs_phases *phases, const struct hs_model *model, const struct hs_event *event);

/* The entry of the block at granule `pos`, `site` being the block's site; HS_NO_ENTRY when it has none, as for blocks
 * that first appeared in a snapshot. Valid as long as `phases`; the entry's phase is final after hs_phases_finish. */
uint32_t hs_phases_entry_at(const struct hs_phases *phases, uint32_t pos, uint32_t site);
#define HS_NO_ENTRY UINT32_MAX

/* Computes the sums, at the end or at the wanted moment. Call it once. Returns HS_OK or HS_ERR_MEMORY. */
int hs_phases_finish(struct hs_phases *phases, const struct hs_model *model, const struct hs_names *names);

const char *hs_phase_name(enum hs_phase_kind what); /* "import" */

#endif
