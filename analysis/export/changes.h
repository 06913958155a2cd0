/* SPDX-License-Identifier: MIT
 *
 * What each event changes: blocks that come, go and are resized, as a program that wraps malloc and free
 * would see it. A collection's sweep, a reset, a region that goes and a snapshot that shows another layout
 * become the blocks that they free, one by one, so that whoever adds the changes up holds what the model holds.
 *
 * Addresses are those of the traced program, except where two regions that are there at once would lie over
 * each other, or one would begin at 0: such a region is shifted by a bias of its own.
 */
#ifndef HS_EXPORT_CHANGES_H
#define HS_EXPORT_CHANGES_H

#include "analysis/space/freespace.h"

enum hs_change_kind { HS_CHANGE_TAKEN, HS_CHANGE_FREED, HS_CHANGE_RESIZED };

struct hs_block_change {
    struct hs_live_block block;  /* TAKEN, RESIZED: as it is; FREED: as it was */
    struct hs_live_block before; /* RESIZED: as it was, of no granules when there was no such block */
    uint64_t address;
    uint64_t old_address; /* RESIZED; 0: there was no such block */
    uint64_t bytes;       /* that the block takes, or took */
    uint32_t pos;         /* its head */
    uint8_t kind;         /* enum hs_change_kind */
    uint8_t region;
};

struct hs_changes {
    struct hs_model *model;
    struct hs_block_change *change; /* `n`, of the event fed last, in order */
    size_t n, room;
    uint64_t bias[HS_REGION_LIMIT];
    uint64_t base[HS_REGION_LIMIT];  /* of the regions' first granules, bias included */
    struct hs_freespace *space;      /* the free runs, right after every event */
    struct hs_model_observer follow; /* what keeps `space` */
    bool short_of_memory;
};

/* The heap's figures at present, as `stat` has them at the end. */
struct hs_heap_figures {
    struct hs_space_stats heap; /* `requested`, and where `no_counts` the blocks and runs, only of a layout */
    uint64_t total, peak;       /* bytes: of the regions; most that were ever used */
    bool known;                 /* else they are those known last */
    bool told;                  /* by a summary, not from the layout */
    bool no_counts;
};

/* False when nothing was ever known: no region has come yet, or no summary at a level above "full". */
bool hs_changes_figures(const struct hs_changes *changes, struct hs_heap_figures *figures);

/* Changes of an empty heap, with a model of its own. NULL when out of memory. */
struct hs_changes *hs_changes_new(void);
void hs_changes_free(struct hs_changes *changes);

/* Feeds one event to the model and sets `change`. Returns HS_OK, HS_ERR_MEMORY or the model's error. */
int hs_changes_feed(struct hs_changes *changes, const struct hs_event *event);

/* Address of a granule, bias included. 0 when the place is in no region that is there. */
uint64_t hs_changes_address(const struct hs_changes *changes, uint32_t pos);

#endif
