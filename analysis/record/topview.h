/* SPDX-License-Identifier: MIT
 *
 * An overview of a running firmware on a pane: figures, map, the lines that allocate; or as JSON.
 */
#ifndef HS_RECORD_TOPVIEW_H
#define HS_RECORD_TOPVIEW_H

#include "analysis/time/overview.h"
#include "analysis/draw/pane.h"
#include "analysis/draw/json.h"

/* What lines are sorted by. */
enum hs_top_order { HS_TOP_RATE, HS_TOP_BYTES, HS_TOP_LIVE, HS_TOP_BLOCKS, HS_TOP_ALL, HS_TOP_ORDERS };
#define HS_TOP_ORDER_NAMES "allocs|bytes|live|blocks|total" /* in the order of the enum */

struct hs_topview {
    struct hs_overview *overview; /* its lines are put in order */
    const char *subject;          /* what is looked at */
    const char *state;            /* "following", "paused", ... */
    double seconds;               /* that it has been looked at */
    uint64_t stream_bytes;        /* that came; 0: it is no stream */
    double byte_rate;
    enum hs_top_order order;
    const char *filter; /* lines that hold it; "" for all */
    bool map;
    unsigned first;     /* line of the table shown first */
    const char *output; /* last line that the program printed, or NULL */
    const char *prompt; /* of the bottom row, instead of the keys; or NULL */
    bool unicode, keys; /* keys: there is someone to press them */
};

/* Sorts the lines, and draws all of it on a pane that has its size. Returns how many lines pass the filter. */
size_t hs_topview_draw(const struct hs_topview *view, struct hs_pane *pane);

/* The keys and what they do, on a pane. */
void hs_topview_help(struct hs_pane *pane);

/* Members of the object at hand: figures as stat's, and `lines`. */
void hs_topview_json(const struct hs_topview *view, struct hs_json *json);

#endif
