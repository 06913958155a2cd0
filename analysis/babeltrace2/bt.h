/* SPDX-License-Identifier: MIT
 *
 * libbabeltrace2, both ways: stories written as a CTF trace or read by any program that takes babeltrace2's plugins
 * (source.heapstrata.trace), and the events of CTF traces handed to who wants them. The one file that knows that
 * library.
 */
#ifndef HS_BABELTRACE2_BT_H
#define HS_BABELTRACE2_BT_H

#include "analysis/export/event_stream.h"

/* NULL, or what has to be installed before this program is built, so that it can write and read CTF. */
extern const char *const hs_bt_missing;

/* ---- writing ---- */

struct hs_bt_job {
    const char *input;  /* trace to read */
    const char *folder; /* to be made; nothing may be there */
    unsigned sets;      /* enum hs_event_stream_set */
    struct hs_symbols *symbols;
    bool follow; /* wait at the end of a trace that is being written; only as a source */
    struct hs_selection selection;
};

/* Writes a CTF 1.8 trace. Returns HS_OK or a negative enum hs_err, with *error filled; damage in the input that
 * was skipped is there too, with HS_OK returned. */
int hs_bt_write_ctf(const struct hs_bt_job *job, struct hs_error *error);

/* ---- reading ---- */

#define HS_BT_FIELDS 6

/* An event that is wanted, by its name, and its fields. */
struct hs_bt_want {
    const char *event;
    const char *field[HS_BT_FIELDS]; /* of its payload; NULL behind the last */
};

/* One that came. Values are those of the fields in their order; `has` has a bit for each that is there and is a number or a
 * text. Pointers are valid until the listener returns. */
struct hs_bt_event {
    unsigned want;
    uint64_t ns; /* since the origin of the trace's clock */
    union hs_event_stream_value field[HS_BT_FIELDS], context[HS_BT_FIELDS];
    unsigned has, has_context;
};

struct hs_bt_listener {
    const struct hs_bt_want *want; /* `n` */
    unsigned n;
    const char *const *context; /* HS_BT_FIELDS names at most, NULL behind the last: of fields around the payload, or else of
                                      the trace's environment */
    void *data;
    void (*event)(void *data, const struct hs_bt_event *event);
    void (*lost)(void *data, uint64_t ns, uint64_t events);
};

/* Reads CTF traces, by the folders that hold their `metadata`, as one. Returns HS_OK or a negative enum hs_err, with *error
 * filled: what came before was told. */
int hs_bt_read_ctf(const char *const *folder, unsigned n, const struct hs_bt_listener *listener, struct hs_error *error);

#endif
