/* SPDX-License-Identifier: MIT
 *
 * A run's answer is `OK`, output, Ctrl-D, traceback, Ctrl-D, and the next prompt.
 */
#include "analysis/record/repl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/host/util/clean_text.h"

#define CTRL_A "\x01" /* raw mode */
#define CTRL_B "\x02" /* friendly mode */
#define CTRL_C "\x03" /* interrupt */
#define CTRL_D "\x04" /* end of code, of output; without code: soft reset */

#define BANNER "raw REPL; CTRL-B to exit\r\n>"
#define REBOOT "soft reboot\r\n"
#define PROMPT "\n>>> "
#define WAITS_FOR_KEY "Use CTRL-D to reload.\r\n" /* CircuitPython, after code.py */
#define PIECE 256u /* bytes written at once, followed by a pause: boards without flow control lose more */
#define PAUSE 10   /* milliseconds */
#define SLICE 100  /* milliseconds: how soon an interrupt is noticed */
#define REST 50    /* milliseconds without a byte: the line is quiet */
#define UNREST 500 /* milliseconds to wait for a quiet line */
#define ATTEMPTS 3
#define BOOTING 6    /* time limit of boot.py, in units of `patience` */
#define LAST_WORDS 2 /* time limit for code to end after Ctrl-C, in units of `patience` */
#define LOOP 3u      /* this many starts of a firmware are a reset loop: two can be ours */

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- input ---- */

/* The first line of a firmware, or of the ESP loader that starts it. CircuitPython has the line with its name later, at the prompt. */
static const char *const first_words[] = {"\nMicroPython v", "\nAdafruit CircuitPython ", "Auto-reload is o", "\nrst:0x"};

/* Counts a byte that is not valid UTF-8 here, or that no console prints. */
static void judge(struct hs_repl *r, unsigned char c)
{
    bool goes_on = (c & 0xc0) == 0x80;
    r->no_text += goes_on != (r->rest > 0) || c >= 0xf8 || c == 0x7f || !c || (c < ' ' && !strchr("\r\n\t\b\f\x1b\x04", c));
    if (goes_on)
        r->rest -= r->rest > 0;
    else
        r->rest = (uint8_t)((c >= 0xc0) + (c >= 0xe0) + (c >= 0xf0));
}

static void note(struct hs_repl *r, const char *bytes, size_t n)
{
    r->seen += n;
    for (size_t i = 0; i < n; i++)
        judge(r, (unsigned char)bytes[i]);
    while (n) {
        size_t kept = r->tail_len < HS_REPL_TAIL ? r->tail_len : HS_REPL_TAIL, piece = n < HS_REPL_TAIL ? n : HS_REPL_TAIL;
        memmove(r->tail, r->tail + r->tail_len - kept, kept);
        memcpy(r->tail + kept, bytes, piece);
        r->tail_len = kept + piece;
        r->tail[r->tail_len] = '\0';
        for (size_t i = 0; i < sizeof first_words / sizeof *first_words; i++) {
            size_t len = strlen(first_words[i]), from = kept < len - 1 ? 0 : kept - (len - 1);
            r->starts += memmem(r->tail + from, r->tail_len - from, first_words[i], len) != NULL;
        }
        bytes += piece;
        n -= piece;
    }
}

static void forget(struct hs_repl *r)
{
    r->seen = r->no_text = 0;
    r->starts = 0;
    r->tail_len = 0;
    r->tail[0] = '\0';
}

static bool tail_ends(const struct hs_repl *r, const char *with)
{
    size_t len = strlen(with);
    return r->tail_len >= len && !memcmp(r->tail + r->tail_len - len, with, len);
}

/* ---- the line ---- */

static bool stopped(const struct hs_repl *r) { return r->interrupt && *r->interrupt > r->obeyed; }

/* Waits for a byte. Returns 1, 0 after `patience` milliseconds, or HS_REPL_GONE. */
static int await(const struct hs_repl *r, int patience)
{
    struct pollfd poller = {.fd = r->fd, .events = POLLIN};
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

/* Fills an empty buffer. Returns 1, 0 when no byte came in time, or HS_REPL_GONE. */
static int more(struct hs_repl *r, int patience)
{
    if (r->at < r->len)
        return 1;
    int ready = await(r, patience);
    return ready > 0 ? fill(r) : ready;
}

static int put(struct hs_repl *r, const char *bytes, size_t n)
{
    int64_t until = now() + r->patience;
    while (n) {
        ssize_t done = write(r->fd, bytes, n);
        if (done < 0 && errno != EAGAIN && errno != EINTR)
            return HS_REPL_GONE;
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
            continue;
        }
        if (stopped(r) || now() > until)
            return stopped(r) ? HS_REPL_STOPPED : HS_REPL_FULL;
        poll(&(struct pollfd){.fd = r->fd, .events = POLLOUT}, 1, SLICE);
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
        nanosleep(&(struct timespec){.tv_nsec = PAUSE * 1000000L}, NULL);
        bytes += piece;
        n -= piece;
    }
    return HS_REPL_OK;
}

/* Who receives what comes before an answer. */
struct bystander {
    hs_repl_sink *out; /* NULL: the output is not passed on */
    void *context;
};

/* Reads up to the end of `text`, for at most `patience` milliseconds in all. */
static int expect_beside(struct hs_repl *r, const char *text, int patience, const struct bystander *beside)
{
    size_t matched = 0, len = strlen(text);
    int64_t until = now() + patience;
    while (matched < len) {
        int64_t left = until - now();
        if (stopped(r))
            return HS_REPL_STOPPED;
        if (left < 0)
            return HS_REPL_SILENT;
        int ready = more(r, left < SLICE ? (int)left + 1 : SLICE);
        if (ready < 0)
            return ready;
        /* No backtracking: the first character of each expected text occurs in it only once. */
        size_t from = r->at;
        for (; r->at < r->len && matched < len; r->at++)
            matched = (char)r->buffer[r->at] == text[matched] ? matched + 1 : (char)r->buffer[r->at] == text[0];
        note(r, (const char *)r->buffer + from, r->at - from);
        if (beside->out && r->at > from)
            beside->out(beside->context, (const char *)r->buffer + from, r->at - from);
    }
    forget(r);
    return HS_REPL_OK;
}

static int expect(struct hs_repl *r, const char *text, int patience)
{
    return expect_beside(r, text, patience, &(struct bystander){.out = NULL});
}

/* Drops input until the line is quiet, but not for ever. */
static void drain(struct hs_repl *r)
{
    int64_t until = now() + UNREST;
    do {
        note(r, (const char *)r->buffer + r->at, r->len - r->at);
        r->at = r->len;
    } while (!stopped(r) && now() < until && more(r, REST) > 0);
}

/* ---- modes ---- */

int hs_repl_enter(struct hs_repl *r)
{
    int error = HS_REPL_SILENT;
    forget(r);
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

int hs_repl_soft_reset(struct hs_repl *r)
{
    int error = put(r, CTRL_D, 1);
    if (!error)
        error = expect(r, REBOOT, r->patience);
    return error ? error : expect(r, BANNER, BOOTING * r->patience);
}

int hs_repl_renew(struct hs_repl *r, hs_repl_sink *out, void *context)
{
    const struct bystander beside = {out, context};
    int error = put(r, CTRL_B, 1);
    if (!error)
        error = expect_beside(r, PROMPT, r->patience, &beside);
    if (!error || error == HS_REPL_SILENT) /* sys.ps1 may be another prompt */
        error = put(r, CTRL_A, 1);
    return error ? error : expect_beside(r, BANNER, r->patience, &beside);
}

void hs_repl_leave(struct hs_repl *r) { put(r, "\r" CTRL_B, 2); }

/* ---- code ---- */

struct passing {
    const struct hs_repl_run *run;
    bool asked;       /* Ctrl-C was sent */
    uint32_t unheard; /* times that it did not reach the code, of those that it was sent again for */
    uint32_t progress;
    bool slow;     /* the first `patience` is over */
    int64_t until; /* -1: no limit */
    int64_t came;  /* time of the last byte */
};

/* A reset in the middle of a line leaves no line end before the firmware's first line. */
static bool was_started(const struct hs_repl *r)
{
    static const char name[] = "MicroPython v";
    return r->starts || memmem(r->tail, r->tail_len, name, sizeof name - 1);
}

/* Whether the output shows a reset, soft or hard: it ends with the prompt, or the firmware started again and again. */
static bool was_reset(const struct hs_repl *r, const struct passing *p, int64_t time)
{
    if (tail_ends(r, BANNER))
        return true;
    return r->starts >= LOOP ||
           (time - p->came > SLICE && (was_started(r) || p->asked) && (tail_ends(r, PROMPT) || tail_ends(r, WAITS_FOR_KEY)));
}

/* Sends Ctrl-C at most once when the code has to end, and checks the time limit. */
static int watch(struct hs_repl *r, struct passing *p, int64_t time)
{
    bool enough = p->run->enough && *p->run->enough;
    if (stopped(r) && (p->run->progress || p->asked))
        return HS_REPL_STOPPED;
    if ((stopped(r) || enough) && !p->asked) {
        p->asked = true;
        if (stopped(r)) {
            r->obeyed = *r->interrupt;
            p->until = time + LAST_WORDS * r->patience;
        }
        int error = put(r, CTRL_C, 1);
        if (error)
            return error;
    }
    if (p->run->unheard && p->unheard != *p->run->unheard) {
        p->unheard = *p->run->unheard;
        int error = put(r, CTRL_C, 1);
        if (error)
            return error;
    }
    if (p->run->progress && p->progress != *p->run->progress) {
        p->progress = *p->run->progress;
        p->until = time + r->patience;
    }
    if (was_reset(r, p, time))
        return HS_REPL_RESET;
    if (p->until < 0 || time <= p->until)
        return HS_REPL_OK;
    if (p->run->slow > 1 && !p->slow) { /* the rest of the time that slow code has */
        p->slow = true;
        p->until += (int64_t)(p->run->slow - 1) * r->patience;
        if (p->run->waits)
            p->run->waits(p->run->context);
        return HS_REPL_OK;
    }
    return p->run->progress ? HS_REPL_SILENT : HS_REPL_STUCK;
}

/* Passes output to the sink up to the next Ctrl-D. */
static int pass(struct hs_repl *r, struct passing *p, hs_repl_sink *sink, size_t *passed)
{
    for (;;) {
        int ready = more(r, SLICE);
        if (ready > 0) {
            const unsigned char *start = r->buffer + r->at, *end = memchr(start, CTRL_D[0], r->len - r->at);
            size_t n = end ? (size_t)(end - start) : r->len - r->at;
            p->came = now();
            r->at += n + (end != NULL);
            *passed += n;
            note(r, (const char *)start, n);
            if (sink && n)
                sink(p->run->context, (const char *)start, n);
            if (end)
                return HS_REPL_OK;
        }
        int error = ready < 0 ? ready : watch(r, p, now());
        if (error)
            return error;
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
    struct passing p = {.run = run,
                        .progress = run->progress ? *run->progress : 0,
                        .unheard = run->unheard ? *run->unheard : 0,
                        .came = now(),
                        .until = run->progress ? now() + r->patience : -1};
    if (!error)
        error = pass(r, &p, run->out, &printed);
    if (!error)
        error = pass(r, &p, run->err, &traceback);
    if (!error)
        error = expect(r, ">", run->progress ? r->patience : BOOTING * r->patience); /* sys.exit() ends in a soft reset */
    return error ? error : traceback > 0;
}

/* ---- explanations ---- */

/* The last line received, without control characters. */
static void last_line(const struct hs_repl *r, char *line, size_t size)
{
    const char *end = r->tail + r->tail_len, *start;
    while (end > r->tail && (end[-1] == '\r' || end[-1] == '\n'))
        end--;
    for (start = end; start > r->tail && start[-1] != '\n' && start[-1] != '\r';)
        start--;
    hs_text_copy(line, size, start, (size_t)(end - start), HS_TEXT_TERMINAL);
}

static void explain_noise(const struct hs_repl *r, char *text, size_t size)
{
    char line[80];
    last_line(r, line, sizeof line);
    if (r->no_text > r->seen / 8)
        snprintf(text, size, "%llu bytes came, and %llu of them are no text: is --baud the board's speed?",
                 (unsigned long long)r->seen, (unsigned long long)r->no_text);
    else if (r->starts >= LOOP)
        snprintf(text, size,
                 "the board starts again and again (its first line came %u times; last: '%s'): does boot.py or "
                 "main.py reset it, or the power supply?",
                 r->starts, line);
    else
        snprintf(text, size,
                 "%llu bytes came, and no raw REPL's answer among them (last: '%s'): does a program run that "
                 "does not end at Ctrl-C, or is it no MicroPython?",
                 (unsigned long long)r->seen, line);
}

void hs_repl_explain(const struct hs_repl *r, int error, char *text, size_t size)
{
    static const char *const meaning[] = {
        [-HS_REPL_OK] = "no error",
        [-HS_REPL_SILENT] = "no answer of a raw REPL, not a byte: is it MicroPython, at this port and the right speed (--baud)?",
        [-HS_REPL_GONE] = "the line was closed: was the board unplugged? Plug it in and record again",
        [-HS_REPL_RESET] = "the board was reset: by machine.reset(), microcontroller.reset(), sys.exit() or a crash",
        [-HS_REPL_STOPPED] = "interrupted",
        [-HS_REPL_STUCK] = "it did not end at Ctrl-C: reset the board and record again",
        [-HS_REPL_FULL] = "the line takes no more bytes: does the board hang, or does flow control stop it?",
    };
    if (error == HS_REPL_SILENT && r->seen)
        explain_noise(r, text, size);
    else
        snprintf(text, size, "%s", meaning[-error]);
}
