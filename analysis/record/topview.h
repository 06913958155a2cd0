/* SPDX-License-Identifier: MIT
 *
 * An overview of a running firmware on a pane (figures, map, lines that allocate), or as JSON.
 */
#ifndef HS_RECORD_TOPVIEW_H
#define HS_RECORD_TOPVIEW_H

#include "analysis/time/overview.h"
#include "analysis/draw/pane.h"
#include "analysis/draw/json.h"

/* Sort key of the lines. */
enum hs_top_order { HS_TOP_RATE, HS_TOP_BYTES, HS_TOP_LIVE, HS_TOP_BLOCKS, HS_TOP_ALL, HS_TOP_ORDERS };
#define HS_TOP_ORDER_NAMES "allocs|bytes|live|blocks|total" /* in the order of the enum */

struct hs_topview {
    struct hs_overview *overview; /* its lines are sorted here */
    const char *subject;          /* name of the source */
    const char *state;            /* "following", "paused", ... */
    double seconds;               /* since the start of the view */
    uint64_t stream_bytes;        /* received; 0: no stream */
    double byte_rate;
    enum hs_top_order order;
    const char *finding; /* the doctor's first one; NULL: none */
    const char *filter;  /* show only lines that contain it; "" for all */
    bool map;
    unsigned first;     /* first line of the table shown */
    const char *output; /* last line that the program printed, or NULL */
    const char *prompt; /* shown in the bottom row instead of the keys, or NULL */
    bool unicode, keys; /* keys: the view is interactive */
};

/* Sorts the lines and draws everything on a pane whose size is set. Returns how many lines pass the filter. */
size_t hs_topview_draw(const struct hs_topview *view, struct hs_pane *pane);

/* Draws the list of keys on a pane. */
void hs_topview_help(struct hs_pane *pane);

/* Adds members to the current object: the figures of stat, and `lines`. */
void hs_topview_json(const struct hs_topview *view, struct hs_json *json);

#endif
