/* SPDX-License-Identifier: MIT
 *
 * pprof's profile.proto: objects and bytes, allocated and in use, by stack.
 */
#include "analysis/export/export.h"
#include "analysis/export/proto.h"

static int run(const struct hs_export_job *job, struct hs_error *error)
{
    struct hs_stacks stacks;
    int status = hs_stacks_of_job(&stacks, job, error);
    if (!status)
        status = hs_stacks_need(&stacks, job, 7, error);
    int written = status ? HS_OK : hs_pprof_profile(job->out, &stacks);
    if (written)
        status = hs_export_fail(error, written, "the profile cannot be written: %s", hs_strerror(written));
    hs_stacks_free(&stacks);
    return status;
}

const struct hs_exporter hs_exporter_pprof = {
    .name = "pprof",
    .summary = "objects and bytes, allocated and in use, for go tool pprof and others",
    .binary = true,
    .missing = &hs_proto_missing,
    .run = run,
};
