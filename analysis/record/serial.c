/* SPDX-License-Identifier: MIT */
#include "analysis/record/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

static const struct {
    unsigned baud;
    speed_t speed;
} speeds[] = {
    {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},     {115200, B115200},
    {230400, B230400},   {460800, B460800},   {500000, B500000},   {576000, B576000},   {921600, B921600},
    {1000000, B1000000}, {1500000, B1500000}, {2000000, B2000000}, {3000000, B3000000}, {4000000, B4000000},
};

static speed_t speed_of(unsigned long long baud)
{
    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
        if (speeds[i].baud == baud)
            return speeds[i].speed;
    return B0;
}

bool hs_serial_has_speed(unsigned long long baud) { return speed_of(baud) != B0; }

/* ---- alone on the line ---- */

/* A pseudo terminal has no exclusive mode here: it would outlast a program that is killed, for as long as the other end is open. */
static bool is_pseudo(int fd)
{
    struct stat status;
    return !fstat(fd, &status) && major(status.st_rdev) >= 136 && major(status.st_rdev) <= 143;
}

/* The lock is what mpremote and other programs hold (pyserial's exclusive mode); the exclusive mode keeps those out that ask for
 * no lock. */
static int take_alone(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        errno = errno == EWOULDBLOCK ? EBUSY : errno;
        return errno == EBUSY ? -1 : 0;
    }
    if (!is_pseudo(fd))
        ioctl(fd, TIOCEXCL);
    return 0;
}

static int set_up(int fd, speed_t speed)
{
    struct termios t;
    if (tcgetattr(fd, &t))
        return -1;
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cflag &= ~(tcflag_t)(CRTSCTS | HUPCL);
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    cfsetispeed(&t, speed);
    cfsetospeed(&t, speed);
    return tcsetattr(fd, TCSANOW, &t);
}

int hs_serial_open(const struct hs_serial_config *config)
{
    speed_t speed = speed_of(config->baud);
    if (speed == B0) {
        errno = EINVAL;
        return -1;
    }
    int fd = open(config->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (!isatty(fd) || take_alone(fd) || set_up(fd, speed)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

void hs_serial_explain(const struct hs_serial_config *config, int why, char *text, size_t size)
{
    const char *what = why == EBUSY ? "another program uses it (mpremote, a terminal program, another record): end that one first"
                       : why == ENOTTY ? "it is no serial port: see which /dev/tty... appears when the board is plugged in"
                       : why == ENOENT ? "there is no such port: is the board plugged in? See ls /dev/ttyACM* /dev/ttyUSB*"
                       : why == EACCES
                           ? "no permission: become a member of the port's group (see ls -l), often dialout, and log in again"
                           : strerror(why);
    snprintf(text, size, "cannot open %s: %s", config->path, what);
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
