/* SPDX-License-Identifier: MIT */
#include "analysis/doctor/sentence.h"

#include <stdio.h>
#include <sys/stat.h>

#include "analysis/doctor/doctor.h"
#include "analysis/draw/table.h"

#define TRACE_MAX (16 << 20) /* maximum bytes of a trace, replayed within about a second */

/* Damage is ignored here: commands that read the trace report it. */
static void feed(struct hs_model *model, struct hs_reader *reader)
{
    const struct hs_event *events;
    long n;
    while ((n = hs_reader_next(reader, &events)) > 0 && !hs_model_feed(model, events, n))
        ;
}

static void print(const struct hs_exam *exam, const char *path)
{
    char headline[HS_HEADLINE_LEN], text[HS_HEADLINE_LEN + 8];
    if (hs_doctor_headline(exam, headline))
        fprintf(stderr, "[ %s ]\n[ evidence and what to do: heapstrata doctor %s ]\n",
                hs_format(text, sizeof text, HS_VALUE_TEXT, (struct hs_value){.s = headline}), path);
}

void hs_cmd_sentence(const struct hs_sources_at *sources, struct hs_symbols *(*open_symbols)(const struct hs_reader *reader))
{
    const char *path = sources->trace;
    struct stat about;
    struct hs_error error;
    if (stat(path, &about) || !S_ISREG(about.st_mode) || about.st_size > TRACE_MAX)
        return;
    struct hs_reader *reader = hs_reader_open(path, &error);
    struct hs_names names = {.reader = reader};
    struct hs_model *model = hs_model_new(NULL);
    struct hs_exam *exam = hs_exam_new(model, reader);
    if (reader && exam) {
        feed(model, reader);
        exam->sources = *sources;
        names.symbols = model->n_failures ? open_symbols(reader) : NULL; /* kinds of peaks need them */
        if (!hs_exam_conclude(exam, &names))
            print(exam, path);
    }
    hs_symbols_close(names.symbols);
    hs_exam_free(exam);
    hs_model_free(model);
    hs_reader_close(reader);
}
