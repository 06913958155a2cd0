/* SPDX-License-Identifier: MIT
 *
 * Interface between main.c and cmd.c: running a command.
 */
#ifndef HS_CMD_MAIN_H
#define HS_CMD_MAIN_H

#include "analysis/cmd/cmd.h"

/* Parses the arguments by the command's table and runs it; argv[0] is the command's name. Returns the exit status. */
int hs_cmd_main(const struct hs_cmd *cmd, int argc, char **argv);

/* Prefix of error messages: "heapstrata COMMAND". */
const char *hs_cmd_running(void);

/* The input that the running command reads, for messages; NULL: none. */
const char *hs_cmd_reading(void);

#endif
