/* SPDX-License-Identifier: MIT
 *
 * Islands: blocks that stay while all around them goes, and so keep the free space in pieces; which lines make
 * them habitually.
 *
 * An island is a stretch of used granules between two free runs, each at least as long as the stretch itself.
 * It is looked for whenever the garbage has just gone: behind every collection, and when an allocation fails.
 * What an island keeps apart is the shorter of its two runs. Each of its blocks bears an equal share of that.
 *
 * Evidence gathered on the way, for every block that is ever part of an island: what lay beside it and went
 * (its place and how long it had lived); whether the first collection behind its birth freed room for it
 * further down, which under first fit means that it would lie there had the collection come before it; and
 * whether it was born in an import.
 *
 *     hs_islands_before(islands, model, event);
 *     hs_model_feed(model, event, 1);
 *     hs_islands_after(islands, model, event);
 */
#ifndef HS_BLAME_ISLANDS_H
#define HS_BLAME_ISLANDS_H

#include "analysis/model/model.h"

#define HS_BESIDES 6u /* places beside a site's islands that are told apart */

/* Blocks of one place that lay beside a site's islands and went. */
struct hs_beside {
    uint32_t site;
    uint64_t blocks, bytes, lifetime; /* lifetime: ticks, summed */
};

/* Of one site's blocks that were part of islands. */
struct hs_island_site {
    uint64_t moments;       /* at which they formed any */
    uint64_t last_moment;
    uint64_t sightings;     /* blocks, summed over moments */
    uint64_t parted;        /* bytes kept apart, its shares summed over moments */
    uint64_t blocks, bytes; /* different ones */
    uint32_t smallest, largest; /* bytes asked for */
    uint64_t lifetime, survived, ended; /* ticks and collections lived through until they went, or till the end; blocks */
    uint64_t kept;          /* blocks that are still there at the end */
    uint64_t resized;       /* resizes of its blocks before they were first seen in an island */
    uint64_t in_import;     /* born while a module was imported */
    struct hs_beside beside[HS_BESIDES];
    uint64_t besides;       /* blocks that lay beside its blocks and went; all of them */
    uint64_t beside_lifetime; /* ticks, summed */
};

/* Of one site's blocks, islands or not, at the first collection behind their birth. */
struct hs_birth_site {
    uint64_t blocks;        /* that outlived it */
    uint64_t lower;         /* for which it freed room further down */
};

struct hs_island_granule;

struct hs_islands {
    struct hs_island_site *site;  /* `n_sites`: of site number s at s + 1, at 0 of HS_SITE_UNKNOWN */
    struct hs_birth_site *birth;  /* likewise */
    uint32_t n_sites;
    struct hs_island_granule *granule; /* `n_granules` */
    uint32_t n_granules;
    uint64_t moments;             /* looked at */
    uint32_t imports;             /* open ones */
    bool in_import[64];           /* phases by depth, whether it is an import */
    uint32_t depth, boot;
    int error;
};

/* Starts zeroed. Returns HS_OK or the first error, HS_ERR_MEMORY. */
int hs_islands_before(struct hs_islands *islands, const struct hs_model *model, const struct hs_event *event);
int hs_islands_after(struct hs_islands *islands, const struct hs_model *model, const struct hs_event *event);

/* Blocks that are still there are counted with what they lived through so far. */
void hs_islands_finish(struct hs_islands *islands, const struct hs_model *model);
void hs_islands_free(struct hs_islands *islands);

/* Adds up the sites of a group: `b` to `a`. */
void hs_island_add(struct hs_island_site *a, const struct hs_island_site *b);

#endif
