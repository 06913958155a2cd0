/* SPDX-License-Identifier: MIT */
#include "analysis/record/link.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "analysis/record/serial.h"

#define SLICE 200 /* milliseconds: how soon an interrupt is noticed */

static bool fail(struct hs_link *l, const char *why)
{
    snprintf(l->error, sizeof l->error, "cannot open %s: %s", l->name, why);
    return false;
}

bool hs_link_wait(struct hs_link *l, int fd, int patience)
{
    struct pollfd poller[] = {{.fd = fd, .events = POLLIN}, {.fd = l->wake > 0 ? l->wake : -1, .events = POLLIN}};
    int ready = poll(poller, 2, patience);
    if (l->woken && (ready < 0 || (ready > 0 && poller[1].revents)))
        l->woken(l->context);
    return ready > 0 && poller[0].revents;
}

/* ---- sockets ---- */

/* The parts of "HOST:PORT", "[HOST]:PORT" or "PORT". */
struct address {
    char host[200]; /* "": none */
    const char *port;
};

static bool split(struct hs_link *l, struct address *a, const char *text)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    if (len >= sizeof a->host)
        return fail(l, "the address is too long");
    a->port = colon ? colon + 1 : text;
    if (len > 1 && text[0] == '[' && text[len - 1] == ']') { /* an IPv6 address */
        text++;
        len -= 2;
    }
    memcpy(a->host, text, len);
    a->host[len] = '\0';
    return true;
}

/* A number that is too large would be cut to 16 bits. */
static bool port_fits(const char *port)
{
    char *end;
    unsigned long long number = strtoull(port, &end, 10);
    return *end || (number <= 65535 && *port >= '0' && *port <= '9');
}

static bool resolve(struct hs_link *l, const struct address *a, bool listen, struct addrinfo **found)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = listen ? AI_PASSIVE : 0};
    if (!*a->port || (!*a->host && !listen))
        return fail(l, "write tcp:HOST:PORT or tcp-listen:[HOST:]PORT, an IPv6 address in []");
    if (!port_fits(a->port))
        return fail(l, "a port is a number from 0 to 65535, or a service's name");
    int error = getaddrinfo(*a->host ? a->host : NULL, a->port, &hints, found);
    return error ? fail(l, error == EAI_SERVICE ? "a port is a number from 0 to 65535, or a service's name" : gai_strerror(error))
                 : true;
}

static int close_failed(int fd)
{
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* An IPv6 listener without an address accepts IPv4 too. */
static int listen_at(const struct addrinfo *a)
{
    int on = 1, off = 0, fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    return bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, 1) ? close_failed(fd) : fd;
}

/* Waits for the connection until the user interrupts. */
static int connect_to(struct hs_link *l, const struct addrinfo *a)
{
    int error = 0, fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    socklen_t size = sizeof error;
    if (fd < 0)
        return -1;
    if (connect(fd, a->ai_addr, a->ai_addrlen) && errno != EINPROGRESS)
        return close_failed(fd);
    while (!poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, SLICE) && !*l->interrupt)
        continue;
    if (!*l->interrupt)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    errno = *l->interrupt ? EINTR : error;
    return errno ? close_failed(fd) : fd;
}

/* Tries the addresses of one family, or of any. */
static int try_all(struct hs_link *l, const struct addrinfo *found, bool listener, int family)
{
    int fd = -1;
    for (const struct addrinfo *a = found; a && fd < 0 && !*l->interrupt; a = a->ai_next)
        if (family == AF_UNSPEC || a->ai_family == family)
            fd = listener ? listen_at(a) : connect_to(l, a);
    return fd;
}

static int attach(struct hs_link *l, const char *text, bool listener)
{
    struct addrinfo *found;
    struct address address;
    if (!split(l, &address, text) || !resolve(l, &address, listener, &found))
        return -1;
    int fd = listener && !*address.host ? try_all(l, found, true, AF_INET6) : -1;
    if (fd < 0)
        fd = try_all(l, found, listener, AF_UNSPEC);
    int error = errno;
    freeaddrinfo(found);
    if (fd < 0 && !*l->interrupt)
        fail(l, strerror(error));
    return fd;
}

/* "[::1]:5555" */
static void tell_where(const struct hs_link *l)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char host[100], port[20], text[160];
    if (!l->listens || getsockname(l->listener, (struct sockaddr *)&address, &size) ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
        return;
    bool six = address.ss_family == AF_INET6, any = !strcmp(host, "::") || !strcmp(host, "0.0.0.0");
    snprintf(text, sizeof text, "%s%s%s:%s%s", six ? "[" : "", host, six ? "]" : "", port,
             !any  ? ""
             : six ? ", every address of this machine"
                   : ", every IPv4 address of this machine");
    l->listens(l->context, text);
}

static bool await(struct hs_link *l)
{
    while (!*l->interrupt) {
        l->fd = hs_link_wait(l, l->listener, SLICE) ? accept4(l->listener, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (l->fd >= 0)
            return true;
    }
    return false;
}

/* ---- files ---- */

/* A serial port, or any other readable file. */
static bool open_path(struct hs_link *l)
{
    l->fd = hs_serial_open(&(struct hs_serial_config){l->name, l->baud});
    if (l->fd < 0 && (errno == ENOTTY || errno == EACCES || errno == ENXIO))
        l->fd = open(l->name, O_RDONLY | O_CLOEXEC);
    if (l->fd < 0 && !*l->interrupt)
        hs_serial_explain(&(struct hs_serial_config){l->name, l->baud}, errno, l->error, sizeof l->error);
    return l->fd >= 0;
}

bool hs_link_open(struct hs_link *l)
{
    static const char listening[] = "tcp-listen:", connecting[] = "tcp:";
    l->fd = -1;
    if (!strcmp(l->name, "-")) {
        l->fd = STDIN_FILENO;
        return true;
    }
    if (!strncmp(l->name, listening, strlen(listening))) {
        if (l->listener <= 0) {
            l->listener = attach(l, l->name + strlen(listening), true);
            tell_where(l);
        }
        return l->listener > 0 && await(l);
    }
    if (strncmp(l->name, connecting, strlen(connecting)))
        return open_path(l);
    l->fd = attach(l, l->name + strlen(connecting), false);
    return l->fd >= 0;
}

bool hs_link_again(struct hs_link *l)
{
    if (l->fd > 0)
        hs_serial_close(l->fd);
    while (!*l->interrupt && !hs_link_open(l))
        hs_link_wait(l, -1, SLICE);
    return l->fd >= 0;
}

void hs_link_close(struct hs_link *l)
{
    if (l->fd > 0)
        hs_serial_close(l->fd);
    if (l->listener > 0)
        close(l->listener);
    l->fd = -1;
    l->listener = 0;
}
