/* SPDX-License-Identifier: MIT
 *
 * heapstrata record: run a script on a firmware (a program on this machine or a board on a serial line) and record it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analysis/cmd/cmd.h"
#include "analysis/record/board.h"
#include "analysis/record/cmd-record_look.h"
#include "analysis/record/level_choice.h"
#include "analysis/record/live.h"
#include "analysis/record/process.h"
#include "analysis/record/script_output.h"
#include "analysis/record/serial.h"
#include "analysis/util/output.h"
#include "lib/host/input/fail.h"
#include "lib/host/util/tempfile.h"
#include "lib/host/writer.h"

#define SCRIPT_MAX (64u << 20)   /* bytes */
#define RING_LEAST (1u << 10)    /* bytes: a recorder takes no smaller one */
#define RING_MOST (63u << 20)    /* bytes: an image that a reader takes has 64 MB with its headers */
#define FLUSH_TICKS 8u           /* of a quarter second: at most this much is lost when we are killed */
#define TEXT_MOST (500ull << 20) /* bytes of samples: a reader takes 512 MB of text */
#define PIPE_BYTES (1 << 20)
#define COMES_BACK 75 /* fifths of a second to wait for the port of a board to come back */

struct args {
    struct hs_common common;
    const char *output, *serial, *stream, *level;
    uint64_t ring, baud, collect_every, every;
    bool quiet, again, no_reset;
};

static const struct hs_option options[] = {
    {"output", 'o', "FILE", HS_OPT_TEXT, offsetof(struct args, output), "write the trace to FILE (default " HS_DEFAULT_INPUT ")"},
    {"ring", 'r', "SIZE", HS_OPT_UINT, offsetof(struct args, ring),
     "record into a ring of SIZE bytes as a board does, of which the end is kept (default: everything)", .least = RING_LEAST,
     .most = RING_MOST},
    {"level", 'l', "LEVEL", HS_OPT_TEXT, offsetof(struct args, level),
     "full: every event; sampled or sampled:BYTES: a sample every so many bytes on average, for estimates; summary: figures "
     "at each collection and the lines that allocated most (default: what the firmware was built for, normally full)",
     "full|sampled|summary"},
    {"collect-every", 0, "BYTES", HS_OPT_UINT, offsetof(struct args, collect_every),
     "collect whenever BYTES have been allocated, as gc.threshold(BYTES) does: heapstrata whatif then knows when blocks "
     "became garbage; the program runs slower",
     .least = 1, .most = UINT32_MAX},
    {"serial", 's', "DEVICE", HS_OPT_TEXT, offsetof(struct args, serial),
     "run the script on the board at this serial port or pseudo terminal, through its raw REPL"},
    {"no-reset", 0, NULL, HS_OPT_FLAG, offsetof(struct args, no_reset),
     "with --serial: run the script without a soft reset before it; the board's trace continues, at its level"},
    {"every", 'e', "MS", HS_OPT_UINT, offsetof(struct args, every),
     "with --serial, on a firmware without the module heapstrata: milliseconds between two samples of the heap, 0 for none "
     "(default 1000); they take 4 % of the time at most",
     .most = 3600000},
    {"stream", 't', "SOURCE", HS_OPT_TEXT, offsetof(struct args, stream),
     "take what heapstrata.stream() sends: a serial port, tcp:HOST:PORT, tcp-listen:[HOST:]PORT (without HOST at every address of this "
     "machine; [ADDRESS]:PORT for IPv6) or -"},
    {"again", 'a', NULL, HS_OPT_FLAG, offsetof(struct args, again),
     "with --stream: when it ends wait for the next connection, until Ctrl-C"},
    {"baud", 'b', "N", HS_OPT_UINT, offsetof(struct args, baud), "speed of the serial port (default 115200)"},
    {"quiet", 'q', NULL, HS_OPT_FLAG, offsetof(struct args, quiet), "no progress, no closing line"},
    {0},
};

/* The recording in progress. */
struct recording {
    const struct args *args;
    struct hs_level_choice level;
    struct hs_output out;
    const char *missing;     /* a script that does not exist, so that the firmware's end with an error is no run; NULL: none */
    bool apart;              /* the script prints to standard error, because the trace takes standard output */
    struct hs_output text;   /* samples, as they come: a text that is a trace too; no target: none came */
    struct hs_error no_room; /* why the text could not be written */
    uint64_t text_bytes;     /* of it so far */
    bool keep_text;          /* it did not become a trace */
    struct hs_writer *writer;
    struct hs_scratch scratch;
    struct hs_board *board; /* NULL: none */
    unsigned ticks;
    uint64_t bytes; /* of the stream, so far */
    bool progress;  /* show it on standard error, which the firmware does not use */
};

/* ---- the file written ---- */

/* Whether two descriptors are of the same pipe, file or terminal; other devices, such as /dev/null, do not count. */
static bool same_place(const struct stat *one, const struct stat *other)
{
    bool shared = S_ISREG(one->st_mode) || S_ISFIFO(one->st_mode) || S_ISSOCK(one->st_mode);
    return shared && one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static bool is_standard_output(const char *target)
{
    struct stat standard, named;
    return !fstat(STDOUT_FILENO, &standard) && !stat(target, &named) && same_place(&standard, &named);
}

/* A trace on standard output leaves it to the trace alone. */
static int check_standard_output(struct recording *r)
{
    struct stat standard, device;
    bool direct = r->out.device >= 0 && !fstat(r->out.device, &device) && !fstat(STDOUT_FILENO, &standard);
    if (direct && isatty(r->out.device))
        return hs_complain("a trace is no text for a terminal: write it to a file (-o FILE) or a pipe");
    r->apart = direct && same_place(&standard, &device);
    if (!direct && is_standard_output(r->args->output))
        return hs_complain("standard output is written to %s too: write it to another file, or the trace (-o FILE)",
                           r->args->output);
    return HS_EXIT_OK;
}

static const char *output_name(const struct recording *r)
{
    return strcmp(r->args->output, "-") ? r->args->output : "standard output";
}

/* An earlier trace stays until there is a new one: a run without a trace must not delete it. With `now` an empty file can be
 * followed before data arrive. */
static bool open_output(struct recording *r, bool now)
{
    struct hs_error error = {0};
    bool another = !access(r->args->output, F_OK);
    if (hs_cmd_check_trace(r->args->output))
        return false;
    if (hs_output_open(&r->out, r->args->output, HS_OUTPUT_STREAM, &error))
        return hs_complain_of(&error, error.code), false;
    bool good = !check_standard_output(r);
    if (good) {
        r->writer = hs_writer_of_fd(r->out.fd, output_name(r), NULL, &error);
        good = r->writer && (another || !now || !hs_output_show(&r->out, &error));
        if (!good)
            hs_complain_of(&error, error.code);
    }
    if (!good)
        hs_output_close(&r->out, HS_ERR_IO, &(struct hs_error){0});
    return good;
}

/* Data arrived: give the file its name, so that others can follow it. */
static void show_output(struct recording *r)
{
    struct hs_error error = {0};
    if (hs_output_show(&r->out, &error))
        hs_complain("%s", error.text);
}

/* The script, if the command line shows which one it is. */
static const char *script_of(const struct args *args)
{
    if (args->serial)
        return args->common.file[0];
    for (int i = args->common.n_files - 1; !args->stream && i > 0; i--)
        if (!access(args->common.file[i], R_OK) && strchr(args->common.file[i], '/'))
            return args->common.file[i];
    return NULL;
}

/* Says where the part of a trace is that was written before an error, and what is with an earlier trace. */
static void say_kept(const struct recording *r, const char *kept)
{
    bool earlier = kept && strcmp(kept, r->out.place) && !access(r->args->output, F_OK);
    if (kept)
        hs_complain("what came before that is in %s; 'heapstrata doctor' and the other commands read it", kept);
    if (earlier)
        hs_complain("%s is the earlier trace", r->args->output);
}

/* Samples are kept as the text that came, if they could not be made a trace; otherwise what was written of the trace is. */
static void keep_part(struct recording *r, const struct hs_writer_stats *stats)
{
    bool text = r->text.target == r->args->output; /* otherwise it is temporary */
    const char *kept = text || stats->plain ? hs_output_keep(text ? &r->text : &r->out) : NULL;
    say_kept(r, kept);
    if (!kept && (stats->packets || r->text.target))
        hs_complain("nothing of the trace was kept: make room, or write it elsewhere (-o FILE), and record again");
}

static void say_end(const struct recording *r, const struct hs_writer_stats *stats)
{
    struct stat file;
    bool sized = !stat(r->args->output, &file) && S_ISREG(file.st_mode);
    char size[40] = "the trace";
    if (sized)
        snprintf(size, sizeof size, "%lld bytes", (long long)file.st_size);
    if (!r->args->quiet)
        fprintf(stderr, "[ heapstrata record: %" PRIu64 " packets, %" PRIu64 " bytes; %s has %s ]\n", stats->packets,
                stats->plain, output_name(r), size);
}

static void end_text(struct recording *r, bool replaced)
{
    if (r->text.target && replaced)
        hs_output_replaced(&r->text);
    else if (r->text.target)
        hs_output_close(&r->text, HS_ERR_KIND, &(struct hs_error){0});
}

/* Closes the file; one without a trace is removed. */
static int close_output(struct recording *r, int status)
{
    struct hs_error error = {0};
    bool file = r->out.device < 0;
    hs_writer_flush(r->writer);
    struct hs_writer_stats stats = hs_writer_stats(r->writer);
    bool came = (stats.plain || stats.packets) && !(r->missing && status);
    int written = hs_writer_close(r->writer, &error);
    if (written && came)
        hs_complain_of(&error, error.code);
    if (written || r->keep_text)
        keep_part(r, &stats);
    int closed = hs_output_close(&r->out, written ? written : came ? HS_OK : HS_ERR_KIND, &error);
    if (closed && !written && came)
        hs_complain_of(&error, error.code);
    end_text(r, !closed && !r->keep_text);
    if (closed && r->missing)
        hs_complain("%s does not exist: nothing was recorded%s%s", r->missing,
                    access(r->args->output, F_OK) ? "" : ", and the earlier trace stays in ",
                    access(r->args->output, F_OK) ? "" : r->args->output);
    if (closed)
        return came ? HS_EXIT_BAD : status;
    say_end(r, &stats);
    if (file) /* a pipe would be read here instead of by its reader */
        hs_record_look(r->args->output, script_of(r->args), !r->args->quiet);
    return status;
}

static int put_file(struct recording *r, const char *path)
{
    struct hs_error error = {0};
    return hs_writer_put_input(r->writer, path, &error) == HS_OK ? HS_EXIT_OK : hs_complain_of(&error, error.code);
}

static void clear_progress(const struct recording *r)
{
    if (r->progress)
        fputs("\r\033[K", stderr);
}

/* ---- a program ---- */

static void take_bytes(void *context, const void *bytes, size_t n)
{
    struct recording *r = context;
    r->bytes += n;
    hs_writer_put(r->writer, bytes, n); /* its first error is reported at close */
}

static void tick(void *context)
{
    struct recording *r = context;
    if (r->bytes)
        show_output(r);
    if (++r->ticks % FLUSH_TICKS == 0)
        hs_writer_flush(r->writer);
    if (r->progress)
        fprintf(stderr, "\rrecording: %" PRIu64 " bytes\033[K", r->bytes);
}

static void explain_end(const struct recording *r, int status)
{
    if (WIFSIGNALED(status) && !r->args->quiet)
        fprintf(stderr, "heapstrata record: %s was ended by signal %d (%s)\n", r->args->common.file[0], WTERMSIG(status),
                strsignal(WTERMSIG(status)));
}

/* The firmware that `make micropython` builds beside this program, if it exists. */
static const char *usual_firmware(char *path, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", path, size);
    char *end = len > 0 && (size_t)len < size ? memrchr(path, '/', (size_t)len) : NULL;
    if (end)
        snprintf(end, size - (size_t)(end - path), "/micropython/unix64/micropython");
    return end && !access(path, X_OK) ? path : "FIRMWARE";
}

/* A script given as the firmware: users forget the firmware argument. */
static bool is_script(const char *path)
{
    size_t len = strlen(path);
    return len > 3 && !strcmp(path + len - 3, ".py") && access(path, X_OK);
}

/* The first script of a command line, if there is no such file. After -c and -m the arguments are the program's own. */
static const char *missing_script(char *const *arguments)
{
    for (int i = 1; arguments[i] && strcmp(arguments[i], "-c") && strcmp(arguments[i], "-m"); i++) {
        size_t len = strlen(arguments[i]);
        if (len > 3 && !strcmp(arguments[i] + len - 3, ".py"))
            return access(arguments[i], F_OK) ? arguments[i] : NULL;
    }
    return NULL;
}

static int complain_of_script(const char *script)
{
    char path[4096];
    const char *firmware = usual_firmware(path, sizeof path);
    return hs_complain("%s is a script, and no firmware to run it is named. Type\n"
                       "  heapstrata record %s %s              (on this computer%s)\n"
                       "  heapstrata record --serial /dev/ttyACM0 %s     (on a board)",
                       script, firmware, script, strcmp(firmware, "FIRMWARE") ? "" : "; `make micropython` builds one", script);
}

/* Why it could not be run: an errno. */
static void complain_of_start(const char *firmware, int why)
{
    struct stat file;
    if (!stat(firmware, &file) && S_ISDIR(file.st_mode))
        hs_complain("cannot run %s: it is a folder: write the path of the program in it, such as %s/micropython", firmware,
                    firmware);
    else
        hs_complain("cannot run %s: %s%s", firmware, strerror(why),
                    why == ENOEXEC  ? ": a board's firmware runs on the board (record --serial DEVICE SCRIPT)"
                    : why == ENOENT ? ": write the path of a firmware for this computer; `make micropython` builds one"
                                    : "");
}

/* Runs the firmware with `variable` set. Returns the exit status to pass on, -1 when it did not run. */
static int run_firmware(struct recording *r, int pipe, const char *variable, const char *value)
{
    char **argv = r->args->common.file;
    int status = hs_process_run(&(struct hs_process){
        .argv = argv,
        .variable = variable,
        .value = value,
        .standard_output = r->apart ? STDERR_FILENO : 0,
        .pipe = pipe,
        .sink = take_bytes,
        .tick = tick,
        .context = r,
    });
    clear_progress(r);
    if (status == -1) {
        complain_of_start(argv[0], errno);
        return -1;
    }
    explain_end(r, status);
    return hs_process_exit(status);
}

/* A firmware with hooks that refuses its arguments ends before it records; one without them may end with any status. */
static int no_trace(const struct recording *r, int status)
{
    const char *firmware = r->args->common.file[0];
    if (status)
        return hs_complain("%s ended with status %d before it recorded anything: what it printed is above. If its arguments are "
                           "right, HeapStrata's hooks are not in it: docs/building.md says how to build them in",
                           firmware, status);
    return hs_complain(
        "%s gave no trace: are HeapStrata's hooks in it? Then '%s -c \"import heapstrata\"' works. docs/building.md says "
        "how to build them in",
        firmware, firmware);
}

static int record_stream(struct recording *r)
{
    if (mkfifo(r->scratch.file, 0600))
        return hs_complain("cannot make a pipe: %s", strerror(errno));
    int pipe = open(r->scratch.file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (pipe < 0)
        return hs_complain("cannot open a pipe: %s", strerror(errno));
    fcntl(pipe, F_SETPIPE_SZ, PIPE_BYTES);
    int status = run_firmware(r, pipe, "HEAPSTRATA_OUT", r->scratch.file);
    close(pipe);
    if (status < 0)
        return HS_EXIT_BAD;
    return r->bytes ? status : no_trace(r, status);
}

static int record_ring(struct recording *r)
{
    char value[sizeof r->scratch.file + 32];
    snprintf(value, sizeof value, "%s:%" PRIu64, r->scratch.file, r->args->ring);
    int status = run_firmware(r, -1, "HEAPSTRATA_RING", value);
    if (status < 0)
        return HS_EXIT_BAD;
    if (access(r->scratch.file, R_OK))
        return no_trace(r, status);
    int put = put_file(r, r->scratch.file);
    return put ? put : status;
}

static int complain_of_folder(void)
{
    const char *set = getenv("TMPDIR");
    return hs_complain("cannot make a temporary folder in %s: %s (TMPDIR names another place)", set && *set ? set : "/tmp",
                       strerror(errno));
}

static int record_program(struct recording *r)
{
    if (!hs_scratch_make(&r->scratch, "trace"))
        return complain_of_folder();
    int status = HS_EXIT_BAD;
    if (open_output(r, true)) {
        r->progress = !r->args->quiet && isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO) && !r->apart;
        r->missing = missing_script(r->args->common.file);
        signal(SIGINT, SIG_IGN); /* the firmware receives Ctrl-C itself; then the trace is completed */
        status = close_output(r, r->args->ring ? record_ring(r) : record_stream(r));
    }
    hs_scratch_remove(&r->scratch);
    return status;
}

/* ---- a board ---- */

static volatile int interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted++;
}

/* A signal that ends the recording keeps what was received. A signal that is ignored (nohup) stays ignored. */
static void heed_interrupts(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction now;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (!sigaction(signals[i], NULL, &now) && now.sa_handler != SIG_IGN)
            sigaction(signals[i], &(struct sigaction){.sa_handler = on_interrupt}, NULL);
}

static void print_out(void *context, const char *bytes, size_t n)
{
    const struct recording *r = context;
    hs_script_output(r->apart ? stderr : stdout, bytes, n);
}

static void print_err(void *context, const char *bytes, size_t n)
{
    (void)context;
    hs_script_output(stderr, bytes, n);
}

static void show_pull(void *context, uint32_t got, uint32_t total)
{
    struct recording *r = context;
    if (r->progress)
        fprintf(stderr, "\rreading the trace: %" PRIu32 " of %" PRIu32 " bytes\033[K", got, total);
}

static void say_slow(void *context)
{
    const struct recording *r = context;
    if (!r->args->quiet)
        fprintf(stderr,
                "[ heapstrata record: the board is still loading its module heapstrata; a heapstrata.mpy loads faster than a .py. "
                "Ctrl-C ends the waiting ]\n");
}

static char *read_script(const char *path, size_t *len)
{
    FILE *file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
    char *text = file ? malloc(SCRIPT_MAX) : NULL;
    if (!text) {
        hs_complain("cannot read %s: %s", path, strerror(errno));
        if (file && file != stdin)
            fclose(file);
        return NULL;
    }
    *len = fread(text, 1, SCRIPT_MAX, file);
    const char *why = ferror(file) ? strerror(errno) : *len == SCRIPT_MAX ? "the script is too long" : NULL;
    if (file != stdin)
        fclose(file);
    if (!why)
        return text;
    hs_complain("cannot read %s: %s", path, why);
    free(text);
    return NULL;
}

/* Passes what was received to the writer as a file that it recognises. */
static int put_bytes(struct recording *r, const void *bytes, size_t len)
{
    int fd = open(r->scratch.file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
    bool written = file && fwrite(bytes, 1, len, file) == len;
    if (!file || fclose(file) || !written)
        return hs_complain("cannot write %s: %s: make room there, or name another place with TMPDIR", r->scratch.file,
                           strerror(errno));
    return put_file(r, r->scratch.file);
}

static int put_capture(struct recording *r, const struct hs_capture *capture)
{
    return put_bytes(r, capture->bytes, capture->total < capture->room ? capture->total : capture->room);
}

/* What a trace of samples has, and what it has not. */
static void explain_samples(const struct recording *r, const struct hs_stock *s)
{
    if (r->args->quiet)
        return;
    fprintf(
        stderr,
        "[ heapstrata record: the firmware has no module heapstrata: %u samples of its heap instead%s%s%s. Which line allocated "
        "what is not known (docs/stock.md) ]\n",
        s->samples, s->firmware.mem_info ? "" : "; it has no mem_info(), so there is no map",
        s->firmware.timer || !r->args->every ? "" : "; it has no timer, so there are none at intervals",
        s->firmware.builtins ? "" : "; imports cannot be noticed");
}

/* What is left out of a very long run is said once. */
static bool has_room(struct recording *r, size_t n)
{
    bool before = r->text_bytes > TEXT_MOST;
    r->text_bytes += n;
    if (r->text_bytes > TEXT_MOST && !before)
        hs_complain("the samples have %llu MB, and later ones are left out: take fewer (--every MS)", TEXT_MOST >> 20);
    return r->text_bytes <= TEXT_MOST;
}

/* Until the trace can be written, its name is that of the text: kill -9 leaves what came. */
static void keep_samples(void *context, const char *bytes, size_t n)
{
    struct recording *r = context;
    bool apart = r->out.device >= 0 || r->out.elsewhere;
    if (!has_room(r, n))
        return;
    if (!r->text.target && !r->no_room.code)
        hs_output_open(&r->text, apart ? r->scratch.file : r->args->output, HS_OUTPUT_STREAM, &r->no_room);
    for (ssize_t done; n && !r->no_room.code; bytes += done, n -= (size_t)done) {
        done = write(r->text.fd, bytes, n);
        if (done >= 0 || errno == EINTR) {
            done = done < 0 ? 0 : done;
            continue;
        }
        hs_fail_with(&r->no_room, HS_ERR_IO, 0, "cannot write %s: %s", r->text.target, strerror(errno));
        return;
    }
    if (!r->no_room.code)
        hs_output_show(&r->text, &r->no_room);
}

static int put_text(struct recording *r)
{
    r->keep_text = r->no_room.code || put_file(r, r->text.shown ? r->text.place : r->text.path);
    if (r->no_room.code)
        hs_complain_of(&r->no_room, r->no_room.code);
    return r->keep_text ? HS_EXIT_BAD : HS_EXIT_OK;
}

static int put_samples(struct recording *r, struct hs_stock *s, int failed)
{
    hs_stock_flush(s);
    explain_samples(r, s);
    if (s->broken && !r->args->quiet)
        fprintf(stderr, "[ heapstrata record: a sample did not come to its end, and is left out ]\n");
    if (!s->samples)
        return hs_complain("%s: no sample came: reset the board and record again, with --every 0 if its timer disturbs",
                           r->args->serial);
    if (s->full)
        hs_complain("no memory for all samples");
    if (put_text(r) || s->full || (failed && !r->board->reset && !r->board->raised))
        return HS_EXIT_BAD;
    return r->board->raised || r->board->reset ? HS_EXIT_FINDING : HS_EXIT_OK;
}

/* The USB port of some boards disappears during a reset and returns some seconds later. */
static int open_again(void *context)
{
    struct recording *r = context;
    const struct hs_serial_config config = {r->args->serial, (unsigned)r->args->baud};
    int fd = -1, before = interrupted;
    hs_serial_close(r->board->fd);
    for (int i = 0; i < COMES_BACK && fd < 0 && interrupted == before; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        fd = hs_serial_open(&config);
    }
    return fd;
}

static int run_on_board(struct recording *r, struct hs_capture *capture)
{
    struct hs_error error = {0};
    r->progress = !r->args->quiet && isatty(STDERR_FILENO);
    r->board->context = r;
    heed_interrupts();
    int failed = hs_board_record(r->board, capture, &error);
    clear_progress(r);
    if (failed)
        hs_complain("%s: %s", r->args->serial, error.text);
    if (r->board->emptied && !r->args->quiet)
        fprintf(stderr,
                "[ heapstrata record: the script left no memory for the code that reads the trace. A soft reset made room: the "
                "trace ends after it ]\n");
    if (r->board->sampled)
        return put_samples(r, r->board->stock, failed);
    if (!capture->begun)
        return HS_EXIT_BAD;
    bool whole = hs_capture_whole(capture);
    if (put_capture(r, capture) || !whole || (failed && !r->board->reset))
        return HS_EXIT_BAD;
    return r->board->raised || r->board->reset ? HS_EXIT_FINDING : HS_EXIT_OK;
}

static void complain_of_port(const struct recording *r, int why)
{
    char text[512];
    hs_serial_explain(&(struct hs_serial_config){r->args->serial, (unsigned)r->args->baud}, why, text, sizeof text);
    hs_complain("%s", text);
}

static int record_board(struct recording *r)
{
    struct hs_capture capture = {0};
    struct hs_stock stock = {.interval = (unsigned)r->args->every, .keep = keep_samples};
    const char *path = r->args->common.file[0];
    struct hs_board board = {.out = print_out,
                             .err = print_err,
                             .progress = show_pull,
                             .waits = say_slow,
                             .reopen = open_again,
                             .interrupt = &interrupted,
                             .level = r->level.name,
                             .interval = r->level.interval,
                             .name = strcmp(path, "-") ? path : NULL,
                             .stock = r->level.name ? NULL : &stock,
                             .no_reset = r->args->no_reset};
    char *script = read_script(path, &board.script_len);
    if (!script)
        return HS_EXIT_BAD;
    board.script = script;
    r->board = &board;
    board.fd = hs_serial_open(&(struct hs_serial_config){r->args->serial, (unsigned)r->args->baud});
    int status = HS_EXIT_BAD;
    if (board.fd < 0)
        complain_of_port(r, errno);
    else if (!hs_scratch_make(&r->scratch, "trace"))
        complain_of_folder();
    else if (open_output(r, false))
        status = close_output(r, run_on_board(r, &capture));
    if (r->scratch.folder[0])
        hs_scratch_remove(&r->scratch);
    hs_serial_close(board.fd);
    hs_capture_free(&capture);
    hs_stock_free(&stock);
    free(script);
    return status;
}

/* ---- a stream ---- */

static double percent(uint64_t part, uint64_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

static void show_stream(void *context, const struct hs_live_state *s)
{
    struct recording *r = context;
    char heap[80] = "heap not known yet";
    if (s->info.packets)
        show_output(r);
    if (!r->progress)
        return;
    if (s->synced)
        snprintf(heap, sizeof heap, "heap %" PRIu64 " of %" PRIu64 " bytes (%.0f%%)", s->used, s->heap, percent(s->used, s->heap));
    fprintf(stderr, "\r%s%.0f s, %.1f KB, %.1f KB/s, %.0f records/s, lost %" PRIu64 " of %" PRIu64 " (%.1f%%), %s\033[K",
            s->connected ? "" : "waiting; ", s->seconds, (double)s->bytes / 1024, s->byte_rate / 1024, s->record_rate,
            s->info.lost, s->emitted, percent(s->info.lost, s->emitted), heap);
}

/* A loss in a stream is counted; it is no error. */
static int take_stream(struct recording *r, struct hs_live *live)
{
    struct hs_error error = {0};
    live->writer = r->writer;
    int err = hs_live_run(live, &error);
    const struct hs_live_state *s = &live->state;
    clear_progress(r);
    if (err)
        hs_complain_of(&error, err);
    if (!r->args->quiet && s->info.packets)
        fprintf(stderr,
                "[ heapstrata record: %.1f s, %" PRIu64 " bytes came; %" PRIu64 " records, %" PRIu64 " lost (%.1f%%), %" PRIu64
                " overwritten before the first packet; %" PRIu64 " bytes were no part of the trace ]\n",
                s->seconds, s->bytes, s->info.records, s->info.lost, percent(s->info.lost, s->emitted),
                s->info.overwritten_records, s->info.damaged_bytes);
    return err ? HS_EXIT_BAD : HS_EXIT_OK;
}

/* What no command can read may still be repaired. To a pipe it is written after the .hst's own header. */
static void keep_headless(const struct recording *r, const struct hs_live *live)
{
    struct hs_output out = {0};
    struct hs_error error = {0};
    if (hs_output_open(&out, r->args->output, HS_OUTPUT_STREAM, &error)) {
        hs_complain_of(&error, error.code);
        return;
    }
    size_t done = 0;
    for (ssize_t n; done<live->n_headless; done += n> 0 ? (size_t)n : 0)
        if ((n = write(out.fd, live->headless + done, live->n_headless - done)) < 0 && errno != EINTR) {
            hs_complain("cannot write %s: %s", output_name(r), strerror(errno));
            break;
        }
    const char *kept = out.device >= 0 ? "the end of what was written" : hs_output_keep(&out);
    if (kept && done)
        hs_complain("the %s%zu bytes are in %s, as they came", live->n_headless < live->state.bytes ? "first " : "", done, kept);
    hs_output_close(&out, HS_ERR_KIND, &error);
}

static void show_address(void *context, const char *address)
{
    const struct recording *r = context;
    if (!r->args->quiet)
        fprintf(stderr, "heapstrata record: waiting for a connection to %s\n", address);
}

static int record_from_stream(struct recording *r)
{
    struct hs_live live = {.line = {.name = r->args->stream,
                                    .baud = (unsigned)r->args->baud,
                                    .interrupt = &interrupted,
                                    .listens = show_address,
                                    .context = r},
                           .again = r->args->again,
                           .tick = show_stream,
                           .context = r};
    int status = HS_EXIT_BAD;
    r->progress = !r->args->quiet && isatty(STDERR_FILENO);
    heed_interrupts();
    bool open = hs_link_open(&live.line);
    if (!open)
        hs_complain("%s", live.line.error[0] ? live.line.error : "interrupted before a connection was made");
    else if (open_output(r, true))
        status = close_output(r, take_stream(r, &live));
    if (live.headless)
        keep_headless(r, &live);
    free(live.headless);
    hs_link_close(&live.line);
    return status;
}

/* Arguments that exclude each other. */
static const char *contradiction(const struct args *args)
{
    if (args->stream && (args->serial || args->ring || args->common.n_files))
        return "--stream takes no script and no other source";
    if (args->stream && args->level)
        return "--level is for a firmware that is started here: with --stream it chooses by itself";
    if (args->again && !args->stream)
        return "--again is for --stream";
    if (args->serial && !args->common.n_files)
        return "which script? Type: heapstrata record --serial DEVICE SCRIPT.py";
    if (!args->stream && !args->common.n_files)
        return "which firmware and script? (see 'heapstrata help record')";
    if (args->no_reset && !args->serial)
        return "--no-reset is for --serial";
    if (args->serial && args->ring)
        return "--ring is for programs: a board has the ring it was built with";
    if (!hs_serial_has_speed(args->baud))
        return "--baud takes a usual speed: 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1000000, 2000000 and others";
    if (args->collect_every && (args->serial || args->stream))
        return "--collect-every is for programs: on a board, call gc.threshold() at the start of the script";
    if (args->serial && args->common.n_files != 1)
        return "--serial takes one script, and no arguments for it";
    return NULL;
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct recording recording = {.args = args};
    const char *wrong = contradiction(args);
    if (wrong)
        return hs_complain("%s", wrong);
    signal(SIGPIPE, SIG_IGN); /* whoever reads our output may leave: the trace is kept */
    if (args->stream)
        return record_from_stream(&recording);
    if (!args->serial && is_script(args->common.file[0]))
        return complain_of_script(args->common.file[0]);
    if (!hs_level_choose(&recording.level, args->level))
        return hs_complain(HS_LEVEL_REFUSAL, HS_LEVEL_INTERVAL_MAX, args->level);
    if (args->level && !args->serial)
        setenv("HEAPSTRATA_LEVEL", args->level, 1);
    char every[24];
    snprintf(every, sizeof every, "%" PRIu64, args->collect_every);
    if (args->collect_every)
        setenv("HEAPSTRATA_COLLECT_EVERY", every, 1);
    return args->serial ? record_board(&recording) : record_program(&recording);
}

const struct hs_cmd hs_cmd_record = {
    .name = "record",
    .summary = "record a run of a script or of a board",
    .usage = "[--] FIRMWARE SCRIPT [ARGS]\n--serial DEVICE SCRIPT\n--stream SOURCE",
    .about =
        "FIRMWARE is a program of this machine, such as MicroPython's unix port built with the hooks; its trace is "
        "recorded from boot to exit, and its exit status passed on. With --serial the script runs on a board, after a "
        "soft reset; the exit status is then 1 when it ended by an exception or by a reset of the board. Ctrl-C stops the "
        "script, and the trace is kept; a second one stops waiting for the board. A firmware without the module heapstrata is sampled: "
        "a short program, which is sent for this run only, prints micropython.mem_info(1) at intervals, imports and marks, "
        "and at the end. With --stream "
        "receives the events of a firmware that called heapstrata.stream(), until the stream ends or Ctrl-C. Other output on "
        "the same line does no harm. What is lost is counted.",
    .examples = "  heapstrata record -o run.hst ./micropython script.py\n"
                "  heapstrata record -- ./micropython -X heapsize=64k script.py\n"
                "  heapstrata record --level sampled:2048 ./micropython script.py\n"
                "  heapstrata record --serial /dev/ttyUSB0 script.py\n"
                "  heapstrata record --stream tcp-listen:5555 -o live.hst\n",
    .uses = HS_USES_REST,
    .options = options,
    .max_files = -1,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.output = HS_DEFAULT_INPUT, .baud = 115200, .every = HS_STOCK_INTERVAL},
    .run = run,
};
