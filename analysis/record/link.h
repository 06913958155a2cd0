/* SPDX-License-Identifier: MIT
 *
 * The source of a stream: a serial port, a connection or a pipe.
 *
 *   -                      standard input
 *   tcp:HOST:PORT          connect to this address
 *   tcp-listen:[HOST:]PORT wait for a connection at this address; without HOST at all addresses of this
 *                          machine, IPv6 and IPv4. Port 0: any free port. [ADDRESS]:PORT for IPv6
 *   anything else          the path of a serial port, pseudo terminal or pipe
 */
#ifndef HS_RECORD_LINK_H
#define HS_RECORD_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct hs_link {
    const char *name;
    unsigned baud;
    volatile const int *interrupt; /* non-zero: stop waiting */
    int wake;                      /* `woken` is called when this descriptor is readable, or after a signal; 0: none */
    void (*woken)(void *context);
    void (*listens)(void *context, const char *address); /* called with the address when listening starts; may be NULL */
    void *context;
    int fd;       /* to read from, when it is ready; -1: closed */
    int listener; /* 0: none */
    char error[200];
};

/* Opens the line; with tcp-listen, waits for a connection. False with `error` set; `error` is empty after an
 * interrupt. The caller sets `name`, `baud` and `interrupt`, and the rest to zero. */
bool hs_link_open(struct hs_link *line);

/* After the end of the line: waits until it can be opened again. False when interrupted. */
bool hs_link_again(struct hs_link *line);

/* Waits until `fd` is readable (-1: for no descriptor). False after `patience` milliseconds, a signal or `woken`. */
bool hs_link_wait(struct hs_link *line, int fd, int patience);

void hs_link_close(struct hs_link *line);

#endif
