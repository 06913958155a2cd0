/* SPDX-License-Identifier: MIT
 *
 * Shared by all commands: argument parsing from option tables, input, progress, error messages.
 */
#include <argp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "analysis/babeltrace2/lttng.h"
#include "analysis/cmd/main.h"
#include "analysis/draw/theme.h"
#include "analysis/util/output.h"
#include "lib/host/util/array.h"
#include "lib/host/util/clean_text.h"

static const char *running = "heapstrata"; /* prefix of error messages */
static const struct parse *parsed;         /* the running command's arguments */

const char *hs_cmd_running(void) { return running; }

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

/* ---- options ---- */

static const struct {
    unsigned uses;
    struct hs_option option;
} shared[] = {
    {HS_USES_INPUT,
     {"input", 'i', "FILE", HS_OPT_TEXT, offsetof(struct hs_common, input),
      "read FILE, - for standard input (default " HS_DEFAULT_INPUT ")", NULL}},
    {HS_USES_REGION,
     {"heap", 0, "HEAP", HS_OPT_TEXT, offsetof(struct hs_common, heap),
      "one heap, by name; all: those within others too (default: those that lie within no other)", NULL}},
    {HS_USES_REGION,
     {"region", 0, "REGION", HS_OPT_TEXT, offsetof(struct hs_common, region), "one region, by name or number", NULL}},
    {HS_USES_ELF,
     {"elf", 0, "FILE", HS_OPT_TEXT, offsetof(struct hs_common, elf), "take names of native functions from this firmware", NULL}},
    {HS_USES_JSON, {"json", 0, NULL, HS_OPT_FLAG, offsetof(struct hs_common, json), "write JSON", NULL}},
    {HS_USES_CSV, {"csv", 0, NULL, HS_OPT_FLAG, offsetof(struct hs_common, csv), "write CSV", NULL}},
    {HS_USES_COLOR,
     {"color", 0, "WHEN", HS_OPT_CHOICE, offsetof(struct hs_common, color),
      "colours: auto, always or never (default auto: on a terminal, unless NO_COLOR is set)", "auto|always|never"}},
    {HS_USES_PICTURE,
     {"svg", 0, "FILE", HS_OPT_TEXT, offsetof(struct hs_common, svg), "draw a picture instead, as SVG (- for standard output)",
      NULL}},
    {HS_USES_PICTURE, {"png", 0, "FILE", HS_OPT_TEXT, offsetof(struct hs_common, png), "the same as PNG", NULL}},
    {HS_USES_PICTURE,
     {"theme", 0, "THEME", HS_OPT_CHOICE, offsetof(struct hs_common, theme), "of a picture: light or dark (default light)",
      HS_THEME_NAMES}},
};

void hs_cmd_each_option(const struct hs_cmd *cmd, hs_option_visit *visit, void *context)
{
    for (const struct hs_option *o = cmd->options; o && o->name; o++)
        visit(context, o);
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (cmd->uses & shared[i].uses)
            visit(context, &shared[i].option);
}

#define SHARED_MAX (sizeof shared / sizeof *shared)
#define LONG_KEY 0x100 /* first argp key of options without a short form */

struct parse {
    const struct hs_cmd *cmd;
    const struct hs_option **option; /* the command's own and the shared ones */
    struct argp_option *described;   /* the same for argp, ended by zeroes */
    unsigned n_options;
    char *memory; /* the command's argument struct */
};

static int key_of(const struct parse *parse, unsigned i)
{
    return parse->option[i]->key ? parse->option[i]->key : LONG_KEY + (int)i;
}

static void describe(struct parse *parse, const struct hs_option *option, int group)
{
    unsigned i = parse->n_options++;
    parse->option[i] = option;
    parse->described[i] = (struct argp_option){
        .name = option->name,
        .key = key_of(parse, i),
        .arg = option->arg,
        .doc = option->help,
        .group = group,
    };
}

static bool begin_parse(struct parse *parse)
{
    unsigned n = SHARED_MAX;
    for (const struct hs_option *o = parse->cmd->options; o && o->name; o++)
        n++;
    parse->option = calloc(n, sizeof *parse->option);
    parse->described = calloc(n + 1, sizeof *parse->described);
    parse->memory = calloc(1, parse->cmd->args_size);
    if (!parse->option || !parse->described || !parse->memory)
        return false;
    if (parse->cmd->defaults)
        memcpy(parse->memory, parse->cmd->defaults, parse->cmd->args_size);
    for (const struct hs_option *o = parse->cmd->options; o && o->name; o++)
        describe(parse, o, 1);
    for (size_t i = 0; i < SHARED_MAX; i++)
        if (parse->cmd->uses & shared[i].uses)
            describe(parse, &shared[i].option, 2);
    return true;
}

static void end_parse(struct parse *parse)
{
    for (unsigned i = 0; parse->memory && i < parse->n_options; i++)
        if (parse->option[i]->type == HS_OPT_LIST)
            free(((struct hs_list *)(void *)(parse->memory + parse->option[i]->offset))->item);
    free(parse->memory);
    free(parse->described);
    free(parse->option);
}

static uint64_t number(struct argp_state *state, const struct hs_option *option, const char *text)
{
    static const char suffixes[] = "KMG";
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    const char *suffix = *end ? strchr(suffixes, *end & ~0x20) : NULL;
    unsigned shift = suffix ? 10 * (unsigned)(suffix - suffixes + 1) : 0;
    if (end == text || *text == '-' || errno || (*end && (!suffix || end[1])) || value > UINT64_MAX >> shift)
        argp_error(state, "--%s takes a number, not '%s'", option->name, text);
    return value << shift;
}

static double real(struct argp_state *state, const struct hs_option *option, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end)
        argp_error(state, "--%s takes a number, not '%s'", option->name, text);
    return value;
}

static int choice(struct argp_state *state, const struct hs_option *option, const char *text)
{
    size_t length = strlen(text);
    const char *word = option->choices;
    for (int i = 0; word; i++) {
        size_t n = strcspn(word, "|");
        if (n == length && !memcmp(word, text, n))
            return i;
        word = word[n] ? word + n + 1 : NULL;
    }
    argp_error(state, "--%s takes %s, not '%s'", option->name, option->choices, text);
    return 0;
}

static void append(struct argp_state *state, struct hs_list *list, const char *text)
{
    const char **item = hs_array_add(list->item, list->n, list->room);
    if (item)
        *item = text;
    else
        argp_failure(state, HS_EXIT_BAD, 0, "out of memory");
}

static void set_option(struct argp_state *state, const struct hs_option *option, char *memory, char *text)
{
    void *member = memory + option->offset;
    switch (option->type) {
    case HS_OPT_FLAG: *(bool *)member = true; break;
    case HS_OPT_UNFLAG: *(bool *)member = false; break;
    case HS_OPT_TEXT: *(const char **)member = text; break;
    case HS_OPT_UINT: *(uint64_t *)member = number(state, option, text); break;
    case HS_OPT_REAL: *(double *)member = real(state, option, text); break;
    case HS_OPT_CHOICE: *(int *)member = choice(state, option, text); break;
    case HS_OPT_LIST: append(state, member, text); break;
    }
}

/* ---- plain arguments ---- */

/* argp has already moved them after the options, in order: they are the tail of argv. */
static void take_files(struct argp_state *state, const struct hs_cmd *cmd, struct hs_common *common)
{
    common->file = state->argv + state->next;
    common->n_files = state->argc - state->next;
    state->next = state->argc;
    bool implied = cmd->uses & HS_USES_INPUT && common->input;
    int most = cmd->max_files - (implied && cmd->max_files > 0);
    if (cmd->max_files >= 0 && common->n_files > most)
        argp_error(state, "too many arguments: '%s'", common->file[most]);
}

static void check_files(struct argp_state *state, const struct hs_cmd *cmd, struct hs_common *common)
{
    if (common->n_files + (cmd->uses & HS_USES_INPUT && common->input) < cmd->min_files)
        argp_error(state, "too few arguments");
    if (cmd->uses & HS_USES_INPUT && !common->input)
        common->input = common->n_files ? common->file[0] : HS_DEFAULT_INPUT;
}

static error_t on_key(int key, char *text, struct argp_state *state)
{
    struct parse *parse = state->input;
    struct hs_common *common = (struct hs_common *)(void *)parse->memory;
    switch (key) {
    case ARGP_KEY_ARG: return ARGP_ERR_UNKNOWN; /* ARGP_KEY_ARGS delivers all of them */
    case ARGP_KEY_ARGS: take_files(state, parse->cmd, common); return 0;
    case ARGP_KEY_END: check_files(state, parse->cmd, common); return 0;
    }
    for (unsigned i = 0; i < parse->n_options; i++) {
        if (key_of(parse, i) != key)
            continue;
        set_option(state, parse->option[i], parse->memory, text);
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

/* The --help text: summary and paragraph above the options, examples below. */
static char *help_text(const struct hs_cmd *cmd)
{
    char *text = NULL;
    if (asprintf(&text, "%c%s.%s%s\v%s%s", cmd->summary[0] & ~0x20, cmd->summary + 1, cmd->about ? "\n\n" : "",
                 cmd->about ? cmd->about : "", cmd->examples ? "Examples:\n" : "", cmd->examples ? cmd->examples : "") < 0)
        return NULL;
    return text;
}

/* Output of trace contents is sanitised. Commands that run another program print its output unchanged. */
static int run(const struct parse *parse)
{
    const struct hs_common *common = (const void *)parse->memory;
    FILE *terminal = stdout, *cleaned = parse->cmd->uses & HS_USES_REST ? NULL : hs_text_stream(terminal, hs_cmd_colors(common));
    if (cleaned && isatty(STDOUT_FILENO))
        setvbuf(cleaned, NULL, _IOLBF, BUFSIZ);
    stdout = cleaned ? cleaned : terminal;
    int status = parse->cmd->run(parse->memory);
    stdout = terminal;
    if (cleaned && fclose(cleaned) && status == HS_EXIT_OK)
        status = HS_EXIT_BAD; /* main reports the reason */
    return status;
}

int hs_cmd_main(const struct hs_cmd *cmd, int argc, char **argv)
{
    struct parse parse = {.cmd = cmd};
    int status = HS_EXIT_BAD;
    char *name = NULL, *help = help_text(cmd);
    if (!help || asprintf(&name, "heapstrata %s", cmd->name) < 0 || !begin_parse(&parse)) {
        hs_complain("out of memory");
    } else {
        struct argp argp = {parse.described, on_key, cmd->usage, help, NULL, NULL, NULL};
        running = argv[0] = name;
        argp_err_exit_status = HS_EXIT_BAD;
        if (!argp_parse(&argp, argc, argv, cmd->uses & HS_USES_REST ? ARGP_IN_ORDER : 0, NULL, &parse)) {
            hs_ctf_use_elf(((const struct hs_common *)(const void *)parse.memory)->elf);
            parsed = &parse;
            status = run(&parse);
            parsed = NULL;
        }
        running = "heapstrata";
    }
    end_parse(&parse);
    free(name);
    free(help);
    return status;
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

int hs_cmd_check_output(const char *target)
{
    const struct hs_common *common = (const void *)parsed->memory;
    bool named = parsed->cmd->uses & HS_USES_INPUT && same(common->input, target);
    for (int i = 0; i < common->n_files && !named; i++)
        named = same(common->file[i], target);
    for (unsigned i = 0; i < parsed->n_options && !named; i++)
        named = option_names(parsed->option[i], parsed->memory, target);
    return named ? hs_complain("%s is read too, or written twice: name another file to write", target) : HS_EXIT_OK;
}

/* ---- input ---- */

struct hs_reader *hs_cmd_open(const char *path)
{
    struct hs_error error = {0};
    struct hs_reader *reader = hs_reader_open(path, &error);
    if (!reader)
        hs_complain("%s", error.text[0] ? error.text : hs_strerror(error.code));
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
    struct timespec next;
};

static bool later_than(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

static struct progress begin_progress(void)
{
    struct progress p = {.wanted = isatty(STDERR_FILENO)};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &p.next);
    p.next.tv_sec++; /* short inputs end before any progress is shown */
    return p;
}

static void step_progress(struct progress *p, const struct hs_reader *reader)
{
    struct timespec now;
    if (!p->wanted)
        return;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (!later_than(&now, &p->next))
        return;
    fprintf(stderr, "\r%s: %.1f million events", running, (double)hs_reader_info(reader)->events / 1e6);
    p->shown = true;
    p->next = now;
    p->next.tv_nsec += 200000000;
}

static void end_progress(const struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
}

int hs_cmd_replay(struct hs_reader *reader, hs_each *each, void *context)
{
    const struct hs_event *events;
    struct progress progress = begin_progress();
    long n;
    int stop = 0;
    while (!stop && (n = hs_reader_next(reader, &events)) > 0) {
        stop = each(context, events, n);
        step_progress(&progress, reader);
    }
    end_progress(&progress);
    const struct hs_error *error = hs_reader_error(reader);
    if (error && error->code)
        return hs_complain("%s", error->text[0] ? error->text : hs_strerror(error->code));
    return hs_cmd_check_selection(reader);
}

static int feed_model(void *context, const struct hs_event *events, long n) { return hs_model_feed(context, events, n); }

int hs_cmd_replay_model(struct hs_reader *reader, struct hs_model *model)
{
    int status = hs_cmd_replay(reader, feed_model, model);
    return model->error ? hs_complain("%s", hs_strerror(model->error)) : status;
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
