/* SPDX-License-Identifier: MIT */
#include "analysis/record/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
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

static speed_t speed_of(unsigned baud)
{
    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
        if (speeds[i].baud == baud)
            return speeds[i].speed;
    return B0;
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
    if (set_up(fd, speed)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

void hs_serial_close(int fd)
{
    int waiting = 0;
    for (int i = 0; i < 100 && fd >= 0 && !ioctl(fd, TIOCOUTQ, &waiting) && waiting; i++)
        poll(NULL, 0, 10);
    if (waiting)
        tcflush(fd, TCOFLUSH);
    if (fd >= 0)
        close(fd);
}
