/* SPDX-License-Identifier: MIT
 *
 * MicroPython's raw REPL, over any file descriptor that reads and writes like a terminal in raw mode:
 * https://docs.micropython.org/en/latest/reference/repl.html#raw-mode-and-raw-paste-mode
 *
 * Every call has a time limit, except hs_repl_run when its caller sets none. A user's interrupt ends any call.
 */
#ifndef HS_RECORD_REPL_H
#define HS_RECORD_REPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hs_repl_error {
    HS_REPL_OK = 0,
    HS_REPL_SILENT = -1,  /* the expected answer did not come in time; hs_repl_explain looks at what was received */
    HS_REPL_GONE = -2,    /* the line was closed, or reading or writing failed */
    HS_REPL_RESET = -3,   /* the board was reset while code ran */
    HS_REPL_STOPPED = -4, /* the user interrupted */
    HS_REPL_FULL = -5,    /* the line accepts no more bytes */
    HS_REPL_STUCK = -6,   /* code did not end after an interrupt */
};

#define HS_REPL_TAIL 128u

struct hs_repl {
    int fd;
    int patience;                  /* milliseconds to wait for an answer */
    volatile const int *interrupt; /* how often the user interrupted; NULL: not possible */
    int obeyed;                    /* interrupts already sent to the code */
    unsigned char buffer[4096];
    size_t at, len; /* unread bytes of the buffer */

    /* Received since the last expected answer. */
    uint64_t seen, no_text;          /* bytes; those that cannot be text */
    uint8_t rest;                    /* bytes missing from the current UTF-8 character */
    unsigned starts;                 /* start-up lines of a firmware seen */
    char tail[2 * HS_REPL_TAIL + 1]; /* the last bytes; zero-terminated */
    size_t tail_len;
};

/* Receives what the code prints, as it arrives. */
typedef void hs_repl_sink(void *context, const char *bytes, size_t n);

struct hs_repl_run {
    const char *code;
    size_t len;
    hs_repl_sink *out; /* of its standard output; NULL: dropped */
    hs_repl_sink *err; /* of its traceback */
    void *context;
    const uint32_t *progress;     /* the run may continue while this changes at least once per `patience`. NULL: no limit, and a
                                  user's first interrupt is sent to the code as Ctrl-C; the code then has to end in time */
    unsigned slow;                /* with `progress`: it may take so many times `patience` instead; 0: once */
    void (*waits)(void *context); /* called once when the first `patience` is over; may be NULL */
    const uint32_t *unheard;      /* Ctrl-C is sent again when this changes: it did not reach the code; may be NULL */
    volatile const int *enough;   /* when nonzero, Ctrl-C is sent once; may be NULL */
};

/* Interrupts what runs and enters raw mode. */
int hs_repl_enter(struct hs_repl *repl);

/* In raw mode: soft reset; returns after boot.py. main.py does not run. */
int hs_repl_soft_reset(struct hs_repl *repl);

/* In raw mode: leaves it and enters it again, so that the firmware frees the buffer that has the code sent before. What comes
 * meanwhile is received by `out`. */
int hs_repl_renew(struct hs_repl *repl, hs_repl_sink *out, void *context);

/* Runs code. Returns 0, 1 when it ended with an exception, or a negative enum hs_repl_error. */
int hs_repl_run(struct hs_repl *repl, const struct hs_repl_run *run);

/* Returns to the friendly REPL. */
void hs_repl_leave(struct hs_repl *repl);

/* Writes into `text` what an error means and what to do, judged by what was received. */
void hs_repl_explain(const struct hs_repl *repl, int error, char *text, size_t size);

#endif
