/* SPDX-License-Identifier: MIT
 *
 * heapstrata import: a trace that came on some other way, made a .hst.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/cmd/cmd.h"
#include "analysis/record/capture.h"
#include "analysis/record/scratch.h"
#include "lib/host/writer.h"

struct args {
    struct hs_common common;
    const char *output;
    uint64_t level;
};

static const struct hs_option options[] = {
    {"output", 'o', "FILE", HS_OPT_TEXT, offsetof(struct args, output), "write FILE (default " HS_DEFAULT_INPUT ")"},
    {"level", 'l', "N", HS_OPT_UINT, offsetof(struct args, level), "how hard to compress, 1 to 19 (default 3)"},
    {0},
};

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Standard input is read more than once, so it is kept first. */
static int keep_input(const char *path)
{
    static char bytes[1 << 16];
    FILE *file = fopen(path, "wbx");
    size_t n;
    if (!file)
        return hs_complain("cannot write a temporary file: %s", strerror(errno));
    while ((n = fread(bytes, 1, sizeof bytes, stdin)) > 0)
        fwrite(bytes, 1, n, file);
    bool failed = ferror(file) || ferror(stdin);
    return fclose(file) || failed ? hs_complain("cannot keep the input: %s", strerror(errno)) : HS_EXIT_OK;
}

/* The trace that lines of text hold. False when they hold none. */
static bool read_text(const char *path, struct hs_capture *capture)
{
    FILE *file = fopen(path, "rb");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    if (!file)
        return false;
    while ((n = getline(&line, &room, file)) >= 0)
        hs_capture_take(capture, line, (size_t)n);
    free(line);
    fclose(file);
    return capture->begun;
}

static bool write_bytes(const char *path, const struct hs_capture *capture)
{
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(capture->bytes, 1, capture->total, file) == capture->total;
    return file && !fclose(file) && written;
}

/* Makes the .hst. Returns 0 or a negative enum hs_err with *error filled; then there is no file. */
static int convert(const char *input, const struct args *args, struct hs_error *error)
{
    struct hs_writer_config config = { .level = (int)args->level };
    struct hs_writer *writer = hs_writer_open(args->output, &config, error);
    if (!writer)
        return error->code;
    struct hs_error closing = {0};
    int status = hs_writer_put_input(writer, input, error);
    int closed = hs_writer_close(writer, &closing);
    if (!status && closed)
        *error = closing;
    if (status || closed)
        unlink(args->output);
    return status ? status : closed;
}

static int tell(const struct hs_error *error)
{
    return hs_complain("%s", error->text[0] ? error->text : hs_strerror(error->code));
}

static int import_text(const struct hs_capture *capture, const char *path, const struct args *args)
{
    struct hs_error error = {0};
    if (!write_bytes(path, capture))
        return hs_complain("cannot write a temporary file: %s", strerror(errno));
    if (convert(path, args, &error))
        return tell(&error);
    if (hs_capture_whole(capture))
        return HS_EXIT_OK;
    return hs_complain("%s: %" PRIu32 " of %" PRIu32 " bytes are there, the first missing is %" PRIu32 " (%" PRIu32
                       " lines are damaged); what is there was imported", args->common.input, capture->got, capture->total,
                       hs_capture_missing(capture), capture->bad);
}

static int import(const char *input, struct hs_scratch *scratch, const struct args *args)
{
    struct hs_capture capture = {0};
    struct hs_error error = {0};
    int status = HS_EXIT_OK;
    if (convert(input, args, &error)) {
        snprintf(scratch->file, sizeof scratch->file, "%s/image", scratch->folder);
        status = read_text(input, &capture) ? import_text(&capture, scratch->file, args) : tell(&error);
    }
    hs_capture_free(&capture);
    return status;
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct hs_scratch scratch;
    if (same_file(args->common.input, args->output))
        return hs_complain("%s is input and output: name another with -o", args->output);
    if (args->level > 19)
        return hs_complain("--level takes 1 to 19");
    if (!hs_scratch_make(&scratch, "input"))
        return hs_complain("cannot make a temporary folder: %s", strerror(errno));
    bool standard = !strcmp(args->common.input, "-");
    char kept[sizeof scratch.file];
    memcpy(kept, scratch.file, sizeof kept);
    int status = standard ? keep_input(kept) : HS_EXIT_OK;
    if (status == HS_EXIT_OK)
        status = import(standard ? kept : args->common.input, &scratch, args);
    unlink(kept);
    hs_scratch_remove(&scratch);
    return status;
}

const struct hs_cmd hs_cmd_import = {
    .name = "import", .summary = "make a .hst of a memory image, a stream or a console log",
    .usage = "FILE",
    .about = "Takes an image of the ring that a probe read out of memory, at any place in the file; a stream as a firmware "
             "sent it; or a log of a console on which heapstrata.dump() printed a trace.",
    .examples = "  heapstrata import rtc-memory.bin -o board.hst\n"
                "  heapstrata import console.log -o board.hst\n",
    .uses = HS_USES_INPUT, .options = options, .max_files = 1,
    .args_size = sizeof(struct args), .defaults = &(const struct args){ .output = HS_DEFAULT_INPUT }, .run = run,
};
