/* SPDX-License-Identifier: MIT
 *
 * A running firmware at one moment: figures of the heap and of the trace, the lines that allocate with how much they did
 * since the moment before, and a picture. It keeps nothing of the model, which may go on or go.
 *
 * A rate is of the seconds that passed in the trace: records come in packets, which hold more or less than a look's time,
 * and a finished trace is read much faster than it was written. Where hardly any passed there, the firmware rested, and it
 * is of the seconds that passed here.
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
    } *site;               /* [site + 1], `n` */
    uint32_t n, room;
    uint64_t events, records, collections, elapsed; /* elapsed: ticks */
};

/* Keeps the present sums, in place of earlier ones. Starts zeroed. Returns HS_OK or HS_ERR_MEMORY. */
int hs_earlier_take(struct hs_earlier *earlier, const struct hs_model *model);
void hs_earlier_free(struct hs_earlier *earlier);

struct hs_hot {
    char *name;
    double requests, bytes;        /* a second, since the earlier moment */
    uint64_t live, blocks;         /* now */
    uint64_t all_requests, all_bytes; /* of the whole trace */
    uint32_t class;                /* of the legend; UINT32_MAX: no block of it is in the heap */
};

struct hs_overview {
    struct hs_summary summary;
    struct hs_heap_snapshot picture;
    struct hs_map_classes legend;       /* of the picture, by `key` */
    struct hs_hot *hot;            /* `n`, in the order of their bytes in the heap */
    size_t n;
    double event_rate, record_rate, collection_rate; /* a second */
    double span;                   /* seconds since the earlier moment, which rates are of */
    struct hs_failure failure;     /* the last one; of size 0: there was none */
    char failed_at[HS_NAME_MAX];   /* and its line */
    char mark[80];                 /* the last one */
    uint8_t level;                 /* enum hs_level */
};

struct hs_overview_of {
    const struct hs_model *model;
    const struct hs_names *names;
    const struct hs_earlier *earlier;
    enum hs_group_by key;               /* what a line of the table is */
    double span;                   /* seconds since the earlier moment, by our clock */
};

/* Takes a new overview in place of an earlier one, which starts zeroed. Returns HS_OK or HS_ERR_MEMORY. */
int hs_overview_take(struct hs_overview *overview, const struct hs_overview_of *of);
void hs_overview_free(struct hs_overview *overview);

#endif
