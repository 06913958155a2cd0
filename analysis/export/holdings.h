/* SPDX-License-Identifier: MIT
 *
 * The lifetimes of blocks. A holding is the time of a block at one site and place: how it began, and how it ended. A resize
 * ends one holding and begins another one of the same block.
 */
#ifndef HS_EXPORT_HOLDINGS_H
#define HS_EXPORT_HOLDINGS_H

#include "analysis/export/changes.h"

/* One holding, ended or not. */
struct hs_holding {
    struct hs_live_block block;
    uint64_t born, died; /* nanoseconds; `died` is undefined if `how` is "" */
    const char *came,
        *how;       /* "alloc", "resize", "snapshot"; "free", "sweep", "resize", "reset", "region end", "lost", "not known" */
    uint64_t bytes; /* allocated */
    uint32_t pos;
    uint8_t region;
};

struct hs_holdings {
    const struct hs_changes *changes;
    struct hs_beginning *beginning; /* `n`, by granule of the head */
    uint32_t n, next;               /* `next`: granule at which hs_holdings_rest continues */
    size_t at;                      /* index of the next change */
    const struct hs_event *event;
    uint64_t now, followed; /* nanoseconds; `followed`: last time at level "full": at others, blocks are not followed */
    bool another_boot, in_collection;
    bool short_of_memory;
};

/* Call it before an event is fed to the changes. It finds why the event's changes end holdings. */
void hs_holdings_expect(struct hs_holdings *holdings, const struct hs_event *event, uint64_t ns);

/* Call it after that: the next holding that the event ended. False when there is none left. */
bool hs_holdings_next(struct hs_holdings *holdings, struct hs_holding *holding);

/* At the end of the trace: the next holding that has not ended, or whose end is unknown because blocks are not followed any
 * more. False when there is none left. */
bool hs_holdings_rest(struct hs_holdings *holdings, struct hs_holding *holding);

void hs_holdings_free(struct hs_holdings *holdings);

#endif
