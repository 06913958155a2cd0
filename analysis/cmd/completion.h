/* SPDX-License-Identifier: MIT
 *
 * Shell completion, generated from the tables of commands and options.
 */
#ifndef HS_CMD_COMPLETION_H
#define HS_CMD_COMPLETION_H

#include "analysis/cmd/cmd.h"

/* Prints the script for "bash", "zsh" or "fish". Returns false for other shells. */
bool hs_completion_print(const char *shell, const struct hs_cmd *const *commands, size_t n);

#endif
