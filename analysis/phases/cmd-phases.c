/* SPDX-License-Identifier: MIT
 *
 * heapstrata report --phase.
 */
#include "analysis/phases/cmd-phases.h"

#include "analysis/cmd/elf_option.h"
#include "analysis/phases/phaseview.h"

struct work {
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_names names;
    struct hs_phases *phases;
};

static int watch(void *context, const struct hs_event *events, long n)
{
    struct work *w = context;
    int error = HS_OK;
    for (const struct hs_event *e = events; e < events + n && !error; e++) {
        error = hs_model_feed(w->model, e, 1);
        if (!error)
            error = hs_phases_feed(w->phases, w->model, e);
    }
    return error;
}

static int print(const struct work *w, const struct hs_common *common, uint64_t limit)
{
    const struct hs_phaseview view = {.head = {common->input, w->reader, w->model}, .phases = w->phases, .limit = limit,
                                      .color = hs_cmd_colors(common)};
    if (common->json)
        return hs_phaseview_json(&view, stdout);
    hs_phaseview_text(&view, stdout);
    return HS_OK;
}

static int show(struct work *w, const struct hs_common *common, uint64_t limit)
{
    int status = hs_cmd_replay(w->reader, watch, w);
    int error = w->model->error ? w->model->error : w->phases->error;
    if (!error && !w->phases->records)
        return hs_complain("%s: no phases in this trace: the firmware's hooks are older, or nothing was imported while it "
                           "was recorded", common->input);
    if (!error && hs_cmd_symbols(&w->names.symbols, common, w->reader))
        return HS_EXIT_BAD;
    if (!error)
        error = hs_phases_finish(w->phases, w->model, &w->names);
    if (!error)
        error = print(w, common, limit);
    return error ? hs_complain("%s", hs_strerror(error)) : status;
}

int hs_report_phase(const struct hs_common *common, uint64_t limit)
{
    struct work w = {.reader = hs_cmd_open_selected(common, common->input)};
    int status = HS_EXIT_BAD;
    if (!w.reader)
        return status;
    w.names.reader = w.reader;
    w.model = hs_model_new(NULL);
    w.phases = hs_phases_new();
    status = w.model && w.phases ? show(&w, common, limit) : hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    hs_phases_free(w.phases);
    hs_symbols_close(w.names.symbols);
    hs_model_free(w.model);
    hs_reader_close(w.reader);
    return status;
}
