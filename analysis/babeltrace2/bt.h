/* SPDX-License-Identifier: MIT
 *
 * Reading and writing CTF with libbabeltrace2. A trace is written as CTF, or read by any program that uses babeltrace2's
 * plugins (source.heapstrata.trace). The events of CTF traces are passed to a listener. Only the files of this folder use
 * that library.
 */
#ifndef HS_BABELTRACE2_BT_H
#define HS_BABELTRACE2_BT_H

#include "analysis/export/event_stream.h"

/* NULL, or what must be installed before this program is built, so that it can write and read CTF. */
extern const char *const hs_bt_missing;

/* ---- writing ---- */

struct hs_bt_job {
    const char *input;  /* trace to read */
    const char *folder; /* to be made; it must not exist */
    unsigned sets;      /* enum hs_event_stream_set */
    struct hs_symbols *symbols;
    bool follow; /* wait at the end of a trace that is still being written; only as a source */
    struct hs_selection selection;
};

/* Writes a CTF 1.8 trace. Returns HS_OK or a negative enum hs_err, with *error filled. After skipped damage in the
 * input it returns HS_OK, also with *error filled. */
int hs_bt_write_ctf(const struct hs_bt_job *job, struct hs_error *error);

/* ---- reading ---- */

#define HS_BT_FIELDS 6

/* A kind of event to listen for: its name and its fields. */
struct hs_bt_want {
    const char *event;
    const char *field[HS_BT_FIELDS]; /* of its payload; NULL after the last */
};

/* One event. The values are in the order of hs_bt_want.field. `has` has a bit for each field that is present and is a number
 * or a string. Pointers are valid until the listener returns. */
struct hs_bt_event {
    unsigned want;
    uint64_t ns; /* since the origin of the trace's clock */
    union hs_event_stream_value field[HS_BT_FIELDS], context[HS_BT_FIELDS];
    unsigned has, has_context;
};

struct hs_bt_listener {
    const struct hs_bt_want *want; /* `n` */
    unsigned n;
    const char *const *context; /* at most HS_BT_FIELDS names, NULL after the last: of context fields of the event, or else of
                                      the trace's environment */
    uint64_t bytes; /* of the files, for limits on a trace that leads the library to no end (limits.h); 0: no limits */
    void *data;
    void (*event)(void *data, const struct hs_bt_event *event);
    void (*lost)(void *data, uint64_t ns, uint64_t events);
};

/* Reads CTF traces as one, from the folders that contain their `metadata`. Returns HS_OK or a negative enum hs_err, with *error
 * filled; the listener has received the events before the error. */
int hs_bt_read_ctf(const char *const *folder, unsigned n, const struct hs_bt_listener *listener, struct hs_error *error);

#endif
