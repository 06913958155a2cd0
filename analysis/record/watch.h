/* SPDX-License-Identifier: MIT
 *
 * Watches a source while it runs:
 *
 *   a program with the hooks      run here, its stream read from a pipe
 *   a growing file                what HEAPSTRATA_OUT or `record` writes
 *   a ring in a file              HEAPSTRATA_RING: read again for each look
 *   anything else                 a line, as in link.h
 *
 * A file or ring ends when no process has it open for writing.
 */
#ifndef HS_RECORD_WATCH_H
#define HS_RECORD_WATCH_H

#include "analysis/record/live.h"

struct hs_board_watch {
    const char *source; /* NULL: a program */
    char *const *argv;  /* of the program */
    int output;         /* descriptor for the program's output */
    unsigned baud;
    struct hs_selection selection; /* of its regions */
    volatile const int *interrupt; /* non-zero: no more looks */
    double delay;                  /* seconds between looks; may be changed at any time */
    bool hurry;                    /* look as soon as possible */
    int wake;                      /* `woken` is called when this descriptor is readable; 0: none */

    /* All are called between two events. `begin`: the model has the state of the last look, or is empty before the first.
     * `look`: the current state; in the last look `ended` is set. */
    void (*begin)(void *context, const struct hs_model *model);
    void (*made)(void *context, struct hs_model *model, const struct hs_reader *reader); /* a new one, before its first event */
    void (*look)(void *context, const struct hs_live_state *state);
    void (*woken)(void *context);
    void (*listens)(void *context, const char *address); /* as of struct hs_link; may be NULL */
    void *context;

    int pid, status;    /* set: of the program; status as of waitpid once it has `exited` */
    bool exited, ended; /* ended: we ended it */
};

/* Watches the source until it ends or the user interrupts; an interrupt also ends the program. Returns HS_OK, or a
 * negative enum hs_err with *error filled. */
int hs_board_watch_run(struct hs_board_watch *watch, struct hs_error *error);

#endif
