/* SPDX-License-Identifier: MIT
 *
 * A firmware that is a process: runs it with a variable in its environment, and reads its trace from a pipe
 * meanwhile. Ctrl-C is sent to the firmware; the trace is completed when the firmware ends. If our process is killed, the system
 * kills the firmware.
 */
#ifndef HS_RECORD_PROCESS_H
#define HS_RECORD_PROCESS_H

#include <stddef.h>

struct hs_process {
    char *const *argv;
    const char *variable, *value; /* of its environment */
    int output;                   /* descriptor for its output, and its input is then empty; 0: it shares ours */
    int standard_output;          /* descriptor for its standard output alone; 0: ours */
    int pipe;                     /* its trace, nonblocking; -1: none */
    void (*sink)(void *context, const void *bytes, size_t n);
    void (*tick)(void *context); /* about four times a second; may be NULL */
    void *context;
};

/* Starts it in its own process group, so that only we receive the signals of keys. Returns 0 or an errno. */
int hs_process_start(const struct hs_process *process, int *pid);

/* Runs it to its end. Returns its status as of waitpid, or -1 with errno set when it could not be run. */
int hs_process_run(const struct hs_process *process);

/* The exit status to pass on: the firmware's own, or 128 plus the signal that killed it. */
int hs_process_exit(int status);

#endif
