/* SPDX-License-Identifier: MIT
 *
 * A run's answer is `OK`, output, Ctrl-D, traceback, Ctrl-D, and the next prompt.
 */
#include "analysis/record/repl.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CTRL_A "\x01" /* raw mode */
#define CTRL_B "\x02" /* friendly mode */
#define CTRL_C "\x03" /* interrupt */
#define CTRL_D "\x04" /* end of code, of output */

#define BANNER  "raw REPL; CTRL-B to exit\r\n>"
#define PIECE   256u /* bytes written at once, with a pause behind: boards without flow control lose more */
#define PAUSE   10   /* milliseconds */
#define SLICE   100  /* milliseconds: how soon an interrupt is noticed */
#define ATTEMPTS 3

/* Waits until a byte can be read. 1, 0 after `patience` milliseconds, or HS_REPL_GONE. */
static int await(const struct hs_repl *r, int patience)
{
    struct pollfd poller = { .fd = r->fd, .events = POLLIN };
    int n = poll(&poller, 1, patience);
    if (n < 0)
        return errno == EINTR ? 0 : HS_REPL_GONE;
    return n ? 1 : 0;
}

static int fill(struct hs_repl *r)
{
    ssize_t n = read(r->fd, r->buffer, sizeof r->buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n <= 0)
        return HS_REPL_GONE;
    r->at = 0;
    r->len = (size_t)n;
    return 1;
}

/* More bytes in the buffer: 1, 0 when none came in time, or HS_REPL_GONE. */
static int more(struct hs_repl *r, int patience)
{
    if (r->at < r->len)
        return 1;
    int ready = await(r, patience);
    return ready > 0 ? fill(r) : ready;
}

static int put(struct hs_repl *r, const char *bytes, size_t n)
{
    while (n) {
        ssize_t done = write(r->fd, bytes, n);
        if (done < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){ .fd = r->fd, .events = POLLOUT }, 1, SLICE);
            continue;
        }
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return HS_REPL_GONE;
        bytes += done;
        n -= (size_t)done;
    }
    return HS_REPL_OK;
}

static int put_slowly(struct hs_repl *r, const char *bytes, size_t n)
{
    while (n) {
        size_t piece = n < PIECE ? n : PIECE;
        int error = put(r, bytes, piece);
        if (error)
            return error;
        nanosleep(&(struct timespec){ .tv_nsec = PAUSE * 1000000L }, NULL);
        bytes += piece;
        n -= piece;
    }
    return HS_REPL_OK;
}

/* Reads up to and with `text`. */
static int expect(struct hs_repl *r, const char *text, int patience)
{
    size_t matched = 0, len = strlen(text);
    while (matched < len) {
        int ready = more(r, patience);
        if (ready <= 0)
            return ready ? ready : HS_REPL_SILENT;
        char c = (char)r->buffer[r->at++];
        /* The texts waited for begin with a character that they do not contain again. */
        matched = c == text[matched] ? matched + 1 : c == text[0];
    }
    return HS_REPL_OK;
}

static void drain(struct hs_repl *r)
{
    r->at = r->len = 0;
    while (more(r, 50) > 0)
        r->at = r->len;
}

int hs_repl_enter(struct hs_repl *r)
{
    int error = HS_REPL_SILENT;
    for (int i = 0; i < ATTEMPTS && error == HS_REPL_SILENT; i++) {
        error = put(r, "\r" CTRL_C CTRL_C, 3);
        drain(r);
        if (!error)
            error = put(r, "\r" CTRL_A, 2);
        if (!error)
            error = expect(r, BANNER, r->patience);
    }
    return error;
}

/* Passes output on up to the next Ctrl-D. */
static int pass(struct hs_repl *r, const struct hs_repl_run *run, hs_repl_sink *sink, size_t *passed)
{
    bool interrupted = false;
    int silence = 0;
    for (;;) {
        if (run->interrupt && *run->interrupt && !interrupted) {
            interrupted = true;
            put(r, CTRL_C, 1);
        }
        int ready = more(r, SLICE);
        if (ready < 0)
            return ready;
        silence = ready ? 0 : silence + SLICE;
        if (run->patience >= 0 && silence > run->patience)
            return HS_REPL_SILENT;
        if (!ready)
            continue;
        const unsigned char *start = r->buffer + r->at, *end = memchr(start, CTRL_D[0], r->len - r->at);
        size_t n = end ? (size_t)(end - start) : r->len - r->at;
        r->at += n + (end != NULL);
        *passed += n;
        if (sink && n)
            sink(run->context, (const char *)start, n);
        if (end)
            return HS_REPL_OK;
    }
}

int hs_repl_run(struct hs_repl *r, const struct hs_repl_run *run)
{
    size_t printed = 0, traceback = 0;
    int error = put_slowly(r, run->code, run->len);
    if (!error)
        error = put(r, CTRL_D, 1);
    if (!error)
        error = expect(r, "OK", r->patience);
    if (!error)
        error = pass(r, run, run->out, &printed);
    if (!error)
        error = pass(r, run, run->err, &traceback);
    if (!error)
        error = expect(r, ">", r->patience);
    return error ? error : traceback > 0;
}

void hs_repl_leave(struct hs_repl *r)
{
    put(r, "\r" CTRL_B, 2);
}

const char *hs_repl_strerror(int error)
{
    return error == HS_REPL_SILENT ? "no answer of a raw REPL (is it MicroPython, and the right speed?)"
         : error == HS_REPL_GONE   ? "the line was closed"
                                   : "no error";
}
