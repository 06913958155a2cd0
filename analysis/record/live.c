/* SPDX-License-Identifier: MIT
 *
 *   line -> bytes (read_line) -> stream feed -> tee, which writes the chunks -> reader -> model
 *
 * The reader pulls and waits only in read_line, so ticks and interrupts are handled there.
 */
#include "analysis/record/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/host/input/fail.h"
#include "lib/host/input/chunks.h"
#include "lib/host/util/array.h"

#define TICK 0.25 /* seconds */
#define PATIENCE ((int)(TICK * 1000))
#define FLUSH 2.0 /* seconds: at most this much is lost when we are killed */

struct run {
    struct hs_byte_source bytes;
    struct hs_feed tee;
    struct hs_feed *chunks;
    struct hs_live *live;
    struct hs_reader *reader;
    struct hs_model *model;
    double begun, ticked, flushed;
    uint64_t bytes_then, records_then; /* at the last tick */
    bool header;
    size_t headless_room;
    int error; /* errno of the line */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- state ---- */

static void look_at_heap(struct run *r, struct hs_live_state *s)
{
    struct hs_region_summary summary = hs_model_summary(r->model, HS_ALL_REGIONS);
    bool summary_only = hs_model_summary_only(r->model);
    s->synced = summary_only ? summary.known : r->model->synced;
    s->used = summary_only ? summary.used : r->model->used;
    s->heap = 0;
    for (unsigned i = 0; i < r->model->n_regions; i++)
        s->heap += r->model->region[i].present ? (uint64_t)r->model->region[i].granules << r->model->region[i].shift : 0;
}

static void look(struct run *r, double elapsed)
{
    struct hs_live_state *s = &r->live->state;
    s->info = *hs_reader_info(r->reader);
    s->emitted = s->info.records + s->info.lost + s->info.overwritten_records;
    if (elapsed > 0) { /* smoothed: packets arrive in bursts */
        s->byte_rate += ((double)(s->bytes - r->bytes_then) / elapsed - s->byte_rate) / 4;
        s->record_rate += ((double)(s->info.records - r->records_then) / elapsed - s->record_rate) / 4;
    }
    r->bytes_then = s->bytes;
    r->records_then = s->info.records;
    look_at_heap(r, s);
}

static void tick(struct run *r)
{
    double time = now();
    if (!r->reader || time - r->ticked < TICK)
        return;
    r->live->state.seconds = time - r->begun;
    look(r, time - r->ticked);
    r->ticked = time;
    if (r->live->writer && time - r->flushed >= FLUSH) {
        hs_writer_flush(r->live->writer);
        r->flushed = time;
    }
    if (r->live->tick)
        r->live->tick(r->live->context, &r->live->state);
}

/* ---- bytes ---- */

/* Returns the number of bytes read, 0 at the end of the line, -1 when none came in time. Checks for the end of the source
 * before reading: then everything written before that end can still be read. */
static long receive(struct run *r, uint8_t *into, size_t room)
{
    struct hs_live *live = r->live;
    bool over = !live->over || live->over(live->context);
    if (!hs_link_wait(&live->line, live->line.fd, PATIENCE))
        return live->over && over ? 0 : -1;
    ssize_t n = read(live->line.fd, into, room);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return -1;
    if (n < 0 && errno != EIO) /* a pseudo terminal whose other end is closed */
        r->error = errno;
    if (n > 0 || over || r->error)
        return n > 0 ? n : 0;
    hs_link_wait(&live->line, -1, PATIENCE); /* at the current end of a growing file */
    return -1;
}

/* Until there is a header, keeps what comes: on a live line it does not come again. */
static void keep_headless(struct run *r, const uint8_t *bytes, size_t n)
{
    struct hs_live *live = r->live;
    size_t left = HS_LIVE_HEADLESS - live->n_headless;
    n = n < left ? n : left;
    if (!live->writer || r->header || !n || !hs_array_reserve(live->headless, r->headless_room, live->n_headless + n))
        return;
    memcpy(live->headless + live->n_headless, bytes, n);
    live->n_headless += n;
}

static void drop_headless(struct hs_live *live)
{
    free(live->headless);
    live->headless = NULL;
    live->n_headless = 0;
}

static bool has_packet(const uint8_t *bytes, size_t n)
{
    struct hs_packet packet;
    for (size_t i = 0; i < n; i++)
        if (hs_packet_begins(bytes + i, n - i, &packet))
            return true;
    return false;
}

static long read_line(struct hs_byte_source *bytes, uint8_t *into, size_t room)
{
    struct run *r = (struct run *)bytes;
    struct hs_live *live = r->live;
    while (!*live->line.interrupt) {
        long n = receive(r, into, room);
        tick(r);
        if (n > 0) {
            live->state.bytes += (uint64_t)n;
            keep_headless(r, into, (size_t)n);
            bytes->offset += (uint64_t)n;
            return n;
        }
        live->state.connected = n != 0;
        if (!n && (!live->again || !hs_link_again(&live->line)))
            break;
    }
    return 0;
}

static void close_nothing(struct hs_byte_source *bytes) { (void)bytes; }

/* ---- chunks ---- */

static int next_chunk(struct hs_feed *feed, struct hs_chunk *chunk)
{
    struct run *r = (struct run *)((char *)feed - offsetof(struct run, tee));
    int err = r->chunks->next(r->chunks, chunk);
    if (!err && chunk->kind != HS_CHUNK_END && r->live->writer)
        err = hs_writer_put_chunk(r->live->writer, chunk);
    r->header |= !err && chunk->kind == HS_CHUNK_HEADER;
    if (r->header)
        drop_headless(r->live);
    return err;
}

static void close_chunks(struct hs_feed *feed)
{
    struct run *r = (struct run *)((char *)feed - offsetof(struct run, tee));
    r->chunks->close(r->chunks);
}

/* ---- run ---- */

static int follow(struct run *r)
{
    const struct hs_event *events;
    long n;
    while ((n = hs_reader_next(r->reader, &events)) > 0)
        hs_model_feed(r->model, events, n); /* errors are ignored: the progress then lacks what the model cannot follow */
    return (int)n;
}

static int finish(struct run *r, int err, struct hs_error *error)
{
    const char *name = strcmp(r->live->line.name, "-") ? r->live->line.name : "standard input";
    look(r, 0);
    if (r->header || !has_packet(r->live->headless, r->live->n_headless))
        drop_headless(r->live);
    r->live->state.seconds = now() - r->begun;
    r->live->state.ended = true;
    if (r->live->tick && r->header)
        r->live->tick(r->live->context, &r->live->state);
    if (err)
        hs_fail_with(error, err, 0, "%s: %s", name, hs_strerror(err));
    else if (r->error)
        hs_fail_with(error, err = HS_ERR_IO, 0, "%s: %s", name, strerror(r->error));
    else if (!r->live->state.bytes)
        hs_fail_with(error, err = HS_ERR_KIND, 0,
                     "%s: nothing came: does the firmware run, and has it called heapstrata.stream()?", name);
    else if (!r->header && r->live->headless)
        hs_fail_with(
            error, err = HS_ERR_KIND, 0,
            "%s: %llu bytes came, with packets of a trace, but without an intact header, which names the firmware and its "
            "heaps: begin to record before the firmware calls heapstrata.stream()",
            name, (unsigned long long)r->live->state.bytes);
    else if (!r->header)
        hs_fail_with(error, err = HS_ERR_KIND, 0,
                     "%s: %llu bytes came, and no trace among them: has the firmware called "
                     "heapstrata.stream()?%s",
                     name, (unsigned long long)r->live->state.bytes, isatty(r->live->line.fd) ? " Is --baud its speed?" : "");
    return err;
}

/* The stream on the line, or the one inside the .hst on the line. */
static struct hs_feed *open_chunks(struct run *r, struct hs_error *error)
{
    if (!r->live->container)
        return hs_feed_of_stream(&r->bytes, false);
    struct hs_byte_source *container = hs_byte_source_of_container(&r->bytes, error);
    return container ? hs_feed_of_stream(container, hs_container_of_image(container)) : NULL;
}

int hs_live_run(struct hs_live *live, struct hs_error *error)
{
    struct run *r = calloc(1, sizeof *r);
    int err = HS_ERR_MEMORY;
    memset(error, 0, sizeof *error);
    if (!r)
        return err;
    r->bytes = (struct hs_byte_source){.read = read_line, .close = close_nothing};
    r->tee = (struct hs_feed){.next = next_chunk, .close = close_chunks};
    r->live = live;
    live->state.connected = true;
    r->begun = r->ticked = r->flushed = now();
    r->model = hs_model_new(NULL);
    r->chunks = r->model ? open_chunks(r, error) : NULL;
    r->reader = r->chunks ? hs_reader_of_feed(&r->tee, live->line.name, error) : NULL;
    live->state.model = r->model;
    live->state.reader = r->reader;
    if (r->reader) {
        hs_reader_select(r->reader, &live->selection);
        if (live->made)
            live->made(live->context, r->model, r->reader);
        err = finish(r, follow(r), error);
    }
    if (r->reader)
        hs_reader_close(r->reader);
    hs_model_free(r->model);
    free(r);
    live->state.model = NULL;
    live->state.reader = NULL;
    return err;
}
