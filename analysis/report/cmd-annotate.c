/* SPDX-License-Identifier: MIT
 *
 * heapstrata annotate: the source with the bytes that each line requested.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/source.h"
#include "analysis/report/annotate.h"
#include "analysis/draw/head.h"

struct args {
    struct hs_common common;
    struct hs_list source;
    const char *file;
    uint64_t context;
};

struct work {
    const struct args *args;
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_line_costs lines;
    struct hs_knowledge known;
    size_t found, missing; /* sources */
};

/* ---- output ---- */

static bool wanted(const struct work *w, const char *file)
{
    const char *only = w->args->file;
    return !only || !strcmp(only, file) || !strcmp(only, hs_last_part(file));
}

static void show_file(struct work *w, size_t first, size_t n, struct hs_json *json)
{
    const char *file = w->lines.line[first].file;
    struct hs_sources where = {w->args->common.input, w->reader, &w->args->source};
    char *path = hs_source_find(&where, file), *text = path ? hs_source_load(path) : NULL;
    char *doubt = text ? hs_source_doubt(w->reader, file, &(struct hs_source_text){path, text}) : NULL;
    if (text && !doubt)
        doubt = hs_source_newer(&where, path);
    struct hs_annotation annotation = {
        .lines = &w->lines,
        .known = &w->known,
        .first = first,
        .n = n,
        .source = text ? path : NULL,
        .text = text,
        .doubt = doubt,
        .context = w->args->context,
        .color = hs_cmd_colors(&w->args->common),
    };
    w->found += text != NULL;
    w->missing += text == NULL;
    if (json)
        hs_annotation_json(&annotation, json);
    else
        hs_annotation_text(&annotation, stdout);
    free(doubt);
    free(text);
    free(path);
}

static void show_files(struct work *w, struct hs_json *json)
{
    for (size_t i = 0, n; i < w->lines.n; i += n) {
        n = hs_line_costs_of_file(&w->lines, i);
        if (!wanted(w, w->lines.line[i].file))
            continue;
        if (!json)
            putchar('\n');
        show_file(w, i, n, json);
    }
}

static int show_json(struct work *w, const struct hs_head *head)
{
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    hs_head_json(head, json);
    hs_json_array(json, "files");
    show_files(w, json);
    hs_json_end(json);
    hs_json_end(json);
    int error = hs_json_print(json, stdout, true);
    hs_json_free(json);
    return error;
}

static void show_text(struct work *w, const struct hs_head *head)
{
    hs_head_text(head, stdout, "# ");
    fputs("# bytes: requested; allocs: with reallocs; live: at the end, in whole granules\n", stdout);
    if (w->known.lines == HS_AT_LEAST && hs_model_saw_level(w->model, HS_LEVEL_SUMMARY))
        fputs("# a line is counted in the intervals in which it was among the largest: its bytes and allocs are at least these\n",
              stdout);
    show_files(w, NULL);
}

static int verdict(const struct work *w, int status)
{
    if (w->args->file && !w->found && !w->missing)
        return hs_complain("'%s' requested no memory in this trace", w->args->file);
    if (!w->found && w->missing)
        return hs_complain("no source is as it was when the trace was recorded; --source FOLDER shows another one");
    return status;
}

static int show(struct work *w)
{
    int status;
    if (!hs_cmd_replay_model(w->reader, w->model, &status))
        return status;
    struct hs_head head = {w->args->common.input, w->reader, w->model};
    w->known = hs_knowledge_of(w->model, w->reader);
    int error = hs_line_costs_measure(&w->lines, w->model, w->reader);
    if (!error && w->args->common.json)
        error = show_json(w, &head);
    else if (!error)
        show_text(w, &head);
    return error ? hs_complain("%s", hs_strerror(error)) : verdict(w, status);
}

static int run(void *memory)
{
    struct work w = {.args = memory};
    w.reader = hs_cmd_open_selected(&w.args->common, w.args->common.input);
    if (!w.reader)
        return HS_EXIT_BAD;
    w.model = hs_model_new(NULL);
    int status = w.model ? show(&w) : hs_complain("out of memory");
    hs_line_costs_free(&w.lines);
    hs_model_free(w.model);
    hs_reader_close(w.reader);
    return status;
}

static const struct hs_option options[] = {
    {"source", 's', "PATH", HS_OPT_LIST, offsetof(struct args, source),
     "look for sources in this folder, or take this file; may be given several times", NULL},
    {"file", 'f', "NAME", HS_OPT_TEXT, offsetof(struct args, file), "only this source file", NULL},
    {"context", 'c', "N", HS_OPT_UINT, offsetof(struct args, context),
     "only N lines around each line that requested memory (default all lines)", NULL, .most = UINT32_MAX},
    {0},
};

const struct hs_cmd hs_cmd_annotate = {
    .name = "annotate",
    .summary = "show source lines with their bytes and allocations",
    .usage = "[FILE]",
    .about = "Sources are looked for where --source says, beside the trace, where the firmware said they are, "
             "under the name they were run by, and beside the script that imported them. The longest common end of a path "
             "decides. What does not fit the trace is shown with a warning.",
    .examples = "  heapstrata annotate run.hst\n"
                "  heapstrata annotate --source ~/project --context 3 run.hst\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_JSON | HS_USES_COLOR,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.context = HS_ALL_LINES},
    .run = run,
};
