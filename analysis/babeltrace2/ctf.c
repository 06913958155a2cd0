/* SPDX-License-Identifier: MIT
 *
 * CTF 1.8, for Trace Compass, babeltrace2 and LTTng's tools.
 */
#include "analysis/babeltrace2/bt.h"
#include "analysis/export/export.h"
#include "analysis/util/child.h"

static int write_it(void *context, struct hs_error *error)
{
    const struct hs_export_job *job = context;
    const struct hs_bt_job bt = {
        .input = job->input,
        .folder = job->path,
        .sets = job->sets,
        .symbols = job->symbols,
        .selection = job->selection,
    };
    return hs_bt_write_ctf(&bt, error);
}

/* Runs in a child process, because the library's sink may crash when the disk is full or memory runs out. */
static int run(const struct hs_export_job *job, struct hs_error *error)
{
    struct hs_export_job copy = *job;
    int status = hs_child_run(write_it, &copy, error);
    if (status != HS_CHILD_DIED)
        return status;
    char how[128];
    snprintf(how, sizeof how, "%.100s", error->text);
    snprintf(error->text, sizeof error->text, "%.300s: libbabeltrace2 failed in writing the trace: %s", job->input, how);
    return error->code = HS_ERR_IO;
}

const struct hs_exporter hs_exporter_ctf = {
    .name = "ctf",
    .summary = "a folder for Trace Compass and babeltrace2 (CTF 1.8)",
    .shape = HS_EXPORT_FOLDER,
    .binary = true,
    .missing = &hs_bt_missing,
    .takes_sets = true,
    .run = run,
};
