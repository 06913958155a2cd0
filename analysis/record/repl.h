/* SPDX-License-Identifier: MIT
 *
 * MicroPython's raw REPL, over any file descriptor that reads and writes like a terminal in raw mode:
 * https://docs.micropython.org/en/latest/reference/repl.html#raw-mode-and-raw-paste-mode
 *
 * No call waits for ever, but for hs_repl_run where its caller says so; a user's interrupt ends all of them.
 */
#ifndef HS_RECORD_REPL_H
#define HS_RECORD_REPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hs_repl_error {
    HS_REPL_OK = 0,
    HS_REPL_SILENT = -1,  /* what was waited for did not come in time: hs_repl_explain looks at what did */
    HS_REPL_GONE = -2,    /* the line was closed, or reading or writing failed */
    HS_REPL_RESET = -3,   /* the board was reset while code ran */
    HS_REPL_STOPPED = -4, /* the user does not want to wait any longer */
    HS_REPL_FULL = -5,    /* the line takes no more bytes */
    HS_REPL_STUCK = -6,   /* code does not end although it was interrupted */
};

#define HS_REPL_TAIL 128u

struct hs_repl {
    int fd;
    int patience;                  /* milliseconds that an answer may take */
    volatile const int *interrupt; /* how often the user has asked to stop; NULL: cannot */
    int obeyed;                    /* interrupts that a run has passed on to its code */
    unsigned char buffer[4096];
    size_t at, len; /* unread bytes of the buffer */

    /* What has come since the last answer that was waited for. */
    uint64_t seen, no_text;          /* bytes; those of them that no text has */
    uint8_t rest;                    /* bytes that a character still has to have */
    unsigned starts;                 /* of a firmware: the lines that it begins with */
    char tail[2 * HS_REPL_TAIL + 1]; /* the last bytes; ended by zero */
    size_t tail_len;
};

/* What code printed, as it comes. */
typedef void hs_repl_sink(void *context, const char *bytes, size_t n);

struct hs_repl_run {
    const char *code;
    size_t len;
    hs_repl_sink *out; /* of its standard output; NULL: dropped */
    hs_repl_sink *err; /* of its traceback */
    void *context;
    const uint32_t *progress;   /* the run may go on as long as this changes once in `patience`; NULL: at any length, and
                                  a user's first interrupt reaches the code as Ctrl-C, whereupon it has to end in time */
    volatile const int *enough; /* when it becomes non-zero Ctrl-C is sent, once; may be NULL */
};

/* Interrupts what runs and enters raw mode. */
int hs_repl_enter(struct hs_repl *repl);

/* In raw mode: a soft reset, which is over when boot.py has run. main.py does not run. */
int hs_repl_soft_reset(struct hs_repl *repl);

/* Runs code. Returns 0, 1 when it ended by an exception, or a negative enum hs_repl_error. */
int hs_repl_run(struct hs_repl *repl, const struct hs_repl_run *run);

/* Back to the friendly REPL. */
void hs_repl_leave(struct hs_repl *repl);

/* Writes into `text` what an error means and what to do, by what came over the line. */
void hs_repl_explain(const struct hs_repl *repl, int error, char *text, size_t size);

#endif
