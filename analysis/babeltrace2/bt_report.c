/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace2/bt_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/report/reportview.h"
#include "lib/host/util/tempfile.h"

struct hs_bt_report {
    struct hs_bt_report_options options;
    struct hs_grouping by;
    struct hs_importer *intake;
    struct hs_lttng lttng;
};

/* The objects that make the report at the end of the trace. */
struct work {
    const struct hs_bt_report *report;
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_threads *threads;
    struct hs_names names;
    struct hs_groups *groups;
};

static int fail(struct hs_error *error, int code, const char *what)
{
    if (!error->code)
        snprintf(error->text, sizeof error->text, "%s", what);
    return error->code = error->code ? error->code : code;
}

/* ---- the trace ---- */

static struct hs_reader *open_made(int fd, struct hs_error *error)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return hs_reader_open(path, error);
}

static int replay(struct work *w)
{
    const struct hs_event *events;
    long n;
    while ((n = hs_reader_next(w->reader, &events)) > 0) {
        const struct hs_event *split = w->threads ? hs_threads_split(w->threads, events, n) : events;
        int error = split ? hs_model_feed(w->model, split, n) : HS_ERR_MEMORY;
        if (error)
            return error;
    }
    return (int)n;
}

static int measure(struct work *w)
{
    bool by_thread = hs_grouping_has(&w->report->by, HS_KEY_THREAD);
    w->model = hs_model_new(NULL);
    w->threads = by_thread ? hs_threads_new() : NULL;
    if (!w->model || (by_thread && !w->threads))
        return HS_ERR_MEMORY;
    w->names = (struct hs_names){.reader = w->reader, .threads = w->threads};
    int error = replay(w);
    if (!error && !(w->groups = hs_groups_new(w->model, &w->names, &w->report->by)))
        error = HS_ERR_MEMORY;
    return error;
}

static int print(const struct work *w, FILE *out)
{
    uint64_t limit = w->report->options.limit;
    const struct hs_report report = {
        .head = {"the trace", w->reader, w->model},
        .summary = hs_summarize(w->model, w->reader),
        .names = &w->names,
        .groups = w->groups,
        .limit = limit ? limit : HS_NO_LIMIT,
    };
    if (w->report->options.json)
        return hs_report_json(&report, out);
    hs_report_text(&report, out);
    return HS_OK;
}

static void release(struct work *w)
{
    hs_groups_free(w->groups);
    hs_threads_free(w->threads);
    hs_model_free(w->model);
    if (w->reader)
        hs_reader_close(w->reader);
}

int hs_bt_report_print(struct hs_bt_report *report, FILE *out, struct hs_error *error)
{
    struct work w = {.report = report};
    int fd = hs_unnamed_file();
    if (fd < 0)
        return fail(error, HS_ERR_IO, strerror(errno));
    int status = hs_lttng_write(&report->lttng, &(struct hs_lttng_output){fd, report->options.elf}, error);
    if (!status)
        w.reader = open_made(fd, error);
    status = w.reader ? measure(&w) : error->code;
    if (!status)
        status = print(&w, out);
    if (!status && fflush(out))
        status = fail(error, HS_ERR_IO, strerror(errno));
    release(&w);
    close(fd);
    return status ? fail(error, status, hs_strerror(status)) : HS_OK;
}

/* ---- beginning and end ---- */

static int take_options(struct hs_bt_report *r, const struct hs_bt_report_options *options, struct hs_error *error)
{
    r->options = *options;
    r->options.sort = NULL;
    r->options.elf = options->elf ? strdup(options->elf) : NULL;
    if (options->elf && !r->options.elf)
        return fail(error, HS_ERR_MEMORY, hs_strerror(HS_ERR_MEMORY));
    r->by.weight = options->weight;
    return hs_grouping_keys(&r->by, options->sort ? options->sort : "line", error);
}

struct hs_bt_report *hs_bt_report_new(const struct hs_bt_report_options *options, struct hs_error *error)
{
    struct hs_bt_report *r = calloc(1, sizeof *r);
    if (!r) {
        fail(error, HS_ERR_MEMORY, hs_strerror(HS_ERR_MEMORY));
        return NULL;
    }
    r->intake = hs_importer_new();
    if (!r->intake)
        fail(error, HS_ERR_IO, strerror(errno));
    if (r->intake && !take_options(r, options, error)) {
        hs_lttng_begin(&r->lttng, r->intake);
        return r;
    }
    hs_bt_report_free(r);
    return NULL;
}

void hs_bt_report_free(struct hs_bt_report *r)
{
    if (!r)
        return;
    hs_importer_free(r->intake);
    free((char *)r->options.elf);
    free(r);
}

const struct hs_bt_listener *hs_bt_report_listener(const struct hs_bt_report *r) { return &r->lttng.listener; }
