/* SPDX-License-Identifier: MIT
 *
 * Serial ports of systems with termios: what serial_unix.c wants to know of each of them.
 */
#ifndef HS_RECORD_SERIAL_UNIX_H
#define HS_RECORD_SERIAL_UNIX_H

/* The names of serial ports, as for ls: "/dev/ttyACM* /dev/ttyUSB*". */
extern const char hs_serial_names[];

/* Keeps other programs off an open line. Returns 0, or -1 with errno set: EBUSY where one has it. */
int hs_serial_take(int fd);

#endif
