/* SPDX-License-Identifier: MIT */
#include "analysis/cmd/completion.h"

#include <stdio.h>
#include <string.h>

#include "analysis/cmd/options.h"

/* Argument names that stand for paths. */
static bool is_path(const struct hs_option *o)
{
    static const char *const names[] = {"FILE", "PATH", "PAGE", "OUT", "DEVICE", "SOURCE"};
    for (size_t i = 0; o->arg && i < sizeof names / sizeof *names; i++)
        if (!strcmp(o->arg, names[i]))
            return true;
    return false;
}

/* Prints the words of "a|b|c" with another separator. */
static void put_words(const char *choices, char between)
{
    for (; *choices; choices++)
        putchar(*choices == '|' ? between : *choices);
}

/* Prints the help's first clause, which fits on a line, without characters that would need quoting. */
static void put_help(const char *help, const char *unwanted)
{
    size_t length = strcspn(help, ":;(");
    while (length && help[length - 1] == ' ')
        length--;
    for (size_t i = 0; i < length; i++)
        if (!strchr(unwanted, help[i]))
            putchar(help[i]);
}

/* ---- bash ---- */

static void bash_name(void *context, const struct hs_option *o)
{
    (void)context;
    printf(" --%s", o->name);
}

static void bash_value(void *context, const struct hs_option *o)
{
    const char *command = context;
    if (!o->arg)
        return;
    printf("    %s:--%s", command, o->name);
    if (o->key)
        printf(" | %s:-%c", command, o->key);
    fputs(") ", stdout);
    if (o->choices) {
        fputs("words=\"", stdout);
        put_words(o->choices, ' ');
        fputs("\" ;;\n", stdout);
    } else {
        fputs(is_path(o) ? "files=yes ;;\n" : "return ;;\n", stdout);
    }
}

static void print_bash(const struct hs_cmd *const *commands, size_t n)
{
    fputs("_heapstrata()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} words= files=\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ] || { [ \"$COMP_CWORD\" -eq 2 ] && [ \"$command\" = help ]; }; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"help",
          stdout);
    for (size_t i = 0; i < n; i++)
        printf(" %s", commands[i]->name);
    fputs("\" -- \"$word\")\n        return\n    fi\n"
          "    [ \"$before\" = = ] && before=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    [ \"$word\" = = ] && word=\n"
          "    case $command:$before in\n",
          stdout);
    for (size_t i = 0; i < n; i++)
        hs_cmd_each_option(commands[i], bash_value, (void *)(uintptr_t)commands[i]->name);
    fputs("    *)\n        case $word in\n        -*)\n            case $command in\n", stdout);
    for (size_t i = 0; i < n; i++) {
        printf("            %s) words=\"--help", commands[i]->name);
        hs_cmd_each_option(commands[i], bash_name, NULL);
        fputs("\" ;;\n", stdout);
    }
    fputs("            esac ;;\n        *) files=yes ;;\n        esac ;;\n    esac\n"
          "    if [ -n \"$files\" ]; then\n        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
          "    else\n        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n    fi\n}\n\n"
          "complete -o filenames -o bashdefault -F _heapstrata heapstrata\n",
          stdout);
}

/* ---- zsh ---- */

static void zsh_option(void *context, const struct hs_option *o)
{
    (void)context;
    bool many = o->type == HS_OPT_LIST;
    fputs(" \\\n            ", stdout);
    if (many)
        fputs("'*'", stdout);
    else if (o->key)
        printf("'(-%c --%s)'", o->key, o->name);
    if (o->key)
        printf("{-%c%s,--%s%s}", o->key, o->arg ? "+" : "", o->name, o->arg ? "=" : "");
    else
        printf("--%s%s", o->name, o->arg ? "=" : "");
    fputs("'[", stdout);
    put_help(o->help, "'[]\\");
    putchar(']');
    if (o->arg) {
        putchar(':');
        put_help(o->arg, "'[]\\");
        putchar(':');
    }
    if (o->choices) {
        putchar('(');
        put_words(o->choices, ' ');
        putchar(')');
    } else if (is_path(o)) {
        fputs("_files", stdout);
    }
    putchar('\'');
}

static void print_zsh(const struct hs_cmd *const *commands, size_t n)
{
    fputs("#compdef heapstrata\n\n_heapstrata()\n{\n    local -a commands\n    commands=(\n        'help:explains a command'\n",
          stdout);
    for (size_t i = 0; i < n; i++) {
        printf("        '%s:", commands[i]->name);
        put_help(commands[i]->summary, "'\\");
        fputs("'\n", stdout);
    }
    fputs("    )\n    if (( CURRENT == 2 )) || { (( CURRENT == 3 )) && [[ $words[2] == help ]] }; then\n"
          "        _describe command commands\n        return\n    fi\n"
          "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $command in\n",
          stdout);
    for (size_t i = 0; i < n; i++) {
        printf("    %s)\n        _arguments --help'[show help]'", commands[i]->name);
        hs_cmd_each_option(commands[i], zsh_option, NULL);
        fputs(" \\\n            '*:file:_files' ;;\n", stdout);
    }
    fputs(
        "    esac\n}\n\nif [[ $funcstack[1] == _heapstrata ]]; then\n    _heapstrata \"$@\"\nelse\n    compdef _heapstrata heapstrata\nfi\n",
        stdout);
}

/* ---- fish ---- */

static void fish_option(void *context, const struct hs_option *o)
{
    printf("complete -c heapstrata -n '__fish_seen_subcommand_from %s' -l %s", (const char *)context, o->name);
    if (o->key)
        printf(" -s %c", o->key);
    if (o->arg)
        fputs(is_path(o) ? " -r -F" : " -x", stdout);
    if (o->choices) {
        fputs(" -a '", stdout);
        put_words(o->choices, ' ');
        putchar('\'');
    }
    fputs(" -d '", stdout);
    put_help(o->help, "'\\");
    fputs("'\n", stdout);
}

static void print_fish(const struct hs_cmd *const *commands, size_t n)
{
    fputs("complete -c heapstrata -n __fish_use_subcommand -f -a help -d 'explains a command'\n", stdout);
    for (size_t i = 0; i < n; i++) {
        printf("complete -c heapstrata -n '__fish_use_subcommand; or __fish_seen_subcommand_from help' -f -a %s -d '",
               commands[i]->name);
        put_help(commands[i]->summary, "'\\");
        fputs("'\n", stdout);
    }
    for (size_t i = 0; i < n; i++)
        hs_cmd_each_option(commands[i], fish_option, (void *)(uintptr_t)commands[i]->name);
}

bool hs_completion_print(const char *shell, const struct hs_cmd *const *commands, size_t n)
{
    static const struct {
        const char *shell;
        void (*print)(const struct hs_cmd *const *commands, size_t n);
    } known[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].shell, shell))
            continue;
        known[i].print(commands, n);
        printf("# Printed by `heapstrata --completion %s`.\n", shell); /* zsh reads the first line, so this follows it */
        return true;
    }
    return false;
}
