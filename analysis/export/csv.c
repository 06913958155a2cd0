/* SPDX-License-Identifier: MIT
 *
 * Every event as a row of comma-separated values (RFC 4180). The columns are the fields of all classes of
 * events, each name once; fields that an event does not have are empty.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export/export.h"
#include "lib/assertion.h"
#include "lib/host/util/clean_text.h"

#define COLUMNS_MAX 128
#define NO_COLUMN 0xff
_Static_assert(COLUMNS_MAX < NO_COLUMN, "each column has a number of its own");

struct table {
    FILE *out;
    const char *column[COLUMNS_MAX];
    unsigned n_columns;
    uint8_t (*place)[HS_EVENT_STREAM_FIELDS]; /* by class and field: column */
};

static unsigned column_of(struct table *t, const char *name)
{
    for (unsigned i = 0; i < t->n_columns; i++)
        if (!strcmp(t->column[i], name))
            return i;
    HS_ASSERT(t->n_columns < COLUMNS_MAX);
    t->column[t->n_columns] = name;
    return t->n_columns++;
}

/* Thread and boot are columns of every event. */
static bool told_already(const char *name) { return !strcmp(name, "thread") || !strcmp(name, "boot"); }

static void place_fields(struct table *t, unsigned sets)
{
    for (unsigned i = 0; i < hs_event_stream_classes(); i++) {
        const struct hs_event_stream_class *class = hs_event_stream_class(i);
        for (unsigned k = 0; class->name && class->set & sets && k < class->n_fields; k++)
            t->place[i][k] = told_already(class->field[k].name) ? NO_COLUMN : (uint8_t)column_of(t, class->field[k].name);
    }
}

static void put_header(const struct table *t)
{
    fputs("time_s,event,thread,boot", t->out);
    for (unsigned i = 0; i < t->n_columns; i++)
        fprintf(t->out, ",%s", t->column[i]);
    fputs("\r\n", t->out);
}

static void put_value(enum hs_event_stream_type type, union hs_event_stream_value value, FILE *out)
{
    switch (type) {
    case HS_EVENT_STREAM_TEXT:
    case HS_EVENT_STREAM_LIST: hs_text_csv(value.s, out); break;
    case HS_EVENT_STREAM_INT: fprintf(out, "%" PRId64, value.i); break;
    case HS_EVENT_STREAM_HEX: fprintf(out, "0x%" PRIx64, value.u); break;
    default: fprintf(out, "%" PRIu64, value.u); break;
    }
}

static void put_time(uint64_t ns, FILE *out) { fprintf(out, "%" PRIu64 ".%09" PRIu64, ns / 1000000000, ns % 1000000000); }

static void put_event(struct table *t, const struct hs_stream_item *item)
{
    const struct hs_event_stream_class *class = hs_event_stream_class(item->class);
    int field_at[COLUMNS_MAX];
    memset(field_at, -1, sizeof field_at);
    for (unsigned k = 0; k < class->n_fields; k++)
        if (t->place[item->class][k] != NO_COLUMN)
            field_at[t->place[item->class][k]] = (int)k;
    put_time(item->ns, t->out);
    fprintf(t->out, ",%s,%" PRIu32 ",%" PRIu32, class->name, item->thread, item->boot);
    for (unsigned i = 0; i < t->n_columns; i++) {
        putc(',', t->out);
        if (field_at[i] >= 0 && !(item->none >> field_at[i] & 1))
            put_value(class->field[field_at[i]].type, item->value[field_at[i]], t->out);
    }
    fputs("\r\n", t->out);
}

/* Missing records: their number is in the column `count`, if there is one. */
static void put_loss(const struct table *t, const struct hs_stream_item *item)
{
    put_time(item->ns, t->out);
    fputs(",missing,,", t->out);
    for (unsigned i = 0; i < t->n_columns; i++) {
        putc(',', t->out);
        if (!strcmp(t->column[i], "count"))
            fprintf(t->out, "%" PRIu64, item->count);
    }
    fputs("\r\n", t->out);
}

static int emit(void *context, const struct hs_stream_item *item)
{
    struct table *t = context;
    if (item->kind == HS_STREAM_ITEM_EVENT)
        put_event(t, item);
    else if (item->kind == HS_STREAM_ITEM_LOSS)
        put_loss(t, item);
    return ferror(t->out) ? HS_ERR_IO : HS_OK;
}

static int run(const struct hs_export_job *job, struct hs_error *error)
{
    struct table t = {.out = job->out, .place = calloc(hs_event_stream_classes(), sizeof *t.place)};
    if (!t.place)
        return hs_export_fail(error, HS_ERR_MEMORY, "%s", hs_strerror(HS_ERR_MEMORY));
    place_fields(&t, job->sets);
    put_header(&t);
    int status = hs_export_emit_all(job, emit, &t, NULL, error);
    free(t.place);
    return status;
}

const struct hs_exporter hs_exporter_csv = {
    .name = "csv",
    .summary = "every event as a row",
    .takes_sets = true,
    .run = run,
};
