/* SPDX-License-Identifier: MIT
 *
 * Two or more traces side by side: the bytes that each holds at one moment and allocates in all, by kind, line,
 * function and phase of imports. The first is the base of the comparison.
 *
 * Every table adds up: the bytes that a trace holds are the requested bytes, in the rows, plus the excess of its
 * blocks, in the row of rounding. So the differences in a column add up to the difference of the heaps, to the byte.
 */
#ifndef HS_COMPARE_COMPARE_H
#define HS_COMPARE_COMPARE_H

#include "analysis/sites/samefiles.h"
#include "analysis/sites/names.h"
#include "analysis/sites/phases.h"
#include "analysis/space/snapshot.h"
#include "lib/host/util/map.h"

#define HS_SIDES 16u /* maximum number of traces */

/* A global name of a side and the bytes that would be freed with it: struct hs_global_cost's total. */
struct hs_named_cost {
    char *name; /* "module.name" */
    uint64_t bytes;
};

/* One trace. The caller fills it; strings and pointers must outlive the comparison. */
struct hs_side {
    const char *path;
    const struct hs_model *model; /* at the trace's end */
    const struct hs_names *names;
    const struct hs_heap_snapshot *snapshot; /* at the compared moment */
    const struct hs_same_file *file;         /* `n_files`: files whose names or lines differ from the first trace's */
    unsigned n_files;
    const struct hs_named_cost *global; /* `n_globals`, if there was a snapshot of references at the moment; else NULL */
    size_t n_globals;
    const struct hs_phases *phases; /* finished; NULL: not in the trace */
    const uint32_t *entry;          /* index into `phases` for each block of the snapshot; HS_NO_ENTRY */
};

/* Reasons why something is not compared, or only in part. Bits of a side. */
enum hs_apart {
    HS_APART_BUILD = 1,     /* another firmware than the first: native code differs */
    HS_APART_WORD = 2,      /* another word size: block sizes necessarily differ; only totals are compared */
    HS_APART_GRANULE = 4,   /* another granule size: rounding necessarily differs */
    HS_APART_UNNAMED = 8,   /* no ELF file here or for the first: kinds are unknown */
    HS_APART_HEAP = 16,     /* another heap size: the longest free run necessarily differs */
    HS_APART_NO_LINES = 32, /* a file's sources were not available: lines are matched by number */
    HS_APART_PHASES = 64    /* only this one or the first has phases */
};

enum hs_cost {
    HS_COST_RETAINED,  /* bytes taken at the moment: gc.mem_alloc() */
    HS_COST_ALLOCATED, /* bytes requested over the whole trace */
    HS_COST_ALLOCS,    /* allocations and reallocations */
    HS_COST_PEAK,      /* most bytes taken at any time */
    HS_COST_BLOCKS,    /* at the moment */
    HS_COST_LARGEST,   /* bytes of the longest free run at the moment */
    HS_COSTS,
};
#define HS_COSTS_OF_ROWS HS_COST_LARGEST /* rows have the figures before this one */

/* One side in one row; indexed by enum hs_cost. RETAINED are requested bytes. */
struct hs_cell {
    uint64_t cost[HS_COSTS_OF_ROWS];
};

struct hs_compare_row {
    char *name, *kind;    /* kind in the table of lines, phase in that of phases; else NULL */
    struct hs_cell *cell; /* one per side */
};

/* IMPORT is a module with all its phases; PHASE is each of them. Both exclude the modules that it imports, and match
 * modules by name, whatever imports them. Allocations outside of imports are "(outside)". Their peak is unknown. Names
 * overlap with the other tables and do not add up: bytecode has no name, and an object may have several. */
enum hs_compare_by {
    HS_COMPARE_KIND,
    HS_COMPARE_LINE,
    HS_COMPARE_FUNCTION,
    HS_COMPARE_IMPORT,
    HS_COMPARE_PHASE,
    HS_COMPARE_NAME,
    HS_COMPARE_TABLES,
};

struct hs_compare_table {
    struct hs_compare_row *row; /* greatest difference first; the row of rounding is not included */
    size_t n, room;
    struct hs_map map; /* index of rows by name, while the table is built */
};

/* A mark of the first trace. */
struct hs_compare_mark {
    const char *label;
    uint64_t occurrence;     /* of the label, from 1 */
    uint64_t used[HS_SIDES]; /* bytes taken then; HS_NO_MARK: the side has no such mark */
};
#define HS_NO_MARK UINT64_MAX

struct hs_compare {
    struct hs_side side[HS_SIDES];
    unsigned apart[HS_SIDES]; /* enum hs_apart; [0] may only have UNNAMED */
    unsigned any;             /* union of all */
    unsigned n;
    enum hs_cost by; /* sort figure of rows */
    uint64_t total[HS_SIDES][HS_COSTS];
    uint64_t rounding[HS_SIDES]; /* bytes taken at the moment minus bytes requested */
    struct hs_compare_table table[HS_COMPARE_TABLES];
    struct hs_compare_mark *mark;
    size_t n_marks, marks_elsewhere; /* marks of other sides that the first does not have */
};

/* Measures. The caller sets `n`, `side` and `by`; the rest is set here. Free with hs_compare_free. Returns HS_OK or
 * HS_ERR_MEMORY. */
int hs_compare_measure(struct hs_compare *compare);
void hs_compare_free(struct hs_compare *compare);

/* Whether a table is meaningful for all sides. No table is when word sizes differ; the table of kinds needs kinds for
 * all sides; those of phases need phases on all sides and a figure other than the peak; that of names needs names on
 * all sides and retained bytes. */
bool hs_compare_shows(const struct hs_compare *compare, enum hs_compare_by by);

/* Whether the rows of a table have that figure. */
bool hs_compare_has_figure(enum hs_compare_by by, enum hs_cost figure);

/* The figure `by` of a row minus that of the first side; of the row of rounding; of the total. */
int64_t hs_compare_change(const struct hs_compare *compare, const struct hs_compare_row *row, unsigned side);
int64_t hs_compare_rounding(const struct hs_compare *compare, unsigned side);
int64_t hs_compare_total(const struct hs_compare *compare, enum hs_cost figure, unsigned side);

const char *hs_cost_name(enum hs_cost figure); /* "retained_bytes" */
const char *hs_cost_text(enum hs_cost figure); /* "live bytes" */

#endif
