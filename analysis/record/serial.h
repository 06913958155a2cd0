/* SPDX-License-Identifier: MIT */
#ifndef HS_RECORD_SERIAL_H
#define HS_RECORD_SERIAL_H

#include <stdbool.h>
#include <stddef.h>

struct hs_serial_config {
    const char *path; /* of a serial port or pseudo terminal */
    unsigned baud;    /* bits per second; a pseudo terminal ignores it */
};

/* Whether this system can set that speed. */
bool hs_serial_has_speed(unsigned long long baud);

/* Opens a line in raw mode, without waiting for a modem. Returns a file descriptor, or -1 with errno set:
 * EINVAL for a speed that the system does not support, ENOTTY if the path is no terminal, EBUSY if another program uses the line and
 * says so by a lock (mpremote, another record). Until the line is closed no other program gets it. */
int hs_serial_open(const struct hs_serial_config *config);

/* Why it could not be opened, by `why`, an errno, and what to do. */
void hs_serial_explain(const struct hs_serial_config *config, int why, char *text, size_t size);

/* Closes the line; -1: does nothing. Drops output that is not transmitted after a second: close() would wait for it longer. */
void hs_serial_close(int fd);

#endif
