/* SPDX-License-Identifier: MIT
 *
 * heapstrata globals: what each global name costs.
 */
#include <string.h>

#include "analysis/why/refgraph_session.h"
#include "analysis/why/globalsview.h"

struct args {
    struct hs_common common;
    const char *at, *module;
};

static int show(struct hs_refgraph_session *g, const struct args *args)
{
    struct hs_global_costs costs;
    const char *module = args->module ? hs_refgraph_session_module(g, args->module, strlen(args->module)) : NULL;
    if (args->module && !module)
        return hs_complain("%s: no module '%s' with globals in RAM was loaded then", g->path, args->module);
    const struct hs_frame_facts facts = hs_frame_facts(g->reader);
    int error = hs_global_costs_measure(&costs, &g->retained, &facts);
    if (error)
        return hs_complain("%s", hs_strerror(error));
    const struct hs_globalsview view = {
        .head = {g->path, g->reader, g->model},
        .names = &g->names,
        .retained = &g->retained,
        .costs = &costs,
        .module = module,
        .color = hs_cmd_colors(&args->common),
    };
    if (args->common.json)
        error = hs_globalsview_json(&view, stdout);
    else
        hs_globalsview_text(&view, stdout);
    hs_global_costs_free(&costs);
    return error ? hs_complain("%s", hs_strerror(error)) : g->status;
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct hs_refgraph_session graph;
    int status = HS_EXIT_BAD;
    if (hs_refgraph_session_open(&graph, &args->common, args->at))
        status = show(&graph, args);
    hs_refgraph_session_close(&graph);
    return status;
}

static const struct hs_option options[] = {
    HS_REFGRAPH_AT(offsetof(struct args, at)),
    {"module", 'm', "NAME", HS_OPT_TEXT, offsetof(struct args, module), "only this module; the script is main or __main__", NULL},
    {0},
};

const struct hs_cmd hs_cmd_globals = {
    .name = "globals",
    .summary = "show what each module's globals cost, and would cost as constants",
    .usage = "[FILE]",
    .about = HS_REFGRAPH_NEEDS ".",
    .examples = "  heapstrata globals run.hst\n"
                "  heapstrata globals --module config --at mark:ready run.hst\n",
    .uses = HS_USES_INPUT | HS_USES_JSON | HS_USES_COLOR | HS_USES_ELF,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .run = run,
};
