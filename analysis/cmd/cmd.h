/* SPDX-License-Identifier: MIT
 *
 * Commands of the CLI. A command is one file that exports one constant table entry; main.c lists them.
 *
 *     struct args { struct hs_common common; const char *at; uint64_t width; };
 *
 *     static const struct hs_option options[] = {
 *         {"at", 'a', "WHEN", HS_OPT_TEXT, offsetof(struct args, at), "show the heap at WHEN"},
 *         {"width", 'w', "N", HS_OPT_UINT, offsetof(struct args, width), "granules a line (default 64)"},
 *         {0},
 *     };
 *
 *     static int run(void *memory)
 *     {
 *         struct args *args = memory;
 *         ...
 *         return HS_EXIT_OK;
 *     }
 *
 *     const struct hs_cmd hs_cmd_map = {
 *         .name = "map", .summary = "show the heap granule by granule", .usage = "[FILE]",
 *         .about = "Longer text.", .examples = "  heapstrata map --at end trace.hst\n",
 *         .uses = HS_USES_INPUT | HS_USES_JSON, .options = options, .max_files = 1,
 *         .args_size = sizeof(struct args), .defaults = &(const struct args){.width = 64}, .run = run,
 *     };
 *
 * Every argument struct begins with struct hs_common. It is initialised from `defaults`, or zeroed.
 */
#ifndef HS_CMD_H
#define HS_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/model/model.h"

/* Exit statuses of every command. */
enum hs_exit {
    HS_EXIT_OK = 0,
    HS_EXIT_FINDING = 1, /* the command looks for something, and found it (like grep) */
    HS_EXIT_BAD = 2,     /* bad usage, or input that is unreadable or damaged */
};

enum hs_color { HS_COLOR_AUTO, HS_COLOR_ALWAYS, HS_COLOR_NEVER };

enum hs_option_type {
    HS_OPT_FLAG,   /* bool, set to true */
    HS_OPT_UNFLAG, /* bool, set to false */
    HS_OPT_TEXT,   /* const char * */
    HS_OPT_UINT,   /* uint64_t, decimal or 0x...; K, M and G multiply by 1024, 1024^2, 1024^3 */
    HS_OPT_REAL,   /* double, finite */
    HS_OPT_CHOICE, /* int: index of the word in `choices`, which are separated by | */
    HS_OPT_LIST,   /* struct hs_list: may be repeated */
};

struct hs_list {
    const char **item; /* freed by the framework */
    unsigned n, room;
};

/* One option. The list ends with a NULL name. */
struct hs_option {
    const char *name;
    char key;        /* short form, or 0 */
    const char *arg; /* name of its value in the help; NULL for flags */
    enum hs_option_type type;
    size_t offset; /* of the member in the argument struct */
    const char *help;
    const char *choices;  /* HS_OPT_CHOICE: "auto|always|never"; HS_OPT_TEXT: words for shell completion */
    uint64_t least, most; /* HS_OPT_UINT and HS_OPT_REAL: others are refused before the command runs; most 0: no limit */
};

enum hs_uses {
    HS_USES_INPUT = 1,     /* -i FILE, or the first plain argument */
    HS_USES_JSON = 2,      /* --json */
    HS_USES_CSV = 4,       /* --csv */
    HS_USES_COLOR = 8,     /* --color=auto|always|never */
    HS_USES_ELF = 16,      /* --elf FILE */
    HS_USES_REGION = 64,   /* --heap and --region */
    HS_USES_REST = 32,     /* options end at the first plain argument; `file` holds it and all that follow */
    HS_USES_PICTURE = 128, /* --svg FILE, --png FILE, --theme=light|dark: see draw.h */
};

/* Options shared by all commands. */
struct hs_common {
    const char *input; /* with HS_USES_INPUT: not NULL when `run` is called; "-" is standard input */
    const char *elf;
    const char *heap, *region; /* the user's choice, or NULL; may be "all" */
    char **file;               /* plain arguments; with HS_USES_INPUT and no -i, file[0] is `input` as well */
    int n_files;
    int color;             /* enum hs_color */
    int theme;             /* enum hs_theme_name */
    const char *svg, *png; /* files to write; NULL: not requested */
    bool json, csv;
};

struct hs_cmd {
    const char *name;
    const char *summary;  /* a line for `heapstrata help` */
    const char *usage;    /* text after [OPTIONS], "[FILE]" */
    const char *about;    /* paragraph for --help, or NULL */
    const char *examples; /* indented lines for --help, each ending in a newline */
    unsigned uses;        /* enum hs_uses */
    const struct hs_option *options;
    int min_files, max_files; /* number of plain arguments; max_files -1: unlimited */
    size_t args_size;
    const void *defaults; /* of args_size bytes, or NULL for zeroes */
    int (*run)(void *args);
};

/* Without -i and plain argument, commands with HS_USES_INPUT read standard input if that is a file, else this file, as perf reads
 * perf.data. */
#define HS_DEFAULT_INPUT "heapstrata.hst"

/* Prints "heapstrata COMMAND: ..." to standard error. Returns HS_EXIT_BAD. */
int hs_complain(const char *format, ...) __attribute__((format(__printf__, 1, 2)));

/* Reads `length` bytes of text as a number, decimal or 0x..., with an optional K, M or G. False: they are none, or it has more than 64
 * bits. */
bool hs_cmd_number(uint64_t *value, const char *text, size_t length);

/* The same with the error's text or, where it has none, what the code means. */
int hs_complain_of(const struct hs_error *error, int code);

/* Call it before reading anything. Complains when the output file is also named elsewhere on the command line, for
 * example as input, and when it is an existing file that must not be replaced: precious.h. Returns the exit status. */
int hs_cmd_check_output(const char *target);

/* The same for a trace that will be written. */
int hs_cmd_check_trace(const char *target);

/* Complains that an input cannot be opened, and what to do when none was named. Returns HS_EXIT_BAD. */
int hs_cmd_complain_of_input(const char *path, const char *why);

/* Opens the input of a command, or complains and returns NULL (the command then returns HS_EXIT_BAD). */
struct hs_reader *hs_cmd_open(const char *path);

/* The heap and region that the user chose; by default everything that is not inside another heap. */
struct hs_selection hs_cmd_selection(const struct hs_common *common);

/* Like hs_cmd_open, restricted to that selection. hs_cmd_replay complains when the selection is empty. */
struct hs_reader *hs_cmd_open_selected(const struct hs_common *common, const char *path);

/* Call it after reading a trace to its end: complains when the trace has nothing that matches the selection. Returns
 * the exit status. */
int hs_cmd_check_selection(const struct hs_reader *reader);

/* Passes a reader's events to `each` until the end, with progress on a terminal. `each` returns 0, or another value to
 * stop. *status is the exit status: HS_EXIT_BAD when the input was damaged, after printing the error. Returns false, after printing why,
 * when nothing could be read or nothing matches the selection: figures of nothing would be false, so the command ends with *status. */
typedef int hs_each(void *context, const struct hs_event *events, long n);
bool hs_cmd_replay(struct hs_reader *reader, hs_each *each, void *context, int *status);

/* The common case: passes all events to a model. Returns false, too, when the model has no memory. */
bool hs_cmd_replay_model(struct hs_reader *reader, struct hs_model *model, int *status);

/* Value of --limit when the user gave none. */
#define HS_CMD_ROWS_AUTO UINT64_MAX

/* Rows to show: --limit, where 0 is all; by default 40 in text, and all in CSV and JSON. UINT64_MAX: all. */
uint64_t hs_cmd_rows(const struct hs_common *common, uint64_t limit);

/* Whether to colour standard output, from --color, NO_COLOR, TERM and whether it is a terminal. */
bool hs_cmd_colors(const struct hs_common *common);

#endif
