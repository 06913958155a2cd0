/* SPDX-License-Identifier: MIT
 *
 * Islands put together by line, and what usually helps against them, where the trace has the evidence for it.
 * Advice without evidence is not given; each piece carries the figures that it rests on.
 */
#ifndef HS_BLAME_ADVICE_H
#define HS_BLAME_ADVICE_H

#include "analysis/sites/groups.h"
#include "analysis/blame/islands.h"

/* A line whose blocks form islands. */
struct hs_island_row {
    uint32_t group;             /* of the groups given */
    struct hs_island_site sum;
    struct hs_birth_site birth;
    uint32_t beside;            /* group that most often lay beside it and went; UINT32_MAX: nothing did */
    uint64_t beside_blocks, beside_bytes, beside_lifetime; /* of that group's; lifetime: mean, ticks */
    double share;               /* of all that islands keep apart, 0 to 1 */
};

/* Of what and for whom advice is given. */
struct hs_advised {
    const struct hs_model *model;
    const struct hs_reader *reader;
    uint64_t missing;           /* bytes of the smallest request that failed; 0: none did */
};

enum hs_advice_kind {
    HS_ADVICE_REUSE,       /* one buffer instead of many: about the line beside the islands */
    HS_ADVICE_IMPORT,      /* import at the top */
    HS_ADVICE_FINAL_SIZE,  /* give what grows its final size at once */
    HS_ADVICE_PREALLOCATE, /* many blocks: make them before */
    HS_ADVICE_EARLIER,     /* few blocks: allocate them earlier */
    HS_ADVICE_COLLECT,     /* collect before */
    HS_ADVICE_THRESHOLD,   /* set a threshold: about the whole run */
    HS_ADVICE_KINDS,
};

/* A piece of advice with its evidence; what a member means depends on the kind and is told in advice.c beside
 * each one's condition. Ticks are means. */
struct hs_advice {
    enum hs_advice_kind kind;
    uint32_t row;    /* index of the islands' rows that it is for; UINT32_MAX: the whole run */
    uint32_t group;  /* line to change; UINT32_MAX: none */
    uint64_t blocks; /* that the evidence is about */
    uint64_t of;     /* of so many */
    uint64_t smallest, largest; /* bytes */
    uint64_t bytes;
    uint64_t ticks, other_ticks;
};

struct hs_island_report {
    struct hs_island_row *row;  /* `n`, greatest share first */
    size_t n;
    uint64_t moments;           /* at which islands were looked for */
    uint64_t parted;            /* bytes kept apart, summed over moments */
    struct hs_advice *advice;   /* `n_advice`, in order of their rows; those about the whole run last */
    size_t n_advice;
};

/* Puts finished islands together by the groups. Free with hs_island_report_free. Returns HS_OK or HS_ERR_MEMORY. */
int hs_island_report_make(struct hs_island_report *report, const struct hs_islands *islands, const struct hs_groups *groups,
                          const struct hs_advised *advised);
void hs_island_report_free(struct hs_island_report *report);

#endif
