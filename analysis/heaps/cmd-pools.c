/* SPDX-License-Identifier: MIT
 *
 * heapstrata pools: how full pools were, what they refused, and which sites held their elements.
 */
#include "analysis/cmd/elf_option.h"
#include "analysis/heaps/poolview.h"
#include "analysis/report/reportview.h"

struct args {
    struct hs_common common;
    bool timeline;
    uint64_t points, limit;
};

struct work {
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_names names;
    struct hs_pools *pools;
};

/* Reads the trace. Returns the exit status if nothing fails later. */
static int measure(struct work *w, const struct hs_common *common)
{
    int status;
    if (!hs_cmd_replay_model(w->reader, w->model, &status))
        return status;
    hs_pools_finish(w->pools);
    if (w->pools->error)
        return hs_complain("%s", hs_strerror(w->pools->error));
    if (w->pools->cut)
        fprintf(stderr, "heapstrata pools: the trace has more than %u pools: the others are not shown\n", HS_POOL_LIMIT);
    if (!w->pools->n)
        return hs_complain("%s: no pools in this trace: is lwIP's hook in the firmware (firmware-hooks/lwip)?", common->input);
    return hs_cmd_symbols(&w->names.symbols, common, w->reader) ? HS_EXIT_BAD : status;
}

/* All heaps if the user names none: elements may be in a heap around the interpreter's. */
static struct hs_reader *open_heaps(const struct hs_common *common)
{
    struct hs_reader *reader = hs_cmd_open(common->input);
    struct hs_selection selection = hs_cmd_selection(common);
    selection.outermost = false;
    if (reader)
        hs_reader_select(reader, &selection);
    return reader;
}

/* Measures the pools and prints them with `show`. */
static int with_pools(const struct hs_common *common, uint32_t points,
                      int (*show)(const struct hs_poolview *, const struct hs_common *), uint64_t limit)
{
    struct work w = {.reader = open_heaps(common)};
    if (!w.reader)
        return HS_EXIT_BAD;
    int status = HS_EXIT_BAD, error = HS_OK;
    w.names.reader = w.reader;
    w.pools = hs_pools_new(w.reader, points);
    w.model = w.pools ? hs_model_new(&(struct hs_model_observer){.context = w.pools, .after = hs_pools_feed}) : NULL;
    if (w.model) {
        w.pools->model = w.model;
        status = measure(&w, common);
    } else {
        error = HS_ERR_MEMORY;
    }
    if (w.model && w.pools->n && !w.model->error && !w.pools->error)
        error = show(
            &(struct hs_poolview){.head = {common->input, w.reader, w.model}, .pools = w.pools, .names = &w.names, .limit = limit},
            common);
    hs_symbols_close(w.names.symbols);
    hs_model_free(w.model);
    hs_pools_free(w.pools);
    hs_reader_close(w.reader);
    return error ? hs_complain("%s", hs_strerror(error)) : status;
}

static int show_report(const struct hs_poolview *view, const struct hs_common *common)
{
    struct hs_terminal terminal = hs_terminal_probe(hs_cmd_colors(common));
    if (common->json)
        return hs_poolview_json(view, stdout);
    if (common->csv)
        hs_poolview_csv(view, stdout);
    else
        hs_poolview_text(view, &terminal, stdout);
    return HS_OK;
}

static int show_timeline(const struct hs_poolview *view, const struct hs_common *common)
{
    struct hs_terminal terminal = hs_terminal_probe(hs_cmd_colors(common));
    if (common->json)
        return hs_poolview_series_json(view, stdout);
    if (common->csv)
        hs_poolview_series_csv(view, stdout);
    else
        hs_poolview_chart(view, &terminal, stdout);
    return HS_OK;
}

static int run(void *memory)
{
    const struct args *args = memory;
    if (!args->timeline && args->points)
        return hs_complain("--points needs --timeline");
    if (!args->timeline)
        return with_pools(&args->common, 0, show_report, hs_cmd_rows(&args->common, args->limit));
    struct hs_terminal terminal = hs_terminal_probe(false);
    uint32_t room = args->common.json || args->common.csv ? HS_POOL_POINTS : hs_poolview_columns(&terminal);
    uint32_t points = args->points && args->points < room ? (uint32_t)(args->points < 2 ? 2 : args->points) : room;
    return with_pools(&args->common, points, show_timeline, UINT64_MAX);
}

static const struct hs_option options[] = {
    {"timeline", 't', NULL, HS_OPT_FLAG, offsetof(struct args, timeline), "show how full each pool was over time", NULL},
    {"points", 0, "N", HS_OPT_UINT, offsetof(struct args, points), "with --timeline: at most N points (default: as many as fit)",
     NULL, .least = 1, .most = UINT32_MAX},
    {"limit", 'n', "N", HS_OPT_UINT, offsetof(struct args, limit),
     "show the first N holders of each pool, 0 for all (default 40 in text, all in CSV and JSON)", NULL},
    {0},
};

const struct hs_cmd hs_cmd_pools = {
    .name = "pools",
    .summary = "show how full pools of elements were, lwIP's for instance",
    .usage = "[FILE]",
    .about = "Of each pool: its elements, how many were in use at most and at the end, how many requests it refused, by which option "
             "its size is set, and who held its elements when it first refused a request or was fullest.",
    .examples = "  heapstrata pools web.hst\n"
                "  heapstrata pools --timeline --csv --points 50 web.hst\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_JSON | HS_USES_CSV | HS_USES_COLOR | HS_USES_ELF,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.limit = HS_CMD_ROWS_AUTO},
    .run = run,
};
