/* SPDX-License-Identifier: MIT
 *
 * heapstrata record where it neither starts programs nor reads networks: a board at a serial port is the only source. In
 * WebAssembly the page of `make web` gives it the port that its user has chosen.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "analysis/cmd/cmd.h"
#include "analysis/record/board.h"
#include "analysis/record/cmd-record_look.h"
#include "analysis/record/level_choice.h"
#include "analysis/record/portable.h"
#include "analysis/record/script_output.h"
#include "analysis/record/serial.h"
#include "lib/host/util/tempfile.h"
#include "lib/host/writer.h"

#define COMES_BACK 50 /* attempts to open a port again, 200 ms apart */

struct args {
    struct hs_common common;
    const char *output, *serial, *level;
    uint64_t every, baud;
    bool no_reset;
};

static const struct hs_option options[] = {
    {"output", 'o', "FILE", HS_OPT_TEXT, offsetof(struct args, output), "write the trace to FILE (default " HS_DEFAULT_INPUT ")"},
    {"serial", 's', "DEVICE", HS_OPT_TEXT, offsetof(struct args, serial),
     "run the script on the board at this serial port, through its raw REPL"},
    {"level", 'l', "LEVEL", HS_OPT_TEXT, offsetof(struct args, level),
     "full: every event; sampled or sampled:BYTES: a sample every so many bytes on average, for estimates; summary: figures "
     "at each collection and the lines that allocated most (default: what the firmware was built for, normally full)",
     "full|sampled|summary"},
    {"no-reset", 0, NULL, HS_OPT_FLAG, offsetof(struct args, no_reset),
     "run the script without a soft reset before it; the board's trace continues, at its level"},
    {"every", 'e', "MS", HS_OPT_UINT, offsetof(struct args, every),
     "on a firmware without the module heapstrata: milliseconds between two samples of the heap, 0 for none (default 1000)"},
    {"baud", 'b', "N", HS_OPT_UINT, offsetof(struct args, baud), "speed of the serial port (default 115200)"},
    {0},
};

struct recording {
    const struct args *args;
    struct hs_board board;
    struct hs_stock stock;
    struct hs_capture capture;
    struct hs_scratch scratch;
    FILE *kept; /* what came, in the scratch file */
};

static volatile int interrupted;

/* ---- what the board sends ---- */

static void print_out(void *context, const char *bytes, size_t n)
{
    (void)context;
    hs_script_output(stdout, bytes, n);
}

static void print_err(void *context, const char *bytes, size_t n)
{
    (void)context;
    hs_script_output(stderr, bytes, n);
}

static void keep(void *context, const char *bytes, size_t n)
{
    struct recording *r = context;
    if (r->kept)
        fwrite(bytes, 1, n, r->kept);
}

static void keep_capture(struct recording *r)
{
    const struct hs_capture *c = &r->capture;
    keep(r, (const char *)c->bytes, c->total < c->room ? c->total : c->room);
}

/* ---- the trace ---- */

static int write_trace(struct recording *r)
{
    struct hs_error error = {0};
    bool bad = !r->kept || ferror(r->kept);
    bad = (r->kept && fclose(r->kept)) || bad;
    r->kept = NULL;
    if (bad)
        return hs_complain("cannot write a temporary file: %s", strerror(errno));
    struct hs_writer *writer = hs_writer_open(r->args->output, NULL, &error);
    int failed = writer ? hs_writer_put_input(writer, r->scratch.file, &error) : error.code;
    if (writer && failed)
        hs_writer_close(writer, &(struct hs_error){0});
    else if (writer)
        failed = hs_writer_close(writer, &error);
    return failed ? hs_complain_of(&error, failed) : HS_EXIT_OK;
}

/* Says how much came. Returns the exit status. */
static int take_what_came(struct recording *r, int failed)
{
    const struct hs_board *b = &r->board;
    bool whole = b->sampled ? !r->stock.full : hs_capture_whole(&r->capture);
    if (b->sampled)
        hs_stock_flush(&r->stock);
    else
        keep_capture(r);
    if (b->sampled ? !r->stock.samples : !r->capture.begun)
        return failed ? HS_EXIT_BAD : hs_complain("%s: no sample came", r->args->serial);
    if (b->sampled)
        fprintf(stderr, "[ heapstrata record: the firmware has no module heapstrata: %u samples of its heap instead ]\n",
                r->stock.samples);
    bool written = write_trace(r) == HS_EXIT_OK;
    if (written)
        hs_record_look(r->args->output, r->args->common.file[0], true);
    if (!written || !whole || (failed && !b->reset && !b->raised))
        return HS_EXIT_BAD;
    return b->raised || b->reset ? HS_EXIT_FINDING : HS_EXIT_OK;
}

static struct hs_serial_config port_of(const struct recording *r)
{
    return (struct hs_serial_config){.path = r->args->serial, .baud = (unsigned)r->args->baud};
}

/* The USB port of some boards disappears during a reset and returns some seconds later. */
static int open_again(void *context)
{
    struct recording *r = context;
    const struct hs_serial_config port = port_of(r);
    int fd = -1, before = interrupted;
    hs_serial_close(r->board.fd);
    for (int i = 0; i < COMES_BACK && fd < 0 && interrupted == before; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        fd = hs_serial_open(&port);
    }
    return fd;
}

static int record(struct recording *r)
{
    struct hs_error error = {0};
    const struct hs_serial_config port = port_of(r);
    char why[512];
    r->board.fd = hs_serial_open(&port);
    if (r->board.fd < 0) {
        hs_serial_explain(&port, errno, why, sizeof why);
        return hs_complain("%s", why);
    }
    r->kept = fopen(r->scratch.file, "wb");
    hs_record_count_interrupts(&interrupted);
    int failed = hs_board_record(&r->board, &r->capture, &error);
    if (failed)
        hs_complain("%s: %s", r->args->serial, error.text);
    int status = take_what_came(r, failed);
    hs_serial_close(r->board.fd);
    if (r->kept)
        fclose(r->kept);
    return status;
}

/* ---- the command ---- */

/* The script, with its length. The caller frees it. */
static char *read_script(const char *path, size_t *len)
{
    struct stat file;
    FILE *in = stat(path, &file) || !S_ISREG(file.st_mode) ? NULL : fopen(path, "rb");
    char *text = in ? malloc((size_t)file.st_size + 1) : NULL;
    *len = text ? fread(text, 1, (size_t)file.st_size, in) : 0;
    if (in)
        fclose(in);
    if (!text)
        hs_complain("cannot read %s: %s", path, in ? "no memory" : strerror(errno));
    return text;
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct recording r = {.args = args, .stock = {.interval = (unsigned)args->every, .keep = keep}};
    if (!args->serial || args->common.n_files != 1)
        return hs_complain("%s", hs_record_only);
    if (!hs_serial_has_speed(args->baud))
        return hs_complain("--baud takes a speed of serial ports, such as 115200 or 921600");
    if (args->every > 3600000)
        return hs_complain("--every takes milliseconds, 3600000 at most");
    if (hs_cmd_check_trace(args->output))
        return HS_EXIT_BAD;
    struct hs_level_choice level;
    if (!hs_level_choose(&level, args->level))
        return hs_complain(HS_LEVEL_REFUSAL, HS_LEVEL_INTERVAL_MAX, args->level);
    r.board = (struct hs_board){.out = print_out,
                                .err = print_err,
                                .interrupt = &interrupted,
                                .name = args->common.file[0],
                                .reopen = hs_record_keeps_port ? NULL : open_again,
                                .context = &r,
                                .level = level.name,
                                .interval = level.interval,
                                .stock = level.name ? NULL : &r.stock,
                                .no_reset = args->no_reset};
    char *script = read_script(args->common.file[0], &r.board.script_len);
    int status = HS_EXIT_BAD;
    r.board.script = script;
    if (script && !hs_scratch_make(&r.scratch, "trace"))
        hs_complain("cannot make a temporary folder: %s", strerror(errno));
    else if (script)
        status = record(&r);
    if (r.scratch.folder[0])
        hs_scratch_remove(&r.scratch);
    hs_capture_free(&r.capture);
    hs_stock_free(&r.stock);
    free(script);
    return status;
}

const struct hs_cmd hs_cmd_record = {
    .name = "record",
    .summary = "record a run of a script or of a board",
    .usage = hs_record_usage,
    .about = hs_record_about,
    .uses = HS_USES_REST,
    .options = options,
    .max_files = -1,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.output = HS_DEFAULT_INPUT, .every = HS_STOCK_INTERVAL, .baud = 115200},
    .run = run,
};
