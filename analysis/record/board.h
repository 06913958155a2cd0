/* SPDX-License-Identifier: MIT
 *
 * Records on a board over its raw REPL: starts tracing, runs a script and reads the trace as text. Requests
 * the parts that were damaged in transmission again.
 */
#ifndef HS_RECORD_BOARD_H
#define HS_RECORD_BOARD_H

#include "analysis/record/repl.h"
#include "analysis/record/stock.h"
#include "lib/host/memory/capture.h"
#include "lib/host/reader.h"

struct hs_board {
    int fd;             /* of the line; for reading and writing */
    const char *script; /* source code */
    size_t script_len;
    const char *name;        /* of the script, as recorded in the trace */
    const char *level;       /* "full", "sampled" or "summary"; NULL: the firmware's default */
    uint32_t interval;       /* of "sampled", bytes; 0: the firmware's default */
    int patience;            /* milliseconds to wait for an answer, and for the next line of the trace; 0: 5000 */
    bool no_reset;           /* no soft reset before the script; the running trace continues at its level */
    hs_repl_sink *out, *err; /* receive what the script prints, and its traceback */
    void (*progress)(void *context, uint32_t got, uint32_t total); /* bytes, while the trace is read; may be NULL */
    void (*waits)(void *context); /* called when the module heapstrata takes long to load; may be NULL */
    int (*reopen)(void *context); /* opens a line that disappeared; returns the new `fd` or -1; may be NULL */
    void *context;
    struct hs_stock *stock;        /* receives samples if the firmware has no module heapstrata; NULL: that is an error */
    volatile const int *interrupt; /* interrupts by the user: the first stops the script, the next the recording; may be NULL */
    bool sampled;                  /* set: the firmware has no module heapstrata, and the samples are in `stock` */
    bool emptied;                  /* set: a soft reset was needed to read the trace, for lack of memory */
    bool raised;                   /* set: the script ended with an exception */
    bool reset;                    /* set: the board was reset while the script ran */
};

/* Runs the script and fills the capture. Returns HS_OK, or HS_ERR_IO, HS_ERR_KIND (no module heapstrata, and
 * no `stock`) or HS_ERR_END (part of the trace is missing: the capture holds the rest) with *error filled. The trace is read
 * even if the script did not end normally; *error then says what happened. */
int hs_board_record(struct hs_board *board, struct hs_capture *capture, struct hs_error *error);

#endif
