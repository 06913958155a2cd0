/* SPDX-License-Identifier: MIT
 *
 * heapstrata report --retained.
 */
#include <stdlib.h>

#include "analysis/why/refgraph_session.h"
#include "analysis/why/cmd-retained.h"
#include "analysis/why/retainedview.h"

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
    const struct hs_heap_snapshot *p = &g->refs.graph.picture;
    struct hs_groups *groups = hs_groups_new(g->model, &g->names, by);
    uint32_t *of = calloc((size_t)p->n_blocks + 1, sizeof *of);
    struct hs_retained_group *sums = groups ? calloc(groups->n + 1, sizeof *sums) : NULL;
    int error = of && sums ? HS_OK : HS_ERR_MEMORY;
    for (uint32_t i = 0; !error && i < p->n_blocks; i++)
        of[i] = hs_groups_of(groups, p->block[i].site);
    error = error ? error : hs_retained_groups(&g->retained, of, sums);
    if (!error)
        error = print(common, &(struct hs_retainedview){
            .head = {g->path, g->reader, g->model}, .groups = groups, .group = sums, .retained = &g->retained,
            .limit = limit, .color = hs_cmd_colors(common)});
    free(sums);
    free(of);
    hs_groups_free(groups);
    return error ? hs_complain("%s", hs_strerror(error)) : g->status;
}

int hs_report_retained(const struct hs_common *common, const struct hs_grouping *by, uint64_t limit)
{
    struct hs_refgraph_session graph;
    int status = HS_EXIT_BAD;
    if (hs_refgraph_session_open(&graph, common, NULL))
        status = show(&graph, common, by, limit);
    hs_refgraph_session_close(&graph);
    return status;
}
