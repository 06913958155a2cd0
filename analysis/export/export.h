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
    struct hs_symbols *symbols;    /* NULL: no ELF file at hand */
    FILE *out;                     /* HS_EXPORT_STREAM: where to write */
    const char *path;              /* the others: file or folder to make; nothing is there */
    unsigned sets;                 /* enum hs_event_stream_set, for exporters of every event */
    int weight;                    /* enum hs_weight, for exporters of sums */
    struct hs_selection selection; /* which regions */
};

enum hs_export_shape {
    HS_EXPORT_STREAM, /* written from beginning to end: may go to standard output */
    HS_EXPORT_FILE,   /* a library writes it, by name */
    HS_EXPORT_FOLDER,
};

struct hs_exporter {
    const char *name, *summary;
    enum hs_export_shape shape;
    bool binary;                /* not for a terminal */
    const char *const *missing; /* NULL, or where a library's absence is told */
    /* Writes everything. Returns HS_OK or a negative enum hs_err, with *error filled. Damage in the trace that
     * was skipped is told in *error too, with HS_OK returned. */
    int (*run)(const struct hs_export_job *job, struct hs_error *error);
};

/* The table's rows, from 0 on, NULL behind the last. */
const struct hs_exporter *hs_exporter(unsigned index);
const struct hs_exporter *hs_exporter_find(const char *name);

/* Runs an exporter so that `output` appears at once and whole, or not at all: see analysis/util/output.h. A file that is
 * there is replaced, a folder that is there is an error unless it is empty. NULL or "-" is standard output. job->out and
 * job->path are set here. Returns as the exporter does. */
int hs_export(const struct hs_exporter *exporter, struct hs_export_job *job, const char *output, struct hs_error *error);

/* For exporters: fills *error unless it holds one already, and returns its code. */
int hs_export_fail(struct hs_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* For exporters: the trace from its begin, with the job's selection. NULL: *error is set. */
struct hs_reader *hs_export_open(const struct hs_export_job *job, struct hs_error *error);

/* For exporters of sums: the model at the end of the trace. The reader is left open, for names. Both are
 * the caller's, also after an error. */
int hs_export_replay(const struct hs_export_job *job, struct hs_reader **reader, struct hs_model **model, struct hs_error *error);

/* For exporters of events: tells the whole story to `tell`, packets and losses included. The reader is left open
 * at the end of the trace for who gives a place for it, whose it is then, also after an error. */
typedef int hs_export_tell(void *context, const struct hs_stream_item *telling);
int hs_export_tell_all(const struct hs_export_job *job, hs_export_tell *tell, void *context, struct hs_reader **kept,
                       struct hs_error *error);

#endif
