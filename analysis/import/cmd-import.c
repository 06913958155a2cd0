/* SPDX-License-Identifier: MIT
 *
 * heapstrata import: converts another recording to a .hst.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/cmd/cmd.h"
#include "analysis/util/output.h"
#include "lib/host/writer.h"

struct args {
    struct hs_common common;
    const char *output;
    uint64_t level, dump;
};

static const struct hs_option options[] = {
    {"output", 'o', "FILE", HS_OPT_TEXT, offsetof(struct args, output), "write FILE (default " HS_DEFAULT_INPUT ")"},
    {"level", 'l', "N", HS_OPT_UINT, offsetof(struct args, level), "how hard to compress, 1 to 19 (default 3)", .least = 1,
     .most = 19},
    {"dump", 'd', "N", HS_OPT_UINT, offsetof(struct args, dump),
     "of several dumps in the log of a console take the Nth (default: the last whole one)", .least = 1, .most = 1000000},
    {0},
};

/* Writes the .hst. *error is also filled when damaged parts were skipped. */
static int write_hst(const struct args *args, struct hs_output *out, uint64_t *packets, struct hs_error *error)
{
    struct hs_writer_config config = {.level = (int)args->level, .dump = (unsigned)args->dump};
    struct hs_writer *writer = hs_writer_of_fd(out->fd, args->output, &config, error);
    if (!writer)
        return error->code;
    struct hs_error closing = {0};
    int status = hs_writer_put_input(writer, args->common.input, error);
    *packets = hs_writer_stats(writer).packets;
    int closed = hs_writer_close(writer, &closing);
    if (closed && (!status || !error->code))
        *error = closing;
    return status ? status : closed;
}

/* A part of a trace does not replace a whole one: it is kept beside. Without a packet there is nothing to keep. */
static int settle_damaged(const struct args *args, struct hs_output *out, uint64_t packets, const struct hs_error *error)
{
    bool earlier = out->device < 0 && !access(args->output, F_OK);
    const char *kept = packets && earlier ? hs_output_keep(out) : NULL;
    if (!packets)
        hs_complain("%s. Nothing of it could be read, and %s", error->text,
                    earlier ? "the earlier file was not touched" : "no file was written");
    else if (kept)
        hs_complain("%s. What is there was imported to %s: %s is the earlier file", error->text, kept, args->output);
    else
        hs_complain("%s. What is there was imported", error->text);
    hs_output_close(out, packets && !earlier ? HS_OK : error->code, &(struct hs_error){0});
    return HS_EXIT_BAD;
}

static int convert(const struct args *args)
{
    struct hs_output out;
    struct hs_error error = {0}, closing = {0};
    uint64_t packets = 0;
    if (hs_output_open(&out, args->output, HS_OUTPUT_STREAM, &error))
        return hs_complain_of(&error, error.code);
    int status = write_hst(args, &out, &packets, &error);
    if (!status && error.code)
        return settle_damaged(args, &out, packets, &error);
    int closed = hs_output_close(&out, status, &closing);
    if (!status && closed)
        error = closing;
    return closed ? hs_complain_of(&error, error.code) : HS_EXIT_OK;
}

/* "mem_info FILE": the input must be text with output of mem_info(). */
static int take_kind(struct args *args)
{
    struct hs_common *common = &args->common;
    if (common->n_files < 2)
        return HS_EXIT_OK;
    if (strcmp(common->file[0], "mem_info"))
        return hs_complain("too many arguments: '%s'. In front of the file there may be mem_info", common->file[1]);
    common->input = common->file[1];
    if (!strcmp(common->input, "-"))
        return HS_EXIT_OK; /* can be read only once */
    struct hs_reader *reader = hs_cmd_open(common->input);
    if (!reader)
        return HS_EXIT_BAD;
    const struct hs_event *events;
    hs_reader_next(reader, &events); /* reads the header */
    const char *port = hs_reader_fact(reader, "port");
    bool is = port && !strcmp(port, "mem_info text");
    hs_reader_close(reader);
    return is ? HS_EXIT_OK : hs_complain("%s: is a trace of another kind, no output of mem_info()", common->input);
}

static int run(void *memory)
{
    struct args *args = memory;
    if (take_kind(args) || hs_cmd_check_trace(args->output))
        return HS_EXIT_BAD;
    return convert(args);
}

const struct hs_cmd hs_cmd_import = {
    .name = "import",
    .summary = "convert a memory image, a stream or a console log to a trace",
    .usage = "[mem_info] FILE",
    .about = "Takes an image of the ring that a probe read out of memory, as raw bytes with anything around them, as Intel "
             "HEX, S-records, Tektronix HEX or a Verilog memory file; a core file, also ESP-IDF's core dump from flash or as "
             "its console printed it; a stream as a firmware sent it; or a log of a console on which heapstrata.dump() printed "
             "a trace; any text with the output of micropython.mem_info(); or a folder with CTF traces that LTTng's wrapper of the "
             "C library made of any program, or heapstrata export. All other commands read these too.",
    .examples = "  heapstrata import ~/lttng-traces/my-session -o program.hst\n"
                "  heapstrata import rtc-memory.bin -o board.hst\n"
                "  heapstrata import console.log -o board.hst\n"
                "  heapstrata import --dump 1 console.log -o first.hst\n"
                "  heapstrata import mem_info pasted.txt -o dumps.hst    # the word may be left out\n"
                "  heapstrata import ring.hex -o board.hst      # gdb: dump ihex memory ring.hex 0x20000000 0x20004000\n",
    .uses = HS_USES_INPUT | HS_USES_ELF,
    .options = options,
    .max_files = 2,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.output = HS_DEFAULT_INPUT},
    .run = run,
};
