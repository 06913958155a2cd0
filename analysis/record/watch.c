/* SPDX-License-Identifier: MIT */
#include "analysis/record/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analysis/record/process.h"
#include "lib/host/input/fail.h"
#include "lib/host/input/chunks.h"
#include "lib/host/reader.h"
#include "lib/host/util/tempfile.h"

#define PIPE_BYTES (1 << 20)
#define PATIENCE 100 /* milliseconds between two attempts to open */
#define GOODBYE 20   /* time for a program to end after SIGTERM, in units of PATIENCE */

struct watching {
    struct hs_board_watch *watch;
    struct hs_live live;
    double begun, looked;
    int fd; /* of a file */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fail(struct hs_error *error, const char *name)
{
    hs_fail_with(error, HS_ERR_IO, 0, "%s: %s", name, strerror(errno));
    return HS_ERR_IO;
}

/* ---- streams ---- */

static void tick(void *context, const struct hs_live_state *state)
{
    struct watching *w = context;
    double time = now();
    if (*w->watch->interrupt)
        return;
    if (!state->ended && !w->watch->hurry && time - w->looked < w->watch->delay)
        return;
    w->watch->hurry = false;
    w->looked = time;
    w->watch->look(w->watch->context, state);
    w->watch->begin(w->watch->context, state->model);
}

static void made(void *context, struct hs_model *model, const struct hs_reader *reader)
{
    struct watching *w = context;
    w->watch->made(w->watch->context, model, reader);
}

static int run_live(struct watching *w, struct hs_error *error)
{
    struct hs_model *empty = hs_model_new(NULL);
    if (!empty)
        return HS_ERR_MEMORY;
    w->watch->begin(w->watch->context, empty);
    hs_model_free(empty);
    w->live.selection = w->watch->selection;
    w->live.made = made;
    w->live.tick = tick;
    w->live.context = w;
    w->looked = now() - (w->watch->wake > 0 ? w->watch->delay : 0); /* with keys, take the first look at once */
    return hs_live_run(&w->live, error);
}

static struct hs_link line_of(const struct hs_board_watch *w, const char *name)
{
    return (struct hs_link){.name = name,
                            .baud = w->baud,
                            .interrupt = w->interrupt,
                            .wake = w->wake,
                            .woken = w->woken,
                            .listens = w->listens,
                            .context = w->context};
}

static int watch_line(struct watching *w, struct hs_error *error)
{
    int err = HS_ERR_IO;
    w->live.line = line_of(w->watch, w->watch->source);
    if (hs_link_open(&w->live.line))
        err = run_live(w, error);
    else if (w->live.line.error[0])
        hs_fail_with(error, HS_ERR_IO, 0, "%s", w->live.line.error);
    else
        err = HS_OK;
    hs_link_close(&w->live.line);
    return err;
}

/* ---- files ---- */

/* Whether a process has the file open for writing. Our own writers hold a lock. For others we ask the kernel, which grants
 * no read lease while a file, or memory mapped from it, can be written. If leases are not supported: true, keep waiting. */
static bool is_written(int fd)
{
    if (flock(fd, LOCK_SH | LOCK_NB))
        return errno == EWOULDBLOCK;
    flock(fd, LOCK_UN);
    if (fcntl(fd, F_SETLEASE, F_RDLCK))
        return true;
    fcntl(fd, F_SETLEASE, F_UNLCK);
    return false;
}

static bool file_is_over(void *context) { return !is_written(((struct watching *)context)->fd); }

static void pass_time(struct watching *w, double seconds)
{
    double until = now() + seconds, left;
    struct hs_link line = line_of(w->watch, w->watch->source);
    while (!*w->watch->interrupt && !w->watch->hurry && (left = until - now()) > 0)
        hs_link_wait(&line, -1, left < PATIENCE / 1000.0 ? (int)(left * 1000) + 1 : PATIENCE);
}

/* Returns the enum hs_source of the file, or a negative enum hs_err. Tries again while the file is open for writing. */
static int recognise(struct watching *w, struct hs_error *error)
{
    enum hs_source source = HS_SOURCE_STREAM;
    for (;;) {
        bool over = file_is_over(w);
        struct hs_feed *feed = hs_feed_open(w->watch->source, &source, error);
        if (feed) {
            feed->close(feed);
            return (int)source;
        }
        if (over || *w->watch->interrupt)
            return error->code ? error->code : HS_ERR_KIND;
        memset(error, 0, sizeof *error);
        pass_time(w, PATIENCE / 1000.0);
    }
}

/* Reads up to the record of the last look, then continues. */
static int replay(struct watching *w, struct hs_reader *reader, struct hs_model *model, uint64_t *number)
{
    const struct hs_event *events;
    bool begun = !*number;
    long n;
    w->watch->made(w->watch->context, model, reader);
    if (begun)
        w->watch->begin(w->watch->context, model);
    while ((n = hs_reader_next(reader, &events)) > 0) {
        long k = 0;
        while (!begun && k < n && events[k].number <= *number)
            k++;
        hs_model_feed(model, events, k);
        if (!begun && k < n) {
            w->watch->begin(w->watch->context, model);
            begun = true;
        }
        hs_model_feed(model, events + k, n - k);
    }
    if (!begun)
        w->watch->begin(w->watch->context, model);
    *number = model->number;
    return model->error;
}

static int look_at_ring(struct watching *w, uint64_t *number, struct hs_error *error)
{
    struct hs_live_state *state = &w->live.state;
    bool over = file_is_over(w);
    struct hs_reader *reader = hs_reader_open(w->watch->source, error);
    struct hs_model *model = reader ? hs_model_new(NULL) : NULL;
    if (reader)
        hs_reader_select(reader, &w->watch->selection);
    int err = model ? replay(w, reader, model, number) : error->code ? error->code : HS_ERR_MEMORY;
    if (!err) {
        *state = (struct hs_live_state){.seconds = now() - w->begun,
                                        .info = *hs_reader_info(reader),
                                        .connected = !over,
                                        .ended = over,
                                        .model = model,
                                        .reader = reader};
        w->watch->look(w->watch->context, state);
    }
    hs_model_free(model);
    hs_reader_close(reader);
    return err;
}

static int watch_ring(struct watching *w, struct hs_error *error)
{
    uint64_t number = 0;
    for (;;) {
        int err = look_at_ring(w, &number, error);
        if (err || w->live.state.ended || *w->watch->interrupt)
            return err;
        pass_time(w, w->watch->delay);
        w->watch->hurry = false;
    }
}

static int watch_file(struct watching *w, struct hs_error *error)
{
    w->fd = open(w->watch->source, O_RDONLY | O_CLOEXEC);
    if (w->fd < 0)
        return fail(error, w->watch->source);
    int err = recognise(w, error);
    if (err == HS_SOURCE_IMAGE) {
        err = watch_ring(w, error);
    } else if (err >= 0) {
        w->live.line = line_of(w->watch, w->watch->source);
        w->live.line.fd = w->fd;
        w->live.over = file_is_over;
        w->live.container = err == HS_SOURCE_HST;
        err = run_live(w, error);
    }
    close(w->fd);
    return *w->watch->interrupt ? HS_OK : err;
}

/* ---- a program ---- */

static bool program_is_over(void *context)
{
    struct hs_board_watch *w = ((struct watching *)context)->watch;
    w->exited = w->exited || waitpid(w->pid, &w->status, WNOHANG) == w->pid;
    return w->exited;
}

/* SIGTERM first, to let the program write its last output; then SIGKILL. */
static void end_program(struct watching *w)
{
    if (program_is_over(w))
        return;
    w->watch->ended = true;
    kill(w->watch->pid, SIGTERM);
    for (int i = 0; i < GOODBYE && !program_is_over(w); i++)
        poll(NULL, 0, PATIENCE);
    if (!w->watch->exited) {
        kill(w->watch->pid, SIGKILL);
        w->watch->exited = waitpid(w->watch->pid, &w->watch->status, 0) == w->watch->pid;
    }
}

/* Small packets arrive sooner, so a slow firmware is visible too. */
static int start_program(struct watching *w, const char *pipe, struct hs_error *error)
{
    setenv("HEAPSTRATA_PACKET", "1024", 0);
    int failed = hs_process_start(
        &(struct hs_process){.argv = w->watch->argv, .variable = "HEAPSTRATA_OUT", .value = pipe, .output = w->watch->output},
        &w->watch->pid);
    if (failed)
        hs_fail_with(error, HS_ERR_IO, 0, "cannot run %s: %s", w->watch->argv[0], strerror(failed));
    return failed ? HS_ERR_IO : HS_OK;
}

static int run_program(struct watching *w, const char *pipe, struct hs_error *error)
{
    int err = start_program(w, pipe, error);
    if (err)
        return err;
    fcntl(w->live.line.fd, F_SETPIPE_SZ, PIPE_BYTES);
    w->live.over = program_is_over;
    err = run_live(w, error);
    end_program(w);
    if (err != HS_ERR_KIND)
        return err;
    memset(error, 0, sizeof *error);
    hs_fail_with(error, err, 0, "%s gave no trace: are HeapStrata's hooks in it (docs/building.md)?", w->watch->argv[0]);
    return err;
}

static int watch_program(struct watching *w, struct hs_error *error)
{
    struct hs_scratch scratch = {0};
    int err = HS_ERR_IO;
    w->live.line = line_of(w->watch, w->watch->argv[0]);
    if (!hs_scratch_make(&scratch, "trace"))
        return fail(error, "cannot make a temporary folder");
    if (mkfifo(scratch.file, 0600) || (w->live.line.fd = open(scratch.file, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) < 0)
        fail(error, "cannot make a pipe");
    else
        err = run_program(w, scratch.file, error);
    if (w->live.line.fd > 0)
        close(w->live.line.fd);
    hs_scratch_remove(&scratch);
    return err;
}

int hs_board_watch_run(struct hs_board_watch *watch, struct hs_error *error)
{
    struct watching w = {.watch = watch, .begun = now()};
    struct stat file;
    memset(error, 0, sizeof *error);
    signal(SIGIO, SIG_IGN); /* sent when a writer opens the file while we hold the lease */
    if (!watch->source)
        return watch_program(&w, error);
    if (!strcmp(watch->source, "-") || stat(watch->source, &file))
        return strchr(watch->source, ':') || !strcmp(watch->source, "-") ? watch_line(&w, error) : fail(error, watch->source);
    return S_ISREG(file.st_mode) ? watch_file(&w, error) : watch_line(&w, error);
}
