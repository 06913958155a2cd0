/* SPDX-License-Identifier: MIT
 *
 * Lines whose live bytes rise from collection to collection, found before an allocation fails.
 *
 * After a collection all used blocks are live. The live bytes of every site are stored at up to HS_GROWTH_MOMENTS
 * collections, evenly over the run: when the limit is reached, every second one is dropped, and from then on only every
 * second collection is stored.
 *
 * After few collections the births of what is live tell as much: the run up to the last collection is divided into parts with the same
 * number of records, and what was born in each part is summed up. A line that keeps what it allocates has live blocks from all parts, a
 * cache that saturates or data that are read once have theirs from the first parts, and a window over the latest ones from the last.
 */
#ifndef HS_DIAGNOSIS_GROWTH_H
#define HS_DIAGNOSIS_GROWTH_H

#include "analysis/diagnosis/usual.h"
#include "analysis/sites/names.h"

#define HS_GROWTH_MOMENTS 64u
#define HS_GROWTH_SITES (1u << 16) /* traces with more sites are not analysed */

struct hs_growth_moment {
    uint64_t elapsed;    /* ticks since the first boot */
    uint64_t used, free; /* bytes, of all regions except pools */
    uint64_t longest;    /* bytes of the longest free run; 0: not known */
    uint64_t *live;      /* `n`: bytes of site s at index s + 1 */
    uint32_t n;
};

/* A site at the last moment. */
struct hs_growth_site {
    uint64_t blocks, grown; /* live; blocks that it resized, or that the program freed */
    double variance;        /* of the live bytes, where these are estimates */
};

struct hs_growth {
    struct hs_growth_moment moment[HS_GROWTH_MOMENTS];
    unsigned n;
    struct hs_growth_site *site; /* `moment[n - 1].n`: site s at index s + 1 */
    uint32_t boot;               /* all moments are of one boot */
    uint64_t collections, stride;
    bool sampled;                 /* the moments are estimates */
    struct hs_usual usual;        /* at the last collection */
    const struct hs_model *model; /* when the trace ends; the user sets it before hs_growth_find */
    struct hs_growth
        *births; /* of what was live at the last one, while there are few: `moment[k]` is all that was born in parts 0..k */
    int error;
};

/* The line that grows. */
struct hs_growing {
    char name[HS_NAME_MAX];
    char keeper[HS_NAME_MAX];   /* the line that enlarges the object which keeps its blocks; "": not found */
    uint64_t from, to;          /* live bytes at the first and the last used moment */
    unsigned moments;           /* number of used moments */
    double per_second;          /* bytes, of this line */
    double lasts;               /* seconds until the heap is full at this rate; negative: unknown */
    double collections;         /* collections until then; negative: unknown */
    uint64_t free;              /* bytes after the last collection */
    struct hs_usual usual;      /* what finds no room by then, although as much is free, in pieces; bytes 0: none is known */
    char requests[HS_NAME_MAX]; /* with `usual`: its line */
    uint64_t longest;           /* with `usual`: bytes of the longest free run after the last collection */
    bool sampled;               /* these are estimates */
    bool births; /* known by the births of what is live: `from` and `to` are of parts of the run, not of collections */
    bool slow;   /* so little of the heap that a result may grow, or a cache fill: no reason to warn */
    bool much;   /* so much of the heap that it is worth a word even where it ends */
    bool ends;   /* by the sources the loops that make it end, and something uses it then: the program may need it */
};

/* Call after each collection; *growth starts zeroed. */
void hs_growth_take(struct hs_growth *growth, const struct hs_model *model);

/* The same at level sampled, after the summary of a collection: estimates. */
void hs_growth_take_sampled(struct hs_growth *growth, const struct hs_model *model);
void hs_growth_free(struct hs_growth *growth);

/* Finds the line that grows most. Returns HS_OK, HS_ERR_KIND when none grows, or HS_ERR_MEMORY. */
int hs_growth_find(struct hs_growth *growth, const struct hs_names *names, struct hs_growing *growing);

#endif
