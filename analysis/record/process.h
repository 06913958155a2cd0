/* SPDX-License-Identifier: MIT
 *
 * A firmware that is a process: run with a variable in its environment, its trace taken out of a pipe while
 * it runs. Ctrl-C goes to the firmware, and the trace is finished when it ends.
 */
#ifndef HS_RECORD_PROCESS_H
#define HS_RECORD_PROCESS_H

#include <stddef.h>

struct hs_process {
    char *const *argv;
    const char *variable, *value; /* of its environment */
    int output;                   /* for what it prints, its input being empty then; 0: ours */
    int pipe;                     /* its trace, not blocking; -1: there is none to read */
    void (*sink)(void *context, const void *bytes, size_t n);
    void (*tick)(void *context); /* about four times a second; may be NULL */
    void *context;
};

/* Starts it in a process group of its own, so that keys which send signals reach us alone. Returns 0 or an errno. */
int hs_process_start(const struct hs_process *process, int *pid);

/* Runs it to its end. Returns its status as of waitpid, or -1 with errno set when it could not be run. */
int hs_process_run(const struct hs_process *process);

/* Exit status that tells the same: its own, or 128 and the signal that killed it. */
int hs_process_exit(int status);

#endif
