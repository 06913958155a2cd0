/* SPDX-License-Identifier: MIT
 *
 * Islands grouped by line, and advice against them, only where the trace has evidence. Each advice carries the figures
 * that support it.
 */
#ifndef HS_BLAME_ADVICE_H
#define HS_BLAME_ADVICE_H

#include "analysis/sites/groups.h"
#include "analysis/blame/islands.h"
#include "analysis/whatif/program.h"

/* A line whose blocks form islands. */
struct hs_island_row {
    uint32_t group; /* in the given groups */
    struct hs_island_site sum;
    struct hs_birth_site birth;
    uint32_t beside; /* the group whose freed blocks were most often its neighbours; UINT32_MAX: none */
    uint64_t beside_blocks, beside_bytes, beside_lifetime; /* of that group's blocks; lifetime: mean, ticks */
    double share;                                          /* of all bytes that islands split off, 0 to 1 */
};

/* Input of the advice. */
struct hs_advised {
    const struct hs_model *model;
    const struct hs_reader *reader;
    uint64_t missing;                 /* bytes of the smallest failed request; 0: none failed */
    const struct hs_program *program; /* of the last boot, to try advice on; NULL: it is not tried */
};

enum hs_advice_kind {
    HS_ADVICE_REUSE,       /* one buffer instead of many: for the line beside the islands */
    HS_ADVICE_IMPORT,      /* import at the top */
    HS_ADVICE_FINAL_SIZE,  /* allocate a growing object at its final size */
    HS_ADVICE_PREALLOCATE, /* many blocks: allocate them in advance */
    HS_ADVICE_EARLIER,     /* few blocks: allocate them earlier */
    HS_ADVICE_COLLECT,     /* collect before allocating */
    HS_ADVICE_THRESHOLD,   /* set a threshold: for the whole run */
    HS_ADVICE_KINDS,
};

/* What a replay of the changed program showed: fewer allocations fail. */
enum hs_advice_trial {
    HS_ADVICE_UNTRIED,     /* the trace is too long, or cannot be replayed */
    HS_ADVICE_LESS,        /* none had failed, and the free space is less in pieces */
    HS_ADVICE_HELPS_EARLY, /* only if garbage is garbage as early as the trace allows */
    HS_ADVICE_HELPS,       /* also if it is as late as the trace allows */
};

/* One advice with its evidence. The meaning of a member depends on the kind; see the condition of each kind in
 * advice.c. Ticks are means. */
struct hs_advice {
    enum hs_advice_kind kind;
    uint32_t row;               /* index into the report's rows; UINT32_MAX: the whole run */
    uint32_t group;             /* the line to change; UINT32_MAX: none */
    uint64_t blocks;            /* blocks in the evidence */
    uint64_t of;                /* out of this number */
    uint64_t smallest, largest; /* bytes */
    uint64_t bytes;
    uint64_t ticks, other_ticks;
    enum hs_advice_trial trial; /* what does not help is not given */
    uint64_t failures;          /* that are left, with a trial */
    double before, after;       /* external fragmentation, mean after collections, without and with the change; with LESS */
};

struct hs_island_report {
    struct hs_island_row *row; /* `n`, greatest share first */
    size_t n;
    uint64_t moments;         /* at which islands were searched */
    uint64_t parted;          /* bytes split off, sum over moments */
    struct hs_advice *advice; /* `n_advice`, in the order of rows; advice about the whole run is last */
    size_t n_advice;
};

/* Groups the finished islands. Free with hs_island_report_free. Returns HS_OK or HS_ERR_MEMORY. */
int hs_island_report_make(struct hs_island_report *report, const struct hs_islands *islands, const struct hs_groups *groups,
                          const struct hs_advised *advised);
void hs_island_report_free(struct hs_island_report *report);

#endif
