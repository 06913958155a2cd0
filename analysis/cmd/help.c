/* SPDX-License-Identifier: MIT
 *
 * What --help and --usage print: lines of at most 79 columns, options in the order of the alphabet, the command's own
 * before the shared ones.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/cmd/main.h"
#include "analysis/cmd/options.h"
#include "lib/host/util/sort.h"

enum {
    LONG_COLUMN = 6,   /* where names of options begin */
    DOC_COLUMN = 29,   /* where their descriptions begin */
    USAGE_INDENT = 12, /* of all lines of the usage but the first */
    MARGIN = 79,       /* columns */
};

/* ---- lines ---- */

struct page {
    FILE *out;
    int column;
};

static void put(struct page *page, const char *text, size_t n)
{
    fwrite(text, 1, n, page->out);
    page->column += (int)n;
}

static void new_line(struct page *page, int indent)
{
    fprintf(page->out, "\n%*s", indent, "");
    page->column = indent;
}

/* One line of text, wrapped at blanks; further lines begin at `indent`. */
static void put_line(struct page *page, const char *text, size_t n, int indent)
{
    while (page->column + (int)n >= MARGIN) {
        int cut = MARGIN - page->column < (int)n ? MARGIN - page->column : (int)n - 1;
        while (cut > 0 && text[cut] != ' ')
            cut--;
        if (cut <= 0)
            break; /* one long word */
        put(page, text, (size_t)cut);
        new_line(page, indent);
        text += cut + 1;
        n -= (size_t)cut + 1;
    }
    put(page, text, n);
}

static void put_text(struct page *page, const char *text, int indent)
{
    for (size_t n; *text; text += n) {
        n = strcspn(text, "\n");
        put_line(page, text, n, indent);
        if (text[n]) {
            new_line(page, text[n + 1] ? indent : 0);
            n++;
        }
    }
}

/* A word of the usage, after a blank: the three pieces together, which are not broken. */
static void put_word(struct page *page, const char *before, const char *text, const char *after)
{
    size_t n = strlen(before) + strlen(text) + strlen(after);
    if (page->column + 1 + (int)n > MARGIN)
        new_line(page, USAGE_INDENT);
    else
        put(page, " ", 1);
    put(page, before, strlen(before));
    put(page, text, strlen(text));
    put(page, after, strlen(after));
}

/* ---- options, in the order of the help ---- */

static const struct hs_option standard[] = {
    {"help", '?', NULL, HS_OPT_FLAG, 0, "Give this help list", NULL},
    {"usage", 0, NULL, HS_OPT_FLAG, 0, "Give a short usage message", NULL},
};

enum { N_STANDARD = sizeof standard / sizeof *standard };

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; }

/* By name, where neither has a short form; else by the first letter, where no short form comes before one. */
static int in_help_order(const void *left, const void *right, void *context)
{
    const struct hs_option *a = *(const struct hs_option *const *)left, *b = *(const struct hs_option *const *)right;
    (void)context;
    if (!a->key && !b->key)
        return strcmp(a->name, b->name);
    char first = a->key ? a->key : *a->name, second = b->key ? b->key : *b->name;
    int by_letter = lower(first) - lower(second);
    if (!by_letter && first == second)
        return (a->key != 0) - (b->key != 0);
    return by_letter ? by_letter : second - first;
}

/* All options of a command, n_options and N_STANDARD of them. The caller frees the list; NULL: out of memory. */
static const struct hs_option **list_options(const struct hs_parse *parse)
{
    const struct hs_option **list = calloc(parse->n_options + N_STANDARD, sizeof *list);
    if (!list)
        return NULL;
    memcpy(list, parse->option, parse->n_options * sizeof *list);
    hs_sort(list, parse->n_own, sizeof *list, in_help_order, NULL);
    hs_sort(list + parse->n_own, parse->n_options - parse->n_own, sizeof *list, in_help_order, NULL);
    for (unsigned i = 0; i < N_STANDARD; i++)
        list[parse->n_options + i] = &standard[i];
    return list;
}

/* ---- usage ---- */

static void put_usage(struct page *page, const struct hs_parse *parse, const struct hs_option *const *options)
{
    unsigned n = parse->n_options + N_STANDARD;
    char keys[64] = "", word[128];
    for (unsigned i = 0, k = 0; i < n && k + 1 < sizeof keys; i++)
        if (options[i]->key && !options[i]->arg)
            keys[k++] = options[i]->key;
    put_word(page, "[-", keys, "]");
    for (unsigned i = 0; i < n; i++) {
        snprintf(word, sizeof word, "[-%c %s]", options[i]->key, options[i]->arg ? options[i]->arg : "");
        if (options[i]->key && options[i]->arg)
            put_word(page, word, "", "");
    }
    for (unsigned i = 0; i < n; i++) {
        snprintf(word, sizeof word - 1, "%s%s", options[i]->arg ? "=" : "", options[i]->arg ? options[i]->arg : "");
        put_word(page, "[--", options[i]->name, word[0] ? strcat(word, "]") : "]");
    }
}

/* The lines of a command's usage, one for each way to call it; `options`: all of them on the first line, NULL: in short. */
static void put_head(struct page *page, const struct hs_parse *parse, const struct hs_option *const *options)
{
    const char *text = parse->cmd->usage ? parse->cmd->usage : "";
    for (const char *label = "Usage:"; label; label = *text ? "  or: " : NULL) {
        size_t n = strcspn(text, "\n");
        char words[256];
        put(page, label, strlen(label));
        put_word(page, hs_cmd_running(), "", "");
        if (options)
            put_usage(page, parse, options);
        else
            put_word(page, "[OPTION...]", "", "");
        options = NULL;
        snprintf(words, sizeof words, "%.*s", (int)n, text);
        if (n)
            put_word(page, words, "", "");
        new_line(page, 0);
        text += n + (text[n] != '\0');
    }
}

bool hs_usage_print(const struct hs_parse *parse, FILE *out)
{
    struct page page = {.out = out};
    const struct hs_option **options = list_options(parse);
    if (options)
        put_head(&page, parse, options);
    free(options);
    return options != NULL;
}

/* ---- help ---- */

static void put_option(struct page *page, const struct hs_option *option)
{
    char name[128];
    int n = option->key ? snprintf(name, sizeof name, "  -%c, --%s", option->key, option->name)
                        : snprintf(name, sizeof name, "%*s--%s", LONG_COLUMN, "", option->name);
    if (option->arg)
        snprintf(name + n, sizeof name - (size_t)n, "=%s", option->arg);
    put(page, name, strlen(name));
    if (page->column > DOC_COLUMN + 3)
        new_line(page, DOC_COLUMN);
    else if (page->column >= DOC_COLUMN)
        put(page, "   ", 3);
    else
        fprintf(page->out, "%*s", DOC_COLUMN - page->column, "");
    page->column = page->column < DOC_COLUMN ? DOC_COLUMN : page->column;
    put_text(page, option->help, DOC_COLUMN);
    new_line(page, 0);
}

/* A short form with a value shows the value only once, which the text below the options explains. */
static void put_options(struct page *page, const struct hs_option *const *options, unsigned n)
{
    bool hidden = false;
    for (unsigned i = 0; i < n; i++) {
        put_option(page, options[i]);
        hidden = hidden || (options[i]->key && options[i]->arg);
    }
    if (hidden)
        fputs("\nMandatory or optional arguments to long options are also mandatory or optional\n"
              "for any corresponding short options.\n",
              page->out);
}

bool hs_help_print(const struct hs_parse *parse, FILE *out)
{
    struct page page = {.out = out};
    const struct hs_cmd *cmd = parse->cmd;
    const struct hs_option **options = list_options(parse);
    if (!options)
        return false;
    put_head(&page, parse, NULL);
    fprintf(out, "%c", cmd->summary[0] & ~0x20);
    page.column = 1;
    put_text(&page, cmd->summary + 1, 0);
    put_text(&page, ".\n", 0);
    if (cmd->about) {
        new_line(&page, 0);
        put_text(&page, cmd->about, 0);
        new_line(&page, 0);
    }
    new_line(&page, 0);
    put_options(&page, options, parse->n_options + N_STANDARD);
    if (cmd->examples) {
        fputs("\nExamples:\n", out);
        put_text(&page, cmd->examples, 0);
    }
    free(options);
    return true;
}
