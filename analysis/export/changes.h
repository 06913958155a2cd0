/* SPDX-License-Identifier: MIT
 *
 * The changes of each event: blocks that are allocated, freed and resized, as a wrapper of malloc and free
 * would see them. A sweep, a reset, a removed region and a snapshot with another layout
 * become one change per block. So the sum of all changes is equal to the model.
 *
 * Addresses are those of the traced program. But if a region overlaps another one that exists at the same time,
 * or begins at 0, its addresses are shifted by a bias.
 */
#ifndef HS_EXPORT_CHANGES_H
#define HS_EXPORT_CHANGES_H

#include "analysis/space/freespace.h"

enum hs_change_kind { HS_CHANGE_TAKEN, HS_CHANGE_FREED, HS_CHANGE_RESIZED };

struct hs_block_change {
    struct hs_live_block block;  /* TAKEN, RESIZED: the new state; FREED: the last state */
    struct hs_live_block before; /* RESIZED: the old state, with 0 granules if there was no such block */
    uint64_t address;
    uint64_t old_address; /* RESIZED; 0: there was no such block */
    uint64_t bytes;       /* allocated bytes of `block` */
    uint32_t pos;         /* its head */
    uint8_t kind;         /* enum hs_change_kind */
    uint8_t region;
};

struct hs_changes {
    struct hs_model *model;
    struct hs_block_change *change; /* `n`, of the last event, in order */
    size_t n, room;
    uint64_t bias[HS_REGION_LIMIT];
    uint64_t base[HS_REGION_LIMIT];  /* of the regions' first granules, bias included */
    struct hs_freespace *space;      /* the free runs, updated after every event */
    struct hs_model_observer follow; /* updates `space` */
    bool short_of_memory;
};

/* The heap's current figures, the same as `stat` prints at the end. */
struct hs_heap_figures {
    struct hs_space_stats heap; /* `requested` needs a layout; with `no_counts`, the blocks and runs need one too */
    uint64_t total, peak;       /* bytes: size of the regions; high-water mark */
    bool known;                 /* false: these are the last known figures */
    bool told;                  /* from a summary, not from the layout */
    bool no_counts;
};

/* False when no figures are known yet: no region, or no summary at a level above "full". */
bool hs_changes_figures(const struct hs_changes *changes, struct hs_heap_figures *figures);

/* Starts with an empty heap and its own model. Free it with hs_changes_free. NULL when out of memory. */
struct hs_changes *hs_changes_new(void);
void hs_changes_free(struct hs_changes *changes);

/* Feeds one event to the model and sets `change`. Returns HS_OK, HS_ERR_MEMORY or the model's error. */
int hs_changes_feed(struct hs_changes *changes, const struct hs_event *event);

/* Address of a granule, bias included. 0 when no present region contains it. */
uint64_t hs_changes_address(const struct hs_changes *changes, uint32_t pos);

#endif
