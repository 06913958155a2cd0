/* SPDX-License-Identifier: MIT */
#ifndef HS_RECORD_SERIAL_H
#define HS_RECORD_SERIAL_H

struct hs_serial_config {
    const char *path; /* of a serial port or pseudo terminal */
    unsigned baud;    /* bits a second; a pseudo terminal does not mind */
};

/* Opens a line in raw mode, without waiting for a modem. Returns a file descriptor, or -1 with errno set:
 * EINVAL for a speed that the system does not know, ENOTTY for what is no terminal. */
int hs_serial_open(const struct hs_serial_config *config);

/* Closes it. What the other end has not taken after a second is dropped: closing would wait for that much longer. -1: nothing. */
void hs_serial_close(int fd);

#endif
