/* SPDX-License-Identifier: MIT
 *
 * Interface between main.c and cmd.c: running a command.
 */
#ifndef HS_CMD_MAIN_H
#define HS_CMD_MAIN_H

#include "analysis/cmd/cmd.h"

/* Parses the arguments by the command's table and runs it; argv[0] is the command's name. Returns the exit status.
 * Exits the program on --help and bad usage. */
int hs_cmd_main(const struct hs_cmd *cmd, int argc, char **argv);

/* Prefix of error messages: "heapstrata COMMAND". */
const char *hs_cmd_running(void);

/* Calls `visit` for each option of a command, its own ones first. */
typedef void hs_option_visit(void *context, const struct hs_option *option);
void hs_cmd_each_option(const struct hs_cmd *cmd, hs_option_visit *visit, void *context);

#endif
