/* SPDX-License-Identifier: MIT */
#ifndef HS_WINDOWS_POLL_H
#define HS_WINDOWS_POLL_H

#define POLLIN 1
#define POLLOUT 4

struct pollfd {
    int fd; /* a serial port */
    short events, revents;
};

/* Of one port at most. Ready for POLLOUT is each: writing waits by itself. */
int poll(struct pollfd *one, unsigned n, int milliseconds);

#endif
