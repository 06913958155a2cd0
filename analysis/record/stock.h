/* SPDX-License-Identifier: MIT
 *
 * A board whose firmware has no module heapstrata. A short Python program, the helper, is sent through the raw REPL and calls
 * micropython.mem_info(1) at moments of the script: when an interval is over, at imports, at marks, when an exception leaves
 * the script, at the end, and after a collection. Its output is in the script's output, between the lines "HS:S" and "HS:E"
 * (lib/host/meminfo/meminfo.h); it is taken out there and collected as a text, which is a trace.
 *
 * The helper exists in the heap only. It is gone after the next reset, and writes nothing to the board's file system.
 */
#ifndef HS_RECORD_STOCK_H
#define HS_RECORD_STOCK_H

#include "analysis/record/repl.h"
#include "analysis/record/stock_helper.h"

#define HS_STOCK_INTERVAL 1000u /* milliseconds, the default */

/* The samples of one run, with the script's traceback: a text that is a trace. The caller zero-initialises it, sets the first
 * members, and calls hs_stock_free. */
struct hs_stock {
    unsigned interval; /* milliseconds between two samples; 0: none by a timer */
    const char *name;  /* of the script; may be NULL */
    const char *names; /* the script: what it does not name is left out of the helper; NULL: nothing is */
    size_t names_len;
    hs_repl_sink *out;  /* receives what the script prints, without the samples */
    hs_repl_sink *err;  /* receives its traceback; may be NULL */
    void *context;      /* of both, and of `keep` */
    hs_repl_sink *keep; /* receives the text in pieces, as soon as they are complete; never NULL */

    struct hs_stock_firmware firmware;
    char *text; /* what `keep` has not received yet; `len` bytes */
    size_t len, room;
    unsigned samples;  /* complete */
    uint32_t received; /* bytes */
    uint32_t unheard;  /* interrupts that came while a sample was printed, and did not reach the script */
    char said[96];     /* the end of our own code's traceback */
    bool full, broken; /* no memory for the text; a sample is incomplete and was dropped */

    /* Of the output. */
    char held[16];               /* bytes that may begin a sample */
    size_t n_held, sample, line; /* in `text`: where the sample and its last line begin; valid while `inside` */
    bool inside;
    bool begun;          /* the script has begun */
    bool runs;           /* the helper runs it */
    bool raised;         /* an exception had left the script before the last sample; its traceback is put at... */
    size_t raised_at;    /* ...this place of `text` */
    char traceback[256]; /* the line that is being received */
    size_t traceback_len;
};

/* Finds out what the firmware has, and sends the helper. The REPL is in raw mode. Returns 0, 1 when Python raised an exception,
 * or a negative enum hs_repl_error. */
int hs_stock_begin(struct hs_stock *stock, struct hs_repl *repl);

/* Runs the script. Returns as hs_repl_run. */
struct hs_stock_script {
    const char *text;
    size_t len;
};
int hs_stock_run(struct hs_stock *stock, struct hs_repl *repl, const struct hs_stock_script *script);

/* Receives the script's output: struct hs_stock * is the context. */
void hs_stock_take(void *context, const char *bytes, size_t n);

/* Receives its traceback, which becomes part of the text. */
void hs_stock_take_traceback(void *context, const char *bytes, size_t n);

/* After the script: takes the last samples and removes the helper. Returns as hs_stock_begin. */
int hs_stock_end(struct hs_stock *stock, struct hs_repl *repl, bool raised);

/* Gives the rest of the text to `keep`. */
void hs_stock_flush(struct hs_stock *stock);

void hs_stock_free(struct hs_stock *stock);

#endif
