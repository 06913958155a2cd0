/* SPDX-License-Identifier: MIT
 *
 * Serial ports of systems with POSIX that are not Linux, and what record can do there.
 */
#include "analysis/record/serial.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "analysis/record/portable.h"
#include "analysis/record/serial_unix.h"

const char hs_serial_names[] = "/dev/cu.* /dev/tty*";
const char hs_record_usage[] = "--serial DEVICE SCRIPT";
const char hs_record_about[] = "This build records on a board at a serial port. It starts no programs and listens to no network.";
const char hs_record_only[] = "this build records only on a board at a serial port: heapstrata record --serial DEVICE SCRIPT";
const bool hs_record_keeps_port = false;

int hs_serial_take(int fd) { return ioctl(fd, TIOCEXCL); }

void hs_serial_close(int fd)
{
    if (fd < 0)
        return;
    ioctl(fd, TIOCNXCL);
    tcflush(fd, TCOFLUSH);
    close(fd);
}

/* ---- interrupts ---- */

static volatile int *interrupts;

static void on_interrupt(int number)
{
    (void)number;
    ++*interrupts;
}

void hs_record_count_interrupts(volatile int *count)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    interrupts = count;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}
