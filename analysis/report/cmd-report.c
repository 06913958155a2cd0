/* SPDX-License-Identifier: MIT
 *
 * heapstrata report: which code requested memory, which still has live blocks, and why an allocation failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/source.h"
#include "analysis/doctor/doctor.h"
#include "analysis/report/reportview.h"

struct args {
    struct hs_common common;
    const char *sort;
    bool live, peak, children, no_children, call_graph, pins;
    uint64_t limit;
    double min_percent;
};

/* Measured while the trace is read, and the results. */
struct work {
    const struct args *args;
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_model_watcher watcher;
    struct hs_names names;
    struct hs_grouping by;
    struct hs_exam *exam;
    struct hs_threads *threads; /* with a row for each thread */
    struct hs_groups *groups, *lines;
    struct hs_heap_snapshot snapshot; /* the layout when an allocation last failed for fragmentation */
    struct hs_separators separators;
    uint64_t asked;  /* bytes of that request */
    bool fragmented; /* `snapshot` is set */
    int error;       /* enum hs_err */
};

static int parse_sort(const char *text, struct hs_grouping *by)
{
    struct hs_error error = {0};
    return hs_grouping_keys(by, text, &error) ? hs_complain("%s", error.text) : HS_EXIT_OK;
}

/* Callers are charged by default if the rows and the trace allow it; --children and --no-children override this. */
static int choose_children(struct work *w)
{
    struct hs_grouping *by = &w->by;
    bool possible = true;
    for (unsigned i = 0; i < by->n_keys; i++)
        possible = possible && hs_key_of_callers(by->key[i]);
    if (w->args->children && !possible)
        return hs_complain("--children needs --sort by line, function or file: callers have no other names");
    by->children = possible && !w->args->no_children && (w->args->children || hs_groups_have_stacks(w->reader));
    return HS_EXIT_OK;
}

static int choose_grouping(struct work *w)
{
    w->by = (struct hs_grouping){
        .weight = w->args->peak   ? HS_WEIGHT_PEAK
                  : w->args->live ? HS_WEIGHT_LIVE
                                  : HS_WEIGHT_BYTES,
    };
    if (w->args->live && w->args->peak)
        return hs_complain("--live and --peak exclude each other");
    return parse_sort(w->args->sort, &w->by);
}

static void on_failure(void *context, const struct hs_failure *failure)
{
    struct work *w = context;
    if (failure->verdict != HS_VERDICT_FRAGMENTED || !failure->placed)
        return;
    w->error = hs_heap_snapshot_take(&w->snapshot, w->model);
    w->fragmented = !w->error;
    w->asked = failure->size;
}

static uint32_t line_of(const void *groups, uint32_t site) { return hs_groups_of(groups, site); }

static int measure_separators(struct work *w)
{
    static const struct hs_grouping by_line = {.key = {HS_KEY_LINE}, .n_keys = 1};
    if (w->args->pins)
        w->error = hs_heap_snapshot_take(&w->snapshot, w->model);
    if (w->error || (!w->fragmented && !w->args->pins))
        return w->error;
    w->lines = hs_groups_new(w->model, &w->names, &by_line);
    if (!w->lines)
        return HS_ERR_MEMORY;
    return hs_separators_measure(&w->separators, &w->snapshot, &(struct hs_separator_groups){line_of, w->lines, w->lines->n});
}

static int print(const struct work *w)
{
    const struct args *args = w->args;
    char headline[HS_HEADLINE_LEN];
    struct hs_report report = {
        .head = {args->common.input, w->reader, w->model},
        .summary = hs_summarize(w->model, w->reader),
        .names = &w->names,
        .groups = w->groups,
        .call_graph = args->call_graph,
        .color = hs_cmd_colors(&args->common),
        .min_share = args->min_percent / 100,
        .limit = hs_cmd_rows(&args->common, args->limit),
        .lines = w->lines,
        .separators = w->lines ? &w->separators : NULL,
        .separators_when = args->pins ? "at the end" : "at the last failed allocation",
        .separators_asked = args->pins ? 0 : w->asked,
        .headline = hs_doctor_headline(w->exam, headline) ? headline : NULL,
    };
    if (args->common.json)
        return hs_report_json(&report, stdout);
    if (!args->common.csv)
        hs_report_text(&report, stdout);
    else
        hs_report_csv(&report, stdout);
    if (args->common.csv)
        hs_head_warnings(&report.head, stderr, "heapstrata report: ");
    return HS_OK;
}

static int feed_by_thread(void *context, const struct hs_event *events, long n)
{
    struct work *w = context;
    const struct hs_event *split = hs_threads_split(w->threads, events, n);
    int error = split ? hs_model_feed(w->model, split, n) : HS_ERR_MEMORY;
    w->error = error ? error : w->error;
    return w->error;
}

/* As hs_cmd_replay_model. */
static bool replay(struct work *w, int *status)
{
    if (!hs_grouping_has(&w->by, HS_KEY_THREAD))
        return hs_cmd_replay_model(w->reader, w->model, status);
    w->names.threads = w->threads = hs_threads_new();
    w->error = w->threads ? HS_OK : HS_ERR_MEMORY;
    bool some = w->threads && hs_cmd_replay(w->reader, feed_by_thread, w, status);
    if (w->error)
        *status = hs_complain("%s", hs_strerror(w->error));
    return some && !w->error;
}

/* Text of mem_info() has no requests: what is live is shown. Whatever else the trace does not have is refused. */
static int check_weight(struct work *w)
{
    const struct hs_knowledge known = hs_knowledge_of(w->model, w->reader);
    const char *path = w->args->common.input;
    if (known.text && w->by.weight == HS_WEIGHT_BYTES)
        w->by.weight = HS_WEIGHT_LIVE;
    if ((w->args->live && known.live == HS_NOT_KNOWN) || (w->args->peak && known.at_peak == HS_NOT_KNOWN))
        return hs_complain("%s: live bytes by line are not in this trace: %s", path, hs_knowledge_why(w->model, w->reader));
    if (w->args->pins && !known.placed)
        return hs_complain("%s: which blocks split the free space is not in this trace: %s", path,
                           hs_knowledge_why(w->model, w->reader));
    return HS_EXIT_OK;
}

static int show(struct work *w)
{
    if (choose_grouping(w))
        return HS_EXIT_BAD;
    int status;
    if (!replay(w, &status))
        return status;
    if (check_weight(w))
        return HS_EXIT_BAD;
    if (w->args->call_graph && !hs_groups_have_stacks(w->reader))
        hs_complain("%s: no stacks in this trace, so --call-graph adds nothing: docs/building.md says how to record them",
                    w->args->common.input);
    if (choose_children(w) || hs_cmd_symbols(&w->names.symbols, &w->args->common, w->reader))
        return HS_EXIT_BAD;
    w->groups = hs_groups_new(w->model, &w->names, &w->by);
    int error = w->groups ? measure_separators(w) : HS_ERR_MEMORY;
    w->exam->sources = (struct hs_sources_at){w->args->common.input, hs_source_text};
    if (!error)
        error = hs_exam_conclude(w->exam, &w->names);
    if (!error)
        error = print(w);
    return error ? hs_complain("%s", hs_strerror(error)) : status;
}

static void release(struct work *w)
{
    hs_exam_free(w->exam);
    hs_separators_free(&w->separators);
    hs_heap_snapshot_free(&w->snapshot);
    hs_groups_free(w->lines);
    hs_groups_free(w->groups);
    hs_threads_free(w->threads);
    hs_symbols_close(w->names.symbols);
    hs_model_free(w->model);
    hs_reader_close(w->reader);
}

static int run(void *memory)
{
    struct work w = {.args = memory};
    w.reader = hs_cmd_open_selected(&w.args->common, w.args->common.input);
    if (!w.reader)
        return HS_EXIT_BAD;
    w.names.reader = w.reader;
    w.model = hs_model_new(NULL);
    w.exam = hs_exam_new(w.model, w.reader);
    w.watcher = (struct hs_model_watcher){.context = &w, .failed = on_failure};
    if (w.exam)
        hs_model_watch(w.model, &w.watcher);
    int status = w.exam ? show(&w) : hs_complain("out of memory");
    release(&w);
    return status;
}

static const struct hs_option options[] = {
    {"sort", 's', "KEYS", HS_OPT_TEXT, offsetof(struct args, sort),
     "make a row of each line, function, file, kind, native, stack or thread, or of several of these separated by commas "
     "(default line)",
     "line|function|file|kind|native|stack|thread"},
    {"live", 'l', NULL, HS_OPT_FLAG, offsetof(struct args, live), "rank by live bytes at the end", NULL},
    {"peak", 'p', NULL, HS_OPT_FLAG, offsetof(struct args, peak), "rank by live bytes when the heap was fullest", NULL},
    {"call-graph", 'g', NULL, HS_OPT_FLAG, offsetof(struct args, call_graph),
     "show the callers below each row (needs a trace with stacks)", NULL},
    {"children", 0, NULL, HS_OPT_FLAG, offsetof(struct args, children),
     "charge callees to a function too; default when the trace has stacks", NULL},
    {"no-children", 0, NULL, HS_OPT_FLAG, offsetof(struct args, no_children), "only what a site requested itself", NULL},
    {"pins", 0, NULL, HS_OPT_FLAG, offsetof(struct args, pins),
     "show which lines' blocks split the free space at the end; otherwise shown for the last allocation that "
     "failed for fragmentation",
     NULL},
    {"limit", 'n', "N", HS_OPT_UINT, offsetof(struct args, limit),
     "show the first N rows, 0 for all (default 40 in text, all in CSV and JSON)", NULL},
    {"min-percent", 0, "P", HS_OPT_REAL, offsetof(struct args, min_percent), "leave out rows below P percent", NULL, .most = 100},
    {0},
};

const struct hs_cmd hs_cmd_report = {
    .name = "report",
    .summary = "rank lines by what they allocated; list failures and why",
    .usage = "[FILE]",
    .about = "Bytes are requested bytes. A block that is resized is charged to the site of the realloc from then on; its age "
             "continues. Live and peak bytes are whole granules, as the heap allocates them.",
    .examples = "  heapstrata report run.hst\n"
                "  heapstrata report --live --sort function,kind run.hst\n"
                "  heapstrata report --sort stack --csv run.hst\n"
                "  heapstrata report --elf build-PICO/firmware.elf --sort native ring.bin\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_JSON | HS_USES_CSV | HS_USES_COLOR | HS_USES_ELF,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.sort = "line", .limit = HS_CMD_ROWS_AUTO},
    .run = run,
};
