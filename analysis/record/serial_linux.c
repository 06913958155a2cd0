/* SPDX-License-Identifier: MIT */
#include "analysis/record/serial.h"

#include <errno.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "analysis/record/serial_unix.h"

const char hs_serial_names[] = "/dev/ttyACM* /dev/ttyUSB*";

/* A pseudo terminal has no exclusive mode here: it would outlast a program that is killed, for as long as the other end is open. */
static bool is_pseudo(int fd)
{
    struct stat status;
    return !fstat(fd, &status) && major(status.st_rdev) >= 136 && major(status.st_rdev) <= 143;
}

/* The lock is what mpremote and other programs hold (pyserial's exclusive mode); the exclusive mode keeps those out that ask for
 * no lock. */
int hs_serial_take(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        errno = errno == EWOULDBLOCK ? EBUSY : errno;
        return errno == EBUSY ? -1 : 0;
    }
    if (!is_pseudo(fd))
        ioctl(fd, TIOCEXCL);
    return 0;
}

void hs_serial_close(int fd)
{
    int waiting = 0;
    if (fd >= 0)
        ioctl(fd, TIOCNXCL);
    for (int i = 0; i < 100 && fd >= 0 && !ioctl(fd, TIOCOUTQ, &waiting) && waiting; i++)
        poll(NULL, 0, 10);
    if (waiting)
        tcflush(fd, TCOFLUSH);
    if (fd >= 0)
        close(fd);
}
