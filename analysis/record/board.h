/* SPDX-License-Identifier: MIT
 *
 * Recording on a board: over its raw REPL, tracing is started, a script is run, and the trace is pulled as
 * text; what was damaged on the way is asked for again.
 */
#ifndef HS_RECORD_BOARD_H
#define HS_RECORD_BOARD_H

#include "analysis/record/repl.h"
#include "lib/host/memory/capture.h"
#include "lib/host/reader.h"

struct hs_board {
    int fd;             /* of the line, read and written */
    const char *script; /* source code */
    size_t script_len;
    const char *name;        /* of the script, in the trace */
    const char *level;       /* "full", "sampled" or "summary"; NULL: as the firmware was built */
    uint32_t interval;       /* of "sampled", bytes; 0: as it was built */
    int patience;            /* milliseconds for an answer, and between two lines of the trace; 0: 5000 */
    bool no_reset;           /* runs in what is there, and goes on with the trace and its level; else a soft reset comes first */
    hs_repl_sink *out, *err; /* what the script printed, and its traceback */
    void (*progress)(void *context, uint32_t got, uint32_t total); /* while the trace comes; may be NULL */
    int (*reopen)(void *context); /* the line went away: opens it again, and returns the new `fd` or -1; may be NULL */
    void *context;
    volatile const int *interrupt; /* how often the user has asked to stop: first the script, then us; may be NULL */
    bool raised;                   /* set: the script ended by an exception */
    bool reset;                    /* set: the board was reset while the script ran */
};

/* Runs the script and fills the capture. Returns HS_OK, or HS_ERR_IO, HS_ERR_KIND (no module heapstrata)
 * or HS_ERR_END (some of the trace could not be had: the capture holds the rest) with *error filled. Where the script
 * did not end as it should the trace is pulled all the same, and *error says what happened. */
int hs_board_record(struct hs_board *board, struct hs_capture *capture, struct hs_error *error);

#endif
