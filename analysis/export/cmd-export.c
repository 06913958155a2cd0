/* SPDX-License-Identifier: MIT
 *
 * heapstrata export: writes a trace in another program's format.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/export/export.h"
#include "analysis/sites/groups.h"

struct args {
    struct hs_common common;
    const char *format, *output;
    int events, weight;
    bool list;
};

static const struct hs_option options[] = {
    {"format", 'f', "FORMAT", HS_OPT_TEXT, offsetof(struct args, format), "one of those that --list names",
     "ctf|csv|json|sqlite|folded|speedscope|massif|pprof|perfetto"},
    {"output", 'o', "OUT", HS_OPT_TEXT, offsetof(struct args, output),
     "write OUT, - for standard output (the default of formats that are one stream of text)"},
    {"events", 'e', "WHICH", HS_OPT_CHOICE, offsetof(struct args, events),
     "formats that hold every event: each record as one event (records), what it changes as calls of malloc and "
     "free (libc), or both (default both for ctf, else records)",
     "records|libc|both"},
    {"weight", 'w', "WHAT", HS_OPT_CHOICE, offsetof(struct args, weight),
     "formats that hold one sum a stack: bytes requested, live at the end, or live at the peak (default bytes)",
     "bytes|live|peak"},
    {"list", 0, NULL, HS_OPT_FLAG, offsetof(struct args, list),
     "list the formats and, where one is not available, the missing library"},
    {0},
};

enum { EVENTS_DEFAULT = -1, WEIGHT_DEFAULT = -1 };

static const unsigned sets[] = {HS_EVENT_STREAM_RECORDS, HS_EVENT_STREAM_LIBC, HS_EVENT_STREAM_RECORDS | HS_EVENT_STREAM_LIBC};

static int list_formats(void)
{
    const struct hs_exporter *exporter;
    for (unsigned i = 0; (exporter = hs_exporter(i)); i++) {
        const char *missing = exporter->missing ? *exporter->missing : NULL;
        printf("  %-11s %s%s%s%s\n", exporter->name, exporter->summary,
               missing ? " (not in this build: it was made without " : "", missing ? missing : "", missing ? ")" : "");
    }
    return HS_EXIT_OK;
}

static const struct hs_exporter *choose(const char *format)
{
    if (!format) {
        hs_complain("--format is missing; heapstrata export --list names the formats");
        return NULL;
    }
    const struct hs_exporter *exporter = hs_exporter_find(format);
    if (!exporter) {
        hs_complain("no such format: '%s'; heapstrata export --list names the formats", format);
    } else if (exporter->missing && *exporter->missing) {
        hs_complain("format %s is not in this build: it was made without %s. Install that and build again", format,
                    *exporter->missing);
        exporter = NULL;
    }
    return exporter;
}

/* The trace has the name of the traced program, mostly at its start. */
static int find_symbols(struct hs_symbols **symbols, const struct args *args)
{
    const struct hs_event *events;
    bool once = !strcmp(args->common.input, "-"); /* can be read only once, by the export */
    if (once && !args->common.elf)
        return HS_EXIT_OK;
    struct hs_reader *reader = once ? NULL : hs_cmd_open(args->common.input);
    if (!reader)
        return once ? hs_complain("--elf needs an input that can be read twice: not -") : HS_EXIT_BAD;
    while (!hs_reader_fact(reader, "exe") && !hs_reader_fact(reader, "import") && hs_reader_next(reader, &events) > 0)
        ;
    int status = hs_cmd_symbols(symbols, &args->common, reader);
    hs_reader_close(reader);
    return status;
}

static int write_it(const struct args *args, const struct hs_exporter *exporter, struct hs_symbols *symbols)
{
    struct hs_error error = {0};
    int chosen = args->events != EVENTS_DEFAULT ? args->events : exporter->shape == HS_EXPORT_FOLDER ? 2 : 0;
    struct hs_export_job job = {
        .input = args->common.input,
        .symbols = symbols,
        .sets = sets[chosen],
        .weight = args->weight == WEIGHT_DEFAULT ? HS_WEIGHT_BYTES : args->weight,
        .selection = hs_cmd_selection(&args->common),
    };
    int status = hs_export(exporter, &job, args->output, &error);
    if (!status && !error.code)
        return HS_EXIT_OK;
    return hs_complain("%s%s", error.text[0] ? error.text : hs_strerror(error.code),
                       status ? "" : "; what could be read was exported");
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct hs_symbols *symbols = NULL;
    if (args->list)
        return list_formats();
    const struct hs_exporter *exporter = choose(args->format);
    if (!exporter)
        return HS_EXIT_BAD;
    if (args->events != EVENTS_DEFAULT && !exporter->takes_sets)
        return hs_complain("--events is for formats that hold every event (ctf, csv, json, sqlite), not for %s", exporter->name);
    if (args->weight != WEIGHT_DEFAULT && !exporter->takes_weight)
        return hs_complain("--weight is for formats that hold one sum a stack (folded), not for %s", exporter->name);
    if (args->output && hs_cmd_check_output(args->output))
        return HS_EXIT_BAD;
    bool to_terminal = (!args->output || !strcmp(args->output, "-")) && isatty(STDOUT_FILENO);
    if (exporter->binary && to_terminal)
        return hs_complain("format %s is not for a terminal: name a file with -o", exporter->name);
    int status = find_symbols(&symbols, args);
    if (status == HS_EXIT_OK)
        status = write_it(args, exporter, symbols);
    hs_symbols_close(symbols);
    return status;
}

const struct hs_cmd hs_cmd_export = {
    .name = "export",
    .summary = "convert a trace to another program's format",
    .usage = "--format FORMAT [-o OUT] [FILE]",
    .about = "For Trace Compass, babeltrace2 and other viewers that people already have; --list names the formats. "
             "OUT appears when it is complete, or not at all. An existing file is replaced; an existing folder must be empty.",
    .examples = "  heapstrata export --format ctf -o my-trace my.hst\n"
                "  heapstrata export --format folded --weight peak my.hst | flamegraph.pl >peak.svg\n"
                "  heapstrata export --list\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_ELF,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.events = EVENTS_DEFAULT, .weight = WEIGHT_DEFAULT},
    .run = run,
};
