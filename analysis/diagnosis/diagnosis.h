/* SPDX-License-Identifier: MIT
 *
 * Why an allocation failed, and by which line.
 *
 * For each verdict the largest failure is diagnosed; when the heap was locked or the collector off, the first one. A
 * program that ends after a failure often fails again for the few bytes of an exception; these failures are ignored.
 * The heap is judged as it was at the failure. The collector has just run then, unless it was off, so all used blocks
 * are live.
 *
 *     struct hs_failure_watch *watch = hs_failure_watch_new();
 *     ... call hs_failure_watch_failed at each failure, from a watcher of the model ...
 *     ... replay ...
 *     hs_diagnose(&diagnoses, watch, names, sources);     measures; never prints
 */
#ifndef HS_DIAGNOSIS_H
#define HS_DIAGNOSIS_H

#include "analysis/blame/blame.h"
#include "analysis/diagnosis/program_text.h"
#include "analysis/diagnosis/unused.h"
#include "analysis/sites/names.h"

/* In the order of the tests. */
enum hs_cause {
    HS_CAUSE_NONE,        /* the layout was unknown */
    HS_CAUSE_LOCKED,      /* the heap was locked */
    HS_CAUSE_UNCOLLECTED, /* automatic collection was off */
    HS_CAUSE_REFUSED,     /* no region with the capability */
    HS_CAUSE_TOO_LARGE,   /* larger than the whole heap */
    HS_CAUSE_GROWING,     /* a line keeps what it allocates */
    HS_CAUSE_PEAK,        /* an old and a new version of one object were live at the same time */
    HS_CAUSE_FRAGMENTED,  /* enough was free, but fragmented */
    HS_CAUSE_HELD,        /* a variable that is not used any more holds what is missing; only found where the source is at hand */
    HS_CAUSE_FULL,        /* full of live data */
    HS_CAUSE_UNDECIDED,   /* the trace does not have what decides between several of these */
    HS_CAUSES,
};

/* How a peak comes about. */
enum hs_peak {
    HS_PEAK_NONE,
    HS_PEAK_LARGER,   /* the requesting line holds an old version of what it requested */
    HS_PEAK_COPY,     /* a block of nearly this size is live: a slice, a copy, a text made from another */
    HS_PEAK_JOINED,   /* two live blocks together have this size */
    HS_PEAK_PARTS,    /* the live blocks of a line together have this size: parts that are joined */
    HS_PEAK_BUILT,    /* one expression makes many objects: a comprehension, split(), a document that is parsed */
    HS_PEAK_COMPILED, /* source is compiled: exec(), eval(), import */
    HS_PEAK_PARSED,   /* a whole document is parsed beside its text; only found where the source is at hand */
};

/* The blocks of one line at the failure. */
struct hs_live_line {
    char *name;            /* "main.py:5 work" */
    uint64_t live, blocks; /* bytes taken, blocks */
    uint64_t allocated;    /* blocks it had allocated or resized by then */
    uint64_t largest;      /* bytes taken by its largest live block */
    uint64_t grown;        /* blocks that it resized, or that the program freed: signs of a growing list or table */
    uint64_t first, last;  /* records of the allocations of its oldest and newest live block */
    double share;          /* of all live bytes */
    uint32_t samples;      /* sampled blocks from which live and blocks are estimated */
    bool python;           /* a line of Python; else C code of the firmware */
};

/* Blocks of one line between the free runs, in the smallest set whose absence would have made room. */
struct hs_between {
    char *name;
    bool python; /* a line of Python */
    uint64_t blocks, bytes;
};

/* Blocks, by the numbers of the records that allocated them, ascending. */
struct hs_block_set {
    uint64_t *born; /* `n` */
    size_t n;
};

/* All that grows: of `grows` and of other lines. */
struct hs_growth_sum {
    uint64_t bytes, blocks;
    bool others; /* other lines have a part of it that matters */
};

/* What holds the blocks of a line, by the references at the failure. */
struct hs_kept {
    bool known;
    char by[HS_NAME_MAX];    /* "main.CACHE (dict)" */
    uint64_t bytes, blocks;  /* that would be garbage without it */
    struct hs_block_set set; /* what it keeps, without itself; empty unless `adds` */
    bool adds;               /* it is a list, dict or set that `keeper` made larger; else `keeper` is not set */
    bool within;             /* with `adds`: several such are in what `by` names, or one of those that hold the same blocks */
    bool many;     /* with `adds`: `by`, `bytes` and `blocks` are of one of several; nothing that is known keeps them all */
    bool together; /* with `many`: `bytes` and `blocks` are of all of them */
    bool endless;  /* it counts only if nothing ends its growth: what variables of calls keep, or several containers together */
    char adder[HS_NAME_MAX]; /* "main.py:5 work": the statement of `keeper`, which may begin before its line; "": no source */
    char to[64];             /* what the statement adds to, as it is written: "self.items"; "": not found */
    char global[64];         /* the global that is this list, dict or set; "": none is */
    uint32_t frame; /* the running call that holds it: an index of frames, 0 is the innermost; UINT32_MAX: none, or not known */
};

#define HS_FILLED_KINDS 8u

/* Blocks of one kind. */
struct hs_kind_then {
    char name[32]; /* "float"; "": none */
    uint64_t blocks, bytes;
};

/* The list, dict or set that keeps most of what is live, whether or not it grows, by the references at the failure. */
struct hs_filled {
    const struct hs_live_line *made; /* in `held`: the line that made most of what is reached from it; NULL: there is no such list */
    const struct hs_live_line *adds;           /* in `held`: the line that makes it larger; NULL: not known */
    char adder[HS_NAME_MAX];                   /* "main.py:5 work": the statement of `adds`; "": no source */
    char to[64];                               /* what the statement adds to, as it is written; "": not found */
    char global[64];                           /* the global that is this list, dict or set; "": none is */
    uint32_t frame;                            /* as in struct hs_kept */
    char by[HS_NAME_MAX];                      /* "main.CACHE (dict)" */
    uint64_t bytes, blocks;                    /* that would be garbage without it */
    struct hs_kind_then kind[HS_FILLED_KINDS]; /* what these are, most bytes first; none where kinds are not known */
};

/* Why data that grow are needed: what makes them ends. */
struct hs_needed {
    bool known;
    bool over;               /* it has ended before the failure */
    bool anew;               /* each round of `loop` makes all of them, and lets go of those before */
    bool outside;            /* no loop makes them */
    char loop[HS_NAME_MAX];  /* "main.py:7": the outermost loop that makes them; "": none */
    char reads[HS_NAME_MAX]; /* "main.py:12": what uses them afterwards; "": not found */
    uint64_t times;          /* that the loops go around in all; 0: not known */
    uint64_t made;           /* of these, at the failure; 0: not known */
};

/* Why the program does not need what a variable holds. */
enum hs_needless {
    HS_NEEDLESS_UNUSED,   /* nothing that can still be executed uses it */
    HS_NEEDLESS_LENGTH,   /* only its length is still used */
    HS_NEEDLESS_ERROR,    /* it is an exception that carries data */
    HS_NEEDLESS_REPLACED, /* the row that requests memory assigns a new value */
    HS_NEEDLESS_CACHE,    /* it is a cache, whose entries can be made again */
    HS_NEEDLESS_PART,     /* a small object shows a part of it, and keeps all: a memoryview, a match, a view of keys */
};

/* What is held although it is not needed any more, by the references at the failure and the sources. */
struct hs_accident {
    bool known;
    enum hs_needless why;
    char what[HS_NAME_MAX]; /* "the global main.raw", "the local variable image of work" */
    char last[HS_NAME_MAX]; /* "main.py:9": the last row that used it, or its length; "the loop that ends at main.py:9"; "": not known */
    uint32_t more;          /* HS_NEEDLESS_PART: so many more such objects, made by the same row, hold it too */
    const char *copy;       /* HS_NEEDLESS_PART: how the part is copied */
    char also[HS_NAME_MAX]; /* another one, which holds the same or more; "": none */
    bool left_over;         /* it is a slot of a stack */
    bool used;              /* `left_over`: of an expression that used what the row of d->unused_at set; else of that row's own */
    bool also_left_over;    /* such a slot refers to the same data */
    bool both;              /* without the variable, but with such slots, there would be no room: both must go */
    bool old; /* it is an older value of what the requesting row makes larger: the cause is the peak, `known` is not set */
    uint64_t bytes, blocks;  /* that would be garbage */
    struct hs_block_set set; /* all that would be garbage without it, `also`, and with `both` slots that are left over */
};

/* Of levels that do not record which line's blocks are where: the line of Python that keeps most at the end, by estimates, or else
 * that requested most. */
struct hs_most {
    char name[HS_NAME_MAX]; /* "": none */
    double share;           /* of what all lines keep, or requested */
    bool live;              /* it keeps most */
};

struct hs_diagnosis {
    enum hs_cause cause;
    struct hs_failure failure; /* the diagnosed one */
    uint64_t total;            /* bytes of the regions that could have served it; 0: not known */
    char line[HS_NAME_MAX];    /* the requesting line */
    char caller[HS_NAME_MAX];  /* the line that called its function, by the calls that ran; "": not known, or the module's code */
    bool lines;                /* what holds memory is known by line; else by kind of object: snapshots of mem_info() */
    bool referred;             /* references were recorded at the failure */
    bool estimated;            /* the figures of `held` are estimates from samples */
    double unknown;            /* share of the live bytes of which no line is known: allocated before the trace begins */
    struct hs_live_line *held; /* `n`, most bytes first */
    size_t n;
    struct hs_most most;              /* only where no line of `held` has live bytes; by hs_exam_conclude */
    const struct hs_live_line *grows; /* in `held`: the line that keeps what it allocates; NULL: none */
    const struct hs_live_line
        *keeper; /* in `held`: the line that enlarges the object which keeps the blocks of `grows`: a fact if kept.known, else a
                    guess by sizes; NULL: not found */
    struct hs_growth_sum growth; /* of what grows; set with HS_CAUSE_GROWING */
    struct hs_kept kept;         /* by whom the blocks of `grows` are held, where references were recorded */
    struct hs_needed needed;     /* of what `grows` allocates */
    struct hs_filled filled;
    bool endless; /* `grows` makes one thing larger and larger: each step needs room for the old and the new value */
    bool views;   /* `keeper` made a memoryview of each block */
    const struct hs_live_line *asked; /* in `held`: the requesting line; NULL: it holds nothing */
    bool extends; /* the requesting row makes the new value of a variable from its old one, by its source; only for a peak */
    enum hs_peak peak;
    char peak_of[HS_NAME_MAX];  /* for COPY, JOINED, PARTS and PARSED: the line of the old blocks; else "" */
    uint64_t peak_bytes;        /* requested by the old blocks */
    struct hs_between *between; /* `n_between`, most blocks first; only for HS_CAUSE_FRAGMENTED */
    size_t n_between;
    uint64_t run;                     /* bytes of the free run without them */
    const struct hs_live_line *holds; /* in `held`: the line whose blocks `unused` holds; only for HS_CAUSE_HELD */
    struct hs_unused unused;          /* only for HS_CAUSE_HELD */
    struct hs_accident accident;      /* only for HS_CAUSE_HELD, where references were recorded; else `unused` decides alone */
    char unused_at[HS_NAME_MAX];      /* "main.py:5": its assignment */
    bool stays_locked;          /* at `switched`, a way out of the function leaves the heap locked, or it never unlocks it */
    char switched[HS_NAME_MAX]; /* "main.py:3": where the source locks the heap or turns the collector off; "": not found */
};

#define HS_DIAGNOSES HS_VERDICT_UNKNOWN /* at most one per verdict */

struct hs_diagnoses {
    struct hs_diagnosis diagnosis[HS_DIAGNOSES]; /* `n`; the largest request is first */
    unsigned n;
    uint64_t failures; /* of heaps other than pools, including those ignored after a larger one */
};

struct hs_failure_watch;

/* NULL when out of memory. */
struct hs_failure_watch *hs_failure_watch_new(void);
void hs_failure_watch_free(struct hs_failure_watch *watch);

/* Call at each failure, from a watcher of the model. */
void hs_failure_watch_failed(struct hs_failure_watch *watch, const struct hs_model *model, const struct hs_failure *failure);

/* Call with each record that the model does not process, from a watcher of the model. `reader` is that of the trace. */
void hs_failure_watch_references(struct hs_failure_watch *watch, const struct hs_model *model, const struct hs_reader *reader,
                                 const struct hs_event *event);

/* Whether one of the failures that will be diagnosed, so far, was in this boot. */
bool hs_failure_watch_has(const struct hs_failure_watch *watch, uint32_t boot);

/* Whether a collector is what frees: MicroPython's, whose rule the regions name. */
bool hs_is_collected(const struct hs_reader *reader);

/* Whether a failed request found enough free bytes, in pieces, by the bounds of fragmentation. Else a heap of `total` bytes is
 * nearly full. Only `size` and `free` of the failure count. */
bool hs_is_in_pieces(const struct hs_failure *failure, uint64_t total);

/* Fills *diagnoses, with what the sources say where they are at hand; free it with hs_diagnoses_free in any case. Returns HS_OK or HS_ERR_MEMORY. */
int hs_diagnose(struct hs_diagnoses *diagnoses, const struct hs_failure_watch *watch, const struct hs_names *names,
                const struct hs_sources_at *sources);
void hs_diagnoses_free(struct hs_diagnoses *diagnoses);

#endif
