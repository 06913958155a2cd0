/* SPDX-License-Identifier: MIT
 *
 * The output of heapstrata.dump() in a console log. There may be several dumps; some may be truncated or damaged,
 * and one may complete another.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/memory/capture.h"
#include "lib/host/memory/memory_image.h"

#define DUMPS 256              /* most dumps in one log */
#define BYTES_MAX (256u << 20) /* most bytes of all dumps */

struct dump {
    struct hs_capture capture;
    unsigned first, last; /* its first and last line */
    unsigned bad, n_bad;  /* the first damaged line, and the number of damaged lines */
    bool ended;
};

struct log {
    struct dump *dump;
    size_t n;
    uint64_t bytes; /* sum of the sizes that the dumps claim */
};

/* Adds a dump. NULL when there are too many. */
static struct dump *new_dump(struct log *log, unsigned line)
{
    if (log->n == DUMPS)
        return NULL;
    log->dump[log->n] = (struct dump){.first = line};
    return &log->dump[log->n++];
}

/* A dump begins with its BEGIN line or, if that line is lost, after the end of the dump before. */
static struct dump *dump_of(struct log *log, const struct hs_line_reader *l)
{
    struct dump *last = log->n ? &log->dump[log->n - 1] : NULL;
    if (!last || last->ended || (hs_capture_begins(l->line, l->len) && last->capture.begun))
        return new_dump(log, l->number);
    return last;
}

static void take_line(struct log *log, const struct hs_line_reader *l)
{
    if (!memmem(l->line, l->len, HS_CAPTURE_MARK, strlen(HS_CAPTURE_MARK)))
        return;
    struct dump *dump = dump_of(log, l);
    if (!dump)
        return;
    enum hs_capture_line taken = hs_capture_take(&dump->capture, l->line, l->len);
    dump->last = l->number;
    dump->ended = taken == HS_CAPTURE_END;
    if (taken == HS_CAPTURE_BAD && !dump->n_bad++)
        dump->bad = l->number;
}

static void free_dump(struct dump *d) { hs_capture_free(&d->capture); }

/* Merges dumps of the same image (same size and check) into the last of them, and removes empty dumps. */
static void unite(struct log *log)
{
    size_t n = 0;
    for (size_t i = 0; i < log->n; i++) {
        struct dump *d = &log->dump[i];
        size_t later = i + 1;
        while (later < log->n &&
               !(d->capture.begun && log->dump[later].capture.begun && d->capture.total == log->dump[later].capture.total &&
                 d->capture.check == log->dump[later].capture.check))
            later++;
        if (later < log->n && d->capture.got) {
            struct dump *into = &log->dump[later];
            hs_capture_add(&into->capture, &d->capture);
            into->first = d->first;
            into->bad = d->n_bad ? d->bad : into->bad;
            into->n_bad += d->n_bad;
        }
        if (later < log->n || !d->capture.got)
            free_dump(d);
        else
            log->dump[n++] = *d;
    }
    log->n = n;
}

/* The last complete dump; else the one with the most bytes. */
static struct dump *choose(struct log *log)
{
    struct dump *most = NULL;
    for (size_t i = log->n; i-- > 0;) {
        struct dump *d = &log->dump[i];
        log->bytes += d->capture.total;
        if (log->bytes <= BYTES_MAX && hs_capture_whole(&d->capture))
            return d;
        if (!most || d->capture.got > most->capture.got)
            most = d;
    }
    return most;
}

/* The first missing byte from `at` on. */
static uint32_t gap(const struct hs_capture *c, uint32_t at)
{
    while (at < c->room && c->have[at])
        at++;
    return at;
}

static void tell(struct hs_memory_image *m, struct dump *d)
{
    struct hs_capture *c = &d->capture;
    if (hs_capture_whole(c))
        return;
    uint32_t gaps = 0, first = 0;
    for (uint32_t at = gap(c, 0); at < c->room; at = gap(c, hs_capture_next(c, at)))
        if (!gaps++)
            first = at;
    if (!gaps)
        first = c->room;
    m->damaged = c->begun ? c->total - (c->got < c->total ? c->got : c->total) : 1;
    if (!c->begun)
        hs_memory_image_warn(m, "lines %u to %u hold %" PRIu32 " bytes of a dump without a BEGIN or END line that could be read",
                             d->first, d->last, c->got);
    else
        hs_memory_image_warn(
            m,
            "of the dump in lines %u to %u, %" PRIu32 " of %" PRIu32 " bytes are there (%u lines are damaged%s%.0u); "
            "after heapstrata.stop(), heapstrata.dump(%" PRIu32 ") prints what is missing",
            d->first, d->last, c->got, c->total, d->n_bad, d->n_bad ? ", the first is line " : "", d->bad, first);
}

static int give(struct hs_memory_image *m, struct log *log)
{
    struct dump *d = m->which ? m->which <= log->n ? &log->dump[m->which - 1] : NULL : choose(log);
    m->dumps = (unsigned)log->n;
    if (!d)
        return m->which ? HS_ERR_ARG : HS_ERR_KIND;
    tell(m, d);
    free(m->bytes);
    m->bytes = d->capture.bytes;
    m->len = d->capture.begun && d->capture.total < d->capture.room ? d->capture.total : d->capture.room;
    d->capture.bytes = NULL;
    return hs_memory_image_add(m, (struct hs_segment){.len = m->len});
}

int hs_memory_image_of_console(struct hs_memory_image *m)
{
    struct hs_line_reader lines = {.at = m->bytes, .end = m->bytes + m->len};
    struct log log = {.dump = calloc(DUMPS, sizeof *log.dump)};
    if (!log.dump)
        return HS_ERR_MEMORY;
    while (hs_next_line(&lines))
        take_line(&log, &lines);
    unite(&log);
    int err = HS_ERR_KIND;
    if (log.n) {
        m->form = "the log of a console";
        err = give(m, &log);
    }
    for (size_t i = 0; i < log.n; i++)
        free_dump(&log.dump[i]);
    free(log.dump);
    return err;
}
