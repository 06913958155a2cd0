/* SPDX-License-Identifier: MIT
 *
 * In place of `top` in a build without ncurses, or without recording.
 */
#include "analysis/cmd/cmd.h"

struct args {
    struct hs_common common;
};

static int refuse(void *memory)
{
    (void)memory;
    return hs_complain(
        "this build has no top: it was made without ncurses, or without recording. In its place the page of `make web` shows the "
        "used bytes while a script runs on a board, and heapstrata stat, map and timeline show a trace, even one that still grows");
}

const struct hs_cmd hs_cmd_top = {
    .name = "top",
    .summary = "watch a running firmware: map, figures, lines that allocate",
    .about = "This build cannot watch a firmware: it was made without ncurses, or without recording.",
    .uses = HS_USES_REST,
    .max_files = -1,
    .args_size = sizeof(struct args),
    .run = refuse,
};
