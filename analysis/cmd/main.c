/* SPDX-License-Identifier: MIT
 *
 * heapstrata COMMAND [OPTIONS] [FILE]: the list of commands, and lookup by name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/babeltrace2/lttng.h"
#include "analysis/cmd/completion.h"
#include "analysis/cmd/main.h"
#include "lib/host/util/system.h"

extern const struct hs_cmd hs_cmd_annotate, hs_cmd_blame, hs_cmd_compare, hs_cmd_doctor, hs_cmd_dump, hs_cmd_export,
    hs_cmd_globals, hs_cmd_html, hs_cmd_import, hs_cmd_leaks, hs_cmd_map, hs_cmd_marks, hs_cmd_phases, hs_cmd_pools,
    hs_cmd_record, hs_cmd_regions, hs_cmd_report, hs_cmd_resets, hs_cmd_retained, hs_cmd_stat, hs_cmd_timeline, hs_cmd_top,
    hs_cmd_whatif, hs_cmd_why;

/* The only list of commands, in the order of the help. */
static const struct hs_cmd *const commands[] = {
    &hs_cmd_record,  &hs_cmd_doctor,   &hs_cmd_html,  &hs_cmd_stat,   &hs_cmd_report, &hs_cmd_annotate,
    &hs_cmd_phases,  &hs_cmd_blame,    &hs_cmd_map,   &hs_cmd_whatif, &hs_cmd_why,    &hs_cmd_retained,
    &hs_cmd_globals, &hs_cmd_timeline, &hs_cmd_marks, &hs_cmd_leaks,  &hs_cmd_resets, &hs_cmd_compare,
    &hs_cmd_top,     &hs_cmd_regions,  &hs_cmd_pools, &hs_cmd_import, &hs_cmd_export, &hs_cmd_dump,
};

#define N_COMMANDS (sizeof commands / sizeof *commands)

/* Headings of the help, each printed before the first command of its group. */
static const struct {
    const struct hs_cmd *first;
    const char *question;
} headings[] = {
    {&hs_cmd_record, "Start here"},
    {&hs_cmd_stat, "Which lines allocate?"},
    {&hs_cmd_blame, "Why is no block large enough free?"},
    {&hs_cmd_why, "What keeps a block alive?"},
    {&hs_cmd_timeline, "How does the heap change?"},
    {&hs_cmd_regions, "Which memory is it?"},
    {&hs_cmd_import, "Other formats"},
};

static const char *heading_before(const struct hs_cmd *cmd)
{
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
        if (headings[i].first == cmd)
            return headings[i].question;
    return NULL;
}

static void usage(FILE *out)
{
    fputs("Usage: heapstrata COMMAND [OPTIONS] [FILE]\n\n"
          "Shows how a firmware's heap evolves: which line allocated each block, when it was freed,\n"
          "and what fragments the free space.\n",
          out);
    for (size_t i = 0; i < N_COMMANDS; i++) {
        const char *heading = heading_before(commands[i]);
        if (heading)
            fprintf(out, "\n%s\n", heading);
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs("\nA MemoryError? Record a run, then: heapstrata doctor TRACE. Without a trace, pass it what the board printed.\n"
          "heapstrata help COMMAND explains one command; heapstrata --version prints the version.\n",
          out);
}

static char timeline_option[] = "--timeline";

/* Commands that used to be options of another command. */
static const struct {
    const char *command, *option, *key;
    const struct hs_cmd *now;
    char *more; /* option that replaces it, or NULL */
} moved[] = {
    {"report", "--retained", "-r", &hs_cmd_retained, NULL},
    {"report", "--phase", NULL, &hs_cmd_phases, NULL},
    {"report", "--pools", NULL, &hs_cmd_pools, NULL},
    {"timeline", "--pools", NULL, &hs_cmd_pools, timeline_option},
};

/* The command that replaced the option in `argv`, or NULL; the option is removed from `argv`. */
static const struct hs_cmd *find_moved(int *argc, char **argv)
{
    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++)
        for (int k = 2; k < *argc && strcmp(argv[1], moved[i].command) == 0 && strcmp(argv[k], "--") != 0; k++) {
            if (strcmp(argv[k], moved[i].option) && (!moved[i].key || strcmp(argv[k], moved[i].key)))
                continue;
            fprintf(stderr, "heapstrata: '%s %s' is now 'heapstrata %s%s%s'\n", moved[i].command, moved[i].option,
                    moved[i].now->name, moved[i].more ? " " : "", moved[i].more ? moved[i].more : "");
            if (moved[i].more) {
                argv[k] = moved[i].more;
                return moved[i].now;
            }
            memmove(&argv[k], &argv[k + 1], (size_t)(*argc - k) * sizeof *argv); /* includes the final NULL */
            (*argc)--;
            return moved[i].now;
        }
    return NULL;
}

static const struct hs_cmd *find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (!strcmp(commands[i]->name, name))
            return commands[i];
    return NULL;
}

#define NAME_MAX_LENGTH 31

/* Edit distance from `a` to `b` (insert, delete, replace, swap neighbours); names are short. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[3][NAME_MAX_LENGTH + 2];
    size_t n = strlen(a), m = strlen(b);
    if (n > NAME_MAX_LENGTH || m > NAME_MAX_LENGTH)
        return NAME_MAX_LENGTH;
    for (unsigned j = 0; j <= m; j++)
        row[0][j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned *now = row[i % 3], *last = row[(i - 1) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

static const struct hs_cmd *nearest(const char *name)
{
    const struct hs_cmd *best = NULL;
    unsigned least = strlen(name) < 5 ? 2 : 3; /* with more edits it is another word */
    for (size_t i = 0; i < N_COMMANDS; i++) {
        bool begins = strlen(name) >= 2 && !strncmp(commands[i]->name, name, strlen(name));
        unsigned d = begins ? 1 : distance(name, commands[i]->name);
        if (d < least) {
            least = d;
            best = commands[i];
        }
    }
    return best;
}

static int no_such(const char *name)
{
    const struct hs_cmd *meant = nearest(name);
    if (meant)
        return hs_complain("no such command: '%s'. Did you mean '%s'?", name, meant->name);
    return hs_complain("no such command: '%s'. heapstrata help lists them.", name);
}

static int help(const char *name)
{
    if (!name) {
        usage(stdout);
        return HS_EXIT_OK;
    }
    char option[] = "--help", command[] = "", *argv[] = {command, option, NULL};
    const struct hs_cmd *cmd = find(name);
    return cmd ? hs_cmd_main(cmd, 2, argv) : no_such(name);
}

static int complete(const char *shell)
{
    if (shell && hs_completion_print(shell, commands, N_COMMANDS))
        return HS_EXIT_OK;
    return hs_complain("--completion prints what bash, zsh or fish completes by: name one of them");
}

static int dispatch(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) {
        usage(stderr);
        return HS_EXIT_BAD;
    }
    if (!strcmp(name, "--version") || !strcmp(name, "-V") || !strcmp(name, "version")) {
        puts("heapstrata " HS_VERSION);
        return HS_EXIT_OK;
    }
    if (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h"))
        return help(argc > 2 ? argv[2] : NULL);
    if (!strcmp(name, "--completion"))
        return complete(argc > 2 ? argv[2] : NULL);
    if (name[0] == '-')
        return hs_complain("no such option: '%s'. heapstrata help lists the commands.", name);
    const struct hs_cmd *cmd = find_moved(&argc, argv);
    cmd = cmd ? cmd : find(name);
    return cmd ? hs_cmd_main(cmd, argc - 1, argv + 1) : no_such(name);
}

int main(int argc, char **argv)
{
    hs_system_hold_standard();
    hs_system_survive_large_files(); /* writes then fail, and the command reports the reason */
    hs_ctf_take_folders();
    int status = dispatch(argc, argv);
    if (fflush(stdout) || ferror(stdout)) {
        if (!hs_system_reader_has_ended(errno))
            hs_complain("cannot write the output: %s", strerror(errno));
        return HS_EXIT_BAD;
    }
    return status;
}
