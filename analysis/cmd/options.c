/* SPDX-License-Identifier: MIT */
#include "analysis/cmd/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/cmd/main.h"
#include "analysis/draw/theme.h"
#include "lib/assertion.h"
#include "lib/host/util/array.h"

static const struct {
    unsigned uses;
    struct hs_option option;
} shared[] = {
    {HS_USES_INPUT,
     {"input", 'i', "FILE", HS_OPT_TEXT, offsetof(struct hs_common, input),
      "read FILE, - for standard input (default: what '<' names, else " HS_DEFAULT_INPUT ")", NULL}},
    {HS_USES_REGION,
     {"heap", 0, "HEAP", HS_OPT_TEXT, offsetof(struct hs_common, heap),
      "one heap, by name; all: those inside other heaps too (default: heaps that are not inside another)", NULL}},
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

#define SHARED_MAX (sizeof shared / sizeof *shared)

void hs_cmd_each_option(const struct hs_cmd *cmd, hs_option_visit *visit, void *context)
{
    for (const struct hs_option *o = cmd->options; o && o->name; o++)
        visit(context, o);
    for (size_t i = 0; i < SHARED_MAX; i++)
        if (cmd->uses & shared[i].uses)
            visit(context, &shared[i].option);
}

static void add(void *context, const struct hs_option *option)
{
    struct hs_parse *parse = context;
    parse->option[parse->n_options++] = option;
}

bool hs_parse_begin(struct hs_parse *parse, const struct hs_cmd *cmd)
{
    *parse = (struct hs_parse){.cmd = cmd};
    for (const struct hs_option *o = cmd->options; o && o->name; o++)
        parse->n_own++;
    parse->option = calloc(parse->n_own + SHARED_MAX, sizeof *parse->option);
    parse->memory = calloc(1, cmd->args_size);
    if (!parse->option || !parse->memory)
        return false;
    if (cmd->defaults)
        memcpy(parse->memory, cmd->defaults, cmd->args_size);
    hs_cmd_each_option(cmd, add, parse);
    return true;
}

void hs_parse_end(struct hs_parse *parse)
{
    for (unsigned i = 0; parse->memory && i < parse->n_options; i++)
        if (parse->option[i]->type == HS_OPT_LIST)
            free(((struct hs_list *)(void *)(parse->memory + parse->option[i]->offset))->item);
    free(parse->memory);
    free(parse->option);
}

/* ---- values ---- */

bool hs_cmd_number(uint64_t *value, const char *text, size_t length)
{
    static const char suffixes[] = "KMG";
    char *end;
    errno = 0;
    bool hex = text[0] == '0' && (text[1] & ~0x20) == 'X';
    *value = strtoull(text, &end, hex ? 16 : 10);
    const char *suffix = end < text + length ? memchr(suffixes, *end & ~0x20, sizeof suffixes - 1) : NULL;
    unsigned shift = suffix ? 10 * (unsigned)(suffix - suffixes + 1) : 0;
    end += suffix != NULL;
    if (*text < '0' || *text > '9' || errno || end != text + length || *value > UINT64_MAX >> shift)
        return false;
    *value <<= shift;
    return true;
}

/* "63M", "1000" */
static const char *write_number(char *text, size_t size, uint64_t value)
{
    unsigned unit = 0;
    for (; unit < 3 && value && value % 1024 == 0; unit++)
        value /= 1024;
    snprintf(text, size, "%llu%.1s", (unsigned long long)value, &"\0KMG"[unit]);
    return text;
}

static bool refuse_number(const struct hs_option *option, const char *text)
{
    char least[32], most[32];
    if (option->most)
        hs_complain("--%s takes a number from %s to %s, not '%s'", option->name, write_number(least, sizeof least, option->least),
                    write_number(most, sizeof most, option->most), text);
    else
        hs_complain("--%s takes a number, not '%s'", option->name, text);
    return false;
}

static bool set_number(uint64_t *member, const struct hs_option *option, const char *text)
{
    bool good = hs_cmd_number(member, text, strlen(text)) && *member >= option->least &&
                (!option->most || *member <= option->most);
    return good || refuse_number(option, text);
}

static bool set_real(double *member, const struct hs_option *option, const char *text)
{
    char *end;
    *member = strtod(text, &end);
    bool good = end != text && !*end && *member > -1e300 && *member < 1e300;
    good = good && (!option->most || (*member >= (double)option->least && *member <= (double)option->most));
    return good || refuse_number(option, text);
}

/* The index of a word among an option's choices, -1 where it is none. */
static int choice_of(const struct hs_option *option, const char *text)
{
    size_t length = strlen(text);
    const char *word = option->choices;
    for (int i = 0; word; i++) {
        size_t n = strcspn(word, "|");
        if (n == length && !memcmp(word, text, n))
            return i;
        word = word[n] ? word + n + 1 : NULL;
    }
    return -1;
}

static bool set_choice(int *member, const struct hs_option *option, const char *text)
{
    int choice = choice_of(option, text);
    if (choice < 0)
        return !hs_complain("--%s takes %s, not '%s'", option->name, option->choices, text);
    *member = choice;
    return true;
}

static bool append(struct hs_list *list, const char *text)
{
    const char **item = hs_array_add(list->item, list->n, list->room);
    if (item)
        *item = text;
    else
        hs_complain("out of memory");
    return item != NULL;
}

/* A value that was forgotten: the next option or the end of the options would be taken for it. No file needs such a name. */
static bool lacks_value(const struct hs_option *option, const char *text)
{
    bool taken = (option->type == HS_OPT_TEXT || option->type == HS_OPT_LIST) && !strncmp(text, "--", 2);
    if (taken)
        hs_complain("--%s takes %s, and '%s' follows instead: was it forgotten? (a file of that name is ./%s)", option->name,
                    option->arg, text, text);
    return taken;
}

static bool set_option(struct hs_parse *parse, const struct hs_option *option, const char *text)
{
    void *member = parse->memory + option->offset;
    if (lacks_value(option, text))
        return false;
    switch (option->type) {
    case HS_OPT_FLAG: *(bool *)member = true; return true;
    case HS_OPT_UNFLAG: *(bool *)member = false; return true;
    case HS_OPT_TEXT: *(const char **)member = text; return true;
    case HS_OPT_UINT: return set_number(member, option, text);
    case HS_OPT_REAL: return set_real(member, option, text);
    case HS_OPT_CHOICE: return set_choice(member, option, text);
    case HS_OPT_LIST: return append(member, text);
    }
    return true;
}

/* ---- words of the command line, by getopt_long ---- */

#define LONG_FIRST 256 /* what getopt_long returns for the first long option; the next one is one more */

static const struct hs_option help_option = {"help", '?', NULL, HS_OPT_FLAG, 0, NULL, NULL};
static const struct hs_option usage_option = {"usage", 0, NULL, HS_OPT_FLAG, 0, NULL, NULL};

/* The options that are always there have the numbers after the command's. NULL: no more. */
static const struct hs_option *option_at(const struct hs_parse *parse, unsigned i)
{
    if (i < parse->n_options)
        return parse->option[i];
    return i == parse->n_options ? &help_option : i == parse->n_options + 1 ? &usage_option : NULL;
}

static const struct hs_option *with_key(const struct hs_parse *parse, int key)
{
    const struct hs_option *o;
    for (unsigned i = 0; (o = option_at(parse, i)); i++)
        if (o->key == key)
            return o;
    return NULL;
}

#define TABLE_MAX 64

/* The options as getopt_long wants them. The key of --help is what getopt_long returns on an error, so it is left to be an
 * unknown one. */
struct tables {
    struct option name[TABLE_MAX];
    char keys[2 * TABLE_MAX + 3];
};

static void fill_tables(struct tables *tables, const struct hs_parse *parse)
{
    const struct hs_option *o;
    char *key = tables->keys;
    memset(tables, 0, sizeof *tables);
    HS_ASSERT(parse->n_options + 2 < TABLE_MAX);
    if (parse->cmd->uses & HS_USES_REST)
        *key++ = '+'; /* ends at the first plain argument */
    *key++ = ':';     /* tells a missing argument from an unknown option */
    for (unsigned i = 0; (o = option_at(parse, i)); i++) {
        tables->name[i] = (struct option){o->name, o->arg ? required_argument : no_argument, NULL, LONG_FIRST + (int)i};
        if (o->key && o != &help_option)
            *key++ = o->key;
        if (o->key && o->arg)
            *key++ = ':';
    }
}

/* A long option that is none, or the beginning of several. */
static void say_unknown(const struct hs_parse *parse, const char *word)
{
    char list[512] = "";
    const struct hs_option *o;
    size_t length = strcspn(word + 2, "=");
    for (unsigned i = 0; (o = option_at(parse, i)); i++)
        if (!strncmp(o->name, word + 2, length))
            snprintf(list + strlen(list), sizeof list - strlen(list), " '--%s'", o->name);
    if (*list)
        hs_complain("option '%s' is ambiguous; possibilities:%s", word, list);
    else
        hs_complain("unrecognized option '%s'", word);
}

/* getopt_long's own messages differ between C libraries. */
static void say_why(const struct hs_parse *parse, const char *word, bool lacks_argument)
{
    if (optopt >= LONG_FIRST && lacks_argument)
        hs_complain("option '--%s' requires an argument", option_at(parse, (unsigned)(optopt - LONG_FIRST))->name);
    else if (optopt >= LONG_FIRST)
        hs_complain("option '--%s' doesn't allow an argument", option_at(parse, (unsigned)(optopt - LONG_FIRST))->name);
    else if (!optopt)
        say_unknown(parse, word);
    else if (lacks_argument)
        hs_complain("option requires an argument -- '%c'", optopt);
    else
        hs_complain("invalid option -- '%c'%s", optopt, optopt == 'h' ? ": -? or --help shows the options" : "");
}

static enum hs_parsed take(struct hs_parse *parse, const struct hs_option *option, const char *text)
{
    if (option != &help_option && option != &usage_option)
        return set_option(parse, option, text) ? HS_PARSED_RUN : HS_PARSED_BAD;
    if (option == &help_option ? hs_help_print(parse, stdout) : hs_usage_print(parse, stdout))
        return HS_PARSED_DONE;
    hs_complain("out of memory");
    return HS_PARSED_BAD;
}

static enum hs_parsed take_options(struct hs_parse *parse, int argc, char **argv)
{
    struct tables tables;
    enum hs_parsed result = HS_PARSED_RUN;
    fill_tables(&tables, parse);
    opterr = 0;
    while (result == HS_PARSED_RUN) {
        int key = getopt_long(argc, argv, tables.keys, tables.name, NULL);
        if (key < 0)
            break;
        bool wrong = key == ':' || (key == '?' && optopt != help_option.key);
        if (wrong)
            say_why(parse, argv[optind - 1], key == ':');
        const struct hs_option *option = key >= LONG_FIRST ? option_at(parse, (unsigned)(key - LONG_FIRST))
                                                           : with_key(parse, key);
        result = wrong ? HS_PARSED_BAD : take(parse, option, optarg);
    }
    parse->file = argv + optind;
    parse->n_files = argc - optind;
    return result;
}

/* ---- plain arguments ---- */

/* Too many: often one of them is an option's value, as in `heapstrata export pprof trace.hst`. */
static void refuse_files(const struct hs_parse *parse, int most)
{
    const struct hs_option *o;
    for (int file = 0; file <= most; file++)
        for (unsigned i = 0; (o = option_at(parse, i)); i++)
            if (choice_of(o, parse->file[file]) >= 0) {
                hs_complain("too many arguments: '%s'. '%s' is meant as --%s %s?", parse->file[most], parse->file[file], o->name,
                            parse->file[file]);
                return;
            }
    hs_complain("too many arguments: '%s'", parse->file[most]);
}

static bool has_empty_name(const struct hs_parse *parse)
{
    for (int i = 0; i < parse->n_files; i++)
        if (!*parse->file[i])
            return true;
    return false;
}

/* Standard input is a file, as with "doctor <log.txt". A pipe or a terminal may be anything, and may never end. */
static bool input_is_redirected(void)
{
    struct stat status;
    return !fstat(STDIN_FILENO, &status) && S_ISREG(status.st_mode);
}

static bool take_files(struct hs_parse *parse)
{
    const struct hs_cmd *cmd = parse->cmd;
    struct hs_common *common = (struct hs_common *)(void *)parse->memory;
    bool implied = cmd->uses & HS_USES_INPUT && common->input;
    int most = cmd->max_files - (implied && cmd->max_files > 0);
    common->file = parse->file;
    common->n_files = parse->n_files;
    if (cmd->max_files >= 0 && common->n_files > most) {
        refuse_files(parse, most);
        return false;
    }
    if (has_empty_name(parse)) {
        hs_complain("an argument is empty: perhaps a variable of the shell is not set");
        return false;
    }
    if (common->n_files + implied < cmd->min_files) {
        hs_complain("too few arguments");
        return false;
    }
    if (common->json && common->csv) {
        hs_complain("--json or --csv, not both");
        return false;
    }
    if (cmd->uses & HS_USES_INPUT && !common->input)
        common->input = common->n_files ? common->file[0] : input_is_redirected() ? "-" : HS_DEFAULT_INPUT;
    return true;
}

enum hs_parsed hs_parse(struct hs_parse *parse, int argc, char **argv)
{
    enum hs_parsed result = take_options(parse, argc, argv);
    if (result == HS_PARSED_RUN && !take_files(parse))
        result = HS_PARSED_BAD;
    if (result == HS_PARSED_BAD)
        fprintf(stderr, "Try `%s --help' or `%s --usage' for more information.\n", hs_cmd_running(), hs_cmd_running());
    return result;
}
