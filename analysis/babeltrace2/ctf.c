/* SPDX-License-Identifier: MIT
 *
 * CTF 1.8, for Trace Compass, babeltrace2 and LTTng's tools.
 */
#include "analysis/babeltrace2/bt.h"
#include "analysis/export/export.h"

static int run(const struct hs_export_job *job, struct hs_error *error)
{
    const struct hs_bt_job bt = {
        .input = job->input, .folder = job->path, .sets = job->sets, .symbols = job->symbols, .selection = job->selection,
    };
    return hs_bt_write_ctf(&bt, error);
}

const struct hs_exporter hs_exporter_ctf = {
    .name = "ctf", .summary = "a folder for Trace Compass and babeltrace2 (CTF 1.8)",
    .shape = HS_EXPORT_FOLDER, .binary = true, .missing = &hs_bt_missing, .run = run,
};
