/* SPDX-License-Identifier: MIT
 *
 * Serial ports of Linux and of the other systems with POSIX.
 */
#include "analysis/record/serial_unix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "analysis/record/serial.h"

/* POSIX has the first three; a board at a USB port ignores its speed. */
static const struct {
    unsigned baud;
    speed_t speed;
} speeds[] = {
    {9600, B9600},       {19200, B19200},     {38400, B38400},
#ifdef B115200
    {57600, B57600},     {115200, B115200},   {230400, B230400},
#endif
#ifdef B921600
    {460800, B460800},   {921600, B921600},
#endif
#ifdef B4000000
    {500000, B500000},   {576000, B576000},   {1000000, B1000000}, {1500000, B1500000},
    {2000000, B2000000}, {3000000, B3000000}, {4000000, B4000000},
#endif
};

static speed_t speed_of(unsigned long long baud)
{
    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
        if (speeds[i].baud == baud)
            return speeds[i].speed;
    return B0;
}

bool hs_serial_has_speed(unsigned long long baud) { return speed_of(baud) != B0; }

/* Bytes as they are, without a modem. */
static int set_up(int fd, speed_t speed)
{
    struct termios t;
    if (tcgetattr(fd, &t))
        return -1;
    t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    t.c_oflag &= ~(tcflag_t)OPOST;
    t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    t.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | HUPCL);
#ifdef CRTSCTS
    t.c_cflag &= ~(tcflag_t)CRTSCTS;
#endif
    t.c_cflag |= CS8 | CLOCAL | CREAD;
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
    if (!isatty(fd) || hs_serial_take(fd) || set_up(fd, speed)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

void hs_serial_explain(const struct hs_serial_config *config, int why, char *text, size_t size)
{
    const char *what = strerror(why), *see = "";
    switch (why) {
    case EBUSY:
        what = "another program uses it (mpremote, Thonny, a terminal program, another record): end that one first";
        break;
    case ENOTTY:
        what = "it is no serial port. Which one appears when the board is plugged in? See ls ";
        see = hs_serial_names;
        break;
    case ENOENT:
        what = "there is no such port: is the board plugged in? See ls ";
        see = hs_serial_names;
        break;
    case EACCES: what = "no permission: become a member of the port's group (see ls -l), often dialout, and log in again"; break;
    }
    snprintf(text, size, "cannot open %s: %s%s", config->path, what, see);
}
