/* SPDX-License-Identifier: MIT
 *
 * Parsing of a command's arguments by its option table, with getopt_long, and the same messages on every system. Long options
 * may be shortened as long as they are unique; plain arguments may stand between options; "--" ends the options.
 *
 *     struct hs_parse parse;
 *     if (hs_parse_begin(&parse, cmd)) {
 *         switch (hs_parse(&parse, argc, argv)) { ... }
 *     }
 *     hs_parse_end(&parse);
 */
#ifndef HS_CMD_OPTIONS_H
#define HS_CMD_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/cmd/cmd.h"

struct hs_parse {
    const struct hs_cmd *cmd;
    const struct hs_option **option; /* the command's own, then the shared ones */
    unsigned n_options, n_own;
    char *memory; /* the command's argument struct */
    char **file;  /* the plain arguments: the end of argv */
    int n_files;
};

enum hs_parsed {
    HS_PARSED_RUN,  /* `memory` is filled */
    HS_PARSED_DONE, /* --help or --usage was printed */
    HS_PARSED_BAD,  /* complained */
};

/* Fills `parse` with the command's defaults. False: out of memory. Call hs_parse_end in both cases. */
bool hs_parse_begin(struct hs_parse *parse, const struct hs_cmd *cmd);

/* Once in a program, as getopt_long keeps its state. argv[0] is not looked at; argv is sorted: options first. Texts of options and
 * the plain arguments point into it. */
enum hs_parsed hs_parse(struct hs_parse *parse, int argc, char **argv);

void hs_parse_end(struct hs_parse *parse);

/* Calls `visit` for each option of a command, its own ones first. */
typedef void hs_option_visit(void *context, const struct hs_option *option);
void hs_cmd_each_option(const struct hs_cmd *cmd, hs_option_visit *visit, void *context);

/* ---- help.c ---- */

/* What --help and --usage print. False: out of memory. */
bool hs_help_print(const struct hs_parse *parse, FILE *out);
bool hs_usage_print(const struct hs_parse *parse, FILE *out);

#endif
