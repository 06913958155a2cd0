/* SPDX-License-Identifier: MIT
 *
 * Two or more traces side by side: what each holds at one moment and asked for in all, by kind, line,
 * function and phase of imports, the first being what the others are compared with.
 *
 * Every table adds up: the bytes that a trace holds are those asked for, in the rows, and what its blocks have
 * beyond that, in the row of rounding. So the differences in a column add up to that of the heaps, to the
 * byte.
 */
#ifndef HS_COMPARE_COMPARE_H
#define HS_COMPARE_COMPARE_H

#include "analysis/sites/samefiles.h"
#include "analysis/sites/names.h"
#include "analysis/sites/phases.h"
#include "analysis/space/snapshot.h"

#define HS_SIDES 16u /* traces at most */

/* A global name of a side and what would go with it: struct hs_global_cost's total. */
struct hs_named_cost {
    char *name; /* "module.name" */
    uint64_t bytes;
};

/* One trace. The caller fills it; strings and what is pointed at outlive the comparison. */
struct hs_side {
    const char *path;
    const struct hs_model *model;     /* at the trace's end */
    const struct hs_names *names;
    const struct hs_heap_snapshot *snapshot; /* the moment that is compared */
    const struct hs_same_file *file;  /* `n_files`, of files whose names or lines differ from the first's */
    unsigned n_files;
    const struct hs_named_cost *global; /* `n_globals`, where there was a snapshot of references at the moment; else NULL */
    size_t n_globals;
    const struct hs_phases *phases;   /* finished; NULL: the trace has none */
    const uint32_t *entry;            /* of `phases`, for each block of the picture; HS_NO_ENTRY */
};

/* Why something is not compared, or with reserve. Bits of a side. */
enum hs_apart {
    HS_APART_BUILD = 1,    /* another firmware than the first's: native code differs */
    HS_APART_WORD = 2,     /* another word size: blocks have other sizes by nature; only figures are compared */
    HS_APART_GRANULE = 4,  /* another granule: rounding differs by nature */
    HS_APART_UNNAMED = 8,  /* no ELF file: kinds are not known, here or in the first */
    HS_APART_HEAP = 16,    /* another heap size: the longest free run differs by nature */
    HS_APART_NO_LINES = 32, /* a file's sources were not at hand: lines are the same when their numbers are */
    HS_APART_PHASES = 64   /* only one of it and the first has phases */
};

enum hs_cost {
    HS_COST_RETAINED,  /* bytes taken at the moment: gc.mem_alloc() */
    HS_COST_ALLOCATED, /* bytes asked for over the whole trace */
    HS_COST_ALLOCS,    /* allocations and reallocs */
    HS_COST_PEAK,      /* most bytes taken at any time */
    HS_COST_BLOCKS,    /* at the moment */
    HS_COST_LARGEST,   /* bytes of the longest free run at the moment */
    HS_COSTS,
};
#define HS_COSTS_OF_ROWS HS_COST_LARGEST /* the figures before it have rows */

/* Of one side in one row; by enum hs_cost. RETAINED are bytes asked for. */
struct hs_cell {
    uint64_t cost[HS_COSTS_OF_ROWS];
};

struct hs_compare_row {
    char *name, *kind;    /* the kind in the table of lines, the phase in that of phases, else NULL */
    struct hs_cell *cell; /* one a side */
};

/* IMPORT is a module with all its phases, PHASE each of them, both without the modules that it imports: modules are the
 * same by name, whoever imported them. What belongs to none of them is "(outside)". Their peak is not known.
 * Names overlap with the other tables and do not add up: bytecode has no name, and an object may have several. */
enum hs_compare_by {
    HS_COMPARE_KIND, HS_COMPARE_LINE, HS_COMPARE_FUNCTION, HS_COMPARE_IMPORT, HS_COMPARE_PHASE, HS_COMPARE_NAME,
    HS_COMPARE_TABLES,
};

struct hs_compare_table {
    struct hs_compare_row *row; /* greatest difference first; the row of rounding is not among them */
    size_t n, room;
    uint32_t *slot; /* index of rows by name while the table is made */
    uint32_t n_slots;
};

/* A mark that the first trace has. */
struct hs_compare_mark {
    const char *label;
    uint64_t occurrence;      /* of the label, from 1 */
    uint64_t used[HS_SIDES];  /* bytes taken then; HS_NO_MARK: the side has no such mark */
};
#define HS_NO_MARK UINT64_MAX

struct hs_compare {
    struct hs_side side[HS_SIDES];
    unsigned apart[HS_SIDES]; /* enum hs_apart; [0] is 0 but for UNNAMED */
    unsigned any;             /* all of them */
    unsigned n;
    enum hs_cost by;        /* what rows are ordered by */
    uint64_t total[HS_SIDES][HS_COSTS];
    uint64_t rounding[HS_SIDES]; /* bytes taken at the moment and asked for by nobody */
    struct hs_compare_table table[HS_COMPARE_TABLES];
    struct hs_compare_mark *mark;
    size_t n_marks, marks_elsewhere; /* marks of other sides that the first does not have */
};

/* Measures; `n`, `side` and `by` are set by the caller, all else is set here. Free with hs_compare_free.
 * Returns HS_OK or HS_ERR_MEMORY. */
int hs_compare_measure(struct hs_compare *compare);
void hs_compare_free(struct hs_compare *compare);

/* Whether a table says anything for all sides: with another word size none does, without kinds not that of
 * kinds, those of phases when all sides have them and the peak is not wanted, that of names only when all sides have them and retained bytes are wanted. */
bool hs_compare_shows(const struct hs_compare *compare, enum hs_compare_by by);

/* Whether the rows of a table have a figure. */
bool hs_compare_has_figure(enum hs_compare_by by, enum hs_cost figure);

/* The figure `by` of a row, less that of the first side; that of the row of rounding, and of the whole. */
int64_t hs_compare_change(const struct hs_compare *compare, const struct hs_compare_row *row, unsigned side);
int64_t hs_compare_rounding(const struct hs_compare *compare, unsigned side);
int64_t hs_compare_total(const struct hs_compare *compare, enum hs_cost figure, unsigned side);

const char *hs_cost_name(enum hs_cost figure); /* "retained_bytes" */
const char *hs_cost_text(enum hs_cost figure); /* "bytes held" */

#endif
