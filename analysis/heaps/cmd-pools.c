/* SPDX-License-Identifier: MIT */
#include "analysis/heaps/cmd-pools.h"

#include "analysis/cmd/elf_option.h"
#include "analysis/heaps/poolview.h"
#include "analysis/report/reportview.h"

struct work {
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_names names;
    struct hs_pools *pools;
};

/* Reads the trace. Returns the status to exit with when all else is well. */
static int measure(struct work *w, const struct hs_common *common)
{
    int status = hs_cmd_replay_model(w->reader, w->model);
    int error = w->model->error ? w->model->error : w->pools->error;
    hs_pools_finish(w->pools);
    if (error)
        return hs_complain("%s", hs_strerror(error));
    if (!w->pools->n)
        return hs_complain("%s: no pools in this trace: is lwIP's hook in the firmware (firmware-hooks/lwip)?", common->input);
    return hs_cmd_symbols(&w->names.symbols, common, w->reader) ? HS_EXIT_BAD : status;
}

/* Measures, and shows what `show` makes of it. */
static int with_pools(const struct hs_common *common, uint32_t points, int (*show)(const struct hs_poolview *, const struct hs_common *),
                      uint64_t limit)
{
    struct work w = {.reader = hs_cmd_open_selected(common, common->input)};
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
        error = show(&(struct hs_poolview){.head = {common->input, w.reader, w.model}, .pools = w.pools, .names = &w.names,
                                           .limit = limit}, common);
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

int hs_report_pools(const struct hs_common *common, uint64_t limit)
{
    return with_pools(common, 0, show_report, limit);
}

int hs_timeline_pools(const struct hs_common *common, uint64_t points)
{
    struct hs_terminal terminal = hs_terminal_probe(false);
    uint32_t room = common->json || common->csv ? HS_POOL_POINTS : hs_poolview_columns(&terminal);
    return with_pools(common, points && points < room ? (uint32_t)(points < 2 ? 2 : points) : room, show_timeline, HS_NO_LIMIT);
}
