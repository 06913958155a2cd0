/* SPDX-License-Identifier: MIT
 *
 * A running firmware at one moment: figures of the heap and of the trace, the lines that allocate with their events
 * since the last moment, and a snapshot. It does not refer to the model, which may change or be freed.
 *
 * Rates are per second of trace time, because records come in packets that cover more or less than a refresh interval,
 * and a finished trace is read much faster than it was recorded. When hardly any trace time passed, the firmware was
 * idle, and rates are per second of wall-clock time.
 */
#ifndef HS_TIME_OVERVIEW_H
#define HS_TIME_OVERVIEW_H

#include "analysis/space/map_classes.h"
#include "analysis/sites/names.h"
#include "analysis/space/snapshot.h"
#include "analysis/time/summary.h"

/* Sums of all sites at an earlier moment. */
struct hs_earlier {
    struct hs_did {
        uint64_t requests, bytes;
    } * site; /* [site + 1], `n` */
    uint32_t n, room;
    uint64_t events, records, collections, elapsed; /* elapsed: ticks */
};

/* Stores the present sums in place of earlier ones. Starts zeroed. Returns HS_OK or HS_ERR_MEMORY. */
int hs_earlier_take(struct hs_earlier *earlier, const struct hs_model *model);
void hs_earlier_free(struct hs_earlier *earlier);

struct hs_hot {
    char *name;
    double requests, bytes;           /* per second, since the earlier moment */
    uint64_t live, blocks;            /* now */
    uint64_t all_requests, all_bytes; /* of the whole trace */
    uint32_t class;                   /* in the map's classes; UINT32_MAX: no block of it is live */
};

struct hs_overview {
    struct hs_summary summary;
    struct hs_heap_snapshot snapshot;
    struct hs_map_classes classes; /* of the snapshot, by `key` */
    struct hs_hot *hot;            /* `n`, sorted by live bytes */
    size_t n;
    double event_rate, record_rate, collection_rate; /* per second */
    double span;                                     /* seconds since the earlier moment, the base of the rates */
    struct hs_failure failure;                       /* the last one; size 0: none */
    char failed_at[HS_NAME_MAX];                     /* and its site */
    char mark[80];                                   /* the last one */
    uint8_t level;                                   /* enum hs_level */
};

struct hs_overview_of {
    const struct hs_model *model;
    const struct hs_names *names;
    const struct hs_earlier *earlier;
    enum hs_group_by key; /* what a row of the table is */
    double span;          /* seconds since the earlier moment, wall clock */
};

/* Takes a new overview in place of an earlier one; *overview starts zeroed. Returns HS_OK or HS_ERR_MEMORY. */
int hs_overview_take(struct hs_overview *overview, const struct hs_overview_of *of);
void hs_overview_free(struct hs_overview *overview);

#endif
