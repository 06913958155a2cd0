/* SPDX-License-Identifier: MIT
 *
 * Between main.c and cmd.c: how a command is run.
 */
#ifndef HS_CMD_MAIN_H
#define HS_CMD_MAIN_H

#include "analysis/cmd/cmd.h"

/* Parses the arguments as the command's table says and runs it; argv[0] is the command's name. Returns
 * the exit status; --help and bad usage leave the program. */
int hs_cmd_main(const struct hs_cmd *cmd, int argc, char **argv);

/* How complaints begin: "heapstrata COMMAND". */
const char *hs_cmd_running(void);

#endif
