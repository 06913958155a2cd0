/* SPDX-License-Identifier: MIT
 *
 * Islands: blocks that stay while everything around them is freed, and so fragment the free space; and which lines
 * allocate them habitually.
 *
 * An island is a stretch of used granules between two free runs, each at least as long as the stretch itself. Islands
 * are searched right after garbage is freed: after every collection, and when an allocation fails. An island splits off
 * the shorter of its two runs. Each of its blocks is charged an equal share of that.
 *
 * Evidence is collected for every block that is ever part of an island: its freed neighbours (their site and lifetime);
 * whether the first collection after its allocation freed room for it at a lower address, so that first fit would have
 * placed it there if the collection had come earlier; and whether it was allocated during an import.
 *
 *     hs_islands_before(islands, model, event);
 *     hs_model_feed(model, event, 1);
 *     hs_islands_after(islands, model, event);
 */
#ifndef HS_BLAME_ISLANDS_H
#define HS_BLAME_ISLANDS_H

#include "analysis/model/model.h"

#define HS_BESIDES 6u /* sites beside a site's islands that are counted separately */

/* Freed blocks of one site that were neighbours of another site's islands. */
struct hs_beside {
    uint32_t site;
    uint64_t blocks, bytes, lifetime; /* lifetime: ticks, sum */
};

/* Blocks of one site that were part of islands. */
struct hs_island_site {
    uint64_t moments; /* number of moments with islands of it */
    uint64_t last_moment;
    uint64_t sightings;                 /* its blocks in islands, sum over moments */
    uint64_t parted;                    /* bytes split off, its shares summed over moments */
    uint64_t blocks, bytes;             /* different blocks */
    uint32_t smallest, largest;         /* requested bytes */
    uint64_t lifetime, survived, ended; /* ticks and collections survived until freed or until the end; number of blocks */
    uint64_t kept;                      /* blocks that are live at the end */
    uint64_t resized;                   /* resizes of its blocks before they first appeared in an island */
    uint64_t in_import;                 /* allocated while a module was imported */
    struct hs_beside beside[HS_BESIDES];
    uint64_t besides;         /* all freed blocks that were neighbours of its blocks */
    uint64_t beside_lifetime; /* ticks, sum */
};

/* Blocks of one site, in islands or not, at the first collection after their allocation. */
struct hs_birth_site {
    uint64_t blocks; /* that survived it */
    uint64_t lower;  /* for which it freed room at a lower address */
};

struct hs_island_granule;

struct hs_islands {
    struct hs_island_site *site; /* `n_sites`: site s at index s + 1; HS_SITE_UNKNOWN at index 0 */
    struct hs_birth_site *birth; /* same indices */
    uint32_t n_sites;
    struct hs_island_granule *granule; /* `n_granules` */
    uint32_t n_granules, granules_room;
    uint64_t moments;   /* number of searches */
    uint32_t imports;   /* number of open imports */
    bool in_import[64]; /* whether the open phase at each depth is an import */
    uint32_t depth, boot;
    int error;
};

/* Starts zeroed. Call one before and the other after the model processes an event. Return HS_OK or the first error,
 * HS_ERR_MEMORY. */
int hs_islands_before(struct hs_islands *islands, const struct hs_model *model, const struct hs_event *event);
int hs_islands_after(struct hs_islands *islands, const struct hs_model *model, const struct hs_event *event);

/* Adds the lifetimes so far of blocks that are still live. */
void hs_islands_finish(struct hs_islands *islands, const struct hs_model *model);
void hs_islands_free(struct hs_islands *islands);

/* Adds `b` to `a`, for the sites of a group. */
void hs_island_add(struct hs_island_site *a, const struct hs_island_site *b);

#endif
