/* SPDX-License-Identifier: MIT
 *
 * MicroPython's raw REPL, over any file descriptor that reads and writes like a terminal in raw mode:
 * https://docs.micropython.org/en/latest/reference/repl.html#raw-mode-and-raw-paste-mode
 */
#ifndef HS_RECORD_REPL_H
#define HS_RECORD_REPL_H

#include <stdbool.h>
#include <stddef.h>

enum hs_repl_error {
    HS_REPL_OK = 0,
    HS_REPL_SILENT = -1, /* nothing came for too long */
    HS_REPL_GONE = -2,   /* the line was closed, or reading or writing failed: errno says why */
};

struct hs_repl {
    int fd;
    int patience;  /* milliseconds that an answer may take */
    unsigned char buffer[4096];
    size_t at, len; /* unread bytes of the buffer */
};

/* What code printed, as it comes. */
typedef void hs_repl_sink(void *context, const char *bytes, size_t n);

struct hs_repl_run {
    const char *code;
    size_t len;
    hs_repl_sink *out; /* of its standard output; NULL: dropped */
    hs_repl_sink *err; /* of its traceback */
    void *context;
    int patience;      /* milliseconds without output; -1: any time */
    volatile const int *interrupt; /* when it becomes non-zero, Ctrl-C is sent, once; may be NULL */
};

/* Interrupts what runs and enters raw mode. */
int hs_repl_enter(struct hs_repl *repl);

/* Runs code. Returns 0, 1 when it ended by an exception, or a negative enum hs_repl_error. */
int hs_repl_run(struct hs_repl *repl, const struct hs_repl_run *run);

/* Back to the friendly REPL. */
void hs_repl_leave(struct hs_repl *repl);

const char *hs_repl_strerror(int error);

#endif
