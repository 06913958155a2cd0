/* SPDX-License-Identifier: MIT
 *
 * In place of this folder's other files in a build that records nothing.
 */
#include "analysis/cmd/cmd.h"

struct args {
    struct hs_common common;
};

static int refuse(void *memory)
{
    (void)memory;
    return hs_complain("this build cannot record: it reads what the program for Linux recorded, or what a board printed");
}

const struct hs_cmd hs_cmd_record = {
    .name = "record",
    .summary = "record a run of a script or of a board",
    .about = "This build cannot record.",
    .uses = HS_USES_REST,
    .max_files = -1,
    .args_size = sizeof(struct args),
    .run = refuse,
};
