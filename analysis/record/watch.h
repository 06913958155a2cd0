/* SPDX-License-Identifier: MIT
 *
 * A source that is looked at while it runs:
 *
 *   a program with the hooks      run here, its stream taken out of a pipe
 *   a file that grows             what HEAPSTRATA_OUT or `record` writes
 *   a ring in a file              HEAPSTRATA_RING: read anew for each look
 *   anything else                 a line, as in line.h
 *
 * A file, or ring, is over when no process has it open for writing any longer.
 */
#ifndef HS_RECORD_WATCH_H
#define HS_RECORD_WATCH_H

#include "analysis/record/live.h"

struct hs_board_watch {
    const char *source; /* NULL: a program */
    char *const *argv;  /* of the program */
    int output;         /* for what the program prints */
    unsigned baud;
    struct hs_selection selection; /* of its regions */
    volatile const int *interrupt; /* non-zero: no more looks */
    double delay;                  /* seconds between looks; may be changed at any time */
    bool hurry;                    /* look as soon as possible */
    int wake;                      /* when this can be read `woken` is called; 0: none */

    /* All are called between two events. `begin`: the model is as it was at the last look, or empty before the first.
     * `look`: the present state; the last look has `ended`. */
    void (*begin)(void *context, const struct hs_model *model);
    void (*look)(void *context, const struct hs_live_state *state);
    void (*woken)(void *context);
    void (*listens)(void *context, const char *address); /* as of struct hs_link; may be NULL */
    void *context;

    int pid, status;    /* set: of the program; status as of waitpid once it has `exited` */
    bool exited, ended; /* ended: by us */
};

/* Looks at the source until it ends or is interrupted, which ends a program too. Returns HS_OK, or a negative enum hs_err
 * with *error filled. */
int hs_board_watch_run(struct hs_board_watch *watch, struct hs_error *error);

#endif
