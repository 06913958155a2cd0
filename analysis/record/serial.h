/* SPDX-License-Identifier: MIT */
#ifndef HS_RECORD_SERIAL_H
#define HS_RECORD_SERIAL_H

struct hs_serial_config {
    const char *path; /* of a serial port or pseudo terminal */
    unsigned baud;    /* bits per second; a pseudo terminal ignores it */
};

/* Opens a line in raw mode, without waiting for a modem. Returns a file descriptor, or -1 with errno set:
 * EINVAL for a speed that the system does not support, ENOTTY if the path is no terminal. */
int hs_serial_open(const struct hs_serial_config *config);

/* Closes the line; -1: does nothing. Drops output that is not transmitted after a second: close() would wait for it longer. */
void hs_serial_close(int fd);

#endif
