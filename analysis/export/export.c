/* SPDX-License-Identifier: MIT
 *
 * The list of exporters, and output that appears complete or not at all.
 */
#include "analysis/export/export.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/util/output.h"

extern const struct hs_exporter hs_exporter_csv, hs_exporter_ctf, hs_exporter_folded, hs_exporter_json;
extern const struct hs_exporter hs_exporter_massif, hs_exporter_perfetto, hs_exporter_pprof, hs_exporter_speedscope;
extern const struct hs_exporter hs_exporter_sqlite;

static const struct hs_exporter *const exporters[] = {
    &hs_exporter_ctf,        &hs_exporter_csv,    &hs_exporter_json,  &hs_exporter_sqlite,   &hs_exporter_folded,
    &hs_exporter_speedscope, &hs_exporter_massif, &hs_exporter_pprof, &hs_exporter_perfetto,
};

const struct hs_exporter *hs_exporter(unsigned index)
{
    return index < sizeof exporters / sizeof *exporters ? exporters[index] : NULL;
}

const struct hs_exporter *hs_exporter_find(const char *name)
{
    const struct hs_exporter *exporter;
    for (unsigned i = 0; (exporter = hs_exporter(i)); i++)
        if (!strcmp(exporter->name, name))
            return exporter;
    return NULL;
}

int hs_export_fail(struct hs_error *error, int code, const char *format, ...)
{
    va_list args;
    if (error->code)
        return error->code;
    error->code = code;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return code;
}

/* ---- reading, for exporters ---- */

struct hs_reader *hs_export_open(const struct hs_export_job *job, struct hs_error *error)
{
    struct hs_reader *reader = hs_reader_open(job->input, error);
    if (reader)
        hs_reader_select(reader, &job->selection);
    else
        hs_export_fail(error, HS_ERR_IO, "%s: cannot be read", job->input);
    return reader;
}

int hs_export_replay(const struct hs_export_job *job, struct hs_reader **reader, struct hs_model **model, struct hs_error *error)
{
    const struct hs_event *events;
    long n;
    *model = NULL;
    if (!(*reader = hs_export_open(job, error)))
        return error->code;
    *model = hs_model_new(NULL);
    if (!*model)
        return hs_export_fail(error, HS_ERR_MEMORY, "%s: %s", job->input, hs_strerror(HS_ERR_MEMORY));
    while ((n = hs_reader_next(*reader, &events)) > 0 && !hs_model_feed(*model, events, n))
        ;
    *error = *hs_reader_error(*reader);
    if (n < 0)
        return hs_export_fail(error, (int)n, "%s: %s", job->input, hs_strerror((int)n));
    return (*model)->error ? hs_export_fail(error, (*model)->error, "%s", hs_strerror((*model)->error)) : HS_OK;
}

static int emit_on(struct hs_event_stream *stream, hs_export_emit *emit, void *context)
{
    struct hs_stream_item item = {.kind = HS_STREAM_ITEM_EVENT};
    int status = HS_OK;
    while (!status && item.kind != HS_STREAM_ITEM_END) {
        status = hs_event_stream_next(stream, &item);
        if (!status)
            status = emit(context, &item);
    }
    return status;
}

int hs_export_emit_all(const struct hs_export_job *job, hs_export_emit *emit, void *context, struct hs_reader **kept,
                       struct hs_error *error)
{
    struct hs_reader *reader;
    if (!(reader = hs_export_open(job, error)))
        return error->code;
    struct hs_event_stream *stream = hs_event_stream_new(&(struct hs_event_stream_config){
        .reader = reader,
        .symbols = job->symbols,
        .sets = job->sets,
    });
    int status = stream ? emit_on(stream, emit, context) : HS_ERR_MEMORY;
    *error = *hs_reader_error(reader);
    if (status)
        hs_export_fail(error, status, "%s: %s", job->input, hs_strerror(status));
    hs_event_stream_free(stream);
    if (kept)
        *kept = reader;
    else
        hs_reader_close(reader);
    return status;
}

/* ---- output ---- */

static int to_output(const struct hs_exporter *exporter, struct hs_export_job *job, const char *output, struct hs_error *error)
{
    static const enum hs_output_kind kinds[] = {
        [HS_EXPORT_STREAM] = HS_OUTPUT_STREAM,
        [HS_EXPORT_FILE] = HS_OUTPUT_FILE,
        [HS_EXPORT_FOLDER] = HS_OUTPUT_FOLDER,
    };
    struct hs_output out;
    if (hs_output_open(&out, output, kinds[exporter->shape], error))
        return error->code;
    job->path = out.path;
    job->out = exporter->shape == HS_EXPORT_STREAM ? hs_output_stream(&out) : NULL;
    int status = exporter->shape == HS_EXPORT_STREAM && !job->out ? HS_ERR_MEMORY : exporter->run(job, error);
    return hs_output_close(&out, status, error);
}

int hs_export(const struct hs_exporter *exporter, struct hs_export_job *job, const char *output, struct hs_error *error)
{
    bool standard = !output || !strcmp(output, "-");
    if (standard && exporter->shape != HS_EXPORT_STREAM)
        return hs_export_fail(error, HS_ERR_ARG, "format %s cannot go to standard output: name %s with -o", exporter->name,
                              exporter->shape == HS_EXPORT_FOLDER ? "a folder" : "a file");
    return to_output(exporter, job, standard ? "-" : output, error);
}
