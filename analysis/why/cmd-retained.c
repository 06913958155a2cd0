/* SPDX-License-Identifier: MIT
 *
 * heapstrata retained: what would be freed if each line's blocks were freed.
 */
#include <stdlib.h>

#include "analysis/why/refgraph_session.h"
#include "analysis/why/retainedview.h"

struct args {
    struct hs_common common;
    const char *sort;
    uint64_t limit;
};

static int print(const struct hs_common *common, const struct hs_retainedview *view)
{
    if (common->json)
        return hs_retainedview_json(view, stdout);
    if (common->csv)
        hs_retainedview_csv(view, stdout);
    else
        hs_retainedview_text(view, stdout);
    return HS_OK;
}

static int show(struct hs_refgraph_session *g, const struct hs_common *common, const struct hs_grouping *by, uint64_t limit)
{
    const struct hs_heap_snapshot *p = &g->refs.graph.snapshot;
    struct hs_groups *groups = hs_groups_new(g->model, &g->names, by);
    uint32_t *of = calloc((size_t)p->n_blocks + 1, sizeof *of);
    struct hs_retained_group *sums = groups ? calloc(groups->n + 1, sizeof *sums) : NULL;
    int error = of && sums ? HS_OK : HS_ERR_MEMORY;
    for (uint32_t i = 0; !error && i < p->n_blocks; i++)
        of[i] = hs_groups_of(groups, p->block[i].site);
    error = error ? error : hs_retained_groups(&g->retained, of, sums);
    if (!error)
        error = print(common, &(struct hs_retainedview){.head = {g->path, g->reader, g->model},
                                                        .groups = groups,
                                                        .group = sums,
                                                        .retained = &g->retained,
                                                        .limit = limit,
                                                        .color = hs_cmd_colors(common)});
    free(sums);
    free(of);
    hs_groups_free(groups);
    return error ? hs_complain("%s", hs_strerror(error)) : g->status;
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct hs_grouping by = {.weight = HS_WEIGHT_LIVE};
    struct hs_error error = {0};
    if (hs_grouping_keys(&by, args->sort, &error))
        return hs_complain("%s", error.text);
    if (hs_grouping_has(&by, HS_KEY_THREAD))
        return hs_complain("--sort thread: a snapshot of references does not say which thread allocated a block");
    struct hs_refgraph_session graph;
    int status = HS_EXIT_BAD;
    if (hs_refgraph_session_open(&graph, &args->common, NULL))
        status = show(&graph, &args->common, &by, hs_cmd_rows(&args->common, args->limit));
    hs_refgraph_session_close(&graph);
    return status;
}

static const struct hs_option options[] = {
    {"sort", 's', "KEYS", HS_OPT_TEXT, offsetof(struct args, sort),
     "make a row of each line, function, file, kind, native or stack, or of several of these separated by commas (default line)",
     "line|function|file|kind|native|stack"},
    {"limit", 'n', "N", HS_OPT_UINT, offsetof(struct args, limit),
     "show the first N rows, 0 for all (default 40 in text, all in CSV and JSON)", NULL},
    {0},
};

const struct hs_cmd hs_cmd_retained = {
    .name = "retained",
    .summary = "rank lines by what their blocks keep alive",
    .usage = "[FILE]",
    .about = "Retained bytes are those that would be freed if the line's blocks were freed, each block counted once. They are "
             "computed at the trace's last snapshot of references: heapstrata.snapshot(refs=True).",
    .examples = "  heapstrata retained my.hst\n"
                "  heapstrata retained --sort function --csv my.hst\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_JSON | HS_USES_CSV | HS_USES_COLOR | HS_USES_ELF,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.sort = "line", .limit = HS_CMD_ROWS_AUTO},
    .run = run,
};
