/* SPDX-License-Identifier: MIT
 *
 * Exporters: a trace in another program's format. An exporter is one file with one constant table entry;
 * export.c lists them.
 */
#ifndef HS_EXPORT_EXPORT_H
#define HS_EXPORT_EXPORT_H

#include <stdio.h>

#include "analysis/export/event_stream.h"
#include "analysis/sites/names.h"

struct hs_export_job {
    const char *input;             /* trace to read */
    struct hs_symbols *symbols;    /* NULL: no ELF file */
    FILE *out;                     /* HS_EXPORT_STREAM: the output */
    const char *path;              /* other shapes: file or folder to make; it does not exist */
    unsigned sets;                 /* enum hs_event_stream_set, for exporters of every event */
    int weight;                    /* enum hs_weight, for exporters of sums */
    struct hs_selection selection; /* which regions */
};

enum hs_export_shape {
    HS_EXPORT_STREAM, /* written sequentially; can be written to standard output */
    HS_EXPORT_FILE,   /* a library writes the file by name */
    HS_EXPORT_FOLDER,
};

struct hs_exporter {
    const char *name, *summary;
    enum hs_export_shape shape;
    bool binary;                /* not for a terminal */
    bool takes_sets;            /* heeds job->sets */
    bool takes_weight;          /* heeds job->weight */
    const char *const *missing; /* NULL, or the address of a message that is set when a library is missing */
    /* Writes everything. Returns HS_OK or a negative enum hs_err, with *error filled. After skipped damage in the
     * trace it returns HS_OK, also with *error filled. */
    int (*run)(const struct hs_export_job *job, struct hs_error *error);
};

/* The rows of the table, from 0; NULL after the last. */
const struct hs_exporter *hs_exporter(unsigned index);
const struct hs_exporter *hs_exporter_find(const char *name);

/* Runs an exporter. `output` appears complete or not at all: see analysis/util/output.h. An existing file is replaced; an
 * existing folder is an error unless it is empty. NULL or "-" is standard output. Sets job->out and job->path.
 * Returns the exporter's result. */
int hs_export(const struct hs_exporter *exporter, struct hs_export_job *job, const char *output, struct hs_error *error);

/* For exporters: fills *error unless it has an error already, and returns its code. */
int hs_export_fail(struct hs_error *error, int code, const char *format, ...) __attribute__((format(__printf__, 3, 4)));

/* For exporters: opens the trace with the job's selection. The caller closes it. NULL: *error is set. */
struct hs_reader *hs_export_open(const struct hs_export_job *job, struct hs_error *error);

/* For exporters of sums: the model at the end of the trace. The reader stays open, for names. The caller owns
 * both, also after an error. */
int hs_export_replay(const struct hs_export_job *job, struct hs_reader **reader, struct hs_model **model, struct hs_error *error);

/* For exporters of events: calls `emit` for every item, packets and losses included. If `kept` is not NULL, the reader
 * stays open at the end of the trace and the caller owns *kept, also after an error. */
typedef int hs_export_emit(void *context, const struct hs_stream_item *item);
int hs_export_emit_all(const struct hs_export_job *job, hs_export_emit *emit, void *context, struct hs_reader **kept,
                       struct hs_error *error);

#endif
