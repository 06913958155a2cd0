/* SPDX-License-Identifier: MIT
 *
 * Blocks from their coming to their going: when each came to the place that holds it, how, and how that ended. A resize
 * ends one holding and begins another of the same block.
 */
#ifndef HS_EXPORT_HOLDINGS_H
#define HS_EXPORT_HOLDINGS_H

#include "analysis/export/changes.h"

/* One holding, over or not. */
struct hs_holding {
    struct hs_live_block block;
    uint64_t born, died; /* nanoseconds; died means nothing while `how` is "" */
    const char *came,
        *how;       /* "alloc", "resize", "snapshot"; "free", "sweep", "resize", "reset", "region end", "lost", "not known" */
    uint64_t bytes; /* taken */
    uint32_t pos;
    uint8_t region;
};

struct hs_holdings {
    const struct hs_changes *changes;
    struct hs_beginning *beginning; /* `n`, by granule of the head */
    uint32_t n, next;               /* granule at which hs_holdings_rest goes on */
    size_t at;                      /* next change to be looked at */
    const struct hs_event *event;
    uint64_t now, followed; /* nanoseconds; until when blocks were followed: at levels above "full" they are not */
    bool another_boot, in_collection;
    bool short_of_memory;
};

/* Before an event is fed to the changes: what its changes will mean. */
void hs_holdings_expect(struct hs_holdings *holdings, const struct hs_event *event, uint64_t ns);

/* After that: the next holding that it ended. False when there is none left. */
bool hs_holdings_next(struct hs_holdings *holdings, struct hs_holding *holding);

/* At the end of the trace: the next one that is not over, or not known to be since blocks are not followed any more. False when there
 * is none left. */
bool hs_holdings_rest(struct hs_holdings *holdings, struct hs_holding *holding);

void hs_holdings_free(struct hs_holdings *holdings);

#endif
