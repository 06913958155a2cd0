/* SPDX-License-Identifier: MIT
 *
 * In place of `top` in a build that has no terminal to draw on, or records nothing.
 */
#include "analysis/cmd/cmd.h"

struct args {
    struct hs_common common;
};

static int refuse(void *memory)
{
    (void)memory;
    return hs_complain("this build cannot record or watch: it reads what the program for Linux recorded, or what a board printed");
}

const struct hs_cmd hs_cmd_top = {
    .name = "top",
    .summary = "watch a running firmware: map, figures, lines that allocate",
    .about = "This build cannot watch a firmware.",
    .uses = HS_USES_REST,
    .max_files = -1,
    .args_size = sizeof(struct args),
    .run = refuse,
};
