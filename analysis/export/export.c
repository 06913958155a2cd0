/* SPDX-License-Identifier: MIT
 *
 * The list of exporters, and output that appears whole or not at all.
 */
#include "analysis/export/export.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct hs_exporter hs_exporter_csv, hs_exporter_ctf, hs_exporter_folded, hs_exporter_json;
extern const struct hs_exporter hs_exporter_massif, hs_exporter_perfetto, hs_exporter_pprof, hs_exporter_speedscope;
extern const struct hs_exporter hs_exporter_sqlite;

static const struct hs_exporter *const exporters[] = {
    &hs_exporter_ctf,
    &hs_exporter_csv,
    &hs_exporter_json,
    &hs_exporter_sqlite,
    &hs_exporter_folded,
    &hs_exporter_speedscope,
    &hs_exporter_massif,
    &hs_exporter_pprof,
    &hs_exporter_perfetto,
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

int hs_export_replay(const struct hs_export_job *job, struct hs_reader **reader, struct hs_model **model,
                     struct hs_error *error)
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

static int tell_on(struct hs_story *story, hs_export_tell *tell, void *context)
{
    struct hs_telling telling = { .kind = HS_TELLING_EVENT };
    int status = HS_OK;
    while (!status && telling.kind != HS_TELLING_END) {
        status = hs_story_next(story, &telling);
        if (!status)
            status = tell(context, &telling);
    }
    return status;
}

int hs_export_tell_all(const struct hs_export_job *job, hs_export_tell *tell, void *context, struct hs_reader **kept,
                       struct hs_error *error)
{
    struct hs_reader *reader;
    if (!(reader = hs_export_open(job, error)))
        return error->code;
    struct hs_story *story = hs_story_new(&(struct hs_story_config){
        .reader = reader, .symbols = job->symbols, .sets = job->sets,
    });
    int status = story ? tell_on(story, tell, context) : HS_ERR_MEMORY;
    *error = *hs_reader_error(reader);
    if (status)
        hs_export_fail(error, status, "%s: %s", job->input, hs_strerror(status));
    hs_story_free(story);
    if (kept)
        *kept = reader;
    else
        hs_reader_close(reader);
    return status;
}

/* ---- output ---- */

/* ".NAME.XXXXXX" beside NAME, NULL when memory is short. */
static char *sibling(const char *output)
{
    size_t length = strlen(output);
    while (length > 1 && output[length - 1] == '/')
        length--;
    const char *slash = memrchr(output, '/', length);
    int folder = slash ? (int)(slash + 1 - output) : 0;
    char *path = NULL;
    if (asprintf(&path, "%.*s.%.*s.XXXXXX", folder, output, (int)length - folder, output + folder) < 0)
        return NULL;
    return path;
}

static int cannot(struct hs_error *error, const char *what, const char *path)
{
    int code = errno;
    error->code = HS_OK; /* damage in the input is the lesser evil */
    return hs_export_fail(error, HS_ERR_IO, "cannot %s %s: %s", what, path, strerror(code));
}

/* mkstemp makes files that only their owner may read. */
static void set_usual_mode(int fd)
{
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask))
        return; /* then it stays as it is */
}

static int close_stream(FILE *out, const char *name, struct hs_error *error)
{
    bool failed = ferror(out);
    failed = (out == stdout ? fflush(out) : fclose(out)) || failed;
    return failed ? cannot(error, "write", name) : HS_OK;
}

static int to_file(const struct hs_exporter *exporter, struct hs_export_job *job, const char *output,
                   struct hs_error *error)
{
    char *path = sibling(output);
    int fd = path ? mkstemp(path) : -1, status;
    job->path = path;
    job->out = fd >= 0 && exporter->shape == HS_EXPORT_STREAM ? fdopen(fd, "wb") : NULL;
    if (fd < 0 || (exporter->shape == HS_EXPORT_STREAM && !job->out)) {
        status = cannot(error, "make", output);
    } else {
        set_usual_mode(fd);
        status = exporter->run(job, error);
        int closed = job->out ? close_stream(job->out, output, error) : close(fd);
        status = status ? status : closed;
        if (!status && rename(path, output))
            status = cannot(error, "make", output);
        if (status)
            unlink(path);
    }
    free(path);
    return status;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static int to_folder(const struct hs_exporter *exporter, struct hs_export_job *job, const char *output,
                     struct hs_error *error)
{
    char *outer = sibling(output), *inner = NULL;
    int status;
    if (!outer || !mkdtemp(outer) || asprintf(&inner, "%s/trace", outer) < 0) {
        status = cannot(error, "make", output);
    } else {
        job->path = inner;
        status = exporter->run(job, error);
        if (!status && rename(inner, output))
            status = cannot(error, errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR ? "replace" : "make", output);
        nftw(outer, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
    free(inner);
    free(outer);
    return status;
}

int hs_export(const struct hs_exporter *exporter, struct hs_export_job *job, const char *output, struct hs_error *error)
{
    if (output && strcmp(output, "-"))
        return exporter->shape == HS_EXPORT_FOLDER ? to_folder(exporter, job, output, error)
                                                   : to_file(exporter, job, output, error);
    if (exporter->shape != HS_EXPORT_STREAM)
        return hs_export_fail(error, HS_ERR_ARG, "format %s cannot go to standard output: name %s with -o",
                              exporter->name, exporter->shape == HS_EXPORT_FOLDER ? "a folder" : "a file");
    job->out = stdout;
    int status = exporter->run(job, error);
    int closed = close_stream(stdout, "standard output", error);
    return status ? status : closed;
}
