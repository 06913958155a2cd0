/* SPDX-License-Identifier: MIT
 *
 * Where a stream comes from: a serial port, a connection, a pipe.
 *
 *   -                      standard input
 *   tcp:HOST:PORT          a connection to there
 *   tcp-listen:[HOST:]PORT the connection that someone makes to us, at that address; without one at all of this
 *                          machine, by IPv6 and IPv4. Port 0: any that is free. [ADDRESS]:PORT for IPv6
 *   anything else          a serial port, pseudo terminal or pipe of that name
 */
#ifndef HS_RECORD_LINK_H
#define HS_RECORD_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct hs_link {
    const char *name;
    unsigned baud;
    volatile const int *interrupt; /* non-zero: stop waiting */
    int wake;                      /* when this can be read, or a signal came, `woken` is called: 0: none */
    void (*woken)(void *context);
    void (*listens)(void *context, const char *address); /* told where, once we can be connected to; may be NULL */
    void *context;
    int fd;       /* read it when it is ready; -1: closed */
    int listener; /* 0: none */
    char error[200];
};

/* Opens the line; waits for a connection where one is listened for. False with `error` set, which is empty when it
 * was interrupted. `name`, `baud` and `interrupt` are set, the rest zero. */
bool hs_link_open(struct hs_link *line);

/* After its end: waits until it can be opened again. False when interrupted. */
bool hs_link_again(struct hs_link *line);

/* Waits until `fd` can be read, -1: for no descriptor; false when that took more than so many milliseconds. */
bool hs_link_wait(struct hs_link *line, int fd, int patience);

void hs_link_close(struct hs_link *line);

#endif
