/* SPDX-License-Identifier: MIT
 *
 * Folded stacks, one per line: the input of flamegraph.pl and many viewers.
 */
#include <inttypes.h>

#include "analysis/export/export.h"
#include "analysis/export/stacks.h"

/* Replaces the format's separators, which must not be in a name. */
static void put_name(const char *name, FILE *out)
{
    for (; *name; name++)
        putc(*name == ';' ? ',' : *name == '\n' || *name == '\r' ? ' ' : *name, out);
}

static int run(const struct hs_export_job *job, struct hs_error *error)
{
    struct hs_stacks stacks;
    int status = hs_stacks_of_job(&stacks, job, error);
    if (!status)
        status = hs_stacks_need(&stacks, job, 1u << job->weight, error);
    for (size_t i = 0; !status && i < stacks.n; i++) {
        const struct hs_stack *stack = &stacks.stack[i];
        uint64_t weight = hs_weight_of(&stack->sum, (enum hs_weight)job->weight);
        for (unsigned k = 0; weight && k < stack->n; k++) {
            if (k)
                putc(';', job->out);
            put_name(stacks.frame[stack->frame[k]].name, job->out);
        }
        if (weight)
            fprintf(job->out, " %" PRIu64 "\n", weight);
    }
    hs_stacks_free(&stacks);
    return status;
}

const struct hs_exporter hs_exporter_folded = {
    .name = "folded",
    .summary = "stacks with one sum each (--weight), for flamegraph.pl",
    .takes_weight = true,
    .run = run,
};
