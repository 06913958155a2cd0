/* SPDX-License-Identifier: MIT
 *
 * heapstrata phases: what each import cost.
 */
#include "analysis/model/knowledge.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/phases/phaseview.h"

struct args {
    struct hs_common common;
    uint64_t limit;
};

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
    const struct hs_phaseview view = {
        .head = {common->input, w->reader, w->model}, .phases = w->phases, .limit = limit, .color = hs_cmd_colors(common)};
    if (common->json)
        return hs_phaseview_json(&view, stdout);
    hs_phaseview_text(&view, stdout);
    return HS_OK;
}

static int show(struct work *w, const struct hs_common *common, uint64_t limit)
{
    int status;
    if (!hs_cmd_replay(w->reader, watch, w, &status))
        return status;
    int error = w->model->error ? w->model->error : w->phases->error;
    if (!error && !w->phases->records)
        return hs_complain("%s: no phases in this trace: %s", common->input,
                           hs_knowledge_lost(w->reader) ? hs_knowledge_lost(w->reader)
                                                        : "the firmware's hooks are older, or nothing was imported while it was "
                                                          "recorded");
    if (!error && hs_cmd_symbols(&w->names.symbols, common, w->reader))
        return HS_EXIT_BAD;
    if (!error)
        error = hs_phases_finish(w->phases, w->model, &w->names);
    if (!error)
        error = print(w, common, limit);
    return error ? hs_complain("%s", hs_strerror(error)) : status;
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct work w = {.reader = hs_cmd_open_selected(&args->common, args->common.input)};
    if (!w.reader)
        return HS_EXIT_BAD;
    w.names.reader = w.reader;
    w.model = hs_model_new(NULL);
    w.phases = hs_phases_new();
    int status = w.model && w.phases ? show(&w, &args->common, hs_cmd_rows(&args->common, args->limit))
                                     : hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    hs_phases_free(w.phases);
    hs_symbols_close(w.names.symbols);
    hs_model_free(w.model);
    hs_reader_close(w.reader);
    return status;
}

static const struct hs_option options[] = {
    {"limit", 'n', "N", HS_OPT_UINT, offsetof(struct args, limit),
     "show the first N rows, 0 for all (default 40 in text, all in JSON)", NULL},
    {0},
};

const struct hs_cmd hs_cmd_phases = {
    .name = "phases",
    .summary = "show what each import cost, by phase",
    .usage = "[FILE]",
    .about = "A tree of imports: opening, lexing, parsing, compiling, loading, running, and what that imports in turn. A block "
             "belongs to the phase in which it was last allocated or resized.",
    .examples = "  heapstrata phases my.hst\n"
                "  heapstrata phases --json -n 0 my.hst\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_JSON | HS_USES_COLOR | HS_USES_ELF,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.limit = HS_CMD_ROWS_AUTO},
    .run = run,
};
