/* SPDX-License-Identifier: MIT */
#include "analysis/record/line.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "analysis/record/serial.h"

#define SLICE 200 /* milliseconds: how soon an interrupt is noticed */

static bool fail(struct hs_line *l, const char *why)
{
    snprintf(l->error, sizeof l->error, "cannot open %s: %s", l->name, why);
    return false;
}

bool hs_line_wait(struct hs_line *l, int fd, int patience)
{
    struct pollfd poller[] = {{ .fd = fd, .events = POLLIN }, { .fd = l->wake > 0 ? l->wake : -1, .events = POLLIN }};
    int ready = poll(poller, 2, patience);
    if (l->woken && (ready < 0 || (ready > 0 && poller[1].revents)))
        l->woken(l->context);
    return ready > 0 && poller[0].revents;
}

/* ---- sockets ---- */

/* The address in "HOST:PORT" or "PORT". */
static bool resolve(struct hs_line *l, const char *text, bool listen, struct addrinfo **found)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = listen ? AI_PASSIVE : 0 };
    const char *colon = strrchr(text, ':');
    char host[200];
    size_t len = colon ? (size_t)(colon - text) : 0;
    if ((!colon && !listen) || len >= sizeof host)
        return fail(l, "write tcp:HOST:PORT or tcp-listen:PORT");
    if (len > 1 && text[0] == '[' && text[len - 1] == ']') { /* an IPv6 address */
        text++;
        len -= 2;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    int error = getaddrinfo(len ? host : NULL, colon ? colon + 1 : text, &hints, found);
    return error ? fail(l, gai_strerror(error)) : true;
}

static int attach(const struct addrinfo *a, bool listener)
{
    int on = 1, fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (fd < 0)
        return -1;
    if (listener)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int failed = listener ? bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, 1) : connect(fd, a->ai_addr, a->ai_addrlen);
    if (!failed)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int attach_any(struct hs_line *l, const char *text, bool listener)
{
    struct addrinfo *found;
    int fd = -1;
    if (!resolve(l, text, listener, &found))
        return -1;
    for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next)
        fd = attach(a, listener);
    int error = errno;
    freeaddrinfo(found);
    if (fd < 0)
        fail(l, strerror(error));
    return fd;
}

static bool await(struct hs_line *l)
{
    while (!*l->interrupt) {
        l->fd = hs_line_wait(l, l->listener, SLICE) ? accept4(l->listener, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (l->fd >= 0)
            return true;
    }
    return false;
}

/* ---- files ---- */

/* A serial port, or whatever else can be read. */
static bool open_path(struct hs_line *l)
{
    l->fd = hs_serial_open(&(struct hs_serial_config){ l->name, l->baud });
    if (l->fd < 0 && (errno == ENOTTY || errno == EACCES || errno == ENXIO))
        l->fd = open(l->name, O_RDONLY | O_CLOEXEC);
    return l->fd >= 0 ? true : fail(l, strerror(errno));
}

bool hs_line_open(struct hs_line *l)
{
    static const char listening[] = "tcp-listen:", connecting[] = "tcp:";
    l->fd = -1;
    if (!strcmp(l->name, "-")) {
        l->fd = STDIN_FILENO;
        return true;
    }
    if (!strncmp(l->name, listening, strlen(listening))) {
        if (l->listener <= 0)
            l->listener = attach_any(l, l->name + strlen(listening), true);
        return l->listener > 0 && await(l);
    }
    if (strncmp(l->name, connecting, strlen(connecting)))
        return open_path(l);
    l->fd = attach_any(l, l->name + strlen(connecting), false);
    return l->fd >= 0;
}

bool hs_line_again(struct hs_line *l)
{
    if (l->fd > 0)
        close(l->fd);
    while (!*l->interrupt && !hs_line_open(l))
        hs_line_wait(l, -1, SLICE);
    return l->fd >= 0;
}

void hs_line_close(struct hs_line *l)
{
    if (l->fd > 0)
        close(l->fd);
    if (l->listener > 0)
        close(l->listener);
    l->fd = -1;
    l->listener = 0;
}
