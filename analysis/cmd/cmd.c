/* SPDX-License-Identifier: MIT
 *
 * Shared by all commands: running one, input, progress, error messages.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/babeltrace2/lttng.h"
#include "analysis/cmd/main.h"
#include "analysis/cmd/options.h"
#include "analysis/cmd/precious.h"
#include "analysis/util/output.h"
#include "lib/host/util/clean_text.h"
#include "lib/host/util/system.h"

static const char *running = "heapstrata"; /* prefix of error messages */
static const struct hs_parse *parsed;      /* the running command's arguments */

const char *hs_cmd_running(void) { return running; }

/* What the command reads; NULL: nothing, or not known yet. */
static const char *reading;

const char *hs_cmd_reading(void) { return reading; }

int hs_complain(const char *format, ...)
{
    va_list args;
    fflush(stdout);
    FILE *cleaned = hs_text_stream(stderr, false);
    FILE *out = cleaned ? cleaned : stderr;
    va_start(args, format);
    fprintf(out, "%s: ", running);
    vfprintf(out, format, args);
    fputc('\n', out);
    va_end(args);
    if (cleaned)
        fclose(cleaned);
    return HS_EXIT_BAD;
}

int hs_complain_of(const struct hs_error *error, int code)
{
    return hs_complain("%s", error->text[0] ? error->text : hs_strerror(code));
}

static FILE *terminal; /* standard output while `stdout` is a stream that cleans what is written, else NULL */

/* Ends the cleaning stream. Returns the command's status. */
static int end_cleaning(int status)
{
    FILE *cleaned = stdout;
    if (!terminal)
        return status;
    stdout = terminal;
    terminal = NULL;
    return fclose(cleaned) && status == HS_EXIT_OK ? HS_EXIT_BAD : status; /* main reports the reason */
}

/* Output of trace contents is sanitised. Commands that run another program print its output unchanged. */
static int run(const struct hs_parse *parse)
{
    const struct hs_common *common = (const void *)parse->memory;
    FILE *cleaned = parse->cmd->uses & HS_USES_REST ? NULL : hs_text_stream(stdout, hs_cmd_colors(common));
    if (cleaned) {
        if (isatty(STDOUT_FILENO))
            setvbuf(cleaned, NULL, _IOLBF, BUFSIZ);
        terminal = stdout;
        stdout = cleaned;
    }
    return end_cleaning(parse->cmd->run(parse->memory));
}

int hs_cmd_main(const struct hs_cmd *cmd, int argc, char **argv)
{
    struct hs_parse parse;
    int status = HS_EXIT_BAD;
    char name[64];
    snprintf(name, sizeof name, "heapstrata %s", cmd->name);
    running = name;
    enum hs_parsed result = hs_parse_begin(&parse, cmd) ? hs_parse(&parse, argc, argv) : HS_PARSED_BAD;
    if (!parse.memory)
        hs_complain("out of memory");
    if (result == HS_PARSED_RUN) {
        const struct hs_common *common = (const void *)parse.memory;
        reading = common->input;
        hs_ctf_use_elf(common->elf);
        parsed = &parse;
        status = run(&parse);
        parsed = NULL;
    }
    running = "heapstrata";
    hs_parse_end(&parse);
    return result == HS_PARSED_DONE ? HS_EXIT_OK : status;
}

/* ---- output ---- */

/* Whether another word of the command line names the same file. */
static bool same(const char *word, const char *target) { return word && word != target && hs_output_same(word, target); }

static bool option_names(const struct hs_option *option, const char *memory, const char *target)
{
    const void *member = memory + option->offset;
    const struct hs_list *list = member;
    if (option->type == HS_OPT_TEXT)
        return same(*(const char *const *)member, target);
    for (unsigned i = 0; option->type == HS_OPT_LIST && i < list->n; i++)
        if (same(list->item[i], target))
            return true;
    return false;
}

static int check_output(const char *target, bool trace)
{
    const struct hs_common *common = (const void *)parsed->memory;
    bool named = parsed->cmd->uses & HS_USES_INPUT && same(common->input, target);
    for (int i = 0; i < common->n_files && !named; i++)
        named = same(common->file[i], target);
    for (unsigned i = 0; i < parsed->n_options && !named; i++)
        named = option_names(parsed->option[i], parsed->memory, target);
    if (named)
        return hs_complain("%s is read too, or written twice: name another file to write", target);
    const char *precious = hs_precious(target, trace);
    return precious ? hs_complain("%s exists and is %s: it is not replaced. Name another file to write, or remove it first",
                                  target, precious)
                    : HS_EXIT_OK;
}

int hs_cmd_check_output(const char *target) { return check_output(target, false); }

int hs_cmd_check_trace(const char *target) { return check_output(target, true); }

/* ---- input ---- */

int hs_cmd_complain_of_input(const char *path, const char *why)
{
    const struct hs_common *common = parsed ? (const void *)parsed->memory : NULL;
    bool unnamed = !strcmp(path, HS_DEFAULT_INPUT);
    if (unnamed && common && common->elf)
        return hs_complain(
            "no trace is named (%s is what --elf takes, a firmware), and there is no %s in this folder: name the trace too",
            common->elf, path);
    if (unnamed)
        return hs_complain(
            "no trace is named, and there is no %s in this folder: name one, or - for standard input, or make it with "
            "'heapstrata record'",
            path);
    return hs_complain("%s: %s", path, why);
}

struct hs_reader *hs_cmd_open(const char *path)
{
    struct hs_error error = {0};
    reading = path;
    struct hs_reader *reader = hs_reader_open(path, &error);
    if (!reader && access(path, F_OK) && strcmp(path, "-"))
        hs_cmd_complain_of_input(path, strerror(errno));
    else if (!reader)
        hs_complain_of(&error, error.code);
    return reader;
}

struct hs_selection hs_cmd_selection(const struct hs_common *common)
{
    bool all = common->heap && !strcmp(common->heap, "all");
    return (struct hs_selection){
        .heap = all ? NULL : common->heap,
        .region = common->region,
        .outermost = !common->heap && !common->region,
    };
}

struct hs_reader *hs_cmd_open_selected(const struct hs_common *common, const char *path)
{
    struct hs_reader *reader = hs_cmd_open(path);
    struct hs_selection selection = hs_cmd_selection(common);
    if (reader)
        hs_reader_select(reader, &selection);
    return reader;
}

int hs_cmd_check_selection(const struct hs_reader *reader)
{
    const struct hs_selection *s = hs_reader_selection(reader);
    char names[256] = "";
    if (!s->heap && !s->region)
        return HS_EXIT_OK;
    for (unsigned i = 0; i < hs_reader_regions(reader); i++) {
        size_t length = strlen(names);
        if (hs_reader_selects(reader, i))
            return HS_EXIT_OK;
        snprintf(names + length, sizeof names - length, "%s'%s'", length ? ", " : "", hs_reader_region(reader, i)->name);
    }
    return hs_complain("the trace has no %s '%s'%s%s", s->region ? "region" : "heap", s->region ? s->region : s->heap,
                       *names ? "; its regions are " : "", names);
}

struct progress {
    bool shown, wanted;
    uint64_t next; /* milliseconds */
};

static struct progress begin_progress(void)
{
    /* Short inputs end before any progress is shown. */
    return (struct progress){.wanted = isatty(STDERR_FILENO), .next = hs_system_milliseconds() + 1000};
}

static void step_progress(struct progress *p, const struct hs_reader *reader)
{
    if (!p->wanted || hs_system_milliseconds() <= p->next)
        return;
    fprintf(stderr, "\r%s: %.1f million events", running, (double)hs_reader_info(reader)->events / 1e6);
    p->shown = true;
    p->next = hs_system_milliseconds() + 200;
}

static void end_progress(const struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
}

bool hs_cmd_replay(struct hs_reader *reader, hs_each *each, void *context, int *status)
{
    const struct hs_event *events;
    struct progress progress = begin_progress();
    long n;
    int stop = 0;
    bool some = false;
    while (!stop && (n = hs_reader_next(reader, &events)) > 0) {
        some = true;
        stop = each(context, events, n);
        step_progress(&progress, reader);
    }
    end_progress(&progress);
    const struct hs_error *error = hs_reader_error(reader);
    bool damaged = error && error->code;
    *status = damaged ? hs_complain_of(error, error->code) : hs_cmd_check_selection(reader);
    return damaged ? some : *status == HS_EXIT_OK;
}

static int feed_model(void *context, const struct hs_event *events, long n) { return hs_model_feed(context, events, n); }

bool hs_cmd_replay_model(struct hs_reader *reader, struct hs_model *model, int *status)
{
    bool some = hs_cmd_replay(reader, feed_model, model, status);
    if (model->error)
        *status = hs_complain("%s", hs_strerror(model->error));
    return some && !model->error;
}

uint64_t hs_cmd_rows(const struct hs_common *common, uint64_t limit)
{
    if (limit == HS_CMD_ROWS_AUTO)
        return common->json || common->csv ? UINT64_MAX : 40;
    return limit ? limit : UINT64_MAX;
}

bool hs_cmd_colors(const struct hs_common *common)
{
    const char *off = getenv("NO_COLOR"), *term = getenv("TERM");
    if (common->color != HS_COLOR_AUTO)
        return common->color == HS_COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && !(off && *off) && term && strcmp(term, "dumb");
}
