/* SPDX-License-Identifier: MIT
 *
 * heapstrata html: write one or two traces as a page.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/source.h"
#include "analysis/html/page.h"
#include "analysis/util/output.h"

#define STEPS_DEFAULT 2500000u

struct args {
    struct hs_common common;
    const char *output;
    struct hs_list source;
    uint64_t steps;
};

static const struct hs_option options[] = {
    {"output", 'o', "PAGE", HS_OPT_TEXT, offsetof(struct args, output),
     "write PAGE, - for standard output (default heapstrata.html)"},
    {"source", 's', "PATH", HS_OPT_LIST, offsetof(struct args, source),
     "look for sources in this folder, or take this file; may be given several times"},
    {"steps", 0, "N", HS_OPT_UINT, offsetof(struct args, steps),
     "show every record of a trace that changes at most N blocks, chosen moments of a longer one (default 2500000)",
     .most = UINT32_MAX},
    {0},
};

/* A trace of the page. */
struct input {
    const struct args *args;
    const char *path;
    struct hs_reader *reader;
    struct hs_page_trace *trace;
    struct hs_symbols *symbols;
};

static int feed(void *context, const struct hs_event *events, long n)
{
    struct input *in = context;
    return hs_page_trace_feed(in->trace, in->reader, events, n);
}

static int read_all(struct input *in)
{
    int status;
    do {
        if (in->reader)
            hs_reader_close(in->reader);
        in->reader = hs_cmd_open_selected(&in->args->common, in->path);
        if (!in->reader)
            return HS_EXIT_BAD;
        if (!hs_cmd_replay(in->reader, feed, in, &status))
            return status;
    } while (hs_page_trace_again(in->trace));
    return in->trace->error ? hs_complain("%s: %s", in->path, hs_strerror(in->trace->error)) : status;
}

/* Standard input cannot be read twice, so its trace is never thinned. Returns whether the trace can be shown; *status is
 * the exit status. */
static bool load(struct input *in, int *status)
{
    bool once = !strcmp(in->path, "-");
    in->trace = hs_page_trace_new(once ? 0 : in->args->steps);
    if (!in->trace) {
        *status = hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
        return false;
    }
    int read = read_all(in);
    *status = read ? read : *status;
    if (!in->reader || in->trace->error)
        return false;
    if (hs_cmd_symbols(&in->symbols, &in->args->common, in->reader)) {
        *status = HS_EXIT_BAD;
        return false;
    }
    if (!in->trace->events)
        *status = hs_complain(
            "%s: holds no events: was recording on while the program ran? ('heapstrata stat' shows what there is)", in->path);
    return in->trace->events;
}

static void unload(struct input *in)
{
    hs_page_trace_free(in->trace);
    hs_symbols_close(in->symbols);
    if (in->reader)
        hs_reader_close(in->reader);
}

static char *source_text(void *context, const char *file)
{
    const struct input *in = context;
    struct hs_sources where = {in->path, in->reader, &in->args->source};
    char *path = hs_source_find(&where, file), *text = path ? hs_source_load(path) : NULL;
    free(path);
    return text;
}

/* Finds files of the second trace that match files of the first. */
static int same_files(struct hs_page_facts facts[2])
{
    const struct hs_run_files own = {facts[1].names.reader, source_text, facts[1].context};
    const struct hs_run_files base = {facts[0].names.reader, source_text, facts[0].context};
    return hs_same_files_make(&facts[1].same, &own, &base);
}

static int fill_page(struct input *in, unsigned n, FILE *out)
{
    struct hs_page_facts facts[2];
    for (unsigned i = 0; i < n; i++)
        in[i].trace->history->exam->sources = (struct hs_sources_at){in[i].path, hs_source_text};
    for (unsigned i = 0; i < n; i++)
        facts[i] = (struct hs_page_facts){
            .trace = in[i].trace,
            .names = {in[i].reader, in[i].symbols},
            .source = source_text,
            .context = &in[i],
            .head = {in[i].path, in[i].reader, in[i].trace->history->model},
        };
    int error = n > 1 ? same_files(facts) : HS_OK;
    if (!error)
        error = out ? hs_page_write(facts, n, out) : HS_ERR_MEMORY;
    if (n > 1)
        hs_same_files_free(&facts[1].same);
    return error;
}

static int write_page(struct input *in, unsigned n, const char *output)
{
    struct hs_output out;
    struct hs_error error = {0};
    int status = hs_output_open(&out, output, HS_OUTPUT_STREAM, &error);
    if (!status) {
        status = fill_page(in, n, hs_output_stream(&out));
        status = hs_output_close(&out, status, &error);
    }
    if (!status)
        return HS_EXIT_OK;
    return error.code ? hs_complain("%s", error.text) : hs_complain("cannot write %s: %s", output, hs_strerror(status));
}

/* The plain arguments: the input, unless -i gave it, and a second trace to compare. */
static unsigned inputs(const struct args *args, struct input *in)
{
    int own = args->common.n_files && args->common.file[0] == args->common.input;
    in[0] = (struct input){.args = args, .path = args->common.input};
    if (own == args->common.n_files)
        return 1;
    in[1] = (struct input){.args = args, .path = args->common.file[own]};
    return 2;
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct input in[2] = {0};
    unsigned n = inputs(args, in);
    const char *output = args->output ? args->output : "heapstrata.html";
    if (hs_page_template.missing)
        return hs_complain("this build has no page: npm, or these packages of its registry, were missing when it was made: "
                           "%s. Install Debian's nodejs and npm and run make again",
                           hs_page_template.missing);
    if (!strcmp(output, "-") && isatty(STDOUT_FILENO))
        return hs_complain("a page is not for a terminal: name a file with -o");
    if (hs_cmd_check_output(output))
        return HS_EXIT_BAD;
    int status = HS_EXIT_OK;
    bool ready = true;
    for (unsigned i = 0; i < n && ready; i++)
        ready = load(&in[i], &status);
    if (ready) {
        int written = write_page(in, n, output);
        status = written ? written : status;
    }
    for (unsigned i = 0; i < n; i++)
        unload(&in[i]);
    return status;
}

const struct hs_cmd hs_cmd_html = {
    .name = "html",
    .summary = "write a page to explore the heap, or to compare two runs",
    .usage = "[FILE [OTHER]] -o PAGE",
    .about = "Writes one self-contained file that any browser opens from disk, without a network: charts over time, the "
             "heap map at every moment, what fragments the free space, a flame graph, and a table of sites with their source. "
             "With OTHER both are shown, aligned by their marks, with the difference.",
    .examples = "  heapstrata html my.hst -o my.html\n"
                "  heapstrata html --elf firmware.elf --source ~/project my.hst -o my.html\n"
                "  heapstrata html before.hst after.hst -o both.html\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_ELF,
    .options = options,
    .max_files = 2,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.steps = STEPS_DEFAULT},
    .run = run,
};
